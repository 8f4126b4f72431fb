package dev.entente.agent.workload;

import dev.entente.runtime.CLibrary;
import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/// Asks the C library, and through it whatever `nsswitch.conf` names: files, LDAP, sssd.
///
/// `/etc/passwd` alone would miss every user of a directory service, and `getent` costs a process
/// for each name. A native call cannot be interrupted, so callers bound it with a thread of theirs.
@SuppressWarnings("restricted") // reads what the C library points at
final class LibcNames implements NameService {
  /// `ERANGE`: the buffer is too small.
  private static final int ERANGE = 34;

  /// Large enough for every user and most groups; a group with thousands of members needs more.
  private static final int FIRST_BUFFER_BYTES = 4 * 1024;

  private static final int LAST_BUFFER_BYTES = 4 * 1024 * 1024;

  /// Room for `struct passwd` (48 bytes) and `struct group` (32 bytes) of glibc on 64 bits. Both
  /// begin with the pointer to the name.
  private static final long RECORD_BYTES = 64;

  private static final AddressLayout TEXT =
      ValueLayout.ADDRESS.withTargetLayout(
          MemoryLayout.sequenceLayout(Long.MAX_VALUE, ValueLayout.JAVA_BYTE));

  private final MethodHandle getpwuid;
  private final MethodHandle getgrgid;

  LibcNames() {
    this.getpwuid = lookUp("getpwuid_r");
    this.getgrgid = lookUp("getgrgid_r");
  }

  @Override
  public Optional<String> user(long uid) {
    return name(getpwuid, uid);
  }

  @Override
  public Optional<String> group(long gid) {
    return name(getgrgid, gid);
  }

  /// `int f(id, struct *record, char *buffer, size_t length, struct **result)`
  private static MethodHandle lookUp(String function) {
    return CLibrary.function(
        function,
        FunctionDescriptor.of(
            ValueLayout.JAVA_INT,
            ValueLayout.JAVA_INT,
            ValueLayout.ADDRESS,
            ValueLayout.ADDRESS,
            ValueLayout.JAVA_LONG,
            ValueLayout.ADDRESS));
  }

  private static Optional<String> name(MethodHandle function, long id) {
    for (int size = FIRST_BUFFER_BYTES; size <= LAST_BUFFER_BYTES; size *= 8) {
      try (var arena = Arena.ofConfined()) {
        var result = arena.allocate(ValueLayout.ADDRESS);
        var record = arena.allocate(RECORD_BYTES, Long.BYTES);
        int error =
            (int) function.invokeExact((int) id, record, arena.allocate(size), (long) size, result);
        if (error != ERANGE) {
          return error == 0 ? nameIn(result.get(ValueLayout.ADDRESS, 0), record) : Optional.empty();
        }
      } catch (Throwable e) {
        throw new IllegalStateException("calling the C library failed", e);
      }
    }
    return Optional.empty();
  }

  private static Optional<String> nameIn(MemorySegment found, MemorySegment record) {
    if (found.address() == 0) {
      return Optional.empty();
    }
    var name = record.get(TEXT, 0).getString(0, StandardCharsets.UTF_8);
    return name.isEmpty() ? Optional.empty() : Optional.of(name);
  }
}
