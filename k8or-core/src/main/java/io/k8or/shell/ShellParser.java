package io.k8or.shell;

import io.k8or.content.MalformedContentException;
import io.k8or.shell.Syntax.Command;
import io.k8or.shell.Syntax.Part;
import io.k8or.shell.Syntax.Redirect;
import io.k8or.shell.Syntax.Word;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads a script by recursive descent (POSIX, XCU 2.10, "Shell Grammar"). */
final class ShellParser {
  private static final int MAX_DEPTH = 200;
  private static final Pattern ASSIGNED =
      Pattern.compile("([A-Za-z_][A-Za-z0-9_]*)(?:\\[[^\\]\\s]*\\])?(\\+?)=");
  private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");
  private static final Set<String> ENDS =
      Set.of("then", "elif", "else", "fi", "do", "done", "esac");
  private static final Word EMPTY = new Word(List.of());

  private final String text;
  private final String where;
  private final List<HereDocument> pending = new ArrayList<>();
  private int at;
  private int line;
  private int depth;

  private record HereDocument(Redirect redirect, String end, boolean quoted, boolean tabs) {}

  private ShellParser(String text, String where, int line, int depth) {
    this.text = text;
    this.where = where;
    this.line = line;
    this.depth = depth;
  }

  /**
   * Returns the commands of a script.
   *
   * @param where its name for errors
   * @throws MalformedContentException if it is not by the grammar
   */
  static Command parse(String text, String where) throws MalformedContentException {
    return new ShellParser(text, where, 1, 0).whole();
  }

  private Command whole() throws MalformedContentException {
    Command all = list();
    skipSpace();
    if (at < text.length()) {
      throw malformed("unexpected " + text.charAt(at));
    }
    return all;
  }

  // -- commands

  private Command list() throws MalformedContentException {
    if (++depth > MAX_DEPTH) {
      throw malformed("nested more than " + MAX_DEPTH + " deep");
    }
    List<Command> parts = new ArrayList<>();
    while (true) {
      skipSpace();
      if (at >= text.length()
          || peek() == ')'
          || text.startsWith(";;", at)
          || text.startsWith(";&", at)) {
        break;
      }
      if (peek() == ';' || peek() == '&' || peek() == '|') {
        at++;
        continue;
      }
      String word = peekWord();
      if (ENDS.contains(word) || word.equals("}")) {
        break;
      }
      parts.add(pipeline());
    }
    depth--;
    return parts.size() == 1 ? parts.get(0) : group(parts);
  }

  private static Command group(List<Command> parts) {
    return new Syntax.Group(List.of(), List.copyOf(parts), List.of());
  }

  private Command pipeline() throws MalformedContentException {
    List<Command> stages = new ArrayList<>();
    stages.add(command());
    while (true) {
      skipBlanks();
      if (peek() != '|' || text.startsWith("||", at)) {
        break;
      }
      at += text.startsWith("|&", at) ? 2 : 1;
      skipSpace();
      stages.add(command());
    }
    return stages.size() == 1 ? stages.get(0) : new Syntax.Pipeline(List.copyOf(stages));
  }

  private Command command() throws MalformedContentException {
    skipBlanks();
    String word = peekWord();
    switch (word) {
      case "!", "time", "coproc" -> {
        at += word.length();
        skipBlanks();
        return at < text.length() && "\n;&|)".indexOf(peek()) < 0 ? command() : group(List.of());
      }
      case "if", "while", "until", "{" -> {
        return redirected(List.of(), compound(word));
      }
      case "for", "select" -> {
        return redirected(List.of(), List.of(loop(word)));
      }
      case "case" -> {
        return choice();
      }
      case "function" -> {
        at += word.length();
        skipBlanks();
        String name = peekWord();
        at += name.length();
        skipBlanks();
        if (peek() == '(') {
          at++;
          skipBlanks();
          expect(")");
        }
        skipSpace();
        return new Syntax.Function(name, command());
      }
      case "[[" -> {
        return test();
      }
      default -> {
        if (peek() == '(') {
          if (text.startsWith("((", at)) {
            int end = arithmeticEnd(at + 2, false);
            if (end >= 0) {
              Word inner = inner(text.substring(at + 2, end - 2));
              jump(end);
              return new Syntax.Group(List.of(inner), List.of(), redirects());
            }
          }
          at++;
          Command body = list();
          skipSpace();
          expect(")");
          return redirected(List.of(), List.of(body));
        }
        int after = functionHead(word);
        if (after >= 0) {
          jump(after);
          skipSpace();
          return new Syntax.Function(word, command());
        }
        return simple();
      }
    }
  }

