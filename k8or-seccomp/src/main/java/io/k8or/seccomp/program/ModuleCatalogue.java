package io.k8or.seccomp.program;

import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Where programs and libraries keep the modules that they open by names which are put together at
 * run time. All modules that the image holds there count as opened.
 */
final class ModuleCatalogue {
  private static final Pattern OBJECT = Pattern.compile(".*\\.so(\\.[0-9.]+)?|.*\\.node");

  /** By the name of the object that opens them: what the paths of its modules match. */
  private static final List<Map.Entry<Pattern, Pattern>> PLACES =
      List.of(
          entry("(lib)?python[0-9.]*(\\.so.*)?", ".*/(python|pypy)[0-9.]*/.*"),
          entry("(lib)?perl[0-9.]*(\\.so.*)?", ".*/perl.*/auto/.*"),
          entry("node(js)?|libnode\\.so.*", ".*\\.node"),
          entry("(lib)?ruby[0-9.-]*(\\.so.*)?", ".*/ruby/.*"),
          entry("php[0-9.]*(-fpm|-cgi)?|libphp.*", ".*/php/.*"),
          entry("(lib)?lua[0-9.]*(\\.so.*)?|libluajit.*", ".*/lua/.*"),
          entry("nginx", ".*/nginx/modules/.*"),
          entry("lighttpd", ".*/lighttpd/.*"),
          entry("apache2|httpd", ".*/(apache2|httpd)/modules/.*"),
          entry("postgres", ".*/(postgresql|pgsql)/.*"),
          entry("mysqld|mariadbd", ".*/(mysql|mariadb)/.*"),
          entry("redis-.*|valkey-.*", ".*/(redis|valkey)/.*"),
          entry("bash", ".*/lib/bash/.*"),
          entry("haproxy", ".*/haproxy/.*"),
          entry("libcrypto\\.so.*", ".*/(engines-[0-9.]+|ossl-modules)/.*"),
          entry("libsasl2\\.so.*", ".*/sasl2/.*"),
          entry("libpam\\.so.*", ".*/security/pam_.*"),
          entry("libkrb5\\.so.*|libgssapi_krb5\\.so.*", ".*/(krb5/plugins|gssapi|gss)/.*"),
          entry("libp11-kit\\.so.*", ".*/pkcs11/.*"),
          entry("libxtables\\.so.*", ".*/xtables/.*"),
          entry("libsqlite3\\.so.*|sqlite3", ".*/sqlite[^/]*/.*"),
          entry("libxslt\\.so.*", ".*/libxslt-plugins/.*"),
          entry("libasound\\.so.*", ".*/alsa-lib/.*"),
          entry("libgmodule-.*", ".*/(gio|gtk-[0-9.]+|gdk-pixbuf-[0-9.]+)/.*"),
          entry("libLLVM.*", ".*/llvm[^/]*/.*"),
          entry(
              "libbfd-.*\\.so|(.*-)?(ld(\\.bfd|\\.gold)?|dwp)",
              ".*/bfd-plugins/.*|.*/liblto_plugin.*"),
          entry("librhash\\.so.*", ".*/libcrypto\\.so.*"),
          entry("libcryptsetup\\.so.*", ".*/libcryptsetup-token-.*"),
          entry(
              "new(uidmap|gidmap|users)|getsubids|user(add|mod|del)|libsubid\\.so.*",
              ".*/libsubid_.*"),
          entry("gdb(server)?|gdbtui|gcore", ".*/libthread_db[-.].*"),
          entry("libgomp\\.so.*", ".*/libgomp-plugin-.*"),
          entry("libss\\.so.*", ".*/lib(readline|edit|eline|getline)\\.so.*"),
          entry("libsystemd-shared-.*", ".*/libtss2-tcti-.*"),
          entry("librpm\\.so.*", ".*/rpm-plugins/.*"),
          entry("libgssglue\\.so.*", ".*/(libgssapi.*|gss/.*)"),
          entry("ssh(-.*)?|sshd", ".*/pkcs11/.*"),
          entry("mosquitto(_.*)?", ".*/mosquitto[^/]*\\.so.*"),
          entry("(lib)?tcl[0-9.]*(\\.so.*)?|tclsh.*|wish.*", ".*/(tcl|tk)[^/]*/.*"),
          entry("libc\\.so\\.6", ".*/gconv/.*"));

  /** A Java runtime: its libraries open each other. */
  private static final Pattern JAVA = Pattern.compile(".*/(jvm|jre|jdk|java|openjdk)[^/]*/.*");

  /** By the name of the object that asks all objects for them: names of symbols. */
  private static final List<Map.Entry<Pattern, Pattern>> SYMBOLS =
      List.of(
          // Modules that are linked into it (src/plugin.c, plugins_load).
          entry("lighttpd", "\\w+_plugin_init"));

  private ModuleCatalogue() {}

  private static Map.Entry<Pattern, Pattern> entry(String object, String places) {
    return Map.entry(Pattern.compile(object), Pattern.compile(places));
  }

  /**
   * Returns the modules that an object opens, which may be none; empty where nothing is known of
   * it.
   *
   * @param object its path
   */
  static Optional<List<ImagePath>> of(ImagePath object, FileTree files) {
    if (JAVA.matcher(object.toString()).matches()) {
      return Optional.of(matching(JAVA, object, files));
    }
    String name = object.name().toLatin1();
    for (Map.Entry<Pattern, Pattern> place : PLACES) {
      if (place.getKey().matcher(name).matches()) {
        return Optional.of(matching(place.getValue(), object, files));
      }
    }
    return Optional.empty();
  }

  /**
   * Returns what the names match that an object puts together and asks all objects of the program
   * for; empty where nothing is known of it.
   *
   * @param object its path
   */
  static Optional<Pattern> symbols(ImagePath object) {
    String name = object.name().toLatin1();
    return SYMBOLS.stream()
        .filter(entry -> entry.getKey().matcher(name).matches())
        .map(Map.Entry::getValue)
        .findFirst();
  }

  private static List<ImagePath> matching(Pattern places, ImagePath object, FileTree files) {
    List<ImagePath> found = new ArrayList<>();
    for (Map.Entry<ImagePath, FileNode> file : files.nodes().entrySet()) {
      String path = file.getKey().toString();
      if (file.getValue().isRegular()
          && OBJECT.matcher(path).matches()
          && places.matcher(path).matches()
          && !file.getKey().equals(object)) {
        found.add(file.getKey());
      }
    }
    return found;
  }
}
