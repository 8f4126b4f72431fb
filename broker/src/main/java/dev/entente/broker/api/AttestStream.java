package dev.entente.broker.api;

import com.google.protobuf.ByteString;
import dev.entente.broker.api.message.SvidMessages;
import dev.entente.broker.attestation.AttestationFlow;
import dev.entente.broker.attestation.AttestationOutcome;
import dev.entente.broker.attestation.AttestationRequest;
import dev.entente.rpc.CallContext;
import dev.entente.rpc.RequestStream;
import dev.entente.rpc.ResponseStream;
import dev.entente.wire.spire.server.agent.v1.AttestAgentRequest;
import dev.entente.wire.spire.server.agent.v1.AttestAgentRequest.StepCase;
import dev.entente.wire.spire.server.agent.v1.AttestAgentResponse;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/// The conversation of `AttestAgent`: parameters in, challenges and their answers, an SVID out.
final class AttestStream {
  /// An agent sends its evidence with the call; it may be slow to arrive.
  private static final Duration EVIDENCE_WITHIN = Duration.ofSeconds(10);

  /// An agent signs a challenge at once, a TPM takes a second or two. Who takes longer holds a
  /// place that others wait for.
  private static final Duration ANSWER_WITHIN = Duration.ofSeconds(5);

  private final AttestationFlow flow;
  private final RateLimits limits;
  private final Views views;
  private final Gate gate;

  AttestStream(AttestationFlow flow, RateLimits limits, Views views, Gate gate) {
    this.flow = flow;
    this.limits = limits;
    this.views = views;
    this.gate = gate;
  }

  Future<Void> handle(
      CallContext call,
      RequestStream<AttestAgentRequest> in,
      ResponseStream<AttestAgentResponse> out) {
    return Failures.guard(
        call,
        () -> {
          var caller = gate.caller(call);
          var address = address(caller);
          Refusal.throwIfPresent(limits.attestation(address));
          return in.next(EVIDENCE_WITHIN)
              .compose(first -> flow.attest(read(first, caller, in, out), views::settled))
              .compose(outcome -> answer(outcome, out));
        });
  }

  private static String address(Caller caller) {
    return switch (caller) {
      case Caller.Anonymous(var address) -> address;
      case Caller.Identified identified -> identified.address();
      case Caller.Local _ -> "127.0.0.1";
    };
  }

  private static AttestationRequest read(
      Optional<AttestAgentRequest> first,
      Caller caller,
      RequestStream<AttestAgentRequest> in,
      ResponseStream<AttestAgentResponse> out) {
    if (first.isEmpty() || first.get().getStepCase() != StepCase.PARAMS) {
      throw Refusal.invalid("the first message has no params").failure();
    }
    var params = first.get().getParams();
    require(params.hasData(), "params.data is missing");
    require(!params.getData().getType().isEmpty(), "params.data.type is missing");
    require(!params.getData().getPayload().isEmpty(), "params.data.payload is missing");
    require(params.hasParams(), "params.params is missing");
    require(!params.getParams().getCsr().isEmpty(), "params.params.csr is missing");
    return new AttestationRequest(
        params.getData().getType(),
        params.getData().getPayload().toByteArray(),
        params.getParams().getCsr().toByteArray(),
        address(caller),
        Audit.origin(caller),
        conversation(in, out));
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw Refusal.invalid(otherwise).failure();
    }
  }

  /// Attestors ask from threads of their own; the stream is used on the call's.
  private static AttestationRequest.Conversation conversation(
      RequestStream<AttestAgentRequest> in, ResponseStream<AttestAgentResponse> out) {
    Context context = Objects.requireNonNull(Vertx.currentContext(), "called on the event loop");
    return challenge -> {
      var answer = Promise.<byte[]>promise();
      context.runOnContext(_ -> ask(challenge, in, out).onComplete(answer));
      return answer.future();
    };
  }

  private static Future<byte[]> ask(
      byte[] challenge,
      RequestStream<AttestAgentRequest> in,
      ResponseStream<AttestAgentResponse> out) {
    out.send(AttestAgentResponse.newBuilder().setChallenge(ByteString.copyFrom(challenge)).build());
    return in.next(ANSWER_WITHIN)
        .map(message -> {
          if (message.isEmpty() || message.get().getStepCase() != StepCase.CHALLENGE_RESPONSE) {
            throw Refusal.invalid("a challenge response was expected").failure();
          }
          return message.get().getChallengeResponse().toByteArray();
        });
  }

  private static Future<Void> answer(
      AttestationOutcome outcome, ResponseStream<AttestAgentResponse> out) {
    return switch (outcome) {
      case AttestationOutcome.Refused(var reason, var message, _, _) ->
          Future.failedFuture(Refusal.of(kind(reason), message).failure());
      case AttestationOutcome.Attested(var svid, var reattestable) -> {
        out.send(
            AttestAgentResponse.newBuilder()
                .setResult(
                    AttestAgentResponse.Result.newBuilder()
                        .setSvid(SvidMessages.toWire(svid, ""))
                        .setReattestable(reattestable))
                .build());
        yield Future.succeededFuture();
      }
    };
  }

  private static RefusalKind kind(AttestationOutcome.Reason reason) {
    return switch (reason) {
      case INVALID -> RefusalKind.INVALID;
      case UNKNOWN_TYPE -> RefusalKind.PRECONDITION;
      case DENIED -> RefusalKind.DENIED;
      case UNAVAILABLE -> RefusalKind.UNAVAILABLE;
    };
  }
}
