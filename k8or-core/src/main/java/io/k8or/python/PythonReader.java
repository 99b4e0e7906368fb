package io.k8or.python;

import io.k8or.python.PythonToken.Kind;
import io.k8or.python.PythonUse.Import;
import io.k8or.python.PythonUse.Unknown;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Reads what a Python source imports. Every branch counts, whatever its condition, and the body of
 * every function. A text that is no Python gives what can be told of it. One pass, no recursion.
 */
public final class PythonReader {
  private static final Set<String> IMPORTERS =
      Set.of("import_module", "__import__", "run_module", "load_module", "exec_module");
  private static final Set<String> WALKERS = Set.of("iter_modules", "walk_packages");

  private final List<PythonToken> tokens;
  private final boolean main;
  private final List<Import> imports = new ArrayList<>();
  private final List<String> texts = new ArrayList<>();
  private final List<Unknown> unknown = new ArrayList<>();
  private final Set<String> names = new HashSet<>();
  private int at;

  private PythonReader(List<PythonToken> tokens, boolean main) {
    this.tokens = tokens;
    this.main = main;
  }

  /**
   * Reads a source.
   *
   * @param text its bytes as ISO 8859-1; what matters is ASCII in every encoding that a source can
   *     have but UTF-16, which Python does not take
   * @param main whether it may be run, so that what follows {@code if __name__ == "__main__"}
   *     counts
   */
  public static PythonUse read(String text, boolean main) {
    return new PythonReader(PythonTokenizer.tokens(text), main).use();
  }

  private PythonUse use() {
    boolean start = true;
    int depth = 0;
    while (at < tokens.size()) {
      PythonToken token = tokens.get(at);
      if (!main && token.outermost() && isMainTest()) {
        skipBlock();
        start = true;
        depth = 0;
        continue;
      }
      switch (token.kind()) {
        case NAME -> {
          if (start && token.text().equals("import")) {
            at++;
            plain(token.line());
            start = true;
            continue;
          }
          if (start && token.text().equals("from") && from(token.line())) {
            start = true;
            continue;
          }
          names.add(token.text());
          call(token);
          start = false;
        }
        case STRING -> {
          string(token);
          start = false;
        }
        case OPERATOR -> {
          char c = token.text().charAt(0);
          if (c == '(' || c == '[' || c == '{') {
            depth++;
          } else if (c == ')' || c == ']' || c == '}') {
            depth = Math.max(0, depth - 1);
          }
          start = depth == 0 && (c == ':' || c == ';');
        }
        case NEWLINE -> {
          start = true;
          depth = 0;
        }
        case END -> {}
      }
      at++;
    }
    return new PythonUse(imports, texts, unknown, names);
  }

  // if __name__ == "__main__":
  private boolean isMainTest() {
    return at + 6 < tokens.size()
        && tokens.get(at).isName("if")
        && tokens.get(at + 1).isName("__name__")
        && tokens.get(at + 2).is("=")
        && tokens.get(at + 3).is("=")
        && tokens.get(at + 4).text().equals("__main__")
        && tokens.get(at + 5).is(":");
  }

  // What comes after it in its line, and the lines that are indented.
  private void skipBlock() {
    at++;
    while (at < tokens.size() - 1 && !tokens.get(at).outermost()) {
      at++;
    }
  }

  // Constants beside each other are one; so are those that a plus is between.
  private void string(PythonToken token) {
    StringBuilder value = new StringBuilder(token.text());
    boolean constant = token.constant();
    while (tokens.get(at + 1).kind() == Kind.STRING && constant) {
      at++;
      constant = tokens.get(at).constant();
      value.append(tokens.get(at).text());
    }
    if (constant) {
      texts.add(value.toString());
    }
  }

  // import a.b as c, d
  private void plain(int line) {
    do {
      String module = dotted();
      if (module.isEmpty()) {
        return;
      }
      imports.add(new Import(line, 0, module, List.of()));
      alias();
    } while (accept(","));
  }

  // from ..a.b import (c as d, e)
  private boolean from(int line) {
    int start = at;
    at++;
    int level = 0;
    while (accept(".")) {
      level++;
    }
    String module = tokens.get(at).isName("import") ? "" : dotted();
    if ((level == 0 && module.isEmpty()) || !tokens.get(at).isName("import")) {
      at = start;
      return false;
    }
    at++;
    boolean bracket = accept("(");
    List<String> taken = new ArrayList<>();
    do {
      if (accept("*")) {
        taken.add("*");
      } else if (tokens.get(at).kind() == Kind.NAME) {
        taken.add(tokens.get(at).text());
        at++;
        alias();
      } else {
        break;
      }
    } while (accept(","));
    if (bracket) {
      accept(")");
    }
    imports.add(new Import(line, level, module, taken));
    return true;
  }

  private String dotted() {
    StringBuilder name = new StringBuilder();
    while (tokens.get(at).kind() == Kind.NAME) {
      name.append(tokens.get(at).text());
      at++;
      if (!tokens.get(at).is(".")) {
        break;
      }
      at++;
      name.append('.');
    }
    return name.toString();
  }

  private void alias() {
    if (tokens.get(at).isName("as") && tokens.get(at + 1).kind() == Kind.NAME) {
      at += 2;
    }
  }

  private boolean accept(String operator) {
    if (tokens.get(at).is(operator)) {
      at++;
      return true;
    }
    return false;
  }

  // import_module("a.b"), __import__("a" + b), iter_modules(path)
  private void call(PythonToken token) {
    boolean importer = IMPORTERS.contains(token.text());
    if ((!importer && !WALKERS.contains(token.text()))
        || !tokens.get(at + 1).is("(")
        || (at > 0 && tokens.get(at - 1).isName("def"))) {
      return;
    }
    PythonToken argument = tokens.get(at + 2);
    if (importer && argument.kind() == Kind.STRING) {
      PythonToken after = tokens.get(at + 3);
      if (argument.constant() && (after.is(",") || after.is(")"))) {
        String name = argument.text();
        int level = 0;
        while (level < name.length() && name.charAt(level) == '.') {
          level++;
        }
        imports.add(new Import(token.line(), level, name.substring(level), List.of()));
        return;
      }
      int end = argument.text().indexOf('%');
      int brace = argument.text().indexOf('{');
      end = end < 0 || (brace >= 0 && brace < end) ? brace : end;
      String prefix = end < 0 ? argument.text() : argument.text().substring(0, end);
      unknown.add(new Unknown(token.line(), token.text(), prefix));
      return;
    }
    unknown.add(new Unknown(token.line(), token.text(), ""));
  }
}
