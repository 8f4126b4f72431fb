package dev.entente.agent.workload.container;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.Selector;
import dev.entente.attestor.spi.WorkloadAttestor;
import dev.entente.runtime.Fields;
import dev.entente.runtime.blocking.TimeLimit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Attests processes in containers of Docker and Podman.
///
/// | selector | from |
/// |---|---|
/// | `docker:label:<key>:<value>` | each label of the container |
/// | `docker:env:<NAME>=<value>` | each variable its first process was started with |
/// | `docker:image_id:<name>` | the name of its image when it was made |
/// | `docker:image_config_digest:<digest>` | the id of the image it runs |
///
/// The engine confirms what the cgroup says: the first process of the container, as the engine
/// knows it, must be in the very group that the caller is in. A group that only bears the name of
/// another's container is refused. The agent has to see the engine's process numbers for that.
final class DockerWorkloadAttestor implements WorkloadAttestor {
  static final String TYPE = "docker";

  private static final Logger LOG = LoggerFactory.getLogger(DockerWorkloadAttestor.class);

  private final ContainerFinder finder;
  private final Engines engines;

  DockerWorkloadAttestor(ContainerFinder finder, Engines engines) {
    this.finder = finder;
    this.engines = engines;
  }

  @Override
  public List<Selector> attest(Workload workload) throws AttestationFault, InterruptedException {
    var container = finder.find(workload.pid());
    return container.isPresent() ? selectors(workload, container.get()) : List.of();
  }

  private List<Selector> selectors(Workload workload, Container container)
      throws AttestationFault, InterruptedException {
    var limit = TimeLimit.within(Engine.LIMIT);
    var engine = engines.of(container);
    var known = engine.container(container.id(), limit);
    requireMember(workload, container, known);
    List<Selector> found = new ArrayList<>(known.selectors());
    imageId(engine, known, limit)
        .ifPresent(id -> EngineContainer.add(found, "image_config_digest", id));
    return List.copyOf(found);
  }

  private void requireMember(Workload workload, Container container, EngineContainer known)
      throws AttestationFault {
    if (!known.id().equals(container.id())) {
      throw new AttestationFault(
          "asked for container %s, the engine answered about \"%s\""
              .formatted(container.id(), known.id()));
    }
    if (known.pid() <= 0) {
      throw new AttestationFault("container %s does not run".formatted(container.id()));
    }
    var home = finder.find(known.pid()).map(first -> first.name().withoutPod());
    if (!home.equals(Optional.of(container.name().withoutPod()))) {
      throw new AttestationFault(
          "process %d is not in the cgroup of container %s, whose first process is %d"
              .formatted(workload.pid(), container.id(), known.pid()));
    }
  }

  /// By the image's own id: a name may by now belong to another image. An engine that cannot say
  /// takes away this selector only.
  private static Optional<String> imageId(Engine engine, EngineContainer known, TimeLimit limit)
      throws InterruptedException {
    if (known.imageName().isEmpty()) {
      return Optional.empty();
    }
    var image = known.imageId().isEmpty() ? known.imageName() : known.imageId();
    try {
      return engine.imageId(image, limit);
    } catch (AttestationFault e) {
      LOG.atWarn().addKeyValue(Fields.ERROR, e.getMessage()).log("Image was not looked up");
      return Optional.empty();
    }
  }
}
