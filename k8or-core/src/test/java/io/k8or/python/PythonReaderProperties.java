package io.k8or.python;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class PythonReaderProperties {
  @Provide
  Arbitrary<String> pieces() {
    return Arbitraries.of(
            "import a",
            "from . import b",
            "\n",
            " ",
            "'",
            "\"",
            "'''",
            "f'{",
            "}",
            "{",
            "(",
            ")",
            "\\",
            "\\\n",
            "#",
            ":",
            "=",
            "x",
            "f\"{a:{b}",
            "__import__(",
            "import_module('",
            "from")
        .list()
        .ofMaxSize(30)
        .map(list -> String.join("", list));
  }

  @Property
  void read_ofAnyText_ends(@ForAll("pieces") String text) {
    assertThat(PythonReader.read(text, true)).isNotNull();
    assertThat(PythonReader.read(text, false)).isNotNull();
  }

  @Property
  void read_afterWholeStatements_findsAnImport(
      @ForAll("statements") List<String> before, @ForAll("statements") List<String> after) {
    String text = String.join("\n", before) + "\nimport k8or_x.y\n" + String.join("\n", after);
    assertThat(PythonReader.read(text, false).imports())
        .extracting(PythonUse.Import::module)
        .contains("k8or_x.y");
  }

  @Provide
  Arbitrary<List<String>> statements() {
    return Arbitraries.of(
            "x = '''a\nimport no\n'''",
            "def f(a: int = {1: 2}[1]): return f\"{a!r:>{w}} {{\"",
            "# it's",
            "y = r'\\'",
            "z = \"\\\"\"",
            "from a import (b,\n c)",
            "if x: import q",
            "l = lambda: 1",
            "b = b'\\'' B\"x\"",
            "s = x[1:2]",
            "class A:\n  '''doc'''\n")
        .list()
        .ofMaxSize(8);
  }
}
