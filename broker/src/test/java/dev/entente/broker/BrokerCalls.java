package dev.entente.broker;

import static dev.entente.broker.TestBroker.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.rpc.RpcClient;
import dev.entente.rpc.RpcException;
import dev.entente.wire.spire.server.agent.v1.AgentGrpcClient;
import dev.entente.wire.spire.server.agent.v1.PostStatusRequest;
import dev.entente.wire.spire.types.PermissionDeniedDetails;
import dev.entente.wire.spire.types.PermissionDeniedDetails.Reason;
import io.vertx.grpc.common.GrpcStatus;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// A broker over real sockets, and what its callers do and are refused.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class BrokerCalls {
  /// More than any listing has here; a listing without an end stops at it.
  private static final int PAGES_MAX = 100;

  TestBroker broker;

  @BeforeAll
  void start(@TempDir Path directory) {
    broker =
        TestBroker.start(
            directory,
            "limits: {attest-burst: 100000, attest-per-second: 100000}\n"
                + configuration(directory));
  }

  /// More of the broker's configuration.
  ///
  /// @param directory for files it names
  String configuration(Path directory) {
    return "";
  }

  @AfterAll
  void stop() {
    broker.close();
  }

  static GrpcStatus codeOf(ThrowingCallable call) {
    return refusal(call).code();
  }

  static RpcException refusal(ThrowingCallable call) {
    var thrown = new ArrayList<Throwable>();
    assertThatThrownBy(call).satisfies(thrown::add);
    assertThat(thrown.getFirst()).isInstanceOf(RpcException.class);
    return (RpcException) thrown.getFirst();
  }

  static Reason reasonOf(ThrowingCallable call) {
    var refusal = refusal(call);
    assertThat(refusal.code()).isEqualTo(GrpcStatus.PERMISSION_DENIED);
    return refusal
        .status()
        .detail(PermissionDeniedDetails.class)
        .map(PermissionDeniedDetails::getReason)
        .orElse(Reason.UNKNOWN);
  }

  /// The pages of a listing, asked for until the token is empty.
  ///
  /// @param list asks for the page behind a token
  /// @param token the token of the next page
  static <P> List<P> pages(Function<String, P> list, Function<P, String> token) {
    var pages = new ArrayList<P>();
    var next = "";
    do {
      assertThat(pages).hasSizeLessThan(PAGES_MAX);
      pages.add(list.apply(next));
      next = token.apply(pages.getLast());
    } while (!next.isEmpty());
    return pages;
  }

  static void postStatus(RpcClient client) {
    get(
        client,
        AgentGrpcClient.PostStatus,
        PostStatusRequest.newBuilder().setAgentVersion("1.15.3").build());
  }
}
