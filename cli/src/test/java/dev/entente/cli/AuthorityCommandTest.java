package dev.entente.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.wire.entente.broker.v1.ActivateAuthorityRequest;
import dev.entente.wire.entente.broker.v1.ActivateAuthorityResponse;
import dev.entente.wire.entente.broker.v1.OperationsGrpcService;
import dev.entente.wire.spire.server.localauthority.v1.AuthorityState;
import dev.entente.wire.spire.server.localauthority.v1.GetX509AuthorityStateResponse;
import dev.entente.wire.spire.server.localauthority.v1.LocalAuthorityGrpcService;
import dev.entente.wire.spire.server.localauthority.v1.TaintX509UpstreamAuthorityRequest;
import dev.entente.wire.spire.server.localauthority.v1.TaintX509UpstreamAuthorityResponse;
import io.vertx.grpc.common.GrpcStatus;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuthorityCommandTest {
  @TempDir Path dir;

  private final Console console = new Console();
  private Optional<FakeBroker> broker = Optional.empty();

  @AfterEach
  void stop() {
    broker.ifPresent(FakeBroker::close);
  }

  @Test
  void activatesThePreparedAuthorityAtOnceOnRequest() {
    var state =
        GetX509AuthorityStateResponse.newBuilder()
            .setActive(AuthorityState.newBuilder().setAuthorityId("a"))
            .setPrepared(AuthorityState.newBuilder().setAuthorityId("b"))
            .build();
    broker =
        Optional.of(
            FakeBroker.at(
                dir.resolve("b.sock"),
                s ->
                    s.service(
                            LocalAuthorityGrpcService.SERVICE_DESCRIPTOR,
                            m -> m.answer(LocalAuthorityGrpcService.GetX509AuthorityState, state))
                        .service(
                            OperationsGrpcService.SERVICE_DESCRIPTOR,
                            m ->
                                m.answer(
                                    OperationsGrpcService.ActivateAuthority,
                                    ActivateAuthorityResponse.getDefaultInstance()))));

    assertThat(run("authority", "x509", "activate", "--now")).isZero();

    assertThat(broker().asked)
        .contains(
            ActivateAuthorityRequest.newBuilder()
                .setKind(dev.entente.wire.entente.broker.v1.AuthorityKind.AUTHORITY_KIND_X509)
                .setAuthorityId("b")
                .setNow(true)
                .build());
    assertThat(run("authority", "x509", "revoke")).isEqualTo(3);
    assertThat(console.err()).contains("there is no old authority");
  }

  @Test
  void leavesAnUpstreamRoot() {
    broker =
        Optional.of(
            FakeBroker.at(
                dir.resolve("b.sock"),
                s ->
                    s.service(
                        LocalAuthorityGrpcService.SERVICE_DESCRIPTOR,
                        m ->
                            m.answer(
                                    LocalAuthorityGrpcService.TaintX509UpstreamAuthority,
                                    TaintX509UpstreamAuthorityResponse.getDefaultInstance())
                                .refuse(
                                    LocalAuthorityGrpcService.RevokeX509UpstreamAuthority,
                                    GrpcStatus.FAILED_PRECONDITION,
                                    "there is no upstream authority"))));

    assertThat(run("authority", "upstream", "taint", "ab")).isZero();
    assertThat(run("authority", "upstream", "revoke", "ab")).isEqualTo(6);

    assertThat(console.out()).isEqualTo("upstream root ab tainted\n");
    assertThat(broker().asked.getFirst())
        .isEqualTo(TaintX509UpstreamAuthorityRequest.newBuilder().setSubjectKeyId("ab").build());
  }

  private FakeBroker broker() {
    return broker.orElseThrow();
  }

  private int run(String... arguments) {
    return console.runAt(broker().socket(), arguments);
  }
}
