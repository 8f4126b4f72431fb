package dev.entente.systemtests.disk;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;

/// Files as a disk holds them when whatever was not flushed is lost.
///
/// As strict as POSIX allows: the flush of a file keeps its bytes and not its name, the flush of a
/// directory keeps the names in it and not the files' bytes, and a flush covers what had ended when
/// it began. What lies unflushed may be lost ([Survival#none()]) or be there in part.
final class UnsyncedDisk {
  /// SQLite's index of its log, shared through memory and made anew by the next opening.
  private static final String SHARED_INDEX = "-shm";

  private final Path directory;
  private final Folder top = new Folder();
  private final Map<Integer, Handle> handles = new HashMap<>();
  private long calls;

  /// An open file and where it stands; shared by its duplicates.
  private static final class Handle {
    private final Node node;
    private final boolean appends;
    private long position;

    Handle(Node node, boolean appends) {
      this.node = node;
      this.appends = appends;
    }
  }

  private UnsyncedDisk(Path directory) {
    this.directory = directory;
  }

  /// A disk that holds what is in that directory now, all of it flushed.
  static UnsyncedDisk of(Path directory) {
    var disk = new UnsyncedDisk(directory);
    disk.load(directory, disk.top);
    return disk;
  }

  /// Whether a file is on the disk at all.
  static boolean counts(Path file) {
    return !Objects.requireNonNull(file.getFileName()).toString().endsWith(SHARED_INDEX);
  }

  private void load(Path from, Folder into) {
    try (var files = Files.list(from)) {
      for (var file : files.sorted().toList()) {
        var name = file.getFileName().toString();
        if (Files.isDirectory(file)) {
          var folder = new Folder();
          load(file, folder);
          into.holds(name, folder);
        } else if (Files.isRegularFile(file) && counts(file)) {
          into.holds(name, new Bytes(Files.readAllBytes(file)));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("files not read", e);
    }
  }

  /// Takes the next call of a trace.
  void apply(FileCall call) {
    calls++;
    switch (call) {
      case FileCall.Open open -> open(open);
      case FileCall.Duplicate(var fd, var copy) -> handles.put(copy, handle(fd));
      case FileCall.Write write -> write(write);
      case FileCall.Seek(var fd, var offset) -> handle(fd).position = offset;
      case FileCall.Truncate(var fd, _, var length) -> bytes(fd).cut(calls, length);
      case FileCall.Flush(var fd, _, var asked) -> handle(fd).node.flush(asked);
      case FileCall.MakeDirectory(var at) -> folder(at).name(calls, nameOf(at), new Folder());
      case FileCall.Rename(var from, var to) -> rename(from, to);
      case FileCall.Remove(var at) -> folder(at).forget(calls, nameOf(at));
    }
  }

  private void open(FileCall.Open open) {
    if (open.at().equals(directory)) {
      handles.put(open.fd(), new Handle(top, false));
      return;
    }
    var folder = folder(open.at());
    var name = nameOf(open.at());
    if (folder.find(name).isEmpty()) {
      if (!open.creates()) {
        throw new IllegalStateException("the disk has no " + open.at());
      }
      folder.name(calls, name, new Bytes(new byte[0]));
    }
    var node = folder.find(name).orElseThrow();
    if (open.truncates() && node instanceof Bytes bytes) {
      bytes.cut(calls, 0);
    }
    handles.put(open.fd(), new Handle(node, open.appends()));
  }

  private void write(FileCall.Write write) {
    var handle = handle(write.fd());
    var bytes = bytes(write.fd());
    var taken = Arrays.copyOf(write.bytes(), write.returned());
    var standing = handle.appends ? bytes.length() : handle.position;
    bytes.write(calls, write.offset().orElse(standing), taken);
    if (write.offset().isEmpty()) {
      handle.position = standing + taken.length;
    }
  }

  private void rename(Path from, Path to) {
    var node = folder(from).find(nameOf(from)).orElseThrow();
    if (Objects.equals(from.getParent(), to.getParent())) {
      folder(from).rename(calls, nameOf(from), nameOf(to), node);
    } else {
      folder(to).name(calls, nameOf(to), node);
      folder(from).forget(calls, nameOf(from));
    }
  }

  private Handle handle(int fd) {
    var handle = handles.get(fd);
    if (handle == null) {
      throw new IllegalStateException("file " + fd + " was opened before the trace began");
    }
    return handle;
  }

  private Bytes bytes(int fd) {
    return switch (handle(fd).node) {
      case Bytes bytes -> bytes;
      case Folder _ -> throw new IllegalStateException("a directory was written to");
    };
  }

  /// The folder that has a name.
  private Folder folder(Path at) {
    var folder = top;
    for (var part : directory.relativize(Objects.requireNonNull(at.getParent()))) {
      if (!part.toString().isEmpty()) {
        folder =
            switch (folder.find(part.toString()).orElseThrow()) {
              case Folder inside -> inside;
              case Bytes _ -> throw new IllegalStateException(part + " is no directory");
            };
      }
    }
    return folder;
  }

  private static String nameOf(Path at) {
    return Objects.requireNonNull(at.getFileName()).toString();
  }

  /// Makes the files in `target`, an existing directory, as a crash now would leave them.
  Loss crash(Path target, Survival survival) {
    return make(top, target, survival);
  }

  /// Compares what the program saw with the files as they are; a difference means that the trace,
  /// or this class, has left something out.
  ///
  /// @return what differs and how, empty if nothing does
  Map<Path, String> differences(Path live) {
    var differing = new TreeMap<Path, String>();
    compare(top, live, differing);
    return differing;
  }

  private static void compare(Folder folder, Path live, Map<Path, String> differing) {
    try (var files = Files.list(live)) {
      var names = new TreeSet<>(folder.names());
      names.removeIf(name -> !counts(Path.of(name)));
      var there = new TreeSet<String>();
      files
          .filter(file -> Files.isDirectory(file) || Files.isRegularFile(file))
          .filter(UnsyncedDisk::counts)
          .forEach(file -> there.add(file.getFileName().toString()));
      if (!names.equals(there)) {
        differing.put(live, "names seen " + names + ", there " + there);
        return;
      }
      for (var name : names) {
        switch (folder.find(name).orElseThrow()) {
          case Folder inside -> compare(inside, live.resolve(name), differing);
          case Bytes bytes -> {
            var file = live.resolve(name);
            var seen = bytes.seen();
            var present = Files.readAllBytes(file);
            var at = Arrays.mismatch(seen, present);
            if (at >= 0) {
              differing.put(
                  file,
                  "from byte %d on, %d seen, %d there".formatted(at, seen.length, present.length));
            }
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("files not compared", e);
    }
  }

  private static Loss make(Folder folder, Path target, Survival survival) {
    var loss = new Loss(0, 0);
    var left = folder.afterCrash(survival);
    for (var entry : left.names().entrySet()) {
      var file = target.resolve(entry.getKey());
      if (counts(file)) {
        loss = loss.plus(make(entry.getValue(), file, survival));
      }
    }
    return loss.plus(new Loss(0, left.dropped()));
  }

  private static Loss make(Node node, Path file, Survival survival) {
    try {
      switch (node) {
        case Folder inside -> {
          Files.createDirectory(
              file,
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
          return make(inside, file, survival);
        }
        case Bytes bytes -> {
          var left = bytes.afterCrash(survival);
          Files.createFile(
              file,
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
          Files.write(file, left.bytes());
          return new Loss(left.dropped(), 0);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("files not made", e);
    }
  }
}
