package io.k8or.packages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class RpmRequirementTest {
  @Test
  void of_requirements_areParsed() {
    assertThat(RpmRequirement.of("libc.so.6()(64bit)", 0, "")).hasToString("libc.so.6()(64bit)");
    assertThat(RpmRequirement.of("glibc", 8 | 4, "2.34-1")).hasToString("glibc (>= 2.34-1)");
    assertThat(RpmRequirement.of("(a or b >= 2 or c)", 0, "")).hasToString("a | b (>= 2) | c");
    assertThat(RpmRequirement.of("(python3dist(x) >= 1 with python3dist(x) < 2)", 0, ""))
        .hasToString("(python3dist(x) (>= 1) with python3dist(x) (< 2))");
    assertThat(RpmRequirement.of("(a if (b and c) else d)", 0, ""))
        .isEqualTo(
            new Requirement.When(
                new Requirement.AllOf(List.of(name("b"), name("c"))), name("a"), name("d")));
    assertThat(RpmRequirement.of("(a unless b)", 0, ""))
        .isEqualTo(new Requirement.When(name("b"), Requirement.nothing(), name("a")));
  }

  @Test
  void of_manyOperands_throws() {
    String text = "(a" + " with a".repeat(100_000) + ")";
    assertThatThrownBy(() -> RpmRequirement.of(text, 0, ""))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("not a rich requirement, at ");
  }

  private static Requirement name(String name) {
    return new Requirement.Named(name, "", "", "");
  }

  @Test
  void of_otherForms_throw() {
    for (String text : List.of("(a", "(a and)", "(a maybe b)", "(a) b", "()")) {
      assertThatThrownBy(() -> RpmRequirement.of(text, 0, ""))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("not a rich requirement, at ")
          .hasMessageEndingWith(": " + text);
    }
  }
}
