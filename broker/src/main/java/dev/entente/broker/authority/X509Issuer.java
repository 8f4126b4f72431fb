package dev.entente.broker.authority;

import dev.entente.broker.authority.CertificateTemplate.Variables;
import dev.entente.broker.registration.DnsNames;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.spiffe.SpiffeId;
import java.math.BigInteger;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/// Issues X509-SVIDs in SPIRE's shape.
///
/// Pure but for the clock and the random serial; any thread may call. Preparing costs a few
/// microseconds, issuing one signature.
public final class X509Issuer {
  private final X509Profile profile;
  private final SpiffeId serverId;
  private final byte[] defaultSubject;
  private final InstantSource clock;
  private final SecureRandom random;
  private final Supplier<Optional<X509SigningAuthority>> active;
  private final Supplier<Optional<String>> objection;

  /// An issuer that signs with whatever `active` gives at the moment of preparing.
  ///
  /// @param objection why nothing may be signed at the moment of asking, if so
  public X509Issuer(
      X509Profile profile,
      InstantSource clock,
      SecureRandom random,
      Supplier<Optional<X509SigningAuthority>> active,
      Supplier<Optional<String>> objection) {
    this.profile = profile;
    this.serverId = SpiffeId.of(profile.trustDomain(), "/spire/server");
    this.defaultSubject = profile.subject().toDer();
    this.clock = clock;
    this.random = random;
    this.active = active;
    this.objection = objection;
  }

  /// A serial number for a certificate whose row is written before it is signed: random, from 1 to
  /// 2^128-1.
  public BigInteger newSerial() {
    return Serials.next(random);
  }

  /// Checks a request against every rule and fixes what will be signed. Signs nothing.
  public X509Decision prepare(X509SvidRequest request) {
    var suspended = objection.get();
    if (suspended.isPresent()) {
      return refused(IssuanceRefusal.SUSPENDED, suspended.get());
    }
    var authority = active.get();
    if (authority.isEmpty()) {
      return refused(IssuanceRefusal.NO_AUTHORITY, "no X.509 authority is active yet");
    }
    if (!KeyAlgorithm.isAcceptable(request.key())) {
      return refused(
          IssuanceRefusal.KEY_NOT_ALLOWED,
          "key is none of P-256, P-384, P-521, RSA 2048 to 4096 with exponent 65537");
    }
    var by = authority.get();
    return switch (request) {
      case X509SvidRequest.Workload(var id, var key, var ttl, var dnsNames) ->
          leaf(by, new Leaf(id, key, workloadTtl(ttl), newSerial(), Optional.empty(), dnsNames));
      case X509SvidRequest.Agent(var id, var key, var ttl, var serial) ->
          leaf(by, new Leaf(id, key, agentTtl(ttl), serial, Optional.empty(), List.of()));
      case X509SvidRequest.Server(var key) ->
          leaf(
              by,
              new Leaf(
                  serverId, key, profile.agentTtl(), newSerial(), Optional.empty(), List.of()));
      case X509SvidRequest.Minted(var id, var key, var ttl, var subject, var dnsNames) ->
          leaf(
              by, new Leaf(id, key, workloadTtl(ttl), newSerial(), Optional.of(subject), dnsNames));
      case X509SvidRequest.DownstreamCa(var key, var ttl) -> downstream(by, key, workloadTtl(ttl));
    };
  }

  /// Signs what was prepared.
  ///
  /// @throws IllegalStateException if it was issued before, or prepared by another issuer
  /// @throws KeyManagerException if the key cannot sign
  /// @throws SigningSuspendedException if this process was paused meanwhile
  public IssuedX509Svid issue(PreparedX509Svid prepared) {
    objection
        .get()
        .ifPresent(why -> {
          throw new SigningSuspendedException(why);
        });
    var authority = prepared.spend(this);
    var template = prepared.signsOthers() ? authority.downstream() : authority.leaves();
    var intermediates = authority.intermediates();
    var chain = new ArrayList<byte[]>(1 + intermediates.size());
    chain.add(template.sign(prepared.variables(), authority.key()));
    chain.addAll(intermediates);
    return new IssuedX509Svid(
        prepared.id(),
        prepared.serial(),
        prepared.notBefore(),
        prepared.notAfter(),
        authority.id(),
        chain);
  }

