package dev.entente.agent.endpoint;

import dev.entente.wire.envoy.discovery.DeltaDiscoveryRequest;
import dev.entente.wire.envoy.discovery.DeltaDiscoveryResponse;
import dev.entente.wire.envoy.discovery.Resource;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.function.Supplier;

/// Only what changed: names are added and taken away, and each secret has a version of its own,
/// which holds beyond the stream.
///
/// What a client still has from an earlier stream is not sent again. A name subscribed to again is
/// answered again, because the client may have dropped what it had. A name that is not granted is
/// reported as removed, and sent as soon as it is granted. (xDS protocol, incremental xDS.)
final class DeltaConversation
    implements SecretConversation<DeltaDiscoveryRequest, DeltaDiscoveryResponse> {
  private final Supplier<String> nonces;
  private final Rejections rejections = new Rejections();

  private SdsClient client = SdsClient.UNKNOWN;
  private WantedSecrets wanted = WantedSecrets.NOTHING;
  private String typeUrl = "";
  private long answers;
  private boolean isBegun;

  /// Name to version of what the client has.
  private final Map<String, String> held = new HashMap<>();

  /// Names subscribed to and not answered yet.
  private final NavigableSet<String> owed = new TreeSet<>();

  DeltaConversation(Supplier<String> nonces) {
    this.nonces = nonces;
  }

  @Override
  public boolean take(DeltaDiscoveryRequest request) {
    if (request.hasErrorDetail()) {
      rejections.note(request.getErrorDetail());
    }
    if (request.hasNode()) {
      client = SdsClient.of(request.getNode());
    }
    typeUrl = request.getTypeUrl();
    boolean isFirst = !isBegun;
    isBegun = true;
    var more = request.getResourceNamesSubscribeList();
    var fewer = request.getResourceNamesUnsubscribeList();
    wanted = wanted.plus(more);
    if (isFirst) {
      if (wanted.isNothing()) {
        wanted = wanted.withEverything();
      }
      request.getInitialResourceVersionsMap().forEach(this::has);
    } else {
      more.forEach(held::remove);
    }
    owed.addAll(more);
    wanted = wanted.minus(fewer);
    fewer.forEach(held::remove);
    owed.retainAll(wanted.names());
    if (!wanted.everything()) {
      held.keySet().retainAll(wanted.names());
    }
    return isFirst || !more.isEmpty() || !fewer.isEmpty();
  }

  @Override
  public Turn<DeltaDiscoveryResponse> answer(GrantedSecrets granted) {
    if (granted.isComplete() && granted.isEmpty()) {
      return new Turn.End<>(WorkloadStatuses.NO_IDENTITY);
    }
    Map<String, NamedSecret> found = find(granted);
    var response = DeltaDiscoveryResponse.newBuilder();
    for (var secret : found.values()) {
      if (!secret.version().equals(held.get(secret.name()))) {
        response.addResources(resource(secret));
      }
    }
    if (granted.isComplete()) {
      removed(found).forEach(response::addRemovedResources);
    }
    if (response.getResourcesCount() + response.getRemovedResourcesCount() > 0) {
      return new Turn.Send<>(response.setTypeUrl(typeUrl).setNonce(nonces.get()).build());
    }
    boolean isAllSaid =
        granted.isComplete()
            || (!wanted.everything() && found.keySet().containsAll(wanted.names()));
    return isAllSaid ? new Turn.Settled<>() : new Turn.Wait<>();
  }

  @Override
  public DeltaDiscoveryResponse sending(DeltaDiscoveryResponse message) {
    for (var resource : message.getResourcesList()) {
      has(resource.getName(), resource.getVersion());
      owed.remove(resource.getName());
    }
    message.getRemovedResourcesList().forEach(held::remove);
    message.getRemovedResourcesList().forEach(owed::remove);
    answers++;
    return message.toBuilder().setSystemVersionInfo(Long.toString(answers)).build();
  }

  private Map<String, NamedSecret> find(GrantedSecrets granted) {
    Map<String, NamedSecret> found = new LinkedHashMap<>();
    if (wanted.everything()) {
      granted.all(client).forEach(secret -> found.put(secret.name(), secret));
    }
    for (var name : wanted.names()) {
      granted.find(name, client).ifPresent(secret -> found.put(name, secret));
    }
    return found;
  }

  private NavigableSet<String> removed(Map<String, NamedSecret> found) {
    var removed = new TreeSet<>(held.keySet());
    removed.addAll(owed);
    removed.removeAll(found.keySet());
    return removed;
  }

  /// Only what is wanted is remembered, so that a client cannot make us remember more.
  private void has(String name, String version) {
    if (wanted.names().contains(name)
        || (wanted.everything() && held.size() < WantedSecrets.NAMES_MAX)) {
      held.put(name, version);
    }
  }

  private static Resource resource(NamedSecret secret) {
    return Resource.newBuilder()
        .setName(secret.name())
        .setVersion(secret.version())
        .setResource(secret.secret())
        .build();
  }
}
