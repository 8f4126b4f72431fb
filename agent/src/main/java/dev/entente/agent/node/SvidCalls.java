package dev.entente.agent.node;

import com.google.protobuf.ByteString;
import dev.entente.agent.node.BrokerFault.Kind;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import dev.entente.spiffe.WitSvid;
import dev.entente.spiffe.X509Svid;
import dev.entente.wire.spire.server.svid.v1.BatchNewWITSVIDRequest;
import dev.entente.wire.spire.server.svid.v1.BatchNewWITSVIDResponse;
import dev.entente.wire.spire.server.svid.v1.BatchNewX509SVIDRequest;
import dev.entente.wire.spire.server.svid.v1.BatchNewX509SVIDResponse;
import dev.entente.wire.spire.server.svid.v1.NewJWTSVIDRequest;
import dev.entente.wire.spire.server.svid.v1.NewWITSVIDParams;
import dev.entente.wire.spire.server.svid.v1.NewX509SVIDParams;
import dev.entente.wire.spire.server.svid.v1.SVIDGrpcClient;
import dev.entente.wire.spire.types.JWTSVID;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import io.vertx.grpc.common.GrpcStatus;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/// The calls that have SVIDs signed.
final class SvidCalls {
  private static final Base64.Decoder BASE64_URL = Base64.getUrlDecoder();

  private final GrpcBrokerClient client;

  SvidCalls(GrpcBrokerClient client) {
    this.client = client;
  }

  Future<List<IssuedSvid>> issueX509(List<X509Order> orders) {
    var request = BatchNewX509SVIDRequest.newBuilder();
    for (var order : orders) {
      request.addParams(
          NewX509SVIDParams.newBuilder()
              .setEntryId(order.entryId())
              .setCsr(ByteString.copyFrom(order.csr())));
    }
    return client.reading(
        client.ask(SVIDGrpcClient.BatchNewX509SVID, request.build()),
        answer -> answers(orders, answer));
  }

  private static List<IssuedSvid> answers(
      List<X509Order> orders, BatchNewX509SVIDResponse response) {
    requireOneEach(orders.size(), response.getResultsCount());
    var answers = new ArrayList<IssuedSvid>();
    for (var i = 0; i < orders.size(); i++) {
      answers.add(answer(orders.get(i).entryId(), response.getResults(i)));
    }
    return answers;
  }

  private static void requireOneEach(int orders, int results) {
    if (results != orders) {
      throw new IllegalArgumentException(results + " results for " + orders + " orders");
    }
  }

  private static IssuedSvid answer(String entryId, BatchNewX509SVIDResponse.Result result) {
    var code = Optional.ofNullable(GrpcStatus.valueOf(result.getStatus().getCode()));
    if (code.filter(GrpcStatus.OK::equals).isEmpty()) {
      return new IssuedSvid.NotIssued(
          entryId,
          code.map(FaultCodec::kind).orElse(Kind.INTERNAL),
          result.getStatus().getMessage());
    }
    if (!result.hasSvid()) {
      return new IssuedSvid.NotIssued(entryId, Kind.NOT_FOUND, "the broker sent no SVID");
    }
    try {
      var chain = GrpcBrokerClient.chain(result.getSvid());
      return new IssuedSvid.Issued(entryId, X509Svid.of(chain));
    } catch (IllegalArgumentException e) {
      return new IssuedSvid.NotIssued(
          entryId, Kind.INTERNAL, "the broker's SVID was not read: " + e.getMessage());
    }
  }

  Future<List<IssuedWit>> issueWit(List<WitOrder> orders) {
    var request = BatchNewWITSVIDRequest.newBuilder();
    for (var order : orders) {
      request.addParams(
          NewWITSVIDParams.newBuilder()
              .setEntryId(order.entryId())
              .setPublicKey(ByteString.copyFrom(order.publicKey().getEncoded()))
              .setSigningAlgorithm(order.algorithm().name()));
    }
    return client.reading(
        client.ask(SVIDGrpcClient.BatchNewWITSVID, request.build()),
        answer -> wits(orders, answer));
  }

  private static List<IssuedWit> wits(List<WitOrder> orders, BatchNewWITSVIDResponse response) {
    requireOneEach(orders.size(), response.getResultsCount());
    var answers = new ArrayList<IssuedWit>();
    for (var i = 0; i < orders.size(); i++) {
      answers.add(wit(orders.get(i).entryId(), response.getResults(i)));
    }
    return answers;
  }

  /// SPIRE's server leaves the status of what it signed out.
  private static IssuedWit wit(String entryId, BatchNewWITSVIDResponse.Result result) {
    var code = Optional.ofNullable(GrpcStatus.valueOf(result.getStatus().getCode()));
    if (code.filter(GrpcStatus.OK::equals).isEmpty()) {
      return new IssuedWit.NotIssued(
          entryId,
          code.map(FaultCodec::kind).orElse(Kind.INTERNAL),
          result.getStatus().getMessage());
    }
    if (!result.hasSvid()) {
      return new IssuedWit.NotIssued(entryId, Kind.NOT_FOUND, "the broker sent no SVID");
    }
    try {
      return new IssuedWit.Issued(
          entryId,
          WitSvid.readWithoutVerifying(result.getSvid().getToken()),
          Instant.ofEpochSecond(result.getSvid().getIssuedAt()));
    } catch (IllegalArgumentException e) {
      return new IssuedWit.NotIssued(
          entryId, Kind.INTERNAL, "the broker's WIT-SVID was not read: " + e.getMessage());
    }
  }

  Future<IssuedJwt> issueJwt(String entryId, List<String> audience) {
    var request =
        NewJWTSVIDRequest.newBuilder().setEntryId(entryId).addAllAudience(audience).build();
    return client.reading(
        client.ask(SVIDGrpcClient.NewJWTSVID, request), answer -> jwt(answer.getSvid()));
  }

  private static IssuedJwt jwt(JWTSVID svid) {
    var id = SpiffeId.of(TrustDomain.parse(svid.getId().getTrustDomain()), svid.getId().getPath());
    return new IssuedJwt(
        svid.getToken(),
        id,
        keyId(svid.getToken()),
        Instant.ofEpochSecond(svid.getIssuedAt()),
        Instant.ofEpochSecond(svid.getExpiresAt()));
  }

  /// The `kid` of a token's header; never quotes the token.
  static String keyId(String token) {
    var dot = token.indexOf('.');
    try {
      var header = new JsonObject(Buffer.buffer(BASE64_URL.decode(token.substring(0, dot))));
      var keyId = header.getString("kid");
      if (keyId != null) {
        return keyId;
      }
    } catch (RuntimeException _) {
      // Said below, without the decoder's message: that one quotes the token.
    }
    throw new IllegalArgumentException("JWT-SVID without a header that names its key");
  }
}
