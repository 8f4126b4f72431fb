package dev.entente.broker.api.message;

import com.google.protobuf.ByteString;
import dev.entente.spiffe.Certificates;
import dev.entente.spiffe.JwtAuthority;
import dev.entente.spiffe.PublicKeys;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.TrustDomain;
import dev.entente.spiffe.X509Authority;
import dev.entente.wire.spire.types.Bundle;
import dev.entente.wire.spire.types.BundleMask;
import dev.entente.wire.spire.types.JWTKey;
import dev.entente.wire.spire.types.WITKey;
import dev.entente.wire.spire.types.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Trust bundles as messages.
public final class BundleMessages {
  /// Every field; what a request without a mask means.
  public static final BundleMask ALL =
      BundleMask.newBuilder()
          .setX509Authorities(true)
          .setJwtAuthorities(true)
          .setRefreshHint(true)
          .setSequenceNumber(true)
          .setWitAuthorities(true)
          .build();

  private static final Logger LOG = LoggerFactory.getLogger(BundleMessages.class);

  private BundleMessages() {}

  /// What is shown of a bundle: `wanted`, but for WIT authorities while WIT-SVIDs are switched off,
  /// when nobody is told of keys for them.
  ///
  /// @param wit whether they are switched on
  public static BundleMask shown(BundleMask wanted, boolean wit) {
    return wit ? wanted : wanted.toBuilder().clearWitAuthorities().build();
  }

  /// Writes the trust domain of a bundle and the fields in `mask`. Taint marks are written: agents
  /// replace early what a tainted authority signed.
  public static Bundle toWire(SpiffeBundle bundle, BundleMask mask) {
    var message = Bundle.newBuilder().setTrustDomain(bundle.trustDomain().name());
    if (mask.getX509Authorities()) {
      bundle.x509Authorities().forEach(authority -> message.addX509Authorities(toWire(authority)));
    }
    if (mask.getJwtAuthorities()) {
      bundle.jwtAuthorities().forEach(authority -> message.addJwtAuthorities(toWire(authority)));
    }
    if (mask.getWitAuthorities()) {
      bundle.witAuthorities().forEach(authority -> message.addWitAuthorities(toWit(authority)));
    }
    if (mask.getRefreshHint()) {
      bundle.refreshHint().ifPresent(hint -> message.setRefreshHint(hint.toSeconds()));
    }
    if (mask.getSequenceNumber()) {
      message.setSequenceNumber(bundle.sequence().orElse(0));
    }
    return message.build();
  }

  private static X509Certificate toWire(X509Authority authority) {
    return X509Certificate.newBuilder()
        .setAsn1(ByteString.copyFrom(Certificates.der(authority.certificate())))
        .setTainted(authority.tainted())
        .build();
  }

  /// Writes a JWT authority.
  public static JWTKey toWire(JwtAuthority authority) {
    return JWTKey.newBuilder()
        .setPublicKey(ByteString.copyFrom(authority.publicKey().getEncoded()))
        .setKeyId(authority.keyId())
        .setExpiresAt(authority.expiresAt().map(Instant::getEpochSecond).orElse(0L))
        .setTainted(authority.tainted())
        .build();
  }

  /// Writes a WIT authority.
  public static WITKey toWit(JwtAuthority authority) {
    return WITKey.newBuilder()
        .setPublicKey(ByteString.copyFrom(authority.publicKey().getEncoded()))
        .setKeyId(authority.keyId())
        .setExpiresAt(authority.expiresAt().map(Instant::getEpochSecond).orElse(0L))
        .setTainted(authority.tainted())
        .build();
  }

  /// Reads a bundle. Taint marks are dropped; the sequence number is the caller's. JWT and WIT keys
  /// of a kind that we do not verify with are left out.
  public static SpiffeBundle read(Bundle message) {
    var trustDomain = IdMessages.readTrustDomain(message.getTrustDomain());
    return new SpiffeBundle(
        trustDomain,
        readX509(message.getX509AuthoritiesList()),
        readJwt(trustDomain, message.getJwtAuthoritiesList()),
        readWit(trustDomain, message.getWitAuthoritiesList()),
        hint(message.getRefreshHint()),
        OptionalLong.of(message.getSequenceNumber()));
  }

  /// Reads the bundle that another server of our trust domain publishes, taint marks included. JWT
  /// keys of a kind that we do not verify with are left out: nothing they sign is accepted anyway.
  /// Of two with one id the first counts, since SPIRE lets whoever may publish add the second.
  ///
  /// @throws IllegalArgumentException if a certificate cannot be read: a bundle is taken whole
  public static SpiffeBundle readPublished(Bundle message) {
    var x509 =
        message.getX509AuthoritiesList().stream()
            .flatMap(one ->
                readX509(List.of(one)).stream().map(read -> read.withTainted(one.getTainted())))
            .toList();
    var jwt = new LinkedHashMap<String, JwtAuthority>();
    for (var one : message.getJwtAuthoritiesList()) {
      readKnown(one)
          .map(read -> read.withTainted(one.getTainted()))
          .ifPresent(read -> jwt.merge(read.keyId(), read, BundleMessages::first));
    }
    return SpiffeBundle.empty(IdMessages.readTrustDomain(message.getTrustDomain()))
        .withX509Authorities(x509)
        .withJwtAuthorities(List.copyOf(jwt.values()));
  }

