package io.k8or.python;

import io.k8or.python.PythonToken.Kind;
import java.util.ArrayList;
import java.util.List;

/**
 * Splits a source of Python into tokens (The Python Language Reference, 2, Lexical analysis).
 * Numbers count as names, every other operator is one char. What is no Python gives some tokens,
 * never an exception.
 */
final class PythonTokenizer {
  // Deeper replacement fields are text; a recursion for each would be too much for a stack.
  private static final int MAX_DEPTH = 20;

  private final String text;
  private final List<PythonToken> tokens = new ArrayList<>();
  private int at;
  private int line = 1;
  private int brackets;
  private int begin; // of the token
  private int lineStart;

  private PythonTokenizer(String text) {
    this.text = text;
  }

  /** Returns the tokens of a text, the last of which is {@link Kind#END}. */
  static List<PythonToken> tokens(String text) {
    PythonTokenizer tokenizer = new PythonTokenizer(text);
    while (tokenizer.at < text.length()) {
      tokenizer.token(0);
    }
    tokenizer.add(Kind.NEWLINE, "", true);
    tokenizer.add(Kind.END, "", true);
    return tokenizer.tokens;
  }

  private void add(Kind kind, String value, boolean constant) {
    boolean outermost = kind != Kind.NEWLINE && begin == lineStart;
    tokens.add(new PythonToken(kind, value, line, constant, outermost));
  }

  private char peek(int ahead) {
    return at + ahead < text.length() ? text.charAt(at + ahead) : '\0';
  }

  private void token(int depth) {
    begin = at;
    char c = text.charAt(at);
    if (c == '\n') {
      if (brackets == 0) {
        add(Kind.NEWLINE, "", true);
      }
      line++;
      at++;
      lineStart = at;
    } else if (c == '#') {
      while (at < text.length() && text.charAt(at) != '\n') {
        at++;
      }
    } else if (c == '\\' && (peek(1) == '\n' || (peek(1) == '\r' && peek(2) == '\n'))) {
      at += peek(1) == '\n' ? 2 : 3;
      line++;
    } else if (c == '"' || c == '\'') {
      string("", depth);
    } else if (isWord(c)) {
      int start = at;
      while (at < text.length() && isWord(text.charAt(at))) {
        at++;
      }
      String word = text.substring(start, at);
      if ((peek(0) == '"' || peek(0) == '\'') && isPrefix(word)) {
        string(word, depth);
      } else {
        add(Kind.NAME, word, true);
      }
    } else {
      if (c == '(' || c == '[' || c == '{') {
        brackets++;
      } else if ((c == ')' || c == ']' || c == '}') && brackets > 0) {
        brackets--;
      }
      if (c > ' ') {
        add(Kind.OPERATOR, String.valueOf(c), true);
      }
      at++;
    }
  }

  private static boolean isWord(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || c == '_'
        || c >= 0x80;
  }

  private static boolean isPrefix(String word) {
    return word.length() <= 2
        && word.chars().allMatch(c -> "rRbBuUfFtT".indexOf(c) >= 0)
        && !word.isEmpty();
  }

  private void string(String prefix, int depth) {
    boolean formatted = prefix.chars().anyMatch(c -> "fFtT".indexOf(c) >= 0);
    char quote = text.charAt(at);
    int first = line;
    boolean triple = peek(1) == quote && peek(2) == quote;
    at += triple ? 3 : 1;
    StringBuilder value = new StringBuilder();
    boolean constant = true;
    List<PythonToken> inner = new ArrayList<>();
    while (at < text.length()) {
      char c = text.charAt(at);
      if (c == '\\' && at + 1 < text.length()) {
        if (peek(1) == '\n') {
          line++;
        }
        if (constant) {
          value.append(c).append(peek(1));
        }
        at += 2;
        continue;
      }
      if (c == quote && (!triple || (peek(1) == quote && peek(2) == quote))) {
        at += triple ? 3 : 1;
        break;
      }
      if (c == '\n') {
        if (!triple) {
          break; // malformed; the next line is as good as any to go on
        }
        line++;
      }
      if (formatted && c == '{' && peek(1) == '{') {
        at++;
      } else if (formatted && c == '{' && depth < MAX_DEPTH) {
        constant = false;
        int size = tokens.size();
        field(depth + 1, quote, triple);
        List<PythonToken> made = tokens.subList(size, tokens.size());
        inner.addAll(made);
        made.clear();
        continue;
      }
      if (constant) {
        value.append(c);
      }
      at++;
    }
    tokens.add(new PythonToken(Kind.STRING, value.toString(), first, constant, false));
    if (!inner.isEmpty()) {
      // Apart, so that what calls with an f-string is not taken to call with what is in it.
      tokens.add(new PythonToken(Kind.STRING, "", line, false, false));
      tokens.addAll(inner);
    }
  }

  // A replacement field: an expression, and after a colon a text with fields.
  private void field(int depth, char quote, boolean triple) {
    int outer = brackets;
    brackets = 1;
    at++;
    while (at < text.length()) {
      char c = text.charAt(at);
      if (brackets == 1 && c == '}') {
        at++;
        break;
      }
      if (brackets == 1 && c == ':') {
        at++;
        while (at < text.length() && text.charAt(at) != '}' && text.charAt(at) != '\n') {
          if (text.charAt(at) == '{' && depth < MAX_DEPTH) {
            field(depth + 1, quote, triple);
          } else if (text.charAt(at) == quote && !triple) {
            break; // malformed
          } else {
            at++;
          }
        }
        if (peek(0) == '}') {
          at++;
        }
        break;
      }
      if (c == '\n' && !triple) {
        break;
      }
      token(depth);
    }
    brackets = outer;
  }
}