  private record Leaf(
      SpiffeId id,
      PublicKey key,
      Duration ttl,
      BigInteger serial,
      Optional<SubjectName> subject,
      List<String> dnsNames) {}

  private X509Decision leaf(X509SigningAuthority authority, Leaf leaf) {
    if (!leaf.id().isMemberOf(profile.trustDomain())) {
      return refused(
          IssuanceRefusal.FOREIGN_TRUST_DOMAIN,
          "\"" + leaf.id() + "\" is not of trust domain \"" + profile.trustDomain() + "\"");
    }
    if (!leaf.id().hasPath()) {
      return refused(IssuanceRefusal.ID_WITHOUT_PATH, "\"" + leaf.id() + "\" has no path");
    }
    if (!Serials.isValid(leaf.serial())) {
      return refused(IssuanceRefusal.BAD_SERIAL, "serial is not from 1 to 2^128-1");
    }
    var badName = DnsNames.refusal(leaf.dnsNames());
    if (badName.isPresent()) {
      return refused(IssuanceRefusal.BAD_DNS_NAME, badName.get());
    }
    return prepared(
        authority,
        leaf.id(),
        false,
        leaf.ttl(),
        leaf.serial(),
        subjectOf(leaf),
        leaf.key(),
        leaf.dnsNames());
  }

  private byte[] subjectOf(Leaf leaf) {
    if (leaf.subject().isEmpty() && leaf.dnsNames().isEmpty()) {
      return defaultSubject;
    }
    var subject = leaf.subject().orElse(profile.subject());
    if (leaf.dnsNames().isEmpty()) {
      return subject.toDer();
    }
    return subject.withOnly(SubjectName.Attribute.COMMON_NAME, leaf.dnsNames().getFirst()).toDer();
  }

  private X509Decision downstream(X509SigningAuthority authority, PublicKey key, Duration ttl) {
    var subject =
        authority
            .subject()
            .withOnly(
                SubjectName.Attribute.ORGANIZATIONAL_UNIT, "DOWNSTREAM-" + (1 + authority.depth()));
    return prepared(
        authority,
        profile.trustDomain().id(),
        true,
        ttl,
        newSerial(),
        subject.toDer(),
        key,
        List.of());
  }

  private X509Decision prepared(
      X509SigningAuthority authority,
      SpiffeId id,
      boolean signsOthers,
      Duration ttl,
      BigInteger serial,
      byte[] subject,
      PublicKey key,
      List<String> dnsNames) {
    if (!ttl.isPositive() || ttl.compareTo(profile.maxTtl()) > 0) {
      return refused(
          IssuanceRefusal.BAD_TTL,
          "asked for " + ttl + ", more than zero and at most " + profile.maxTtl() + " is allowed");
    }
    var now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    if (!authority.notAfter().isAfter(now)) {
      return refused(
          IssuanceRefusal.NO_AUTHORITY, "the X.509 authority expired at " + authority.notAfter());
    }
    var notAfter = earlier(now.plus(ttl), authority.notAfter());
    var notBefore = now.minus(X509Profile.BACKDATE);
    var variables =
        new Variables(serial, notBefore, notAfter, subject, key, id.toString(), dnsNames);
    return new PreparedX509Svid(this, authority, id, signsOthers, variables);
  }

  private Duration workloadTtl(Duration asked) {
    return asked.isZero() ? profile.workloadTtl() : asked;
  }

  private Duration agentTtl(Duration asked) {
    return asked.isZero() ? profile.agentTtl() : asked;
  }

  private static Instant earlier(Instant one, Instant other) {
    return one.isBefore(other) ? one : other;
  }

  private static X509Decision.Refused refused(IssuanceRefusal code, String detail) {
    return new X509Decision.Refused(code, detail);
  }
}
