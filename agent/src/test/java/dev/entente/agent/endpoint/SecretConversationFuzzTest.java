package dev.entente.agent.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import dev.entente.agent.svidcache.FakeAuthority;
import dev.entente.agent.svidcache.FakeIdentitySource;
import dev.entente.agent.svidcache.TrustBundles;
import dev.entente.agent.svidcache.WorkloadUpdate;
import dev.entente.rpc.RpcException;
import dev.entente.wire.envoy.discovery.DeltaDiscoveryRequest;
import dev.entente.wire.envoy.discovery.DiscoveryRequest;
import io.vertx.grpc.common.GrpcStatus;
import java.io.ByteArrayInputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;

/// What an Envoy may ask in one stream, fed with anything.
///
/// The input is requests, each after its length as one varint. The kept corpus
/// (`SecretConversationFuzzTestInputs`) runs with the normal tests; `JAZZER_FUZZ=1` and
/// `-Dtest=SecretConversationFuzzTest#readsAnyState` search for more.
final class SecretConversationFuzzTest {
  private static final GrantedSecrets GRANTED =
      GrantedSecrets.of(
          new WorkloadUpdate.NoIdentity(
              new TrustBundles(
                  FakeIdentitySource.bundle(
                      FakeIdentitySource.DOMAIN,
                      new FakeAuthority(FakeIdentitySource.DOMAIN, Instant.EPOCH)),
                  new TreeMap<>())),
          SdsSettings.DEFAULT,
          true);

  private static final Set<String> NAMES = Set.of("ROOTCA", "ALL", "spiffe://example.org");

  @FuzzTest
  void readsAnyState(byte[] input) {
    var conversation = new StateConversation(() -> "00000000");

    for (var response : converse(conversation, DiscoveryRequest.parser(), input)) {
      assertThat(NAMES).containsAll(SecretStream.names(response));
    }
  }

  @FuzzTest
  void readsAnyDelta(byte[] input) {
    var conversation = new DeltaConversation(() -> "00000000");

    for (var response : converse(conversation, DeltaDiscoveryRequest.parser(), input)) {
      assertThat(NAMES).containsAll(SecretStream.names(response));
    }
  }

  private static <Q, A extends MessageLite> List<A> converse(
      SecretConversation<Q, A> conversation, Parser<Q> parser, byte[] input) {
    List<A> answers = new ArrayList<>();
    var requests = new ByteArrayInputStream(input);
    try {
      for (var request = parser.parseDelimitedFrom(requests);
          request != null;
          request = parser.parseDelimitedFrom(requests)) {
        if (conversation.take(request)
            && conversation.answer(GRANTED) instanceof Turn.Send<A>(var message)) {
          answers.add(conversation.sending(message));
        }
      }
    } catch (InvalidProtocolBufferException _) {
      // The stream would have ended here.
    } catch (RpcException e) {
      assertThat(e.code()).isIn(GrpcStatus.INVALID_ARGUMENT, GrpcStatus.INTERNAL);
    }
    return answers;
  }
}
