package io.k8or.loader;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.elf.ElfHeader;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LibraryResolverTest {
  private static final ElfHeader X86 =
      new ElfHeader(true, true, 0, ElfHeader.ET_DYN, ElfHeader.EM_X86_64, 0, 0);
  private static final ByteString NAME = ByteString.utf8("liba.so.1");
  private final FileTree.Editor tree = FileTree.builder();

  private void elf(String path, int machine) {
    byte[] head = new byte[64];
    head[0] = 0x7f;
    head[1] = 'E';
    head[2] = 'L';
    head[3] = 'F';
    head[4] = 2;
    head[5] = 1;
    head[18] = (byte) machine;
    put(path, ByteString.copyOf(head));
  }

  private void put(String path, ByteString bytes) {
    tree.put(ImagePath.of(path), FileNode.regular(FileAttributes.ofMode(0755), Content.of(bytes)));
  }

  private static LoadedObject object(String path, String rpath, String runpath) {
    return new LoadedObject(
        ImagePath.of(path),
        X86,
        Optional.empty(),
        List.of(NAME),
        rpath.isEmpty() ? Optional.empty() : Optional.of(ByteString.utf8(rpath)),
        runpath.isEmpty() ? Optional.empty() : Optional.of(ByteString.utf8(runpath)));
  }

  private Optional<String> find(LoadedObject... loaders) throws IOException {
    return new LibraryResolver(tree.build()).find(NAME, List.of(loaders)).map(ImagePath::toString);
  }

  @Test
  void find_defaultDirectories_passesOverOtherMachines() throws Exception {
    elf("/lib/x86_64-linux-gnu/liba.so.1", ElfHeader.EM_AARCH64);
    elf("/usr/lib/liba.so.1", ElfHeader.EM_X86_64);

    assertThat(find(object("/bin/a", "", ""))).contains("/usr/lib/liba.so.1");
  }

  @Test
  void find_runpath_comesBeforeAllAndHidesRpath() throws Exception {
    elf("/opt/a/lib/liba.so.1", ElfHeader.EM_X86_64);
    elf("/opt/r/liba.so.1", ElfHeader.EM_X86_64);
    elf("/usr/lib/liba.so.1", ElfHeader.EM_X86_64);

    assertThat(find(object("/opt/a/bin/a", "/opt/r", "$ORIGIN/../lib")))
        .contains("/opt/a/lib/liba.so.1");
  }

  @Test
  void find_rpathOfTheProgram_countsForItsLibraries() throws Exception {
    elf("/opt/r/liba.so.1", ElfHeader.EM_X86_64);

    assertThat(find(object("/usr/lib/libb.so", "", ""), object("/bin/a", "/opt/r", "")))
        .contains("/opt/r/liba.so.1");
  }

  @Test
  void find_configuration_comesBeforeTheDefaults() throws Exception {
    elf("/lib/liba.so.1", ElfHeader.EM_X86_64);
    elf("/opt/c/liba.so.1", ElfHeader.EM_X86_64);
    put("/etc/ld.so.conf", ByteString.utf8("include /etc/ld.so.conf.d/*.conf\n"));
    put("/etc/ld.so.conf.d/c.conf", ByteString.utf8("# c\n/opt/c\n"));
    assertThat(find(object("/bin/a", "", ""))).contains("/opt/c/liba.so.1");
  }

  @Test
  void find_cache_comesBeforeTheConfiguration() throws Exception {
    elf("/lib/liba.so.1", ElfHeader.EM_X86_64);
    elf("/opt/c/liba.so.1", ElfHeader.EM_X86_64);
    put("/etc/ld.so.conf", ByteString.utf8("/opt/c\n"));
    put("/etc/ld.so.cache", LoaderCacheTest.cache(List.of("liba.so.1")));

    assertThat(find(object("/bin/a", "", ""))).contains("/lib/liba.so.1");
  }

  @Test
  void opened_ofLink_isTheLink() throws Exception {
    elf("/usr/lib/liba.so.1.2", ElfHeader.EM_X86_64);
    tree.put(
        ImagePath.of("/usr/lib/liba.so.1"),
        FileNode.symlink(FileAttributes.ofMode(0777), ByteString.utf8("liba.so.1.2")));
    LibraryResolver resolver = new LibraryResolver(tree.build());
    List<LoadedObject> loaders = List.of(object("/bin/a", "", ""));

    assertThat(resolver.opened(NAME, loaders)).contains(ImagePath.of("/usr/lib/liba.so.1"));
    assertThat(resolver.find(NAME, loaders)).contains(ImagePath.of("/usr/lib/liba.so.1.2"));
  }
}
