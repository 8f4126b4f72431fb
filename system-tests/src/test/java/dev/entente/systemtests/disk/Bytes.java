package dev.entente.systemtests.disk;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// The bytes of a file.
final class Bytes implements Node {
  /// What a disk writes whole or not at all.
  private static final int SECTOR = 512;

  /// Changes that no flush covered, oldest first.
  private final List<Change> pending = new ArrayList<>();

  private Content certain;
  private long length;

  Bytes(byte[] certain) {
    this.certain = new Content(certain.clone(), certain.length);
    this.length = certain.length;
  }

  /// What a crash left of it.
  record Left(byte[] bytes, long dropped) {}

  private sealed interface Change {
    long call();
  }

  private record Written(long call, long offset, byte[] bytes) implements Change {}

  private record Cut(long call, long length) implements Change {}

  void write(long call, long offset, byte[] bytes) {
    pending.add(new Written(call, offset, bytes));
    length = Math.max(length, offset + bytes.length);
  }

  void cut(long call, long to) {
    if (to != length) {
      pending.add(new Cut(call, to));
      length = to;
    }
  }

  /// As the program sees it.
  long length() {
    return length;
  }

  @Override
  public void flush(long asked) {
    var covered = pending.stream().filter(change -> change.call() <= asked).toList();
    covered.forEach(change -> certain.take(change));
    pending.removeAll(covered);
  }

  /// As the program sees it.
  byte[] seen() {
    return afterCrash(Survival.all()).bytes();
  }

  Left afterCrash(Survival survival) {
    var content = certain.copy();
    var dropped = 0L;
    for (var change : pending) {
      switch (change) {
        case Written written -> dropped += content.takeSome(written, survival);
        case Cut cut -> {
          if (survival.survives()) {
            content.take(cut);
          }
        }
      }
    }
    return new Left(content.toBytes(), dropped);
  }

  /// Bytes that grow; a gap is filled with zeros.
  private static final class Content {
    private byte[] bytes;
    private int length;

    Content(byte[] bytes, int length) {
      this.bytes = bytes;
      this.length = length;
    }

    Content copy() {
      return new Content(Arrays.copyOf(bytes, length), length);
    }

    byte[] toBytes() {
      return Arrays.copyOf(bytes, length);
    }

    void take(Change change) {
      switch (change) {
        case Written(_, var offset, var written) ->
            put(Math.toIntExact(offset), written, 0, written.length);
        case Cut(_, var to) -> cut(Math.toIntExact(to));
      }
    }

    /// Takes the sectors that survive, and returns the bytes of those that do not.
    long takeSome(Written written, Survival survival) {
      var dropped = 0L;
      var from = 0;
      while (from < written.bytes().length) {
        var sectorEnd = (written.offset() + from) / SECTOR * SECTOR + SECTOR;
        var to = (int) Math.min(written.bytes().length, sectorEnd - written.offset());
        if (survival.survives()) {
          put(Math.toIntExact(written.offset()) + from, written.bytes(), from, to - from);
        } else {
          dropped += to - from;
        }
        from = to;
      }
      return dropped;
    }

    private void put(int offset, byte[] from, int start, int count) {
      var end = offset + count;
      if (end > bytes.length) {
        bytes = Arrays.copyOf(bytes, Math.max(end, bytes.length * 2));
      }
      System.arraycopy(from, start, bytes, offset, count);
      length = Math.max(length, end);
    }

    private void cut(int to) {
      if (to < length) {
        Arrays.fill(bytes, to, length, (byte) 0);
      } else if (to > bytes.length) {
        bytes = Arrays.copyOf(bytes, to);
      }
      length = to;
    }
  }
}
