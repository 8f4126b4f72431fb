package dev.entente.agent.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.spiffe.TrustDomain;
import dev.entente.spiffe.X509Svid;
import dev.entente.testkit.ManualClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AgentStateFileTest {
  private static final TrustDomain DOMAIN = FakeBrokers.DOMAIN;

  @TempDir Path dir;

  private final TestPki pki = new TestPki(DOMAIN, ManualClock.atPresent());

  private AgentStateFile file() {
    return new AgentStateFile(dir, DOMAIN);
  }

  private Path path() {
    return dir.resolve(AgentStateFile.FILE_NAME);
  }

  private AgentState state() {
    var key = KeyAlgorithm.EC_P256.generate();
    var leaf = pki.issue(FakeBrokers.AGENT, key.getPublic(), FakeBrokers.TTL);
    var identity = new AgentIdentity(X509Svid.of(List.of(leaf)), key.getPrivate(), true);
    return AgentState.EMPTY.withIdentity(identity).withBundle(pki.bundle(3));
  }

  @Test
  void aMissingFileIsAnEmptyState() throws IOException {
    assertThat(file().load()).isEqualTo(AgentState.EMPTY);
  }

  @Test
  void everythingComesBack() throws IOException {
    var pending = KeyAlgorithm.EC_P256.generate();
    var state = state().withPendingKey(pending);
    file().save(state);

    var loaded = file().load();

    assertThat(loaded.identity().orElseThrow().svid())
        .isEqualTo(state.identity().orElseThrow().svid());
    assertThat(loaded.identity().orElseThrow().key())
        .isEqualTo(state.identity().orElseThrow().key());
    assertThat(loaded.identity().orElseThrow().reattestable()).isTrue();
    assertThat(loaded.pendingKey().orElseThrow().getPublic()).isEqualTo(pending.getPublic());
    assertThat(loaded.pendingKey().orElseThrow().getPrivate()).isEqualTo(pending.getPrivate());
    assertThat(loaded.bundle()).isEqualTo(state.bundle());
  }

  @Test
  void onlyTheOwnerMayReadIt() throws IOException {
    file().save(state());
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path())))
        .isEqualTo("rw-------");

    Files.setPosixFilePermissions(path(), PosixFilePermissions.fromString("rw-r-----"));

    assertThatThrownBy(() -> file().load()).hasMessageContaining("open to others");
  }

  @Test
  void aStateOfAnotherTrustDomainIsRefused() throws IOException {
    file().save(state());

    assertThatThrownBy(() -> new AgentStateFile(dir, TrustDomain.parse("other.example")).load())
        .hasMessageContaining("belongs to trust domain \"example.org\"");
  }

  @Test
  void aKeyThatIsNotTheSvidsIsRefused() throws IOException {
    var state = state();
    var identity = state.identity().orElseThrow();
    var other = KeyAlgorithm.EC_P256.generate().getPrivate();
    file().save(state.withIdentity(new AgentIdentity(identity.svid(), other, true)));

    assertThatThrownBy(() -> file().load()).hasMessageContaining("its key is not the SVID's");
  }

  @Test
  void aFileThatIsNotOursIsRefusedWithoutQuotingIt() throws IOException {
    Files.writeString(path(), "{\"key\": \"SECRET");
    Files.setPosixFilePermissions(path(), PosixFilePermissions.fromString("rw-------"));

    assertThatThrownBy(() -> file().load())
        .hasMessageContaining("move it away")
        .hasMessageNotContaining("SECRET");
  }

  @Test
  void aNewerFormatIsRefused() throws IOException {
    Files.writeString(path(), "{\"format\": 2, \"trust_domain\": \"example.org\"}");
    Files.setPosixFilePermissions(path(), PosixFilePermissions.fromString("rw-------"));

    assertThatThrownBy(() -> file().load()).hasMessageContaining("format 2");
  }
}
