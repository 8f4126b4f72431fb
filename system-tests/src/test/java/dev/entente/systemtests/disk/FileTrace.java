package dev.entente.systemtests.disk;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/// What a program did to the files below one directory, read from the file that `strace` writes.
///
/// The program must not be ended by killing `strace`, which would lose the last lines. Calls that
/// change files in ways unknown here are an error, so that nothing is left out silently.
final class FileTrace {
  private static final Pattern LINE = Pattern.compile("^(\\d+) +(.*)$", Pattern.DOTALL);
  private static final Pattern RESUMED =
      Pattern.compile("^<\\.\\.\\. \\w+ resumed>(.*)$", Pattern.DOTALL);
  private static final Pattern END =
      Pattern.compile("^\\+\\+\\+ (?:exited with \\d+|killed by SIG\\w+.*) \\+\\+\\+$");
  private static final Pattern DESCRIPTOR = Pattern.compile("^(AT_FDCWD|\\d+)(?:<(.*)>)?$");
  private static final String UNFINISHED = "<unfinished ...>";

  private static final String CALLS =
      "open,openat,creat,dup,dup2,dup3,write,pwrite64,writev,pwritev,pwritev2,lseek,ftruncate,"
          + "truncate,fallocate,rename,renameat,renameat2,link,linkat,symlink,symlinkat,unlink,"
          + "unlinkat,rmdir,mkdir,mkdirat,fsync,fdatasync,sync_file_range,copy_file_range,sendfile,"
          + "mmap";

  /// Longer than any write of ours: the trace has to hold every byte.
  private static final int TEXT_MAX_BYTES = 4 << 20;

  private final Path file;
  private final Path directory;

  /// Calls of interest that began, by thread.
  private final Map<String, Begun> open = new HashMap<>();

  private final Set<Path> doubtful = new HashSet<>();

  private long ended;

  /// The process that `strace` ran first, and whether its end was written down.
  private String first = "";

  private boolean whole;

  private record Begun(String text, long asked) {}

  /// @param file where `strace` writes
  /// @param directory what it is about: an absolute path without symbolic links
  FileTrace(Path file, Path directory) {
    this.file = file;
    this.directory = directory;
  }

  /// The command to run a program below. It flushes nothing and changes nothing.
  List<String> command() {
    return List.of(
        "strace",
        "-f",
        "--seccomp-bpf",
        "-q",
        "-y",
        "-s",
        Integer.toString(TEXT_MAX_BYTES),
        "-e",
        "signal=kill",
        "-e",
        "trace=" + CALLS,
        "-o",
        file.toString());
  }

  /// Removes the file, which is many times as long as what was written.
  void delete() {
    try {
      Files.delete(file);
    } catch (IOException e) {
      throw new UncheckedIOException("trace not removed", e);
    }
  }

  /// Passes on every call that ended, in the order they ended, and returns how many there were.
  ///
  /// @throws IllegalStateException if the trace does not reach to the program's end, or if a call
  ///   in it is not understood
  long read(Consumer<FileCall> sink) {
    try (var lines = Files.newBufferedReader(file, StandardCharsets.ISO_8859_1)) {
      return read(lines, sink);
    } catch (IOException e) {
      throw new UncheckedIOException("trace not read", e);
    }
  }

  private long read(BufferedReader lines, Consumer<FileCall> sink) throws IOException {
    for (var line = lines.readLine(); line != null; line = lines.readLine()) {
      var matched = LINE.matcher(line);
      if (matched.matches()) {
        noteEnd(matched.group(1), matched.group(2));
        finished(matched.group(1), matched.group(2))
            .flatMap(this::call)
            .ifPresent(call -> {
              ended++;
              sink.accept(call);
            });
      }
    }
    if (!whole) {
      throw new IllegalStateException(file + " does not tell how process " + first + " ended");
    }
    open.values().forEach(begun -> doubt(begun.text()));
    return ended;
  }

  /// A process ends after all of its threads.
  private void noteEnd(String thread, String text) {
    first = first.isEmpty() ? thread : first;
    whole |= thread.equals(first) && END.matcher(text).matches();
  }

  /// The files of calls that the end of the program interrupted, known after reading: such a call
  /// may have had its effect, or half of it.
  Set<Path> doubtful() {
    return doubtful;
  }

  private void doubt(String text) {
    var named = Pattern.compile("[<\"](" + Pattern.quote(directory.toString()) + "[^>\"]*)");
    named
        .matcher(text)
        .results()
        .map(found -> Path.of(found.group(1)))
        .forEach(file -> {
          doubtful.add(file);
          doubtful.add(file.resolveSibling(".").normalize());
        });
  }

  /// The whole text of a call that ended with this line.
  private Optional<Begun> finished(String thread, String text) {
    var resumed = RESUMED.matcher(text);
    if (resumed.matches()) {
      var begun = open.remove(thread);
      return Optional.ofNullable(begun)
          .flatMap(it -> ended(it.text() + resumed.group(1), it.asked()));
    }
    if (!text.contains(directory.toString())) {
      return Optional.empty();
    }
    if (text.endsWith(UNFINISHED)) {
      var begun = text.substring(0, text.length() - UNFINISHED.length());
      open.put(thread, new Begun(begun, ended));
      return Optional.empty();
    }
    return ended(text, ended);
  }

