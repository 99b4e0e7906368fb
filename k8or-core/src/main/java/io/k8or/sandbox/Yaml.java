package io.k8or.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Writes JSON as YAML 1.2 in block style, each reason as a comment at the end of its line. The
 * document without its comments is the JSON.
 */
final class Yaml {
  // What no reader of YAML 1.1 or 1.2 takes for something else than a string.
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z/][A-Za-z0-9._/-]*");
  private static final Set<String> WORDS =
      Set.of("true", "false", "yes", "no", "on", "off", "null", "y", "n");

  private final Map<String, String> reasons;
  private final StringBuilder out = new StringBuilder();

  private Yaml(Map<String, String> reasons) {
    this.reasons = reasons;
  }

  static String of(Explained document) {
    Yaml yaml = new Yaml(document.reasons());
    yaml.fields(document.root(), "", 0, "");
    return yaml.out.toString();
  }

  // first: what stands before the first field instead of the indent, in a list.
  private void fields(JsonNode object, String pointer, int indent, String first) {
    String start = first;
    for (Map.Entry<String, JsonNode> field : object.properties()) {
      out.append(start.isEmpty() ? " ".repeat(indent) : start);
      start = "";
      value(scalar(field.getKey()) + ":", field.getValue(), pointer + "/" + field.getKey(), indent);
    }
  }

  private void value(String name, JsonNode value, String pointer, int indent) {
    out.append(name);
    if (value.isObject() && !value.isEmpty()) {
      end(pointer);
      fields(value, pointer, indent + 2, "");
    } else if (value.isArray() && !value.isEmpty()) {
      end(pointer);
      for (int i = 0; i < value.size(); i++) {
        String inner = pointer + "/" + i;
        String dash = " ".repeat(indent) + "- ";
        if (value.get(i).isObject() && !value.get(i).isEmpty()) {
          fields(value.get(i), inner, indent + 2, dash);
        } else {
          out.append(dash).append(text(value.get(i)));
          end(inner);
        }
      }
    } else {
      out.append(' ').append(text(value));
      end(pointer);
    }
  }

  private void end(String pointer) {
    String reason = reasons.get(pointer);
    if (reason != null) {
      out.append("  # ").append(reason.replaceAll("[\\p{Cntrl}\\p{Cs}\u2028\u2029\ufeff]+", " "));
    }
    out.append('\n');
  }

  private static String text(JsonNode value) {
    return value.isTextual() ? scalar(value.textValue()) : value.toString();
  }

  private static String scalar(String text) {
    boolean plain = PLAIN.matcher(text).matches() && !WORDS.contains(text.toLowerCase(Locale.ROOT));
    return plain ? text : TextNode.valueOf(text).toString();
  }
}
