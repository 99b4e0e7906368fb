package io.k8or.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class NodeReaderTest {
  private static List<String> names(String... lines) {
    return NodeReader.read(String.join("\n", lines)).requests().stream()
        .map(NodeUse.Request::name)
        .toList();
  }

  @Test
  void read_commonJs_givesConstants() {
    assertThat(
            names(
                "#!/usr/bin/env node require('no')",
                "const a = require('a'), b = require(\"./b\").c;",
                "if (x) { require.resolve(`d`) }",
                "require(__dirname + '/e'); require(path.join(__dirname, 'f', 'g.js'));",
                "const load = createRequire(import.meta.url); load('h')"))
        .contains("a", "./b", "d", "./e", "./f/g.js", "h")
        .doesNotContain("no");
  }

  @Test
  void read_modules_givesConstants() {
    assertThat(
            names(
                "import x, { y as z } from 'a'; import 'b'; import * as n from \"c\"",
                "export { q } from './d'; export * from 'e'",
                "const m = await import('f'); import.meta.resolve('g')",
                "Buffer.from('no')"))
        .containsExactly("a", "b", "c", "./d", "e", "f", "g");
  }

  @Test
  void read_textsAndRegularExpressions_areNoCalls() {
    assertThat(
            names(
                "// require('no')",
                "/* require('no') */ x = \"require('no')\"",
                "y = /require('no')/; z = a / b / require('a')",
                "if (x) /['\"`]/.test(y); t = `${ `${require('b')}` } require('no')`",
                "return /[/'\"]/g; f(); i++ / 2; ({}) / require('c')",
                "function f() {} /'/.exec(x); o.if(1) / 2; require('d')"))
        .containsExactly("a", "b", "c", "d");
  }

  @Test
  void read_namesThatOnlyARunKnows_areUnknown() {
    assertThat(NodeReader.read("require(x); import(`./${y}`)\nrequire('a' + b)").unknown())
        .extracting(Object::toString)
        .containsExactly(
            "line 1: require of a name that only a run knows",
            "line 1: import of a name that only a run knows",
            "line 2: require of a name that only a run knows");
    assertThat(NodeReader.read("function require(x) {}; a = { require(id) { } }").unknown())
        .isEmpty();
  }

  @Provide
  Arbitrary<String> pieces() {
    return Arbitraries.of(
            "`",
            "${",
            "}",
            "{",
            "'",
            "\"",
            "/",
            "/*",
            "*/",
            "//",
            "\n",
            "(",
            ")",
            "[",
            "]",
            "a",
            " ",
            "\\",
            "require(",
            "import ",
            "from ",
            "++",
            "=",
            "=>",
            "1.5e-3",
            "__dirname",
            "+")
        .list()
        .ofMaxSize(30)
        .map(list -> String.join("", list));
  }

  @Property
  void read_ofAnyText_ends(@ForAll("pieces") String text) {
    assertThat(NodeReader.read(text)).isNotNull();
  }

  @Provide
  Arbitrary<List<String>> statements() {
    return Arbitraries.of(
            "x = `a${b ? `${c}` : '}'}d`;",
            "if (a) { b = /[}'\"]\\//g }",
            "a = b / c / d;",
            "o = { a: 1, 'b': /x/ };",
            "f(function () { return /'/ }());",
            "/* ' */",
            "// `",
            "for (;;) /\"/.test(x);",
            "s = 'it\\'s' + \"\\\"\";",
            "y = (a) / 2; z = x[1] / 3;",
            "class A { get b() { return 1 } }",
            "n = 1_000.5e-3 / .5;",
            "v = a++ / b--;")
        .list()
        .ofMaxSize(8);
  }

  @Property
  void read_afterWholeStatements_findsACall(
      @ForAll("statements") List<String> before, @ForAll("statements") List<String> after) {
    String text = String.join("\n", before) + "\nrequire('k8or/x');\n" + String.join("\n", after);
    assertThat(NodeReader.read(text).requests())
        .extracting(NodeUse.Request::name)
        .containsExactly("k8or/x");
  }
}
