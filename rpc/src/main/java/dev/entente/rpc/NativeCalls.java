package dev.entente.rpc;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.entente.runtime.CLibrary;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/// The three C functions that Java has no API for. Linux, glibc or musl.
final class NativeCalls {
  /// `ENOPROTOOPT`: the kernel does not know the socket option.
  static final int ENOPROTOOPT = 92;

  private static final int SOL_SOCKET = 1;
  private static final int SO_PEERPIDFD = 77;
  private static final short POLLIN = 1;

  private static final StructLayout ERRNO_LAYOUT = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      ERRNO_LAYOUT.varHandle(MemoryLayout.PathElement.groupElement("errno"));

  private static final MethodHandle GETSOCKOPT =
      find(
          "getsockopt",
          FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
  private static final MethodHandle POLL =
      find("poll", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
  private static final MethodHandle CLOSE =
      find("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));

  private NativeCalls() {}

  /// Opens a pidfd of the process that connected to a socket (Linux 6.5).
  ///
  /// @return the descriptor, or the negative error number
  static int peerPidFd(int socket) {
    try (var arena = Arena.ofConfined()) {
      MemorySegment errno = arena.allocate(ERRNO_LAYOUT);
      MemorySegment value = arena.allocateFrom(JAVA_INT, -1);
      MemorySegment length = arena.allocateFrom(JAVA_INT, Integer.BYTES);
      int result =
          (int) GETSOCKOPT.invokeExact(errno, socket, SOL_SOCKET, SO_PEERPIDFD, value, length);
      return result == 0 ? value.get(JAVA_INT, 0) : -(int) ERRNO.get(errno, 0L);
    } catch (Throwable e) {
      throw new IllegalStateException("calling getsockopt failed", e);
    }
  }

  /// Whether a descriptor is readable now; a pidfd is when its process has ended.
  static boolean isReadable(int descriptor) {
    try (var arena = Arena.ofConfined()) {
      MemorySegment errno = arena.allocate(ERRNO_LAYOUT);
      // struct pollfd { int fd; short events; short revents; }
      MemorySegment poll = arena.allocate(8, 4);
      poll.set(JAVA_INT, 0, descriptor);
      poll.set(JAVA_SHORT, 4, POLLIN);
      int ready = (int) POLL.invokeExact(errno, poll, 1L, 0);
      return ready > 0 && poll.get(JAVA_SHORT, 6) != 0;
    } catch (Throwable e) {
      throw new IllegalStateException("calling poll failed", e);
    }
  }

  static void close(int descriptor) {
    try (var arena = Arena.ofConfined()) {
      int _ = (int) CLOSE.invokeExact(arena.allocate(ERRNO_LAYOUT), descriptor);
    } catch (Throwable e) {
      throw new IllegalStateException("calling close failed", e);
    }
  }

  private static MethodHandle find(String name, FunctionDescriptor type) {
    return CLibrary.function(name, type, Linker.Option.captureCallState("errno"));
  }
}