  private Command redirected(List<Word> tested, List<Command> parts)
      throws MalformedContentException {
    return new Syntax.Group(tested, List.copyOf(parts), redirects());
  }

  private List<Command> compound(String word) throws MalformedContentException {
    at += word.length();
    List<Command> parts = new ArrayList<>();
    parts.add(list());
    if (word.equals("{")) {
      require("}");
      return parts;
    }
    if (!word.equals("if")) {
      require("do");
      parts.add(list());
      require("done");
      return parts;
    }
    require("then");
    parts.add(list());
    while (true) {
      skipSpace();
      String next = peekWord();
      at += next.length();
      switch (next) {
        case "elif" -> {
          parts.add(list());
          require("then");
          parts.add(list());
        }
        case "else" -> parts.add(list());
        case "fi" -> {
          return parts;
        }
        default -> throw malformed("expected fi, found " + (next.isEmpty() ? found() : next));
      }
    }
  }

  private Command loop(String word) throws MalformedContentException {
    at += word.length();
    skipBlanks();
    Optional<List<Word>> words = Optional.empty();
    String name = "";
    if (text.startsWith("((", at)) {
      int end = arithmeticEnd(at + 2, true);
      if (end < 0) {
        throw malformed("expected ))");
      }
      words = Optional.of(List.of(inner(text.substring(at + 2, end - 2))));
      jump(end);
    } else {
      name = peekWord();
      at += name.length();
      skipSpace();
      if (peekWord().equals("in")) {
        at += 2;
        List<Word> over = new ArrayList<>();
        while (true) {
          skipBlanks();
          if (at >= text.length() || ";\n&|)".indexOf(peek()) >= 0) {
            break;
          }
          over.add(word(Mode.NORMAL));
        }
        words = Optional.of(List.copyOf(over));
      }
    }
    skipSpace();
    if (peek() == ';') {
      at++;
      skipSpace();
    }
    Command body;
    if (peekWord().equals("{")) {
      body = group(compound("{"));
    } else {
      require("do");
      body = list();
      require("done");
    }
    return new Syntax.For(name, words, body);
  }

  private Command choice() throws MalformedContentException {
    at += 4;
    skipSpace();
    List<Word> tested = new ArrayList<>();
    List<Command> parts = new ArrayList<>();
    tested.add(word(Mode.NORMAL));
    require("in");
    while (true) {
      skipSpace();
      if (peekWord().equals("esac")) {
        at += 4;
        return redirected(tested, parts);
      }
      if (at >= text.length()) {
        throw malformed("expected esac, found the end");
      }
      if (peek() == '(') {
        at++;
      }
      while (true) {
        skipSpace();
        tested.add(word(Mode.NORMAL));
        skipSpace();
        if (peek() != '|') {
          break;
        }
        at++;
      }
      expect(")");
      parts.add(list());
      skipSpace();
      if (text.startsWith(";;&", at)) {
        at += 3;
      } else if (text.startsWith(";;", at) || text.startsWith(";&", at)) {
        at += 2;
      } else if (!peekWord().equals("esac")) {
        throw malformed("expected ;; or esac, found " + found());
      }
    }
  }

  private Command test() throws MalformedContentException {
    at += 2;
    List<Word> words = new ArrayList<>();
    while (true) {
      skipSpace();
      if (at >= text.length()) {
        throw malformed("expected ]], found the end");
      }
      if (text.startsWith("]]", at)
          && (at + 2 == text.length() || " \t\n;&|)".indexOf(text.charAt(at + 2)) >= 0)) {
        at += 2;
        return redirected(words, List.of());
      }
      int before = at;
      Word word = word(Mode.TEST);
      if (at == before) {
        at++;
      } else {
        words.add(word);
      }
    }
  }

  private int functionHead(String word) {
    if (word.isEmpty() || word.contains("=")) {
      return -1;
    }
    int i = blanks(at + word.length());
    if (i >= text.length() || text.charAt(i) != '(') {
      return -1;
    }
    i = blanks(i + 1);
    return i < text.length() && text.charAt(i) == ')' ? i + 1 : -1;
  }

  private int blanks(int from) {
    int i = from;
    while (i < text.length() && (text.charAt(i) == ' ' || text.charAt(i) == '\t')) {
      i++;
    }
    return i;
  }

