package dev.entente.agent.workload.systemd;

import dev.entente.agent.workload.systemd.BusCall.Argument;
import dev.entente.agent.workload.systemd.SystemBus.BusErrorException;
import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.Selector;
import dev.entente.attestor.spi.WorkloadAttestor;
import dev.entente.runtime.Causes;
import dev.entente.runtime.blocking.TimeLimit;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// Attests processes by the systemd unit they run in.
///
/// | selector | from |
/// |---|---|
/// | `systemd:id:<name>` | the name of the unit, such as `nginx.service` |
/// | `systemd:fragment_path:<file>` | the file the unit was read from; none for a transient unit |
///
/// systemd finds the unit by the part of the cgroup path that it made itself, so groups a service
/// makes below its own change nothing.
final class SystemdWorkloadAttestor implements WorkloadAttestor {
  static final String TYPE = "systemd";

  /// Below the limit of an attestor, so that the reason is told.
  static final Duration LIMIT = Duration.ofSeconds(3);

  private static final String SYSTEMD = "org.freedesktop.systemd1";
  private static final String MANAGER = "/org/freedesktop/systemd1";
  private static final String NO_UNIT = "org.freedesktop.systemd1.NoUnitForPID";

  private final Path socket;

  /// @param socket of the system bus
  SystemdWorkloadAttestor(Path socket) {
    this.socket = socket;
  }

  @Override
  public List<Selector> attest(Workload workload) throws AttestationFault, InterruptedException {
    try (var bus = SystemBus.open(socket, ownUid(), TimeLimit.within(LIMIT))) {
      return selectors(bus, workload.pid());
    } catch (BusErrorException e) {
      if (e.name().equals(NO_UNIT)) {
        return List.of();
      }
      throw new AttestationFault("systemd answered " + e.getMessage(), e);
    } catch (SocketTimeoutException e) {
      throw new AttestationFault("system bus at %s gave %s".formatted(socket, e.getMessage()), e);
    } catch (InterruptedIOException | ClosedByInterruptException e) {
      throw new InterruptedException(e.getMessage());
    } catch (IOException e) {
      throw new AttestationFault(
          "system bus at %s was not asked: %s".formatted(socket, Causes.of(e)), e);
    }
  }

  private static List<Selector> selectors(SystemBus bus, int pid) throws IOException {
    var unit =
        bus.call(
            new BusCall(
                SYSTEMD,
                MANAGER,
                SYSTEMD + ".Manager",
                "GetUnitByPID",
                List.of(new Argument.Uint32(pid))));
    List<Selector> found = new ArrayList<>();
    add(found, "id", property(bus, unit, "Id"));
    add(found, "fragment_path", property(bus, unit, "FragmentPath"));
    return List.copyOf(found);
  }

  private static String property(SystemBus bus, String unit, String name) throws IOException {
    return bus.call(
        new BusCall(
            SYSTEMD,
            unit,
            "org.freedesktop.DBus.Properties",
            "Get",
            List.of(new Argument.Text(SYSTEMD + ".Unit"), new Argument.Text(name))));
  }

  private static void add(List<Selector> found, String property, String value) {
    if (!value.isEmpty()) {
      found.add(new Selector(TYPE, property + ":" + value));
    }
  }

  private static long ownUid() throws IOException {
    if (Files.getAttribute(Path.of("/proc/self"), "unix:uid") instanceof Number uid) {
      return uid.longValue() & 0xffffffffL;
    }
    throw new IllegalStateException("file attribute uid is not a number");
  }
}