  /// A mark on either of them counts if they are the same key.
  private static JwtAuthority first(JwtAuthority first, JwtAuthority second) {
    return second.tainted() && PublicKeys.same(first.publicKey(), second.publicKey())
        ? first.withTainted(true)
        : first;
  }

  /// Reads a JWT authority, or nothing if it is of a kind that we do not verify with.
  public static Optional<JwtAuthority> readKnown(JWTKey message) {
    try {
      return Optional.of(readJwt(message));
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }

  /// Puts the fields in `mask` over an existing bundle.
  public static SpiffeBundle patch(SpiffeBundle existing, SpiffeBundle update, BundleMask mask) {
    var patched = existing;
    if (mask.getX509Authorities()) {
      patched = patched.withX509Authorities(update.x509Authorities());
    }
    if (mask.getJwtAuthorities()) {
      patched = patched.withJwtAuthorities(update.jwtAuthorities());
    }
    if (mask.getWitAuthorities()) {
      patched = patched.withWitAuthorities(update.witAuthorities());
    }
    if (mask.getRefreshHint()) {
      var hint = update.refreshHint();
      patched =
          hint.isPresent() ? patched.withRefreshHint(hint.get()) : patched.withoutRefreshHint();
    }
    return mask.getSequenceNumber() ? patched.withSequence(update.sequence().orElse(0)) : patched;
  }

  /// Reads X.509 authorities; one element may hold several certificates.
  public static List<X509Authority> readX509(List<X509Certificate> messages) {
    var authorities = new ArrayList<X509Authority>();
    for (var message : messages) {
      try {
        Certificates.parseConcatenated(message.getAsn1().toByteArray())
            .forEach(certificate -> authorities.add(X509Authority.of(certificate)));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(
            "x509_authorities[" + authorities.size() + "]: " + e.getMessage(), e);
      }
    }
    return authorities;
  }

  /// Reads JWT authorities of `trustDomain`, but for those of a kind that we do not verify with.
  public static List<JwtAuthority> readJwt(TrustDomain trustDomain, List<JWTKey> messages) {
    return readEach(
        trustDomain, "jwt_authorities", messages, JWTKey::getPublicKey, BundleMessages::readJwt);
  }

  /// Reads WIT authorities of `trustDomain`, but for those of a kind that we do not verify with.
  public static List<JwtAuthority> readWit(TrustDomain trustDomain, List<WITKey> messages) {
    return readEach(
        trustDomain, "wit_authorities", messages, WITKey::getPublicKey, BundleMessages::readWit);
  }

  /// A key that we cannot verify with does not keep the others out: nothing it signs is accepted
  /// anyway. One that is malformed does.
  private static <M> List<JwtAuthority> readEach(
      TrustDomain trustDomain,
      String field,
      List<M> messages,
      Function<M, ByteString> publicKey,
      Function<M, JwtAuthority> reader) {
    var authorities = new ArrayList<JwtAuthority>();
    int leftOut = 0;
    for (int i = 0; i < messages.size(); i++) {
      var message = messages.get(i);
      try {
        if (PublicKeys.readIfAcceptable(publicKey.apply(message).toByteArray()).isPresent()) {
          authorities.add(reader.apply(message));
        } else {
          leftOut++;
        }
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(field + "[" + i + "]: " + e.getMessage(), e);
      }
    }
    if (leftOut > 0) {
      LOG.atWarn()
          .addKeyValue("trust_domain", trustDomain)
          .addKeyValue("field", field)
          .addKeyValue("left_out", leftOut)
          .log("Keys of a bundle left out, of kinds that nothing here verifies with");
    }
    return authorities;
  }

  /// Reads one JWT authority.
  public static JwtAuthority readJwt(JWTKey message) {
    return authority(message.getKeyId(), message.getPublicKey(), message.getExpiresAt());
  }

  /// Reads one WIT authority.
  public static JwtAuthority readWit(WITKey message) {
    return authority(message.getKeyId(), message.getPublicKey(), message.getExpiresAt());
  }

  private static JwtAuthority authority(String keyId, ByteString publicKey, long expiresAt) {
    return new JwtAuthority(
        keyId,
        PublicKeys.read(publicKey.toByteArray()),
        expiresAt == 0 ? Optional.empty() : Optional.of(Moments.read(expiresAt, "expires_at")),
        false);
  }

  /// Whether a bundle message speaks for `trustDomain`.
  public static boolean isOf(Bundle message, TrustDomain trustDomain) {
    return IdMessages.readTrustDomain(message.getTrustDomain()).equals(trustDomain);
  }

  private static Optional<Duration> hint(long seconds) {
    if (seconds < 0 || seconds > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("refresh_hint is not in [0, 2147483647]: " + seconds);
    }
    return seconds == 0 ? Optional.empty() : Optional.of(Duration.ofSeconds(seconds));
  }
}
