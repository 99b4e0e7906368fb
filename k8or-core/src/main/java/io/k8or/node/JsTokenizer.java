package io.k8or.node;

import io.k8or.node.JsToken.Kind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;

/**
 * Splits JavaScript into tokens (ECMA-262, 12 Lexical Grammar). An operator is one char, but {@code
 * ++}, {@code --} and {@code =>}. Whether a slash begins a regular expression is told by what comes
 * before it, and what the bracket or brace that ends before it belongs to. What is no JavaScript
 * gives some tokens, never an exception. One pass, no recursion.
 */
final class JsTokenizer {
  private static final Set<String> BEFORE_EXPRESSION =
      Set.of(
          "return",
          "typeof",
          "case",
          "in",
          "of",
          "delete",
          "void",
          "throw",
          "new",
          "instanceof",
          "else",
          "do",
          "yield",
          "await",
          "default",
          "extends");
  private static final Set<String> BEFORE_CONDITION = Set.of("if", "while", "for", "with");

  private enum Bracket {
    CONDITION,
    GROUP,
    BLOCK,
    VALUE,
    SUBSTITUTION
  }

  private final String text;
  private final List<JsToken> tokens = new ArrayList<>();
  private final Deque<Bracket> brackets = new ArrayDeque<>();
  // How many brackets are open in each open substitution, its own brace included.
  private final Deque<Integer> substitutions = new ArrayDeque<>();
  private int at;
  private int line = 1;
  private boolean value; // whether what comes before is one, so that a slash divides

  private JsTokenizer(String text) {
    this.text = text;
  }

  /** Returns the tokens of a text, the last of which is {@link Kind#END}. */
  static List<JsToken> tokens(String text) {
    JsTokenizer tokenizer = new JsTokenizer(text);
    if (text.startsWith("#!")) {
      tokenizer.skipLine();
    }
    while (tokenizer.at < text.length()) {
      tokenizer.token();
    }
    tokenizer.add(Kind.END, "");
    return tokenizer.tokens;
  }

  private void add(Kind kind, String word) {
    tokens.add(new JsToken(kind, word, line));
  }

  private char peek(int ahead) {
    return at + ahead < text.length() ? text.charAt(at + ahead) : '\0';
  }

  private void skipLine() {
    while (at < text.length() && text.charAt(at) != '\n') {
      at++;
    }
  }

  private void token() {
    char c = text.charAt(at);
    if (c == '\n') {
      line++;
      at++;
    } else if (c == '/' && peek(1) == '/') {
      skipLine();
    } else if (c == '/' && peek(1) == '*') {
      comment();
    } else if (c == '"' || c == '\'') {
      string(c);
    } else if (c == '`') {
      at++;
      template();
    } else if (c == '/' && !value) {
      regex();
    } else if ((c >= '0' && c <= '9') || (c == '.' && peek(1) >= '0' && peek(1) <= '9')) {
      number();
    } else if (isWord(c)) {
      word();
    } else if (c > ' ') {
      operator(c);
    } else {
      at++;
    }
  }

  private static boolean isWord(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || c == '_'
        || c == '$'
        || c == '#'
        || c >= 0x80;
  }

  private void comment() {
    int end = text.indexOf("*/", at + 2);
    int to = end < 0 ? text.length() : end + 2;
    for (; at < to; at++) {
      if (text.charAt(at) == '\n') {
        line++;
      }
    }
  }

  private void string(char quote) {
    int first = line;
    at++;
    int start = at;
    while (at < text.length() && text.charAt(at) != quote && text.charAt(at) != '\n') {
      if (text.charAt(at) == '\\') {
        at++;
        if (peek(0) == '\n') {
          line++;
        }
      }
      at++;
    }
    int end = Math.min(at, text.length());
    tokens.add(new JsToken(Kind.STRING, text.substring(start, end), first));
    if (peek(0) == quote) {
      at++;
    }
    value = true;
  }

