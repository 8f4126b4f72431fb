package dev.entente.agent.endpoint;

import com.google.protobuf.ByteString;
import dev.entente.agent.svidcache.JwtAnswer;
import dev.entente.agent.svidcache.TrustBundles;
import dev.entente.agent.svidcache.WorkloadUpdate;
import dev.entente.agent.svidcache.WorkloadUpdate.Identity;
import dev.entente.spiffe.Certificates;
import dev.entente.spiffe.SpiffeId;
import dev.entente.wire.spire.agent.delegatedidentity.v1.FetchJWTSVIDsResponse;
import dev.entente.wire.spire.agent.delegatedidentity.v1.SubscribeToJWTBundlesResponse;
import dev.entente.wire.spire.agent.delegatedidentity.v1.SubscribeToX509BundlesResponse;
import dev.entente.wire.spire.agent.delegatedidentity.v1.SubscribeToX509SVIDsResponse;
import dev.entente.wire.spire.agent.delegatedidentity.v1.X509SVIDWithKey;
import dev.entente.wire.spire.types.JWTSVID;
import dev.entente.wire.spire.types.SPIFFEID;
import dev.entente.wire.spire.types.X509SVID;

/// Writes what a delegate is to know as messages of SPIRE's Delegated Identity API. Pure.
final class DelegateMessages {
  private DelegateMessages() {}

  static SubscribeToX509SVIDsResponse x509Svids(WorkloadUpdate.Ready ready) {
    var response = SubscribeToX509SVIDsResponse.newBuilder();
    ready.identities().forEach(identity -> response.addX509Svids(x509Svid(identity)));
    ready
        .bundles()
        .federated()
        .keySet()
        .forEach(domain -> response.addFederatesWith(domain.id().toString()));
    return response.build();
  }

  static SubscribeToX509BundlesResponse x509Bundles(TrustBundles bundles) {
    return SubscribeToX509BundlesResponse.newBuilder()
        .putAllCaCertificates(WorkloadMessages.x509Bundles(bundles).getBundlesMap())
        .build();
  }

  static SubscribeToJWTBundlesResponse jwtBundles(TrustBundles bundles) {
    return SubscribeToJWTBundlesResponse.newBuilder()
        .putAllBundles(WorkloadMessages.jwtBundles(bundles).getBundlesMap())
        .build();
  }

  static FetchJWTSVIDsResponse jwtSvids(JwtAnswer.Tokens answer) {
    var response = FetchJWTSVIDsResponse.newBuilder();
    for (var token : answer.tokens()) {
      var jwt = token.jwt();
      response.addSvids(
          JWTSVID
              .newBuilder()
              .setToken(jwt.token())
              .setId(id(jwt.spiffeId()))
              .setExpiresAt(jwt.expiresAt().getEpochSecond())
              .setIssuedAt(jwt.issuedAt().getEpochSecond())
              .setHint(token.hint()));
    }
    return response.build();
  }

  private static X509SVIDWithKey x509Svid(Identity identity) {
    var held = identity.svid();
    var svid =
        X509SVID
            .newBuilder()
            .setId(id(held.spiffeId()))
            .setExpiresAt(held.notAfter().getEpochSecond())
            .setHint(identity.hint());
    held.chain().forEach(it -> svid.addCertChain(ByteString.copyFrom(Certificates.der(it))));
    return X509SVIDWithKey.newBuilder()
        .setX509Svid(svid)
        .setX509SvidKey(ByteString.copyFrom(held.pkcs8RevealingPrivateKey()))
        .build();
  }

  private static SPIFFEID id(SpiffeId id) {
    return SPIFFEID.newBuilder().setTrustDomain(id.trustDomain().name()).setPath(id.path()).build();
  }
}
