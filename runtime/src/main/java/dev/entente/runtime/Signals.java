package dev.entente.runtime;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import org.jspecify.annotations.Nullable;

/// What the kernel asks of a daemon.
public final class Signals {
  private Signals() {}

  /// Runs `action` when the process is asked to end (SIGTERM, SIGINT, or `System.exit`); the
  /// process lives until it returns. Afterwards the exit code is 0, not 143: an orderly stop is no
  /// failure.
  public static void onTerminate(Runnable action) {
    Thread hook =
        Thread.ofPlatform()
            .name("terminate")
            .unstarted(() -> {
              action.run();
              Runtime.getRuntime().halt(0);
            });
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /// Runs `action` on a thread of its own at each SIGHUP, where the platform has one.
  ///
  /// By reflection, because the compiler warns of `sun.misc.Signal` with a warning that cannot be
  /// suppressed; the class itself is supported (module jdk.unsupported, JEP 260).
  public static void onHangup(Runnable action) {
    try {
      var signal = Class.forName("sun.misc.Signal");
      var handler = Class.forName("sun.misc.SignalHandler");
      var proxy =
          Proxy.newProxyInstance(
              Signals.class.getClassLoader(),
              new Class<?>[] {handler},
              (self, method, arguments) -> dispatch(self, method, arguments, action));
      signal
          .getMethod("handle", signal, handler)
          .invoke(null, signal.getConstructor(String.class).newInstance("HUP"), proxy);
    } catch (InvocationTargetException e) {
      throw new IllegalStateException("SIGHUP cannot be handled", e.getCause());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("SIGHUP cannot be handled", e);
    }
  }

  @SuppressWarnings(
      "ReferenceEquality") // a proxy is equal to itself only; equals() comes back here
  private static @Nullable Object dispatch(
      Object self, Method method, Object @Nullable [] arguments, Runnable action) {
    return switch (method.getName()) {
      case "handle" -> {
        Thread.ofPlatform().name("hangup").start(action);
        yield null;
      }
      case "equals" -> arguments != null && self == arguments[0];
      case "hashCode" -> System.identityHashCode(self);
      default -> "hangup handler";
    };
  }
}
