package dev.entente.broker.authority;

import dev.entente.broker.store.AuthorityJournal.Kind;
import dev.entente.broker.store.AuthorityJournal.Row;
import dev.entente.broker.store.AuthorityJournal.Slot;
import dev.entente.broker.store.AuthorityJournal.State;
import dev.entente.spiffe.Certificates;
import dev.entente.spiffe.JwtAuthority;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.spiffe.PublicKeys;
import dev.entente.spiffe.X509Authority;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Makes authorities in the key manager and finds them again. Blocks as the key manager does.
final class AuthorityKeys {
  /// Whether the key was made to survive a restart.
  private static final String DURABLE = "durable";

  private static final String ES256_DIGEST = "es256-key-identifier";
  private static final String RS256_DIGEST = "rs256-key-identifier";

  private static final String KEY_ID_CHARACTERS =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

  private static final int KEY_ID_LENGTH = 32;

  private final AuthorityOptions options;
  private final KeyManager keys;
  private final Optional<UpstreamAuthority> upstream;
  private final SecureRandom random;

  AuthorityKeys(
      AuthorityOptions options,
      KeyManager keys,
      Optional<UpstreamAuthority> upstream,
      SecureRandom random) {
    this.options = options;
    this.keys = keys;
    this.upstream = upstream;
    this.random = random;
  }

  /// A new authority: its journal row, and its public halves for the bundle.
  record Made(Row row, List<X509Authority> x509, List<JwtAuthority> jwt, List<JwtAuthority> wit) {
    /// The same, published at another moment.
    Made at(State state, Instant now) {
      return new Made(Rows.published(Rows.in(state, row), now), x509, jwt, wit);
    }
  }

  /// Makes JWT keys known to the upstream, if there is one.
  ///
  /// @throws UpstreamAuthorityException if it cannot be known that it has them
  void publish(List<JwtAuthority> jwt) {
    upstream.ifPresent(above -> above.publish(jwt));
  }

  Made make(Kind kind, Slot slot, State state, Instant now) {
    var start = now.truncatedTo(ChronoUnit.SECONDS);
    return switch (kind) {
      case X509 -> makeX509(slot, state, start);
      case JWT -> makeJwt(slot, state, start);
      case WIT -> makeWit(slot, state, start);
    };
  }

  private Made makeX509(Slot slot, State state, Instant now) {
    var key = keys.generate(KeyIds.x509(slot), options.x509KeyType());
    var serial = Serials.next(random);
    if (upstream.isPresent()) {
      return madeUpstream(
          slot,
          state,
          now,
          key,
          upstream
              .get()
              .sign(
                  new UpstreamAuthority.Request(
                      options.trustDomain(),
                      options.x509Subject(),
                      key,
                      serial,
                      now,
                      options.ttl())));
    }
    var certificate =
        AuthorityCertificates.selfSigned(
            options.trustDomain(), options.x509Subject(), key, serial, now, options.ttl());
    var authority = signing(key, List.of(certificate), true);
    var roots = List.of(X509Authority.of(authority.certificate()));
    return new Made(
        x509Row(slot, state, now, authority, List.of(certificate), Map.of()),
        roots,
        List.of(),
        List.of());
  }

  private Made madeUpstream(
      Slot slot, State state, Instant now, SigningKey key, UpstreamAuthority.Signed signed) {
    var chain = signed.chain().stream().map(Certificates::der).toList();
    var authority = signing(key, chain, false);
    var least = options.leastX509Ttl();
    if (authority.notAfter().isBefore(now.plus(least))) {
      throw new UpstreamAuthorityException(
          "what is above it ends at "
              + authority.notAfter()
              + ", and an authority has to live for "
              + least
              + " at least");
    }
    var rootId = X509Authority.of(signed.root()).subjectKeyId();
    var details = Map.of(Rows.UPSTREAM_KEY_ID, rootId);
    var roots = signed.roots().stream().map(X509Authority::of).toList();
    return new Made(
        x509Row(slot, state, now, authority, chain, details), roots, List.of(), List.of());
  }

  private Row x509Row(
      Slot slot,
      State state,
      Instant now,
      X509SigningAuthority authority,
      List<byte[]> chain,
      Map<String, String> more) {
    var details = new HashMap<>(more);
    details.put(DURABLE, String.valueOf(keys.survivesRestart()));
    return new Row(
        Kind.X509,
        slot,
        state,
        authority.id(),
        List.of(authority.key().id()),
        chain,
        now,
        authority.notAfter(),
        details);
  }