  // From behind the backquote, or the brace that ends a substitution.
  private void template() {
    int start = at;
    boolean continued = !brackets.isEmpty() && brackets.peek() == Bracket.SUBSTITUTION;
    while (at < text.length()) {
      char c = text.charAt(at);
      if (c == '\\') {
        at++;
        if (peek(0) == '\n') {
          line++;
        }
      } else if (c == '\n') {
        line++;
      } else if (c == '`') {
        if (continued) {
          brackets.pop();
        } else {
          add(Kind.STRING, text.substring(start, at));
        }
        at++;
        value = true;
        return;
      } else if (c == '$' && peek(1) == '{') {
        if (!continued) {
          add(Kind.TEMPLATE, text.substring(start, at));
          brackets.push(Bracket.SUBSTITUTION);
        }
        at += 2;
        add(Kind.OPERATOR, "${");
        brackets.push(Bracket.VALUE);
        substitutions.push(brackets.size());
        value = false;
        return;
      }
      at++;
    }
    at = text.length();
  }

  private void regex() {
    int start = at;
    boolean group = false;
    at++;
    while (at < text.length() && text.charAt(at) != '\n') {
      char c = text.charAt(at);
      if (c == '\\') {
        at++;
      } else if (c == '[') {
        group = true;
      } else if (c == ']') {
        group = false;
      } else if (c == '/' && !group) {
        at++;
        while (at < text.length() && isWord(text.charAt(at))) {
          at++;
        }
        add(Kind.REGEX, "");
        value = true;
        return;
      }
      at++;
    }
    // No regular expression after all.
    at = start + 1;
    add(Kind.OPERATOR, "/");
    value = false;
  }

  private void number() {
    while (at < text.length()
        && (isWord(text.charAt(at))
            || text.charAt(at) == '.'
            || ((text.charAt(at) == '-' || text.charAt(at) == '+')
                && (text.charAt(at - 1) == 'e' || text.charAt(at - 1) == 'E')
                && peek(1) >= '0'
                && peek(1) <= '9'))) {
      at++;
    }
    add(Kind.NUMBER, "");
    value = true;
  }

  private void word() {
    int start = at;
    while (at < text.length() && isWord(text.charAt(at))) {
      at++;
    }
    String word = text.substring(start, at);
    boolean member = !tokens.isEmpty() && last().is(".");
    add(Kind.NAME, word);
    value = member || !(BEFORE_EXPRESSION.contains(word) || BEFORE_CONDITION.contains(word));
  }

  private JsToken last() {
    return tokens.get(tokens.size() - 1);
  }

  private void operator(char c) {
    switch (c) {
      case '(' -> {
        boolean condition =
            !tokens.isEmpty()
                && last().kind() == Kind.NAME
                && BEFORE_CONDITION.contains(last().text())
                && !(tokens.size() > 1 && tokens.get(tokens.size() - 2).is("."));
        brackets.push(condition ? Bracket.CONDITION : Bracket.GROUP);
        value = false;
      }
      case '[' -> {
        brackets.push(Bracket.GROUP);
        value = false;
      }
      case '{' -> {
        brackets.push(isBlock() ? Bracket.BLOCK : Bracket.VALUE);
        value = false;
      }
      case ')', ']' -> {
        Bracket open = brackets.isEmpty() ? Bracket.GROUP : brackets.pop();
        value = open != Bracket.CONDITION;
      }
      case '}' -> {
        if (!substitutions.isEmpty() && substitutions.peek() == brackets.size()) {
          substitutions.pop();
          brackets.pop();
          add(Kind.OPERATOR, "}");
          at++;
          template();
          return;
        }
        Bracket open = brackets.isEmpty() ? Bracket.BLOCK : brackets.pop();
        value = open != Bracket.BLOCK;
      }
      case '+', '-' -> {
        if (peek(1) == c) {
          add(Kind.OPERATOR, c + "" + c);
          at += 2;
          return; // before a value or after one, what follows is as it was
        }
        value = false;
      }
      case '=' -> {
        value = false;
        if (peek(1) == '>') {
          add(Kind.OPERATOR, "=>");
          at += 2;
          return;
        }
      }
      default -> value = false;
    }
    add(Kind.OPERATOR, String.valueOf(c));
    at++;
  }

  // Whether a brace begins statements rather than an object.
  private boolean isBlock() {
    if (tokens.isEmpty()) {
      return true;
    }
    JsToken last = last();
    return switch (last.kind()) {
      case NAME ->
          !Set.of(
                  "return", "typeof", "case", "in", "of", "default", "throw", "new", "await",
                  "yield")
              .contains(last.text());
      case OPERATOR -> Set.of(")", ";", "{", "}", "=>").contains(last.text());
      default -> false;
    };
  }
}