  private Command simple() throws MalformedContentException {
    int first = line;
    List<Syntax.Assignment> assignments = new ArrayList<>();
    List<Word> words = new ArrayList<>();
    List<Redirect> redirects = new ArrayList<>();
    while (true) {
      skipBlanks();
      if (at >= text.length()) {
        break;
      }
      Optional<Redirect> redirect = redirect();
      if (redirect.isPresent()) {
        redirects.add(redirect.get());
        continue;
      }
      char c = peek();
      if (c == '#' || "\n;&|)".indexOf(c) >= 0) {
        break;
      }
      if (c == '(') {
        throw malformed("unexpected (");
      }
      Matcher assigned = ASSIGNED.matcher(text).region(at, text.length());
      if (words.isEmpty() && assigned.lookingAt()) {
        jump(assigned.end());
        boolean append = !assigned.group(2).isEmpty();
        assignments.add(new Syntax.Assignment(assigned.group(1), append, value()));
      } else {
        words.add(word(Mode.NORMAL));
      }
    }
    return new Syntax.Simple(
        first, List.copyOf(assignments), List.copyOf(words), List.copyOf(redirects));
  }

  // Of an assignment: an array, a word, or nothing.
  private Word value() throws MalformedContentException {
    if (peek() == '(') {
      return new Word(List.of(elements()));
    }
    return at < text.length() && " \t\n;&|)<>".indexOf(peek()) < 0 ? word(Mode.NORMAL) : EMPTY;
  }

  private Part elements() throws MalformedContentException {
    expect("(");
    List<Word> words = new ArrayList<>();
    while (true) {
      skipSpace();
      if (peek() == ')') {
        at++;
        return new Syntax.Elements(List.copyOf(words));
      }
      if (at >= text.length()) {
        throw malformed("expected ), found the end");
      }
      int before = at;
      words.add(word(Mode.NORMAL));
      if (at == before) {
        throw malformed("unexpected " + found() + " in an array");
      }
    }
  }

  // -- redirections

  private List<Redirect> redirects() throws MalformedContentException {
    List<Redirect> found = new ArrayList<>();
    while (true) {
      skipBlanks();
      Optional<Redirect> next = redirect();
      if (next.isEmpty()) {
        return List.copyOf(found);
      }
      found.add(next.get());
    }
  }

  private static final Pattern REDIRECT =
      Pattern.compile("(?:\\d+|\\{[A-Za-z_]\\w*\\})?(<<<|<<-|<<|<>|<&|>>|>\\||>&|<|>)|(&>>|&>)");

  private Optional<Redirect> redirect() throws MalformedContentException {
    Matcher matcher = REDIRECT.matcher(text).region(at, text.length());
    if (!matcher.lookingAt()) {
      return Optional.empty();
    }
    String operator = matcher.group(1) == null ? matcher.group(2) : matcher.group(1);
    boolean plain = operator.equals("<") || operator.equals(">");
    if (plain && matcher.end() < text.length() && text.charAt(matcher.end()) == '(') {
      return Optional.empty(); // a process
    }
    at = matcher.end();
    skipBlanks();
    if (!operator.equals("<<") && !operator.equals("<<-")) {
      return Optional.of(new Redirect(operator, word(Mode.NORMAL)));
    }
    int start = at;
    Word delimiter = word(Mode.NORMAL);
    String raw = text.substring(start, at);
    StringBuilder end = new StringBuilder();
    for (Part part : delimiter.parts()) {
      end.append(part instanceof Syntax.Text literal ? literal.text() : "");
    }
    Redirect redirect = new Redirect("<<", EMPTY);
    boolean quoted = raw.indexOf('\'') >= 0 || raw.indexOf('"') >= 0 || raw.indexOf('\\') >= 0;
    pending.add(new HereDocument(redirect, end.toString(), quoted, operator.equals("<<-")));
    return Optional.of(redirect);
  }

  private void readHereDocuments() throws MalformedContentException {
    List<HereDocument> documents = List.copyOf(pending);
    pending.clear();
    for (HereDocument document : documents) {
      StringBuilder body = new StringBuilder();
      int first = line;
      while (at < text.length()) {
        int feed = text.indexOf('\n', at);
        int end = feed < 0 ? text.length() : feed;
        String raw = text.substring(at, end);
        at = Math.min(end + 1, text.length());
        line++;
        String content = document.tabs() ? raw.replaceFirst("^\t+", "") : raw;
        if (content.equals(document.end())) {
          break;
        }
        body.append(content).append('\n');
      }
      document.redirect().target =
          document.quoted()
              ? new Word(List.of(new Syntax.Text(body.toString(), true)))
              : new ShellParser(body.toString(), where, first, depth).document();
    }
  }