  private Made makeJwt(Slot slot, State state, Instant now) {
    var es256 = keys.generate(KeyIds.es256(slot), KeyAlgorithm.EC_P256);
    var rs256 = keys.generate(KeyIds.rs256(slot), KeyAlgorithm.RSA_2048);
    var notAfter = now.plus(options.ttl()).truncatedTo(ChronoUnit.SECONDS);
    var generation =
        new JwtGeneration(
            TokenSigner.es256(newKeyId(), es256), TokenSigner.rs256(newKeyId(), rs256), notAfter);
    var row =
        new Row(
            Kind.JWT,
            slot,
            state,
            generation.id(),
            List.of(es256.id(), rs256.id()),
            List.of(),
            now,
            notAfter,
            Map.of(
                DURABLE,
                String.valueOf(keys.survivesRestart()),
                Rows.RS256_KEY_ID,
                generation.rs256().keyId(),
                ES256_DIGEST,
                identifier(es256.publicKey()),
                RS256_DIGEST,
                identifier(rs256.publicKey())));
    return new Made(row, List.of(), generation.authorities(), List.of());
  }

  private Made makeWit(Slot slot, State state, Instant now) {
    var key = keys.generate(KeyIds.wit(slot), KeyAlgorithm.EC_P256);
    var notAfter = now.plus(options.ttl()).truncatedTo(ChronoUnit.SECONDS);
    var authority = new WitSigningAuthority(TokenSigner.wit(newKeyId(), key), notAfter);
    var row =
        new Row(
            Kind.WIT,
            slot,
            state,
            authority.id(),
            List.of(key.id()),
            List.of(),
            now,
            notAfter,
            Map.of(
                DURABLE,
                String.valueOf(keys.survivesRestart()),
                ES256_DIGEST,
                identifier(key.publicKey())));
    return new Made(row, List.of(), List.of(), List.of(authority.authority()));
  }

  /// The signing half of a row, or empty if the key manager has no such key or another one.
  Optional<X509SigningAuthority> x509(Row row) {
    return key(row, 0)
        .filter(key -> identifier(key.publicKey()).equals(row.authorityId()))
        .map(key -> signing(key, row.chain(), Rows.upstreamId(row).isEmpty()));
  }

  private X509SigningAuthority signing(SigningKey key, List<byte[]> chain, boolean selfSigned) {
    var authority = new X509SigningAuthority(key, chain, selfSigned);
    AuthorityCertificates.forDomain(options.trustDomain(), authority.certificate());
    return authority;
  }

  /// The signing half of a row, or empty if the key manager lacks one of its keys.
  Optional<JwtGeneration> jwt(Row row) {
    var es256 = key(row, 0).filter(key -> isNamed(row, ES256_DIGEST, key));
    var rs256 = key(row, 1).filter(key -> isNamed(row, RS256_DIGEST, key));
    var rs256KeyId = Optional.ofNullable(row.details().get(Rows.RS256_KEY_ID));
    if (es256.isEmpty() || rs256.isEmpty() || rs256KeyId.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new JwtGeneration(
            TokenSigner.es256(row.authorityId(), es256.get()),
            TokenSigner.rs256(rs256KeyId.get(), rs256.get()),
            row.notAfter()));
  }

  /// The signing half of a row, or empty if the key manager lacks its key.
  Optional<WitSigningAuthority> wit(Row row) {
    return key(row, 0)
        .filter(key -> isNamed(row, ES256_DIGEST, key))
        .map(key ->
            new WitSigningAuthority(TokenSigner.wit(row.authorityId(), key), row.notAfter()));
  }

  boolean has(Row row) {
    return switch (row.kind()) {
      case X509 -> x509(row).isPresent();
      case JWT -> jwt(row).isPresent();
      case WIT -> wit(row).isPresent();
    };
  }

  /// Whether the row's keys were made to be there after a restart.
  static boolean isDurable(Row row) {
    return Boolean.parseBoolean(row.details().getOrDefault(DURABLE, "true"));
  }

  boolean surviveRestart() {
    return keys.survivesRestart();
  }

  /// Deletes the keys of an authority that is gone, unless its slot has new ones.
  void delete(Row row) {
    if (has(row)) {
      row.keyIds().forEach(keys::delete);
    }
  }

  private Optional<SigningKey> key(Row row, int index) {
    return row.keyIds().size() > index ? keys.find(row.keyIds().get(index)) : Optional.empty();
  }

  private static boolean isNamed(Row row, String detail, SigningKey key) {
    return identifier(key.publicKey()).equals(row.details().get(detail));
  }

  private static String identifier(PublicKey key) {
    return HexFormat.of().formatHex(PublicKeys.keyIdentifier(key));
  }

  /// 32 random alphanumerics, as SPIRE's.
  private String newKeyId() {
    var keyId = new StringBuilder(KEY_ID_LENGTH);
    while (keyId.length() < KEY_ID_LENGTH) {
      keyId.append(KEY_ID_CHARACTERS.charAt(random.nextInt(KEY_ID_CHARACTERS.length())));
    }
    return keyId.toString();
  }
}
