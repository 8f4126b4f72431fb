package dev.entente.broker.store;

import dev.entente.attestor.spi.Selector;
import dev.entente.broker.registration.RegistrationEntry;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import dev.entente.testkit.ManualClock;
import io.vertx.core.Future;
import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// A store in a directory, with the values tests keep needing.
public final class StoreHarness implements AutoCloseable {
  public static final TrustDomain DOMAIN = TrustDomain.parse("example.org");
  public static final SpiffeId AGENT = id("/spire/agent/x509pop/one");

  private final Path dataDir;
  private final ManualClock clock = newClock();
  private Store store;

  public StoreHarness(Path dataDir) {
    this.dataDir = dataDir;
    this.store = Store.open(options());
  }

  public Store store() {
    return store;
  }

  public Path dataDir() {
    return dataDir;
  }

  public ManualClock clock() {
    return clock;
  }

  public StoreOptions options() {
    return new StoreOptions(dataDir, DOMAIN, clock);
  }

  public Store reopen() {
    store.close();
    store = Store.open(options());
    return store;
  }

  @Override
  public void close() {
    store.close();
  }

  public static <T> T get(Future<T> future) {
    try {
      return future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException | TimeoutException e) {
      throw new IllegalStateException(e);
    }
  }

  public static SpiffeId id(String path) {
    return SpiffeId.of(DOMAIN, path);
  }

  public static RegistrationEntry entry(String workload, SpiffeId parent, String... selectors) {
    var parsed = List.of(selectors).stream().map(Selector::parse).toList();
    return RegistrationEntry.builder(id(workload), parent, parsed).build();
  }

  public static NodeAttestation attestation(SpiffeId agentId, long serial) {
    return new NodeAttestation(
        agentId,
        "x509pop",
        List.of(Selector.parse("x509pop:subject:cn:one")),
        true,
        serial(serial),
        Optional.empty(),
        "key-a",
        Map.of("fingerprint", "0a"));
  }

  public static NodeRecord.AgentSerial serial(long number) {
    return new NodeRecord.AgentSerial(
        BigInteger.valueOf(number), Instant.parse("2026-11-22T04:00:00Z"));
  }

  public static SpiffeBundle bundle(String domain, long sequence) {
    return SpiffeBundle.empty(TrustDomain.parse(domain)).withSequence(sequence);
  }

  public static ManualClock newClock() {
    return ManualClock.at(Instant.parse("2026-11-22T03:00:00Z"));
  }
}
