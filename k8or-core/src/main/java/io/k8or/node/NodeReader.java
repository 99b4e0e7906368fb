package io.k8or.node;

import io.k8or.node.JsToken.Kind;
import io.k8or.node.NodeUse.Request;
import io.k8or.node.NodeUse.Unknown;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Reads what a JavaScript module loads: CommonJS and ES modules, every branch of them. A text that
 * is no JavaScript gives what can be told of it. One pass over the tokens.
 */
public final class NodeReader {
  private final List<JsToken> tokens;
  private final List<Request> requests = new ArrayList<>();
  private final List<String> texts = new ArrayList<>();
  private final List<Unknown> unknown = new ArrayList<>();
  private final Set<String> requires = new HashSet<>(Set.of("require", "__require"));

  private NodeReader(List<JsToken> tokens) {
    this.tokens = tokens;
  }

  /**
   * Reads a module.
   *
   * @param text its bytes as ISO 8859-1
   */
  public static NodeUse read(String text) {
    return new NodeReader(JsTokenizer.tokens(text)).use();
  }

  private NodeUse use() {
    for (int i = 0; i < tokens.size(); i++) {
      // const load = createRequire(import.meta.url)
      if (tokens.get(i).isName("createRequire")) {
        int equals = i - 1;
        while (equals > 0 && (at(equals).is(".") || at(equals).kind() == Kind.NAME)) {
          equals--;
        }
        if (at(equals).is("=") && equals > 0 && at(equals - 1).kind() == Kind.NAME) {
          requires.add(at(equals - 1).text());
        }
      }
    }
    for (int i = 0; i < tokens.size(); i++) {
      JsToken token = tokens.get(i);
      if (token.kind() == Kind.STRING) {
        texts.add(token.text());
      } else if (token.kind() == Kind.NAME) {
        name(i, token);
      }
    }
    return new NodeUse(requests, texts, unknown);
  }

  private JsToken at(int index) {
    return tokens.get(Math.max(0, Math.min(index, tokens.size() - 1)));
  }

  private void name(int i, JsToken token) {
    StringBuilder path = new StringBuilder();
    if (token.text().equals("__dirname") && belowDirectory(i, at(i - 1).is("("), path) > i + 1) {
      requests.add(new Request(token.line(), "path", path.toString()));
    }
    boolean function = i > 0 && at(i - 1).isName("function");
    if (token.text().equals("from") && at(i + 1).kind() == Kind.STRING) {
      requests.add(new Request(token.line(), "from", at(i + 1).text()));
    } else if (token.text().equals("import") && !(i > 0 && at(i - 1).is("."))) {
      if (at(i + 1).kind() == Kind.STRING) {
        requests.add(new Request(token.line(), "import", at(i + 1).text()));
      } else if (at(i + 1).is("(")) {
        call(i + 1, token.line(), "import");
      } else if (at(i + 1).is(".") && at(i + 3).is(".") && at(i + 4).isName("resolve")) {
        call(i + 5, token.line(), "resolve");
      }
    } else if (requires.contains(token.text()) && !function) {
      if (at(i + 1).is("(") && !isParameter(i + 1)) {
        call(i + 1, token.line(), "require");
      } else if (at(i + 1).is(".") && at(i + 2).isName("resolve") && at(i + 3).is("(")) {
        call(i + 3, token.line(), "resolve");
      }
    }
  }

  // A method of this name is made: require(id) { ... }
  private boolean isParameter(int open) {
    return at(open + 1).kind() == Kind.NAME && at(open + 2).is(")") && at(open + 3).is("{");
  }

  private void call(int open, int line, String call) {
    if (!at(open).is("(")) {
      return;
    }
    JsToken argument = at(open + 1);
    JsToken after = at(open + 2);
    if (argument.kind() == Kind.STRING && (after.is(")") || after.is(","))) {
      requests.add(new Request(line, call, argument.text()));
      return;
    }
    if (argument.is(")")) {
      return;
    }
    StringBuilder path = new StringBuilder();
    if (isBelowDirectory(open + 1, path)) {
      requests.add(new Request(line, call, path.toString()));
    } else {
      unknown.add(new Unknown(line, call));
    }
  }

  // __dirname + "/x", path.join(__dirname, "x", "y")
  private boolean isBelowDirectory(int from, StringBuilder path) {
    int i = from;
    boolean joined = false;
    if (at(i).kind() == Kind.NAME
        && at(i + 1).is(".")
        && (at(i + 2).isName("join") || at(i + 2).isName("resolve"))
        && at(i + 3).is("(")) {
      joined = true;
      i += 4;
    }
    return at(i).isName("__dirname") && at(belowDirectory(i, joined, path)).is(")");
  }

  // Returns the token after what is put to __dirname.
  private int belowDirectory(int from, boolean joined, StringBuilder path) {
    path.append('.');
    int i = from + 1;
    while (at(i).is(joined ? "," : "+") && at(i + 1).kind() == Kind.STRING) {
      String text = at(i + 1).text();
      path.append(text.startsWith("/") ? "" : "/").append(text);
      i += 2;
    }
    return i;
  }
}
