package dev.entente.agent.svidcache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.agent.svidcache.KeyPool.KeyedOrder;
import dev.entente.spiffe.CertificateRequest;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.testkit.Await;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.security.KeyPair;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Keys are made one after the other, so that all but the last of those made are surely at hand.
class KeyPoolTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int SURELY_READY = KeyPool.SPARE_KEYS - 1;

  /// In the order in which they were made.
  private final List<KeyPair> made = new CopyOnWriteArrayList<>();

  private Vertx vertx;
  private Context owner;
  private KeyPool pool;

  @BeforeEach
  void start() {
    vertx = Vertx.vertx();
    owner = vertx.getOrCreateContext();
    pool = new KeyPool(vertx, this::make);
  }

  @AfterEach
  void stop() throws Exception {
    vertx.close().await(30, TimeUnit.SECONDS);
  }

  @Test
  void handsOutKeysMadeAhead() throws Exception {
    fill();

    assertThat(take(SURELY_READY)).isEqualTo(made(0, SURELY_READY));
  }

  @Test
  void makesAsManyAgainAsWereHandedOut() throws Exception {
    fill();
    take(SURELY_READY);

    Await.until("new spare keys", PATIENCE, () -> made.size() == 2 * SURELY_READY + 1);

    assertThat(take(SURELY_READY)).isEqualTo(made(SURELY_READY, 2 * SURELY_READY));
  }

  @Test
  void makesNoMoreThanItsSpareKeys() throws Exception {
    fill();

    onOwner(() -> {
      pool.refill();
      return pool.take(0);
    });

    assertThat(made).hasSize(KeyPool.SPARE_KEYS);
  }

  @Test
  void makesAKeyWhenItHasNone() throws Exception {
    var taken = take(2);

    assertThat(taken).isEqualTo(made(0, 2)).doesNotHaveDuplicates();
  }

  @Test
  void ordersForEachEntryWithAKeyOfItsOwn() throws Exception {
    var orders =
        onOwner(() -> pool.order(List.of(Entries.entry("a", "x:1"), Entries.entry("b", "x:2"))));

    assertThat(orders).extracting(it -> it.order().entryId()).containsExactly("a", "b");
    assertThat(orders).extracting(KeyedOrder::keys).doesNotHaveDuplicates();
    assertThat(orders)
        .allSatisfy(it -> {
          var request = CertificateRequest.parse(it.order().csr());
          assertThat(request.publicKey()).isEqualTo(it.keys().getPublic());
          assertThat(request.uris()).containsExactly(it.entry().spiffeId().toString());
          assertThat(it.toString()).isEqualTo("KeyedOrder[" + it.entry().id() + "]");
        });
  }

  @Test
  void makesNothingAfterItWasClosed() throws Exception {
    onOwner(() -> {
      pool.close();
      pool.refill();
      return Future.succeededFuture();
    });

    assertThat(made).isEmpty();
  }

  /// Of those made so far, as others may be made at this moment.
  private List<KeyPair> made(int from, int to) {
    return List.copyOf(made).subList(from, to);
  }

  private KeyPair make() {
    var key = KeyAlgorithm.EC_P256.generate();
    made.add(key);
    return key;
  }

  private void fill() throws Exception {
    onOwner(() -> {
      pool.refill();
      return Future.succeededFuture();
    });
    Await.until("spare keys", PATIENCE, () -> made.size() == KeyPool.SPARE_KEYS);
  }

  private List<KeyPair> take(int count) throws Exception {
    return onOwner(() -> pool.take(count));
  }

  private <T> T onOwner(Supplier<Future<T>> call) throws Exception {
    Promise<T> done = Promise.promise();
    owner.runOnContext(_ -> call.get().onComplete(done));
    return done.future().await(PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }
}
