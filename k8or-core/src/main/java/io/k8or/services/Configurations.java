package io.k8or.services;

import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.loader.ProgramFinder;
import io.k8or.services.Service.Fact;
import io.k8or.services.Service.Kind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads ports and places that are written to in commands and configuration files, by the names that
 * many programs have for them.
 */
final class Configurations {
  private static final int MAX_FILE = 1 << 18;

  private static final Pattern LISTENS =
      Pattern.compile(
          "(?im)^[ \\t]*(?:listen|bind|port|tls-port|http_port|https_port|server\\.port|-p|"
              + "\\$SERVER\\[\"socket\"\\])"
              + "(?:[ \\t]*==?[ \\t]*|[ \\t]+|:[ \\t]*)[\"']?([^\\s;\"'#]+)");
  private static final Pattern FILES =
      Pattern.compile(
          "(?im)^[ \\t]*(?:pid|pid[-_]?file|server\\.pid-file|external_pid_file|error_log|access_log|"
              + "log[-_]?file|server\\.errorlog|accesslog\\.filename|log[-_]error|"
              + "unixsocket|stats socket|errorlog|customlog|-P)"
              + "[ \\t]*[=:]?[ \\t]*[\"']?(/[^\\s;\"'#]+)");
  private static final Pattern FOLDERS =
      Pattern.compile(
          "(?im)^[ \\t]*(?:dir|datadir|data[-_]dir(?:ectory)?|tmpdir|log_directory|"
              + "unix_socket_directories|stats_temp_directory|server\\.upload-dirs|"
              + "(?:client_body|proxy|fastcgi|uwsgi|scgi)_temp_path|(?:proxy|fastcgi)_cache_path)"
              + "[ \\t]*[=:]?[ \\t]*\\(?[ \\t]*[\"']?(/[^\\s;\"',)#]+)");
  private static final Pattern PORT_OPTION =
      Pattern.compile("(?:--(?:[a-z]+-)*port|-D[a-z.]*server\\.port)(?:=(.*))?");
  private static final Pattern PLACE_OPTION =
      Pattern.compile("(?:--bind|-b|--listen|--addr|--address|--listen-address|--http)(?:=(.*))?");
  private static final Pattern PORT = Pattern.compile("\\d{1,5}");
  private static final Pattern PLACE =
      Pattern.compile("(?:[a-z]+://)?(?:\\[[^\\]]*\\]|[^:\\[\\]]*|::):(\\d{1,5})");

  /** What programs do where nothing says otherwise: a port, a signal, places. */
  private record Known(String port, String signal, List<String> places) {}

  private static final Map<String, Known> KNOWN =
      Map.of(
          "nginx",
          new Known("80/tcp", "SIGQUIT", List.of("/var/lib/nginx", "/var/cache/nginx")),
          "redis-server",
          new Known("6379/tcp", "", List.of()),
          "valkey-server",
          new Known("6379/tcp", "", List.of()),
          "memcached",
          new Known("11211/tcp", "", List.of()),
          "postgres",
          new Known("5432/tcp", "SIGINT", List.of("/var/lib/postgresql", "/run/postgresql")),
          "mysqld",
          new Known("3306/tcp", "", List.of("/var/lib/mysql", "/run/mysqld")),
          "mariadbd",
          new Known("3306/tcp", "", List.of("/var/lib/mysql", "/run/mysqld")),
          "haproxy",
          new Known("", "SIGUSR1", List.of("/run/haproxy")),
          "apache2",
          new Known("80/tcp", "SIGWINCH", List.of("/run/apache2", "/var/log/apache2")),
          "lighttpd",
          new Known("80/tcp", "SIGINT", List.of()));

  private final FileTree files;
  private final ImagePath workingDirectory;

  Configurations(FileTree files, ImagePath workingDirectory) {
    this.files = files;
    this.workingDirectory = workingDirectory;
  }

  /** Adds what the words of a command tell. */
  void command(List<String> command, List<Fact> facts) {
    pythonServer(command, facts);
    for (int i = 1; i < command.size(); i++) {
      String word = command.get(i);
      String next = i + 1 < command.size() ? command.get(i + 1) : "";
      String evidence = "the command's " + word;
      Matcher port = PORT_OPTION.matcher(word);
      Matcher place = PLACE_OPTION.matcher(word);
      if (port.matches()) {
        port(port.group(1) == null ? next : port.group(1), evidence, facts);
      } else if (place.matches()) {
        port(place.group(1) == null ? next : place.group(1), evidence, facts);
      } else if (word.equals("-p") && isNamed(command, "memcached|postgres")) {
        port(next, evidence, facts);
      } else if (word.equals("-D") && isNamed(command, "postgres")) {
        writable(next, evidence, facts);
      } else if (word.matches("--?(?:dir|datadir)") || word.matches("--(?:dir|datadir)=.*")) {
        writable(word.contains("=") ? word.split("=", 2)[1] : next, evidence, facts);
      } else if (word.matches("--(?:pidfile|logfile|pid-file|log-file)(?:=.*)?")
          || (word.equals("-P") && isNamed(command, "memcached"))) {
        above(word.contains("=") ? word.split("=", 2)[1] : next, evidence, facts);
      }
    }
  }

