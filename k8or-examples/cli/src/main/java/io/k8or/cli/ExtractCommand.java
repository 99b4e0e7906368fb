package io.k8or.cli;

import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code k8or extract}. */
@Command(
    name = "extract",
    description = "Writes the bytes of one file to stdout; follows symbolic links in the image.")
final class ExtractCommand implements Callable<Integer> {
  private final Session session;

  @Mixin final CommonOptions common = new CommonOptions();
  @Mixin private final InputOptions input = new InputOptions();

  @Parameters(index = "0", paramLabel = "IMAGE", description = "The image.")
  private String image = "";

  @Parameters(index = "1", paramLabel = "PATH", description = "An absolute path in the image.")
  private String path = "";

  ExtractCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() throws IOException {
    ImageArgument argument = ImageArgument.parse(image);
    ImagePath wanted;
    try {
      wanted = ImagePath.of(path);
    } catch (IllegalArgumentException e) {
      throw new UsageException(path, "expected an absolute path in the image");
    }
    FileTree files = Input.open(argument, input.platform(), session).snapshot().files();
    Optional<FileNode> node = files.follow(wanted);
    if (node.isEmpty()) {
      throw new UsageException(
          path,
          files.contains(wanted)
              ? "a symbolic link that leads to nothing in the image"
              : "there is no such file in the image");
    }
    if (!node.get().isRegular()) {
      throw new UsageException(path, "expected a regular file, found a " + node.get());
    }
    try (InputStream in = node.get().content().open()) {
      in.transferTo(session.out());
    }
    return ExitStatus.DONE;
  }
}
