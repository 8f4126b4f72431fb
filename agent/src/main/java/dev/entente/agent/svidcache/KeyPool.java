package dev.entente.agent.svidcache;

import dev.entente.agent.node.AgentEntry;
import dev.entente.agent.node.X509Order;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.spiffe.SpiffeId;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.io.IOException;
import java.security.KeyPair;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.ExtensionsGenerator;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;

/// Makes a fresh key for each SVID, and the CSR that goes with it where one is needed, off the
/// event loop.
///
/// A few keys are made ahead, so that a workload's first SVID does not wait for one. Methods are
/// called on the owner's event loop.
final class KeyPool implements AutoCloseable {
  /// Enough for a burst of new workloads; for RSA-4096 already some seconds of work.
  static final int SPARE_KEYS = 16;

  private static final int THREADS = 2;

  /// Above what a batch of 500 RSA keys takes on a slow machine; only a warning hangs on it.
  private static final long WARN_AFTER_MINUTES = 5;

  private final Supplier<KeyPair> maker;
  private final WorkerExecutor workers;
  private final Queue<KeyPair> spare = new ConcurrentLinkedQueue<>();

  private boolean isRefilling;
  private boolean isClosed;

  KeyPool(Vertx vertx, KeyAlgorithm algorithm) {
    this(vertx, algorithm::generate);
  }

  /// @param maker makes one key; called by two threads at once
  KeyPool(Vertx vertx, Supplier<KeyPair> maker) {
    this.maker = maker;
    this.workers =
        vertx.createSharedWorkerExecutor(
            "svid-keys", THREADS, WARN_AFTER_MINUTES, TimeUnit.MINUTES);
  }

  /// Makes the orders of `entries`, one each and in their order; completes on the caller's context.
  Future<List<KeyedOrder>> order(List<AgentEntry> entries) {
    return workers
        .executeBlocking(() -> keyed(entries), false)
        .onComplete(_ -> refill())
        .map(Objects::requireNonNull);
  }

  /// As many keys, without an order; completes on the caller's context.
  Future<List<KeyPair>> take(int count) {
    return workers
        .executeBlocking(() -> Stream.generate(this::next).limit(count).toList(), false)
        .onComplete(_ -> refill())
        .map(Objects::requireNonNull);
  }

  private KeyPair next() {
    var ready = spare.poll();
    return ready != null ? ready : maker.get();
  }

  /// Makes spare keys until there are enough.
  void refill() {
    if (isClosed || isRefilling || spare.size() >= SPARE_KEYS) {
      return;
    }
    isRefilling = true;
    workers
        .executeBlocking(() -> spare.offer(maker.get()), false)
        .onComplete(made -> {
          isRefilling = false;
          if (made.succeeded()) {
            refill();
          }
        });
  }

  @Override
  public void close() {
    isClosed = true;
    workers.close();
    spare.clear();
  }

  private List<KeyedOrder> keyed(List<AgentEntry> entries) throws IOException {
    List<KeyedOrder> orders = new ArrayList<>(entries.size());
    for (var entry : entries) {
      var keys = next();
      orders.add(
          new KeyedOrder(entry, keys, new X509Order(entry.id(), csr(entry.spiffeId(), keys))));
    }
    return orders;
  }

  /// The broker takes only the key from it; the id is there for the eyes of whoever reads a trace.
  private static byte[] csr(SpiffeId id, KeyPair keys) throws IOException {
    var extensions = new ExtensionsGenerator();
    var name = new GeneralName(GeneralName.uniformResourceIdentifier, id.toString());
    extensions.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(name));
    try {
      var builder =
          new JcaPKCS10CertificationRequestBuilder(
              new X500Principal("C=US,O=SPIRE"), keys.getPublic());
      builder.addAttribute(PKCSObjectIdentifiers.pkcs_9_at_extensionRequest, extensions.generate());
      var signer = new JcaContentSignerBuilder(signatureAlgorithm(keys)).build(keys.getPrivate());
      return builder.build(signer).getEncoded();
    } catch (OperatorCreationException e) {
      throw new IllegalStateException("no provider signs with " + signatureAlgorithm(keys), e);
    }
  }

  private static String signatureAlgorithm(KeyPair keys) {
    return keys.getPublic().getAlgorithm().equals("EC") ? "SHA256withECDSA" : "SHA256withRSA";
  }

  /// An order and the key it is for.
  record KeyedOrder(AgentEntry entry, KeyPair keys, X509Order order) {
    @Override
    public String toString() {
      return "KeyedOrder[" + entry.id() + "]";
    }
  }
}
