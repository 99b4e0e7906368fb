package io.k8or.packages;

import io.k8or.filesystem.ImagePath;
import java.util.regex.Pattern;

/**
 * A pattern of absolute paths: {@code *} and {@code ?} within a segment, {@code **} across
 * segments.
 */
final class PathGlob {
  private final String text;
  private final Pattern pattern;
  private final ImagePath prefix;

  PathGlob(String text) {
    if (!text.startsWith("/")) {
      throw new IllegalArgumentException("not an absolute pattern: " + text);
    }
    this.text = text;
    StringBuilder regex = new StringBuilder();
    for (int i = 1; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '*' && i + 1 < text.length() && text.charAt(i + 1) == '*') {
        regex.append(".*");
        i++;
      } else if (c == '*') {
        regex.append("[^/]*");
      } else if (c == '?') {
        regex.append("[^/]");
      } else {
        regex.append(Pattern.quote(String.valueOf(c)));
      }
    }
    this.pattern = Pattern.compile(regex.toString(), Pattern.DOTALL);
    int wild = 0;
    while (wild < text.length() && text.charAt(wild) != '*' && text.charAt(wild) != '?') {
      wild++;
    }
    this.prefix =
        ImagePath.of(
            wild == text.length() ? text : text.substring(0, text.lastIndexOf('/', wild) + 1));
  }

  /** Returns the directory (or the very path) within which everything lies that fits. */
  ImagePath prefix() {
    return prefix;
  }

  boolean matches(ImagePath path) {
    return pattern.matcher(path.toRelativeBytes().toLatin1()).matches();
  }

  @Override
  public String toString() {
    return text;
  }
}