  // python3 -m http.server [--bind ADDRESS] [--directory FOLDER] [PORT]
  private static void pythonServer(List<String> command, List<Fact> facts) {
    int module = command.indexOf("http.server");
    if (module < 1 || !command.get(module - 1).equals("-m")) {
      return;
    }
    for (int i = module + 1; i < command.size(); i++) {
      String word = command.get(i);
      if (word.matches("-[bdp]|--(?:bind|directory|protocol)")) {
        i++;
      } else if (PORT.matcher(word).matches()) {
        port(word, "the command's " + word, facts);
        return;
      }
    }
    port("8000", "what http.server does by itself", facts);
  }

  private static boolean isNamed(List<String> command, String names) {
    return command.stream().anyMatch(word -> word.matches("(?:.*/)?(?:" + names + ")"));
  }

  /** Adds what variables tell. */
  void environment(List<Fact> facts) {
    for (Fact fact : List.copyOf(facts)) {
      if (fact.kind() == Kind.ENVIRONMENT
          && fact.value().matches("(?:PORT|HTTP_PORT|SERVER_PORT)=\\d{1,5}")) {
        port(fact.value().split("=", 2)[1], "the variable " + fact.value(), facts);
      }
    }
  }

  /** Returns the files that a command names and that are not programs. */
  List<String> named(List<String> command) {
    List<String> named = new ArrayList<>();
    for (String word : command.subList(1, command.size())) {
      String text = word.contains("=/") ? word.substring(word.indexOf("=/") + 1) : word;
      if (!text.startsWith("/") && !text.matches("[\\w./-]+\\.(?:conf|cfg|ini|ya?ml|toml)")) {
        continue;
      }
      String full = text.startsWith("/") ? text : workingDirectory + "/" + text;
      Optional<FileNode> node =
          ProgramFinder.path(full).flatMap(files::follow).filter(FileNode::isRegular);
      if (node.isPresent()
          && (node.get().attributes().mode() & 0111) == 0
          && node.get().size() <= MAX_FILE) {
        named.add(full);
      }
    }
    return named;
  }

  /** Adds what the files at or below a path tell. */
  void below(ImagePath configuration, List<Fact> facts) throws IOException {
    Set<ImagePath> seen = new LinkedHashSet<>();
    for (ImagePath path :
        files.subtree(files.resolve(configuration).orElse(configuration)).keySet()) {
      String name = path.toString();
      // Debian's sites-available is only offered; dpkg's copies are only kept.
      if (name.matches(".*-available/.*|.*\\.(?:dpkg-\\w+|bak|orig|default|sample)|.*~")) {
        continue;
      }
      Optional<ImagePath> real = files.resolve(path);
      if (real.isEmpty() || !seen.add(real.get())) {
        continue;
      }
      FileNode node = files.get(real.get()).orElseThrow();
      if (node.isRegular() && node.size() <= MAX_FILE) {
        byte[] bytes = node.content().readAll(MAX_FILE);
        text(new String(bytes, StandardCharsets.ISO_8859_1), name, facts);
      }
    }
  }

  private void text(String text, String where, List<Fact> facts) {
    each(LISTENS, text, value -> List.of(value.split(",", -1)).forEach(p -> port(p, where, facts)));
    each(FILES, text, value -> above(value, where, facts));
    each(FOLDERS, text, value -> writable(value, where, facts));
  }

  private static void each(Pattern pattern, String text, Consumer<String> use) {
    Matcher matcher = pattern.matcher(text);
    while (matcher.find()) {
      use.accept(matcher.group(1));
    }
  }

  /** Adds what is known of programs, where nothing said otherwise. */
  void known(String program, List<Fact> facts) {
    Known known = KNOWN.get(program);
    if (known == null) {
      return;
    }
    String evidence = "what " + program + " does by itself";
    if (!known.port().isEmpty() && !has(facts, Kind.PORT)) {
      facts.add(new Fact(Kind.PORT, known.port(), evidence));
    }
    if (!known.signal().isEmpty() && !has(facts, Kind.STOP_SIGNAL)) {
      facts.add(new Fact(Kind.STOP_SIGNAL, known.signal(), "it ends what it does at this signal"));
    }
    for (String place : known.places()) {
      if (files.follow(ImagePath.of(place)).filter(FileNode::isDirectory).isPresent()) {
        writable(place, evidence, facts);
      }
    }
  }

  private static boolean has(List<Fact> facts, Kind kind) {
    return facts.stream().anyMatch(fact -> fact.kind() == kind);
  }

  private static void port(String text, String evidence, List<Fact> facts) {
    Matcher place = PLACE.matcher(text);
    String digits = PORT.matcher(text).matches() ? text : place.matches() ? place.group(1) : "0";
    int port = Integer.parseInt(digits);
    if (port > 0 && port < 65536) {
      facts.add(new Fact(Kind.PORT, port + "/tcp", evidence));
    }
  }

  private static void above(String file, String evidence, List<Fact> facts) {
    int slash = file.lastIndexOf('/');
    if (slash > 0) {
      writable(file.substring(0, slash), evidence, facts);
    }
  }

  private static void writable(String folder, String evidence, List<Fact> facts) {
    String plain = folder.length() > 1 ? folder.replaceFirst("/+$", "") : folder;
    if (plain.matches("/[\\w./+@-]*[\\w+@-]")
        && !plain.matches("/(?:dev|proc|sys|etc|usr|bin|sbin|lib\\w*|boot)(?:/.*)?")) {
      facts.add(new Fact(Kind.WRITABLE, plain, evidence));
    }
  }
}
