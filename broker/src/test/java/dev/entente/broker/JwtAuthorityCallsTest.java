package dev.entente.broker;

import static dev.entente.broker.BrokerCalls.codeOf;
import static dev.entente.broker.TestBroker.get;
import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.testkit.ManualClock;
import dev.entente.wire.spire.server.bundle.v1.BundleGrpcClient;
import dev.entente.wire.spire.server.bundle.v1.GetBundleRequest;
import dev.entente.wire.spire.server.localauthority.v1.ActivateJWTAuthorityRequest;
import dev.entente.wire.spire.server.localauthority.v1.AuthorityState;
import dev.entente.wire.spire.server.localauthority.v1.GetJWTAuthorityStateRequest;
import dev.entente.wire.spire.server.localauthority.v1.GetJWTAuthorityStateResponse;
import dev.entente.wire.spire.server.localauthority.v1.LocalAuthorityGrpcClient;
import dev.entente.wire.spire.server.localauthority.v1.PrepareJWTAuthorityRequest;
import dev.entente.wire.spire.server.localauthority.v1.RevokeJWTAuthorityRequest;
import dev.entente.wire.spire.server.localauthority.v1.TaintJWTAuthorityRequest;
import dev.entente.wire.spire.types.JWTKey;
import io.vertx.grpc.common.GrpcStatus;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// How an administrator rotates the keys for JWT-SVIDs by hand, over real sockets.
class JwtAuthorityCallsTest {
  private final ManualClock clock = ManualClock.atPresent();

  private TestBroker broker;

  @BeforeEach
  void start(@TempDir Path directory) {
    broker = TestBroker.start(directory, "", clock);
  }

  @AfterEach
  void stop() {
    broker.close();
  }

  @Test
  void goesFromOneAuthorityToTheNextAndLeavesTheFirst() {
    var first = state().getActive();
    var second = prepare();
    assertThat(state().getPrepared()).isEqualTo(second);
    assertThat(state().getActive()).isEqualTo(first);
    assertThat(trusted()).contains(first.getAuthorityId(), second.getAuthorityId());

    clock.advance(Duration.ofMinutes(61));
    assertThat(activate(second.getAuthorityId())).isEqualTo(second);
    assertThat(state().getActive()).isEqualTo(second);
    assertThat(state().getOld()).isEqualTo(first);
    assertThat(state().hasPrepared()).isFalse();

    assertThat(codeOf(() -> revoke(first.getAuthorityId())))
        .as("it must be tainted first")
        .isEqualTo(GrpcStatus.INTERNAL);
    assertThat(taint(first.getAuthorityId()).getAuthorityId()).isEqualTo(first.getAuthorityId());
    assertThat(trusted()).contains(second.getAuthorityId()).doesNotContain(first.getAuthorityId());
    assertThat(known()).contains(first.getAuthorityId());

    assertThat(revoke(first.getAuthorityId()).getAuthorityId()).isEqualTo(first.getAuthorityId());
    assertThat(known()).contains(second.getAuthorityId()).doesNotContain(first.getAuthorityId());
  }

  @Test
  void takesNoStepOutOfTurn() {
    var active = state().getActive().getAuthorityId();
    var prepared = prepare().getAuthorityId();

    assertThat(codeOf(() -> activate(prepared)))
        .as("nobody had time to see it")
        .isEqualTo(GrpcStatus.FAILED_PRECONDITION);
    for (var id : List.of("", "unknown", active)) {
      assertThat(codeOf(() -> activate(id))).isEqualTo(GrpcStatus.INVALID_ARGUMENT);
    }
    for (var id : List.of("", "unknown", active, prepared)) {
      assertThat(codeOf(() -> taint(id))).isEqualTo(GrpcStatus.INVALID_ARGUMENT);
      assertThat(codeOf(() -> revoke(id))).isEqualTo(GrpcStatus.INVALID_ARGUMENT);
    }
    assertThat(state().getActive().getAuthorityId()).isEqualTo(active);
    assertThat(state().getPrepared().getAuthorityId()).isEqualTo(prepared);
    assertThat(trusted()).contains(active, prepared);
  }

  private GetJWTAuthorityStateResponse state() {
    return get(
        broker.local(),
        LocalAuthorityGrpcClient.GetJWTAuthorityState,
        GetJWTAuthorityStateRequest.getDefaultInstance());
  }

  private AuthorityState prepare() {
    return get(
            broker.local(),
            LocalAuthorityGrpcClient.PrepareJWTAuthority,
            PrepareJWTAuthorityRequest.getDefaultInstance())
        .getPreparedAuthority();
  }

  private AuthorityState activate(String id) {
    return get(
            broker.local(),
            LocalAuthorityGrpcClient.ActivateJWTAuthority,
            ActivateJWTAuthorityRequest.newBuilder().setAuthorityId(id).build())
        .getActivatedAuthority();
  }

  private AuthorityState taint(String id) {
    return get(
            broker.local(),
            LocalAuthorityGrpcClient.TaintJWTAuthority,
            TaintJWTAuthorityRequest.newBuilder().setAuthorityId(id).build())
        .getTaintedAuthority();
  }

  private AuthorityState revoke(String id) {
    return get(
            broker.local(),
            LocalAuthorityGrpcClient.RevokeJWTAuthority,
            RevokeJWTAuthorityRequest.newBuilder().setAuthorityId(id).build())
        .getRevokedAuthority();
  }

  private List<String> trusted() {
    return keys().stream().filter(key -> !key.getTainted()).map(JWTKey::getKeyId).toList();
  }

  private List<String> known() {
    return keys().stream().map(JWTKey::getKeyId).toList();
  }

  private List<JWTKey> keys() {
    return get(broker.local(), BundleGrpcClient.GetBundle, GetBundleRequest.getDefaultInstance())
        .getJwtAuthoritiesList();
  }
}
