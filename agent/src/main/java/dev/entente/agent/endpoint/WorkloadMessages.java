package dev.entente.agent.endpoint;

import com.google.protobuf.ByteString;
import com.google.protobuf.ListValue;
import com.google.protobuf.NullValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import dev.entente.agent.svidcache.JwtAnswer;
import dev.entente.agent.svidcache.TrustBundles;
import dev.entente.agent.svidcache.WorkloadUpdate;
import dev.entente.agent.svidcache.WorkloadUpdate.Identity;
import dev.entente.agent.svidcache.WorkloadUpdate.WitIdentity;
import dev.entente.spiffe.BundleDocument;
import dev.entente.spiffe.Certificates;
import dev.entente.spiffe.JwtSvid;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.X509Authority;
import dev.entente.wire.spiffe.workload.JWTBundlesResponse;
import dev.entente.wire.spiffe.workload.JWTSVID;
import dev.entente.wire.spiffe.workload.JWTSVIDResponse;
import dev.entente.wire.spiffe.workload.ValidateJWTSVIDResponse;
import dev.entente.wire.spiffe.workload.WITBundlesResponse;
import dev.entente.wire.spiffe.workload.WITSVID;
import dev.entente.wire.spiffe.workload.WITSVIDResponse;
import dev.entente.wire.spiffe.workload.X509BundlesResponse;
import dev.entente.wire.spiffe.workload.X509SVID;
import dev.entente.wire.spiffe.workload.X509SVIDResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Writes what a workload is to know as messages of the Workload API. Pure; equal input gives equal
/// bytes.
final class WorkloadMessages {
  /// The claims the standard defines; they are answered whatever the token's trust domain.
  private static final Set<String> SPIFFE_CLAIMS = Set.of("sub", "aud", "exp");

  private WorkloadMessages() {}

  static X509SVIDResponse x509Svids(WorkloadUpdate.Ready ready) {
    var response = X509SVIDResponse.newBuilder();
    var own = x509Bundle(ready.bundles().own());
    for (var identity : ready.identities()) {
      response.addSvids(x509Svid(identity, own));
    }
    for (var bundle : ready.bundles().federated().values()) {
      if (!bundle.x509Authorities().isEmpty()) {
        response.putFederatedBundles(key(bundle), x509Bundle(bundle));
      }
    }
    return response.build();
  }

  /// A foreign bundle without X.509 authorities is left out: that says the same, and no client
  /// stumbles over it.
  static X509BundlesResponse x509Bundles(TrustBundles bundles) {
    var response = X509BundlesResponse.newBuilder();
    response.putBundles(key(bundles.own()), x509Bundle(bundles.own()));
    for (var bundle : bundles.federated().values()) {
      if (!bundle.x509Authorities().isEmpty()) {
        response.putBundles(key(bundle), x509Bundle(bundle));
      }
    }
    return response.build();
  }

  static JWTBundlesResponse jwtBundles(TrustBundles bundles) {
    var response = JWTBundlesResponse.newBuilder();
    response.putBundles(key(bundles.own()), jwtBundle(bundles.own()));
    bundles.federated().values().forEach(it -> response.putBundles(key(it), jwtBundle(it)));
    return response.build();
  }

  static WITBundlesResponse witBundles(TrustBundles bundles) {
    var response = WITBundlesResponse.newBuilder();
    response.putBundles(key(bundles.own()), witBundle(bundles.own()));
    bundles.federated().values().forEach(it -> response.putBundles(key(it), witBundle(it)));
    return response.build();
  }

  static WITSVIDResponse witSvids(List<WitIdentity> identities) {
    var response = WITSVIDResponse.newBuilder();
    for (var identity : identities) {
      response.addSvids(
          WITSVID
              .newBuilder()
              .setSpiffeId(identity.svid().spiffeId().toString())
              .setWitSvid(identity.svid().token())
              .setWitSvidKey(identity.svid().jwkRevealingPrivateKey())
              .setHint(identity.hint()));
    }
    return response.build();
  }

  private static String witBundle(SpiffeBundle bundle) {
    return new String(BundleDocument.witKeysJson(bundle), StandardCharsets.UTF_8);
  }

  static JWTSVIDResponse jwtSvids(JwtAnswer.Tokens answer) {
    var response = JWTSVIDResponse.newBuilder();
    for (var token : answer.tokens()) {
      response.addSvids(
          JWTSVID
              .newBuilder()
              .setSpiffeId(token.jwt().spiffeId().toString())
              .setSvid(token.jwt().token())
              .setHint(token.hint()));
    }
    return response.build();
  }

  /// @param allowedForeignClaims what is answered of a token of another trust domain than `own`'s,
  ///   beside the claims the standard defines: `claim` of every trust domain, `domain:claim` of one
  static ValidateJWTSVIDResponse validated(
      JwtSvid svid, SpiffeBundle own, Set<String> allowedForeignClaims) {
    boolean isForeign = !svid.id().isMemberOf(own.trustDomain());
    var claims = Struct.newBuilder();
    svid.claims()
        .forEach((name, value) -> {
          if (!isForeign
              || SPIFFE_CLAIMS.contains(name)
              || allowedForeignClaims.contains(name)
              || allowedForeignClaims.contains(svid.id().trustDomain() + ":" + name)) {
            claims.putFields(name, value(value));
          }
        });
    claims.putFields("aud", value(svid.audience()));
    return ValidateJWTSVIDResponse.newBuilder()
        .setSpiffeId(svid.id().toString())
        .setClaims(claims)
        .build();
  }

  private static X509SVID x509Svid(Identity identity, ByteString own) {
    return X509SVID
        .newBuilder()
        .setSpiffeId(identity.svid().spiffeId().toString())
        .setX509Svid(ByteString.copyFrom(identity.svid().concatenatedChain()))
        .setX509SvidKey(ByteString.copyFrom(identity.svid().pkcs8RevealingPrivateKey()))
        .setBundle(own)
        .setHint(identity.hint())
        .build();
  }

  private static String key(SpiffeBundle bundle) {
    return bundle.trustDomain().id().toString();
  }

  private static ByteString x509Bundle(SpiffeBundle bundle) {
    var certificates = bundle.x509Authorities().stream().map(X509Authority::certificate).toList();
    return ByteString.copyFrom(Certificates.concatenate(certificates));
  }

  private static ByteString jwtBundle(SpiffeBundle bundle) {
    return ByteString.copyFrom(BundleDocument.jwtKeysJson(bundle));
  }

  private static Value value(Object json) {
    return switch (json) {
      case String text -> Value.newBuilder().setStringValue(text).build();
      case Number number -> Value.newBuilder().setNumberValue(number.doubleValue()).build();
      case Boolean flag -> Value.newBuilder().setBoolValue(flag).build();
      case List<?> list -> Value.newBuilder().setListValue(listValue(list)).build();
      case Map<?, ?> map -> Value.newBuilder().setStructValue(structValue(map)).build();
      case Optional<?> _ -> Value.newBuilder().setNullValue(NullValue.NULL_VALUE).build();
      default -> throw new IllegalStateException("no JSON value: " + json.getClass().getName());
    };
  }

  private static ListValue listValue(List<?> list) {
    var values = ListValue.newBuilder();
    list.forEach(element -> values.addValues(value(element)));
    return values.build();
  }

  private static Struct structValue(Map<?, ?> map) {
    var fields = Struct.newBuilder();
    map.forEach((name, element) -> fields.putFields(String.valueOf(name), value(element)));
    return fields.build();
  }
}
