package dev.entente.broker.audit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.broker.authority.AuditKey;
import dev.entente.broker.authority.MemoryKeyManager;
import dev.entente.broker.authority.MemorySettings;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Optional;
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
    assertThat(settings.writes()).isEqualTo(1);
  }
}
