package dev.entente.runtime;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.time.Duration;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Lets threads that answer go before threads that compute in bulk, wherever they share a core.
///
/// A call needs an event loop for some microseconds. When handshakes, signatures or the evidence of
/// a fleet take all cores, it waits until the kernel takes one away, which it does after some
/// milliseconds of a turn. Two things that any Linux thread may ask for itself change that:
///
/// - who [#answers] has turns of [#TURN]; the kernel (6.12 and later) interrupts longer ones for it
/// - who [#computesInBulk] has the nice value [#NICE], a tenth of the others' weight: it gives way,
///   and is never starved
///
/// A thread keeps this for good, and the threads it makes have it too: nothing that answers may be
/// made by one that computes in bulk. A kernel that refuses changes nothing. Neither does anything
/// before [#enable], since the first function of the C library costs a start too much. Any thread
/// may call. docs/adr/0026 has what was tried.
public final class Precedence {
  /// Weight 110, where other threads have 1,024.
  static final int NICE = 10;

  /// A kernel's own turns take 1.4 to 3 ms, depending on the cores; the least it allows is 0.1.
  static final Duration TURN = Duration.ofNanos(200_000);

  private static final Logger LOG = LoggerFactory.getLogger(Precedence.class);

  /// `struct sched_attr` of sched_setattr(2), in its first and smallest version.
  private static final long ATTRIBUTES_BYTES = 48;

  private static final long SIZE_AT = 0;
  private static final long NICE_AT = 16;
  private static final long TURN_AT = 24;

  /// To Linux a thread is a process, and 0 whoever asks.
  private static final long CALLING_THREAD = 0;

  private final AtomicBoolean refused = new AtomicBoolean();
  private volatile Optional<Calls> calls = Optional.empty();

  /// The numbers of the system calls, for which the C library has no functions before glibc 2.41.
  private enum Machine {
    X86_64("amd64", 314, 315),
    AARCH64("aarch64", 274, 275);

    private final String javaName;
    private final long setattr;
    private final long getattr;

    Machine(String javaName, long setattr, long getattr) {
      this.javaName = javaName;
      this.setattr = setattr;
      this.getattr = getattr;
    }

    static Optional<Machine> here() {
      var name = System.getProperty("os.arch");
      for (var machine : values()) {
        if (machine.javaName.equals(name)) {
          return Optional.of(machine);
        }
      }
      return Optional.empty();
    }
  }

  /// What a thread may change of how it is scheduled.
  ///
  /// @param nice -20 to 19
  /// @param turnNanos 0 for the kernel's own
  record Schedule(int nice, long turnNanos) {}

  /// `long syscall(long number, pid_t thread, struct sched_attr *, unsigned [size,] flags)`
  private record Calls(Machine machine, MethodHandle syscall) {
    static Calls link(Machine machine) {
      var type =
          FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG);
      return new Calls(
          machine, CLibrary.function("syscall", type, Linker.Option.firstVariadicArg(1)));
    }

    private long call(long number, MemorySegment attributes, long third) {
      try {
        return (long) syscall.invokeExact(number, CALLING_THREAD, attributes, third, 0L);
      } catch (Throwable e) {
        throw new IllegalStateException("calling the kernel failed", e);
      }
    }

    /// Empty if the kernel refuses.
    Optional<Schedule> get(MemorySegment attributes) {
      return call(machine.getattr, attributes, ATTRIBUTES_BYTES) == 0
          ? Optional.of(
              new Schedule(attributes.get(JAVA_INT, NICE_AT), attributes.get(JAVA_LONG, TURN_AT)))
          : Optional.empty();
    }

    boolean set(MemorySegment attributes, Schedule wanted) {
      attributes.set(JAVA_INT, SIZE_AT, (int) ATTRIBUTES_BYTES);
      attributes.set(JAVA_INT, NICE_AT, wanted.nice);
      attributes.set(JAVA_LONG, TURN_AT, wanted.turnNanos);
      return call(machine.setattr, attributes, 0) == 0;
    }
  }

  /// From now on threads get what they ask for. Blocks for up to a tenth of a second.
  public void enable() {
    try {
      calls = Machine.here().map(Calls::link);
    } catch (NoSuchElementException | UnsupportedOperationException e) {
      LOG.atDebug().setCause(e).log("Threads keep the kernel's own precedence");
    }
  }

  /// The calling thread answers; it must not be one that computes in bulk.
  public void answers() {
    change(now -> new Schedule(now.nice, TURN.toNanos()));
  }

  /// The calling thread computes in bulk; of a virtual thread its carrier does. Takes a
  /// microsecond, so that each piece of work may say so.
  public void computesInBulk() {
    // Never lowered: the whole process may have a higher one.
    change(now -> new Schedule(Math.max(now.nice, NICE), now.turnNanos));
  }

  private void change(UnaryOperator<Schedule> wish) {
    if (calls.isEmpty() || refused.get()) {
      return;
    }
    try (var arena = Arena.ofConfined()) {
      var attributes = arena.allocate(ATTRIBUTES_BYTES, Long.BYTES);
      var now = calls.get().get(attributes);
      if (now.isEmpty() || !change(now.get(), wish.apply(now.get()), attributes)) {
        refused.set(true);
        LOG.atDebug().log("Threads keep the kernel's own precedence, which refused another");
      }
    }
  }

  private boolean change(Schedule now, Schedule wanted, MemorySegment attributes) {
    return wanted.equals(now) || calls.map(linked -> linked.set(attributes, wanted)).orElse(false);
  }

  /// How the calling thread is scheduled, if the kernel says.
  Optional<Schedule> current() {
    try (var arena = Arena.ofConfined()) {
      var attributes = arena.allocate(ATTRIBUTES_BYTES, Long.BYTES);
      return calls.flatMap(linked -> linked.get(attributes));
    }
  }
}
