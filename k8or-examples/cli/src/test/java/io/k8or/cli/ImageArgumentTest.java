package io.k8or.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.k8or.cli.ImageArgument.Kind;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class ImageArgumentTest {
  @Test
  void parse_eachForm_isRead() {
    assertThat(ImageArgument.parse("oci:a/b"))
        .isEqualTo(new ImageArgument(Kind.OCI, Path.of("a/b"), Optional.empty()));
    assertThat(ImageArgument.parse("oci:a/b:docker.io/library/nginx:1.25"))
        .isEqualTo(
            new ImageArgument(
                Kind.OCI, Path.of("a/b"), Optional.of("docker.io/library/nginx:1.25")));
    assertThat(ImageArgument.parse("docker-archive:x.tar:a:1"))
        .isEqualTo(new ImageArgument(Kind.DOCKER_ARCHIVE, Path.of("x.tar"), Optional.of("a:1")));
    assertThat(ImageArgument.parse("rootfs:a:b.tar"))
        .isEqualTo(new ImageArgument(Kind.ROOTFS, Path.of("a:b.tar"), Optional.empty()));
    assertThat(ImageArgument.parse("dir:/"))
        .isEqualTo(new ImageArgument(Kind.DIR, Path.of("/"), Optional.empty()));
  }

  @Test
  void parse_otherForms_throw() {
    assertThatThrownBy(() -> ImageArgument.parse("oci:"))
        .isInstanceOf(UsageException.class)
        .hasMessage("oci:: no path after oci:");
    assertThatThrownBy(() -> ImageArgument.parse("oci:a:"))
        .hasMessage("oci:a:: an empty reference after the last colon");
    assertThatThrownBy(() -> ImageArgument.parse("oci::a"))
        .hasMessage("oci::a: no path after oci:");
    assertThatThrownBy(() -> ImageArgument.parse("dir:a\0b"))
        .hasMessageStartingWith("dir:a\0b: not a path");
  }

  @Test
  void toString_isWhatWasParsed() {
    for (String text : new String[] {"oci:a:b:c", "docker-archive:x", "rootfs:a:b", "dir:/x"}) {
      assertThat(ImageArgument.parse(text)).hasToString(text);
    }
    assertThat(ImageArgument.parse("oci:/x/y/:b:c").name()).isEqualTo("y:b:c");
    assertThat(ImageArgument.parse("dir:/").name()).isEqualTo("/");
  }
}