  private Word document() throws MalformedContentException {
    List<Part> parts = new ArrayList<>();
    quoted(parts, '\0');
    return new Word(List.copyOf(parts));
  }

  private Word inner(String expression) throws MalformedContentException {
    return new ShellParser(expression, where, line, depth + 1).document();
  }

  // -- words

  private enum Mode {
    NORMAL,
    /** Of [[ ]]: ends at white space alone. */
    TEST
  }

  private Word word(Mode mode) throws MalformedContentException {
    List<Part> parts = new ArrayList<>();
    StringBuilder plain = new StringBuilder();
    while (at < text.length()) {
      char c = peek();
      if (c == ' ' || c == '\t' || c == '\n') {
        break;
      }
      if (mode != Mode.TEST && ";&|()<>".indexOf(c) >= 0) {
        if ((c == '<' || c == '>') && at + 1 < text.length() && text.charAt(at + 1) == '(') {
          flush(plain, parts);
          at += 2;
          Command body = list();
          skipSpace();
          expect(")");
          parts.add(new Syntax.Pipe(body));
          continue;
        }
        if (c == '(' && plain.length() > 0) {
          if (ASSIGNED.matcher(plain).matches()) {
            flush(plain, parts);
            parts.add(elements());
            continue;
          }
          if ("?*+@!".indexOf(plain.charAt(plain.length() - 1)) >= 0) {
            int end = closing(at);
            plain.setCharAt(plain.length() - 1, '*');
            jump(end);
            continue;
          }
        }
        break;
      }
      switch (c) {
        case '\\' -> {
          at++;
          if (at < text.length()) {
            char next = text.charAt(at++);
            if (next == '\n') {
              line++;
            } else {
              flush(plain, parts);
              parts.add(new Syntax.Text(String.valueOf(next), true));
            }
          }
        }
        case '\'' -> {
          flush(plain, parts);
          int end = text.indexOf('\'', at + 1);
          if (end < 0) {
            throw malformed("a ' without its end");
          }
          String literal = text.substring(at + 1, end);
          jump(end + 1);
          parts.add(new Syntax.Text(literal, true));
        }
        case '"' -> {
          flush(plain, parts);
          at++;
          parts.add(new Syntax.Text("", true));
          quoted(parts, '"');
        }
        case '$', '`' -> {
          if (!substitution(parts, plain, false)) {
            plain.append(c);
            at++;
          }
        }
        default -> {
          plain.append(c);
          at++;
        }
      }
    }
    flush(plain, parts);
    return new Word(List.copyOf(parts));
  }

  private static void flush(StringBuilder plain, List<Part> parts) {
    if (plain.length() > 0) {
      parts.add(new Syntax.Text(plain.toString(), false));
      plain.setLength(0);
    }
  }

