package dev.entente.agent.workload.systemd;

import dev.entente.attestor.spi.AttestorSettings;
import dev.entente.attestor.spi.WorkloadAttestor;
import java.util.Optional;

/// Builds the `systemd` workload attestor. It has no keys; the bus is where
/// `DBUS_SYSTEM_BUS_ADDRESS` says, or where the specification says.
public final class SystemdWorkloadAttestorProvider implements WorkloadAttestor.Provider {
  /// Called by ServiceLoader.
  public SystemdWorkloadAttestorProvider() {}

  @Override
  public String type() {
    return SystemdWorkloadAttestor.TYPE;
  }

  @Override
  public WorkloadAttestor create(AttestorSettings settings) {
    var socket =
        Optional.ofNullable(System.getenv("DBUS_SYSTEM_BUS_ADDRESS"))
            .flatMap(BusAddress::parse)
            .orElse(BusAddress.USUAL);
    return new SystemdWorkloadAttestor(socket);
  }
}
