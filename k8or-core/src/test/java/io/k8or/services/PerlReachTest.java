package io.k8or.services;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.image.ImageConfig;
import io.k8or.image.Platform;
import io.k8or.transform.ImageSnapshot;
import java.util.List;
import org.junit.jupiter.api.Test;

class PerlReachTest {
  private static final String BASE = "/usr/lib/x86_64-linux-gnu/perl-base/";
  private static final String CORE = "/usr/share/perl/5.36.0/";
  private static final String SITE = "/usr/share/perl5/";
  private final FileTree.Editor tree = FileTree.builder();

  private void file(String path, String text) {
    tree.put(
        ImagePath.of(path),
        FileNode.regular(FileAttributes.ofMode(0755), Content.of(ByteString.utf8(text))));
  }

  @Test
  void reach_script_keepsModulesThatAreNamed() throws Exception {
    tree.put(
        ImagePath.of("/usr/bin/perl"),
        FileNode.regular(
            FileAttributes.ofMode(0755), Content.of(ByteString.copyOf(MinimalElf.program()))));
    file(BASE + "strict.pm", "require Unnamed;\n");
    file(BASE + "Long.pm", "eval { require Usage };\n");
    file(CORE + "Unnamed.pm", "");
    file(CORE + "Usage.pm", "");
    file(CORE + "Parent.pm", "");
    file(CORE + "Deep/Client.pm", "");
    file(
        SITE + "My/Web.pm",
        "use parent qw(Parent);\n=pod\n\nuse Pod;\n\n=cut\nmy $x = My::Part->new;");
    file(SITE + "My/Part.pm", "# use Comment;\n1;\n__END__\nuse Late;\n");
    file(SITE + "auto/My/Part/Part.so", "no program");
    for (String name : List.of("Pod", "Comment", "Late")) {
      file(SITE + name + ".pm", "");
    }
    file("/opt/run", "#!/usr/bin/perl -w\nuse My::Web qw(Client);\nuse Long;\n");

    ReachableFiles reached =
        ServiceOptimizer.forEntrypoint()
            .withService("web", List.of("/opt/run"))
            .reachable(
                ImageSnapshot.of(ImageConfig.of(Platform.parse("linux/amd64")), tree.build()));

    for (String path :
        List.of(
            BASE + "strict.pm",
            BASE + "Long.pm",
            CORE + "Usage.pm",
            CORE + "Parent.pm",
            SITE + "My/Web.pm",
            SITE + "My/Part.pm",
            SITE + "auto/My/Part/Part.so")) {
      assertThat(reached.contains(ImagePath.of(path))).as(path).isTrue();
    }
    for (String path :
        List.of(
            CORE + "Unnamed.pm",
            CORE + "Deep/Client.pm",
            SITE + "Pod.pm",
            SITE + "Comment.pm",
            SITE + "Late.pm")) {
      assertThat(reached.contains(ImagePath.of(path))).as(path).isFalse();
    }
  }
}