  // The end of what begins with a parenthesis, quotes within.
  private int closing(int open) throws MalformedContentException {
    int nested = 0;
    for (int i = open; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\\') {
        i++;
      } else if (c == '(') {
        nested++;
      } else if (c == ')' && --nested == 0) {
        return i + 1;
      }
    }
    throw malformed("expected ), found the end");
  }

  // Up to the end character, which is consumed; NUL is the end of the text.
  private void quoted(List<Part> parts, char end) throws MalformedContentException {
    StringBuilder plain = new StringBuilder();
    while (at < text.length()) {
      char c = peek();
      if (c == end && end != '\0') {
        at++;
        flushQuoted(plain, parts);
        return;
      }
      if (c == '\\' && at + 1 < text.length() && "$`\"\\\n".indexOf(text.charAt(at + 1)) >= 0) {
        if (text.charAt(at + 1) == '\n') {
          line++;
        } else {
          plain.append(text.charAt(at + 1));
        }
        at += 2;
      } else if (c == '$' || c == '`') {
        flushQuoted(plain, parts);
        if (!substitution(parts, plain, true)) {
          plain.append(c);
          at++;
        }
      } else {
        line += c == '\n' ? 1 : 0;
        plain.append(c);
        at++;
      }
    }
    if (end != '\0') {
      throw malformed("a " + end + " without its end");
    }
    flushQuoted(plain, parts);
  }

  private static void flushQuoted(StringBuilder plain, List<Part> parts) {
    if (plain.length() > 0) {
      parts.add(new Syntax.Text(plain.toString(), true));
      plain.setLength(0);
    }
  }

  // At a $ or a `; says whether it begins something.
  private boolean substitution(List<Part> parts, StringBuilder plain, boolean quoted)
      throws MalformedContentException {
    if (peek() == '`') {
      flush(plain, parts);
      parts.add(new Syntax.Substitution(backquoted(quoted), quoted));
      return true;
    }
    if (at + 1 >= text.length()) {
      return false;
    }
    char next = text.charAt(at + 1);
    if (next == '(') {
      flush(plain, parts);
      if (text.startsWith("$((", at)) {
        int end = arithmeticEnd(at + 3, false);
        if (end >= 0) {
          Word inner = inner(text.substring(at + 3, end - 2));
          jump(end);
          parts.add(new Syntax.Arithmetic(inner));
          return true;
        }
      }
      at += 2;
      Command body = list();
      skipSpace();
      expect(")");
      parts.add(new Syntax.Substitution(body, quoted));
      return true;
    }
    if (next == '{') {
      flush(plain, parts);
      at += 2;
      parts.add(parameter(quoted));
      return true;
    }
    if (!quoted && next == '\'') {
      flush(plain, parts);
      at += 2;
      parts.add(new Syntax.Text(ansi(), true));
      return true;
    }
    if (!quoted && next == '"') {
      at++;
      return true;
    }
    Matcher name = NAME.matcher(text).region(at + 1, text.length());
    if (name.lookingAt()) {
      flush(plain, parts);
      at = name.end();
      parts.add(new Syntax.Parameter(name.group(), "", EMPTY, quoted));
      return true;
    }
    if (Character.isDigit(next) || "@*#?$!-".indexOf(next) >= 0) {
      flush(plain, parts);
      at += 2;
      parts.add(new Syntax.Parameter(String.valueOf(next), "", EMPTY, quoted));
      return true;
    }
    return false;
  }

  private static final Pattern BRACED =
      Pattern.compile("([A-Za-z_]\\w*|\\d+|[@*#?$!-])(\\[[^\\]]*\\])?");
  private static final List<String> OPERATORS =
      List.of(
          ":-", ":=", ":+", ":?", "##", "%%", "//", "/#", "/%", "^^", ",,", "-", "=", "+", "?", "#",
          "%", "/", "^", ",", "@", ":");

  private Part parameter(boolean quoted) throws MalformedContentException {
    String before = "";
    if (peek() == '#' && !text.startsWith("#}", at)) {
      before = "length";
      at++;
    } else if (peek() == '!' && !text.startsWith("!}", at)) {
      before = "indirect";
      at++;
    }
    Matcher matcher = BRACED.matcher(text).region(at, text.length());
    if (!matcher.lookingAt()) {
      throw malformed("a ${ without a name");
    }
    jump(matcher.end());
    String subscript = matcher.group(2) == null ? "" : matcher.group(2);
    boolean all = subscript.equals("[@]") || subscript.equals("[*]");
    String name = matcher.group(1) + (all ? subscript : "");
    String operator = before;
    for (String each : OPERATORS) {
      if (text.startsWith(each, at)) {
        operator = before.isEmpty() ? each : before;
        at += each.length();
        break;
      }
    }
    Word argument = braced(quoted);
    return new Syntax.Parameter(name, operator, argument, quoted);
  }

  // Up to the closing brace, which is consumed.
  private Word braced(boolean quoted) throws MalformedContentException {
    List<Part> parts = new ArrayList<>();
    StringBuilder plain = new StringBuilder();
    while (at < text.length()) {
      char c = peek();
      if (c == '}') {
        at++;
        flush(plain, parts);
        return new Word(List.copyOf(parts));
      }
      if (c == '\\' && at + 1 < text.length()) {
        flush(plain, parts);
        parts.add(new Syntax.Text(String.valueOf(text.charAt(at + 1)), true));
        jump(at + 2);
      } else if (c == '\'' && !quoted) {
        flush(plain, parts);
        int end = text.indexOf('\'', at + 1);
        if (end < 0) {
          throw malformed("a ' without its end");
        }
        parts.add(new Syntax.Text(text.substring(at + 1, end), true));
        jump(end + 1);
      } else if (c == '"') {
        flush(plain, parts);
        at++;
        quoted(parts, '"');
      } else if ((c != '$' && c != '`') || !substitution(parts, plain, quoted)) {
        line += c == '\n' ? 1 : 0;
        plain.append(c);
        at++;
      }
    }
    throw malformed("expected }, found the end");
  }

  private Command backquoted(boolean quoted) throws MalformedContentException {
    int first = line;
    StringBuilder body = new StringBuilder();
    at++;
    while (at < text.length() && peek() != '`') {
      char c = peek();
      if (c == '\\' && at + 1 < text.length()) {
        char next = text.charAt(at + 1);
        if ("$`\\".indexOf(next) < 0 && !(quoted && next == '"')) {
          body.append(c);
        }
        body.append(next);
        jump(at + 2);
      } else {
        body.append(c);
        jump(at + 1);
      }
    }
    expect("`");
    return new ShellParser(body.toString(), where, first, depth + 1).whole();
  }

  private String ansi() throws MalformedContentException {
    StringBuilder out = new StringBuilder();
    while (at < text.length() && peek() != '\'') {
      char c = peek();
      if (c == '\\' && at + 1 < text.length()) {
        char next = text.charAt(at + 1);
        int known = "ntr\\'\"abefv".indexOf(next);
        out.append(known < 0 ? next : "\n\t\r\\'\"\7\b\33\f\13".charAt(known));
        at += 2;
      } else {
        out.append(c);
        jump(at + 1);
      }
    }
    expect("'");
    return out.toString();
  }

  /** Returns where an arithmetic expression ends, behind its )); -1 if it is none. */
  private int arithmeticEnd(int from, boolean loop) {
    int nested = 0;
    for (int i = from; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '(') {
        nested++;
      } else if (c == ')' && nested > 0) {
        nested--;
      } else if (c == ')') {
        return text.startsWith("))", i) ? i + 2 : -1;
      } else if (c == '\'' || (c == ';' && !loop)) {
        return -1; // a subshell in a substitution
      }
    }
    return -1;
  }

  // -- characters

  private char peek() {
    return at < text.length() ? text.charAt(at) : '\0';
  }

  private String found() {
    return at < text.length() ? String.valueOf(peek()) : "the end";
  }

  /** Goes on to a later place, counting the lines. */
  private void jump(int to) {
    int end = Math.min(to, text.length());
    for (; at < end; at++) {
      line += text.charAt(at) == '\n' ? 1 : 0;
    }
  }

  // What stands here without quotes and expansions, up to white space or an operator.
  private String peekWord() {
    int end = at;
    while (end < text.length() && " \t\n;&|()<>".indexOf(text.charAt(end)) < 0) {
      char c = text.charAt(end);
      if (c == '\\' || c == '\'' || c == '"' || c == '$' || c == '`') {
        return "";
      }
      end++;
    }
    return text.substring(at, end);
  }

  private void skipBlanks() {
    while (at < text.length()) {
      char c = peek();
      if (c == ' ' || c == '\t' || c == '\r') {
        at++;
      } else if (c == '\\' && text.startsWith("\\\n", at)) {
        at += 2;
        line++;
      } else {
        return;
      }
    }
  }

  /** Skips white space, comments and lines' ends; reads the here-documents that follow a line. */
  private void skipSpace() throws MalformedContentException {
    while (true) {
      skipBlanks();
      if (peek() == '#') {
        int feed = text.indexOf('\n', at);
        at = feed < 0 ? text.length() : feed;
      } else if (peek() == '\n') {
        at++;
        line++;
        readHereDocuments();
      } else {
        return;
      }
    }
  }

  private void expect(String token) throws MalformedContentException {
    if (!text.startsWith(token, at)) {
      throw malformed("expected " + token + ", found " + found());
    }
    at += token.length();
  }

  private void require(String word) throws MalformedContentException {
    skipSpace();
    while (peek() == ';' && !text.startsWith(";;", at)) {
      at++;
      skipSpace();
    }
    String next = peekWord();
    if (!next.equals(word)) {
      throw malformed("expected " + word + ", found " + (next.isEmpty() ? found() : next));
    }
    at += word.length();
  }

  private MalformedContentException malformed(String why) {
    return new MalformedContentException("shell script", where + ": line " + line, why);
  }
}