  private Optional<Begun> ended(String text, long asked) {
    if (CallText.isUnfinished(text)) {
      doubt(text);
      return Optional.empty();
    }
    return Optional.of(new Begun(text, asked));
  }

  private Optional<FileCall> call(Begun begun) {
    var text = CallText.parse(begun.text());
    return text.failed() ? Optional.empty() : call(text, begun.asked());
  }

  private Optional<FileCall> call(CallText text, long asked) {
    return switch (text.name()) {
      case "open" -> opened(text, place("AT_FDCWD", text.argument(0)), text.argument(1));
      case "openat" -> opened(text, place(text.argument(0), text.argument(1)), text.argument(2));
      case "creat" -> opened(text, place("AT_FDCWD", text.argument(0)), "O_WRONLY|O_CREAT|O_TRUNC");
      case "dup", "dup2", "dup3" ->
          inside(text, 0, new FileCall.Duplicate(number(text, 0), (int) text.result()));
      case "write", "writev" -> written(text, OptionalLong.empty());
      case "pwrite64", "pwritev" -> written(text, OptionalLong.of(value(text, last(text))));
      case "lseek" -> inside(text, 0, new FileCall.Seek(number(text, 0), text.result()));
      case "ftruncate" ->
          inside(
              text, 0, new FileCall.Truncate(number(text, 0), descriptor(text, 0), value(text, 1)));
      case "fsync", "fdatasync" ->
          inside(text, 0, new FileCall.Flush(number(text, 0), descriptor(text, 0), asked));
      case "mkdir" -> made(place("AT_FDCWD", text.argument(0)));
      case "mkdirat" -> made(place(text.argument(0), text.argument(1)));
      case "rename" ->
          renamed(place("AT_FDCWD", text.argument(0)), place("AT_FDCWD", text.argument(1)));
      case "renameat", "renameat2" ->
          renamed(
              place(text.argument(0), text.argument(1)), place(text.argument(2), text.argument(3)));
      case "unlink", "rmdir" -> removed(place("AT_FDCWD", text.argument(0)));
      case "unlinkat" -> removed(place(text.argument(0), text.argument(1)));
      case "mmap" -> mapped(text);
      default -> throw new IllegalStateException("the disk does not know " + text.name());
    };
  }

  private Optional<FileCall> opened(CallText text, Path at, String flags) {
    var set = List.of(flags.split("\\|"));
    return filtered(
        at,
        new FileCall.Open(
            (int) text.result(),
            at,
            set.contains("O_CREAT"),
            set.contains("O_TRUNC"),
            set.contains("O_APPEND")));
  }

  private Optional<FileCall> written(CallText text, OptionalLong offset) {
    if (descriptor(text, 0).startsWith(directory)) {
      var bytes = CallText.bytes(text.argument(1));
      return Optional.of(
          new FileCall.Write(
              number(text, 0), descriptor(text, 0), offset, bytes, (int) text.result()));
    }
    return Optional.empty();
  }

  private Optional<FileCall> made(Path at) {
    return filtered(at, new FileCall.MakeDirectory(at));
  }

  private Optional<FileCall> removed(Path at) {
    return filtered(at, new FileCall.Remove(at));
  }

  private Optional<FileCall> renamed(Path from, Path to) {
    return filtered(from.startsWith(directory) ? from : to, new FileCall.Rename(from, to));
  }

  /// Reading through a mapping, or one's own copy, changes nothing; SQLite's shared index, which it
  /// makes anew, is no part of the disk.
  private Optional<FileCall> mapped(CallText text) {
    var writes = text.argument(2).contains("PROT_WRITE") && text.argument(3).contains("MAP_SHARED");
    var at = descriptor(text, 4);
    if (writes && at.startsWith(directory) && UnsyncedDisk.counts(at)) {
      throw new IllegalStateException("the disk does not see writes through a mapping of " + at);
    }
    return Optional.empty();
  }

  private Optional<FileCall> inside(CallText text, int argument, FileCall call) {
    return filtered(descriptor(text, argument), call);
  }

  private Optional<FileCall> filtered(Path at, FileCall call) {
    return at.startsWith(directory) ? Optional.of(call) : Optional.empty();
  }

  @Override
  public String toString() {
    return file.toString();
  }

  private static int last(CallText text) {
    return text.arguments().size() - 1;
  }

  private static long value(CallText text, int argument) {
    return Long.parseLong(text.argument(argument));
  }

  private static int number(CallText text, int argument) {
    var matched = DESCRIPTOR.matcher(text.argument(argument));
    return matched.matches() ? Integer.parseInt(matched.group(1)) : -1;
  }

  private static Path descriptor(CallText text, int argument) {
    var matched = DESCRIPTOR.matcher(text.argument(argument));
    return matched.matches() && matched.group(2) != null
        ? Path.of(matched.group(2).replace("(deleted)", ""))
        : Path.of("/");
  }

  /// A name given to a call, relative to the directory given beside it.
  private static Path place(String base, String name) {
    var text = new String(CallText.bytes(name), StandardCharsets.UTF_8);
    var matched = DESCRIPTOR.matcher(base);
    var from = matched.matches() && matched.group(2) != null ? matched.group(2) : "/";
    return Path.of(from).resolve(text).normalize();
  }
}
