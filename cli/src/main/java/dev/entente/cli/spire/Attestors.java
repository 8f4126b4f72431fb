package dev.entente.cli.spire;

import dev.entente.attestor.spi.EvidenceSource;
import dev.entente.attestor.spi.NodeAttestor;
import dev.entente.attestor.spi.WorkloadAttestor;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.stream.Collectors;

/// The attestors of a build, by type: what a configuration can name.
///
/// @param node of a broker
/// @param evidence of an agent, for its node
/// @param workload of an agent, for processes
public record Attestors(Set<String> node, Set<String> evidence, Set<String> workload) {
  public Attestors {
    node = Set.copyOf(node);
    evidence = Set.copyOf(evidence);
    workload = Set.copyOf(workload);
  }

  /// Those on the class path.
  public static Attestors present() {
    return new Attestors(
        ServiceLoader.load(NodeAttestor.Provider.class).stream()
            .map(found -> found.get().type())
            .collect(Collectors.toSet()),
        ServiceLoader.load(EvidenceSource.Provider.class).stream()
            .map(found -> found.get().type())
            .collect(Collectors.toSet()),
        ServiceLoader.load(WorkloadAttestor.Provider.class).stream()
            .map(found -> found.get().type())
            .collect(Collectors.toSet()));
  }
}
