package dev.entente.broker;

import dev.entente.broker.BrokerConfig.Listener;
import dev.entente.broker.api.HttpsDocument;
import dev.entente.broker.api.HttpsListener;
import dev.entente.broker.api.HttpsListener.Block;
import dev.entente.broker.api.HttpsSite;
import dev.entente.oidc.discovery.OidcIssuer;
import dev.entente.rpc.TlsIdentity;
import dev.entente.runtime.ConnectionGate;
import dev.entente.runtime.Fields;
import dev.entente.runtime.ListenAddress;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The HTTPS listeners of a broker.
final class HttpsSurfaces {
  private static final Logger LOG = LoggerFactory.getLogger(HttpsSurfaces.class);

  private final Vertx vertx;
  private final ConnectionGate gate;
  private final List<Listener> config;
  private final Optional<OidcIssuer> issuer;
  private final PublishedDocuments documents;
  private final Supplier<Optional<TlsIdentity>> svid;
  private final List<CertificateFile> files = new ArrayList<>();
  private final List<HttpsListener> running = new ArrayList<>();

  HttpsSurfaces(
      Vertx vertx,
      ConnectionGate gate,
      BrokerConfig config,
      PublishedDocuments documents,
      Supplier<Optional<TlsIdentity>> svid) {
    this.vertx = vertx;
    this.gate = gate;
    this.config = config.listeners();
    this.issuer = config.jwt().issuer();
    this.documents = documents;
    this.svid = svid;
  }

  /// Opens every listener; blocks that name the same port share it.
  Future<Void> start() throws IOException {
    var byAddress = new LinkedHashMap<ListenAddress, List<Block>>();
    Future<Void> started = Future.succeededFuture();
    for (var listener : config) {
      var block = new Block(site(listener), identity(listener));
      if (listener.address().port() == 0) {
        started = started.compose(_ -> listen(listener.address(), List.of(block)));
      } else {
        byAddress.computeIfAbsent(listener.address(), _ -> new ArrayList<>()).add(block);
      }
    }
    for (var shared : byAddress.entrySet()) {
      started = started.compose(_ -> listen(shared.getKey(), shared.getValue()));
    }
    return started;
  }

  private Future<Void> listen(ListenAddress address, List<Block> blocks) {
    return HttpsListener.listen(vertx, gate, address, blocks)
        .map(listener -> {
          running.add(listener);
          LOG.atInfo()
              .addKeyValue(Fields.ADDRESS, address.host() + ":" + listener.port())
              .addKeyValue(Fields.COUNT, blocks.size())
              .log("HTTPS listener listens");
          return null;
        });
  }

  private HttpsSite site(Listener listener) {
    return switch (listener.kind()) {
      case BUNDLE_HTTPS_SPIFFE, BUNDLE_HTTPS_WEB ->
          listener
              .movedTo()
              .map(url -> HttpsSite.moved(listener.hosts(), listener.path(), url))
              .orElseGet(
                  () -> HttpsSite.of(listener.hosts(), Map.of(listener.path(), documents::bundle)));
      case OIDC -> oidc(issuer.orElseThrow());
    };
  }

  private HttpsSite oidc(OidcIssuer of) {
    var discovery = Optional.of(documents.discovery(of));
    Map<String, Supplier<Optional<HttpsDocument>>> paths =
        Map.of(of.discoveryPath(), () -> discovery, of.jwksPath(), documents::keys);
    return HttpsSite.of(Set.of(of.host()), paths);
  }

  private Supplier<Optional<TlsIdentity>> identity(Listener listener) throws IOException {
    if (listener.certificate().isEmpty()) {
      return svid;
    }
    var file = new CertificateFile(listener.certificate().get());
    file.open();
    files.add(file);
    return file::current;
  }

  /// Reads changed certificates. Blocks for small reads.
  void reload() {
    files.forEach(CertificateFile::reload);
  }

  /// The ports bound, in the order of the configuration's addresses.
  List<Integer> ports() {
    return running.stream().map(HttpsListener::port).toList();
  }

  Future<Void> stop() {
    return Future.join(running.stream().map(HttpsListener::close).toList()).mapEmpty();
  }
}
