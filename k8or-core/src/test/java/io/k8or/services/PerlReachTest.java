package io.k8or.services;

import static io.k8or.services.SmallTree.assertGone;
import static io.k8or.services.SmallTree.assertReached;

import java.util.List;
import org.junit.jupiter.api.Test;

class PerlReachTest {
  private static final String BASE = "/usr/lib/x86_64-linux-gnu/perl-base/";
  private static final String CORE = "/usr/share/perl/5.36.0/";
  private static final String SITE = "/usr/share/perl5/";
  private final SmallTree tree = new SmallTree();

  @Test
  void reach_script_keepsModulesThatAreNamed() throws Exception {
    tree.program("/usr/bin/perl");
    tree.file(BASE + "strict.pm", "require Unnamed;\n");
    tree.file(BASE + "Long.pm", "eval { require Usage };\n");
    tree.file(CORE + "Unnamed.pm", "");
    tree.file(CORE + "Usage.pm", "");
    tree.file(CORE + "Parent.pm", "");
    tree.file(CORE + "Deep/Client.pm", "");
    tree.file(
        SITE + "My/Web.pm",
        "use parent qw(Parent);\n=pod\n\nuse Pod;\n\n=cut\nmy $x = My::Part->new;");
    tree.file(SITE + "My/Part.pm", "# use Comment;\n1;\n__END__\nuse Late;\n");
    tree.file(SITE + "auto/My/Part/Part.so", "no program");
    for (String name : List.of("Pod", "Comment", "Late")) {
      tree.file(SITE + name + ".pm", "");
    }
    tree.file("/opt/run", "#!/usr/bin/perl -w\nuse My::Web qw(Client);\nuse Long;\n");

    ReachableFiles reached = tree.reach("/", List.of("/opt/run"));

    assertReached(
        reached,
        BASE + "strict.pm",
        BASE + "Long.pm",
        CORE + "Usage.pm",
        CORE + "Parent.pm",
        SITE + "My/Web.pm",
        SITE + "My/Part.pm",
        SITE + "auto/My/Part/Part.so");
    assertGone(
        reached,
        CORE + "Unnamed.pm",
        CORE + "Deep/Client.pm",
        SITE + "Pod.pm",
        SITE + "Comment.pm",
        SITE + "Late.pm");
  }
}
