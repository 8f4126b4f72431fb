package dev.entente.agent.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.agent.node.BrokerFault.Denial;
import dev.entente.agent.node.BrokerFault.Kind;
import dev.entente.rpc.RpcStatus;
import dev.entente.wire.spire.types.PermissionDeniedDetails;
import io.vertx.grpc.common.GrpcStatus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FaultCodecTest {
  @ParameterizedTest
  @CsvSource({
    "UNAVAILABLE,UNAVAILABLE",
    "ABORTED,UNAVAILABLE",
    "DEADLINE_EXCEEDED,TIMED_OUT",
    "UNIMPLEMENTED,UNIMPLEMENTED",
    "NOT_FOUND,NOT_FOUND",
    "PERMISSION_DENIED,DENIED",
    "UNAUTHENTICATED,DENIED",
    "INVALID_ARGUMENT,INVALID",
    "FAILED_PRECONDITION,INVALID",
    "RESOURCE_EXHAUSTED,EXHAUSTED",
    "INTERNAL,INTERNAL",
    "UNKNOWN,INTERNAL",
    "CANCELLED,INTERNAL",
  })
  void everyCodeHasItsKind(GrpcStatus code, Kind kind) {
    var fault = FaultCodec.read(RpcStatus.of(code, "why").asException());

    assertThat(fault.kind()).isEqualTo(kind);
    assertThat(fault.denial()).isEqualTo(Denial.NONE);
    assertThat(fault).hasMessage(code.name() + ": why");
  }

  @ParameterizedTest
  @CsvSource({
    "AGENT_EXPIRED,EXPIRED",
    "AGENT_NOT_ATTESTED,NOT_ATTESTED",
    "AGENT_NOT_ACTIVE,NOT_ACTIVE",
    "AGENT_BANNED,BANNED",
    "AGENT_MUST_REATTEST,MUST_REATTEST",
    "UNKNOWN,NONE",
  })
  void aDenialCarriesItsReason(PermissionDeniedDetails.Reason reason, Denial denial) {
    var details = PermissionDeniedDetails.newBuilder().setReason(reason).build();
    var status = RpcStatus.of(GrpcStatus.PERMISSION_DENIED, "no").with(details);

    assertThat(FaultCodec.read(status).denial()).isEqualTo(denial);
  }

  @Test
  void anUnreadableAnswerIsTheBrokersFault() {
    var fault = FaultCodec.read(new IllegalArgumentException("SVID without a certificate"));

    assertThat(fault.kind()).isEqualTo(Kind.INTERNAL);
    assertThat(fault).hasMessageContaining("SVID without a certificate");
  }
}
