package dev.entente.agent.endpoint;

import dev.entente.agent.svidcache.JwtAnswer;
import dev.entente.agent.svidcache.TrustBundles;
import dev.entente.agent.svidcache.WorkloadUpdate;
import dev.entente.wire.spiffe.broker.FetchJWTSVIDResponse;
import dev.entente.wire.spiffe.broker.JWTSVID;
import dev.entente.wire.spiffe.broker.SubscribeToJWTBundlesResponse;
import dev.entente.wire.spiffe.broker.SubscribeToX509BundlesResponse;
import dev.entente.wire.spiffe.broker.SubscribeToX509SVIDResponse;
import dev.entente.wire.spiffe.broker.X509SVID;

/// Writes what the Workload API would tell a workload as messages of the SPIFFE Broker API, which
/// say the same in types of their own. Pure.
final class SpiffeBrokerMessages {
  private SpiffeBrokerMessages() {}

  static SubscribeToX509SVIDResponse x509Svids(WorkloadUpdate.Ready ready) {
    var same = WorkloadMessages.x509Svids(ready);
    var response =
        SubscribeToX509SVIDResponse.newBuilder()
            .putAllFederatedBundles(same.getFederatedBundlesMap());
    for (var svid : same.getSvidsList()) {
      response.addSvids(
          X509SVID
              .newBuilder()
              .setSpiffeId(svid.getSpiffeId())
              .setX509Svid(svid.getX509Svid())
              .setX509SvidKey(svid.getX509SvidKey())
              .setBundle(svid.getBundle())
              .setHint(svid.getHint()));
    }
    return response.build();
  }

  static SubscribeToX509BundlesResponse x509Bundles(TrustBundles bundles) {
    return SubscribeToX509BundlesResponse.newBuilder()
        .putAllBundles(WorkloadMessages.x509Bundles(bundles).getBundlesMap())
        .build();
  }

  static SubscribeToJWTBundlesResponse jwtBundles(TrustBundles bundles) {
    return SubscribeToJWTBundlesResponse.newBuilder()
        .putAllBundles(WorkloadMessages.jwtBundles(bundles).getBundlesMap())
        .build();
  }

  static FetchJWTSVIDResponse jwtSvids(JwtAnswer.Tokens answer) {
    var response = FetchJWTSVIDResponse.newBuilder();
    for (var svid : WorkloadMessages.jwtSvids(answer).getSvidsList()) {
      response.addSvids(
          JWTSVID
              .newBuilder()
              .setSpiffeId(svid.getSpiffeId())
              .setSvid(svid.getSvid())
              .setHint(svid.getHint()));
    }
    return response.build();
  }
}
