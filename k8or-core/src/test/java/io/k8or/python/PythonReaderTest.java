package io.k8or.python;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class PythonReaderTest {
  private static List<String> imports(String... lines) {
    return PythonReader.read(String.join("\n", lines), false).imports().stream()
        .map(Object::toString)
        .toList();
  }

  @Test
  void read_importStatements_givesEachModule() {
    assertThat(
            imports(
                "import a.b as c, d",
                "from . import x",
                "from ..p.q import (y as z,  # why",
                "    w)",
                "from m import *; import n"))
        .containsExactly(
            "line 1: import a.b",
            "line 1: import d",
            "line 2: from . import [x]",
            "line 3: from ..p.q import [y, w]",
            "line 5: from m import [*]",
            "line 5: import n");
  }

  @Test
  void read_conditionalAndInnerImports_count() {
    assertThat(
            imports(
                "if x: import a",
                "try:",
                "  import b",
                "except ImportError: from c import d",
                "def f():",
                "\timport e",
                "  # import no",
                "import f \\",
                "  as g"))
        .containsExactly(
            "line 1: import a",
            "line 3: import b",
            "line 4: from c import [d]",
            "line 6: import e",
            "line 8: import f");
  }

  @Test
  void read_stringsAndYields_areNoImports() {
    assertThat(
            imports(
                "'''",
                "import a",
                "'''",
                "x = r'\\' 'import b'",
                "yield from c",
                "raise A from b",
                "f'{x:>10} {y!r:{w}} {z[\"import d\"]}'",
                "x[a:from_]",
                "\"import e\"",
                "import f"))
        .containsExactly("line 10: import f");
  }

  @Test
  void read_calls_giveConstantsAndUnknown() {
    PythonUse use =
        PythonReader.read(
            """
            importlib.import_module("a.b")
            import_module(".c", package=__name__)
            __import__(name)
            import_module(f"d.e.{x}")
            import_module("g." + x)
            def import_module(x): pass
            """,
            false);
    assertThat(use.imports())
        .extracting(PythonUse.Import::toString)
        .containsExactly("line 1: import a.b", "line 2: import .c");
    assertThat(use.unknown())
        .extracting(PythonUse.Unknown::toString)
        .containsExactly(
            "line 3: __import__",
            "line 4: import_module of d.e....",
            "line 5: import_module of g....");
  }

  @Test
  void read_blockOfMain_countsWhereItRuns() {
    String text = "if __name__ == '__main__':\n  import a\n\n  import b\nimport c\n";
    assertThat(PythonReader.read(text, false).imports()).hasSize(1);
    assertThat(PythonReader.read(text, true).imports()).hasSize(3);
  }

  @Test
  void read_constants_areJoined() {
    assertThat(PythonReader.read("x = ('a.' 'b'\n 'c', u\"d\", b'e', f'{g}h')", false).texts())
        .containsExactly("a.bc", "d", "e");
  }
}
