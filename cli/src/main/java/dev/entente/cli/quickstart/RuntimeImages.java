package dev.entente.cli.quickstart;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;

/// Makes runtime images: one per program, so that `unix:path` tells the programs apart.
///
/// A Java program's executable is `java`, so all programs of one installation look the same to the
/// kernel. With an image of its own, a program has an executable of its own. Ours are the
/// distribution's own jlink image again, by hard links where the file system and its owner allow
/// it. One thread.
final class RuntimeImages {
  /// Where the next image is taken from: after a copy, the copy, because it can be linked.
  private Path source;

  private boolean linking = true;

  RuntimeImages(Path source) {
    this.source = source;
  }

  /// Makes an image in `target`, which does not exist yet; returns its `java`.
  Path make(Path target) throws IOException {
    var tree = new Tree(source, target);
    Files.walkFileTree(source, tree);
    if (tree.copied) {
      source = target;
      linking = true;
    }
    return target.toRealPath().resolve("bin/java");
  }

  /// Repeats what it walks over in another place.
  private final class Tree extends SimpleFileVisitor<Path> {
    private final Path from;
    private final Path to;
    private boolean copied;

    Tree(Path from, Path to) {
      this.from = from;
      this.to = to;
    }

    @Override
    public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
        throws IOException {
      Files.createDirectories(to.resolve(from.relativize(directory)));
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
      var twin = to.resolve(from.relativize(file));
      if (attributes.isSymbolicLink() || !linked(file, twin)) {
        Files.copy(file, twin, LinkOption.NOFOLLOW_LINKS, StandardCopyOption.COPY_ATTRIBUTES);
        copied |= !attributes.isSymbolicLink();
      }
      return FileVisitResult.CONTINUE;
    }

    private boolean linked(Path file, Path twin) {
      if (linking) {
        try {
          Files.createLink(twin, file);
          return true;
        } catch (IOException | UnsupportedOperationException _) {
          // Another file system, or somebody else's file: copy this one and the rest.
          linking = false;
        }
      }
      return false;
    }
  }
}
