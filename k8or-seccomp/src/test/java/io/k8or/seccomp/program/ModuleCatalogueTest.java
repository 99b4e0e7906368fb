package io.k8or.seccomp.program;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.content.Content;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ModuleCatalogueTest {
  private static final String LIB = "/usr/lib/x86_64-linux-gnu/";

  @Test
  void of_objectsThatPutNamesTogether_areTheModulesOfTheirPlaces() {
    assertModules("libcrypto.so.3", "ossl-modules/legacy.so");
    assertModules("libcryptsetup.so.12.9.0", "cryptsetup/libcryptsetup-token-systemd-tpm2.so");
    assertModules("libbfd-2.40-system.so", "bfd-plugins/libdep.so");
    assertModules("x86_64-linux-gnu-ld.gold", "bfd-plugins/libdep.so");
    assertModules("librhash.so.0", "libcrypto.so.3");
    assertModules("newgidmap", "libsubid_sss.so");
    assertModules("gdb", "libthread_db.so.1");
    assertModules("libgomp.so.1.0.0", "libgomp-plugin-nvptx.so.1");
    assertModules("libss.so.2.0", "libreadline.so.8.2");
    assertModules("librpm.so.9.3.0", "rpm-plugins/syslog.so");
    assertModules("libtcl8.6.so", "tcltk/tcl8.6/sqlite3/libtclsqlite3.so");
  }

  @Test
  void of_anObjectThatIsNotKnown_isEmpty() {
    assertThat(ModuleCatalogue.of(ImagePath.of(LIB + "libltdl.so.7"), tree("a.so"))).isEmpty();
    // Mesa with LLVM is more than a profile is worth.
    ImagePath graphics = ImagePath.of(LIB + "libEGL.so.1.1.0");
    assertThat(ModuleCatalogue.of(graphics, tree("libEGL_mesa.so.0.0.0"))).isEmpty();
  }

  @Test
  void of_anObjectWithoutModulesInTheImage_hasNone() {
    assertThat(ModuleCatalogue.of(ImagePath.of(LIB + "libcrypto.so.3"), tree("a.so")))
        .contains(List.of());
  }

  private static void assertModules(String object, String module) {
    Optional<List<ImagePath>> found =
        ModuleCatalogue.of(ImagePath.of(LIB + object), tree(module, "libother.so.1", "notes.txt"));
    assertThat(found).as(object).contains(List.of(ImagePath.of(LIB + module)));
  }

  private static FileTree tree(String... names) {
    FileTree.Editor editor = FileTree.builder();
    for (String name : names) {
      editor.put(
          ImagePath.of(LIB + name), FileNode.regular(FileAttributes.ofMode(0644), Content.empty()));
    }
    return editor.build();
  }
}
