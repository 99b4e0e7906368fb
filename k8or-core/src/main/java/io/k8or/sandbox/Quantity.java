package io.k8or.sandbox;

import java.math.BigDecimal;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes as programs and Kubernetes write them. */
final class Quantity {
  private static final Pattern SIZE = Pattern.compile("(\\d{1,15})\\s*([kKmMgGtT]?)[iI]?[bB]?");

  /** Kubernetes' canonical forms of amounts: a number, perhaps with a unit. */
  static final Pattern KUBERNETES =
      Pattern.compile("[1-9]\\d{0,15}(\\.\\d{1,3})?(m|k|M|G|T|Ki|Mi|Gi|Ti)?|0\\.\\d{1,3}");

  static final long MIB = 1 << 20;

  private Quantity() {}

  /** Returns bytes of a text such as {@code 512m}, {@code 1GB} or {@code 128MiB}; units of 1024. */
  static Optional<Long> bytes(String text) {
    Matcher matcher = SIZE.matcher(text.strip());
    if (!matcher.matches()) {
      return Optional.empty();
    }
    long unit =
        switch (matcher.group(2)) {
          case "k", "K" -> 1L << 10;
          case "m", "M" -> 1L << 20;
          case "g", "G" -> 1L << 30;
          case "t", "T" -> 1L << 40;
          default -> 1L;
        };
    long number = Long.parseLong(matcher.group(1));
    return number > Long.MAX_VALUE / 8 / unit ? Optional.empty() : Optional.of(number * unit);
  }

  /** Returns the amount of a text of Kubernetes' form. */
  static BigDecimal amount(String text) {
    String digits = text.replaceAll("[A-Za-z]+$", "");
    String unit = text.substring(digits.length());
    BigDecimal number = new BigDecimal(digits);
    return switch (unit) {
      case "m" -> number.movePointLeft(3);
      case "k" -> number.movePointRight(3);
      case "M" -> number.movePointRight(6);
      case "G" -> number.movePointRight(9);
      case "T" -> number.movePointRight(12);
      case "Ki" -> number.multiply(BigDecimal.valueOf(1L << 10));
      case "Mi" -> number.multiply(BigDecimal.valueOf(1L << 20));
      case "Gi" -> number.multiply(BigDecimal.valueOf(1L << 30));
      case "Ti" -> number.multiply(BigDecimal.valueOf(1L << 40));
      default -> number;
    };
  }

  /** Returns bytes in MiB, rounded up. */
  static String mebibytes(long bytes) {
    return Math.max(1, (bytes + MIB - 1) / MIB) + "Mi";
  }

  /** Returns thousandths of a processor. */
  static String millis(long millis) {
    return millis % 1000 == 0 ? Long.toString(millis / 1000) : millis + "m";
  }
}
