package dev.entente.agent.endpoint;

import dev.entente.agent.svidcache.WorkloadUpdate;
import dev.entente.wire.envoy.discovery.DiscoveryRequest;
import dev.entente.wire.envoy.discovery.DiscoveryResponse;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/// State of the world: each request names everything wanted, each answer carries all of that.
///
/// As in SPIRE, versions count the updates of one stream, so what a client states of an earlier
/// stream means nothing here and it is answered in full; a request that does not answer our last
/// message is outdated and ignored; a confirmation or rejection is not answered unless it names
/// other secrets; a name that is not granted ends the stream. A first request without names wants
/// everything. Later on, no names after some means that nothing is wanted any more.
final class StateConversation implements SecretConversation<DiscoveryRequest, DiscoveryResponse> {
  private final Supplier<String> nonces;
  private final Rejections rejections = new Rejections();

  private SdsClient client = SdsClient.UNKNOWN;
  private WantedSecrets wanted = WantedSecrets.NOTHING;
  private Optional<WorkloadUpdate> lastUpdate = Optional.empty();
  private String typeUrl = "";
  private String lastNonce = "";
  private long updates;
  private boolean hasNamed;
  private boolean isBegun;

  StateConversation(Supplier<String> nonces) {
    this.nonces = nonces;
  }

  @Override
  public boolean take(DiscoveryRequest request) {
    if (!lastNonce.isEmpty() && !request.getResponseNonce().equals(lastNonce)) {
      return false;
    }
    if (request.hasErrorDetail()) {
      rejections.note(request.getErrorDetail());
    }
    if (request.hasNode()) {
      client = SdsClient.of(request.getNode());
    }
    typeUrl = request.getTypeUrl();
    var next = WantedSecrets.NOTHING.plus(request.getResourceNamesList());
    hasNamed |= !next.isNothing();
    if (!hasNamed) {
      next = next.withEverything();
    }
    boolean isAnswered = !isBegun || !next.equals(wanted);
    wanted = next;
    isBegun = true;
    return isAnswered;
  }

  @Override
  public Turn<DiscoveryResponse> answer(GrantedSecrets granted) {
    if (wanted.isNothing()) {
      return new Turn.Settled<>();
    }
    if (wanted.everything() && granted.isComplete() && granted.isEmpty()) {
      return new Turn.End<>(WorkloadStatuses.NO_IDENTITY);
    }
    Map<String, NamedSecret> found = new LinkedHashMap<>();
    List<String> missing = new ArrayList<>();
    if (wanted.everything()) {
      granted.all(client).forEach(secret -> found.put(secret.name(), secret));
    }
    for (var name : wanted.names()) {
      granted
          .find(name, client)
          .ifPresentOrElse(secret -> found.put(name, secret), () -> missing.add(name));
    }
    if (!granted.isComplete() && (wanted.everything() || !missing.isEmpty())) {
      return new Turn.Wait<>();
    }
    if (!missing.isEmpty()) {
      return new Turn.End<>(WorkloadStatuses.noSuchSecrets(missing));
    }
    if (lastUpdate.filter(granted.update()::equals).isEmpty()) {
      lastUpdate = Optional.of(granted.update());
      updates++;
    }
    return new Turn.Send<>(response(found));
  }

  @Override
  public DiscoveryResponse sending(DiscoveryResponse message) {
    lastNonce = nonces.get();
    return message.toBuilder().setVersionInfo(Long.toString(updates)).setNonce(lastNonce).build();
  }

  private DiscoveryResponse response(Map<String, NamedSecret> found) {
    var response = DiscoveryResponse.newBuilder().setTypeUrl(typeUrl);
    found.values().forEach(secret -> response.addResources(secret.secret()));
    return response.build();
  }
}
