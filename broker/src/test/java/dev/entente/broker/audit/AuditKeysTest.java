package dev.entente.broker.audit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.broker.authority.AuditKey;
import dev.entente.broker.authority.MemoryKeyManager;
import dev.entente.broker.store.Settings;
import dev.entente.broker.store.Written;
import io.vertx.core.Future;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuditKeysTest {
  @Test
  void letsAnyoneVerifyAfterTheKeyWasLost(@TempDir Path temporary) throws Exception {
    var settings = new MemorySettings();
    var options = AuditOptions.of(temporary.resolve("audit"), "member", AuditRetention.FOREVER);
    for (var start = 0; start < 2; start++) {
      var key = AuditKey.of(new MemoryKeyManager());
      assertThat(AuditKeys.publish(settings, key).succeeded()).isTrue();
      AuditLog.open(options, key, InstantSource.system(), Optional.empty()).close();
    }

    var keys = AuditKeys.all(settings).result();

    assertThat(keys).hasSize(2);
    var report = AuditVerifier.verify(options.directory(), keys, Optional.empty());
    assertThat(report.findings()).isEmpty();
    assertThat(report.segments()).isEqualTo(2);
  }

  @Test
  void keepsItsKeyAndPublishesItOnce() {
    var keys = new MemoryKeyManager();
    var settings = new MemorySettings();

    assertThat(AuditKey.of(keys).keyId()).isEqualTo(AuditKey.of(keys).keyId()).hasSize(64);
    AuditKeys.publish(settings, AuditKey.of(keys));
    AuditKeys.publish(settings, AuditKey.of(keys));
    assertThat(settings.writes).isEqualTo(1);
  }

  private static final class MemorySettings implements Settings {
    private final TreeMap<String, byte[]> values = new TreeMap<>();
    private int writes;

    @Override
    public Future<Optional<byte[]>> find(String name) {
      return Future.succeededFuture(Optional.ofNullable(values.get(name)));
    }

    @Override
    public Future<Map<String, byte[]>> startingWith(String prefix) {
      var found = new HashMap<>(values);
      found.keySet().removeIf(name -> !name.startsWith(prefix));
      return Future.succeededFuture(found);
    }

    @Override
    public Future<Written<Boolean>> put(String name, byte[] value) {
      values.put(name, value);
      writes++;
      return Future.succeededFuture(new Written<>(true, 1));
    }
  }
}
