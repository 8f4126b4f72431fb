package dev.entente.testkit;

import dev.entente.spiffe.JwtAuthority;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import dev.entente.spiffe.X509Authority;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.bouncycastle.asn1.x500.X500Name;

/// A throw-away authority of a trust domain: an X.509 CA, a JWT key and a WIT key, which issue what
/// a test asks for, good or bad.
///
/// Times are taken from the given clock at each call; without one, from the system's.
public final class TestAuthority {
  private static final String WIT_KEY_ID = "wit-1";

  private final TrustDomain trustDomain;
  private final InstantSource clock;
  private final KeyPair keyPair;
  private final X509Certificate certificate;
  private final Optional<TestAuthority> parent;
  private final KeyPair jwtKeyPair;
  private final String jwtKeyId;
  private final KeyPair witKeyPair;

  private TestAuthority(
      TrustDomain trustDomain,
      InstantSource clock,
      Optional<TestAuthority> parent,
      Consumer<TestCertificate> knobs) {
    this.trustDomain = trustDomain;
    this.clock = clock;
    this.parent = parent;
    this.jwtKeyPair = parent.map(it -> it.jwtKeyPair).orElseGet(KeyAlgorithm.EC_P256::generate);
    this.jwtKeyId = parent.map(it -> it.jwtKeyId).orElse("jwt-1");
    this.witKeyPair = parent.map(it -> it.witKeyPair).orElseGet(KeyAlgorithm.EC_P256::generate);
    var made =
        TestCertificate.authority(
            now(), trustDomain.id().toString(), nextSubject(), KeyAlgorithm.EC_P256.generate());
    knobs.accept(made);
    this.keyPair = made.keyPair();
    this.certificate = parent.map(it -> it.sign(made)).orElseGet(made::signSelf);
  }

  /// An authority of the trust domain with this name, valid for seven days from now.
  public static TestAuthority of(String trustDomain) {
    return of(trustDomain, InstantSource.system());
  }

  /// An authority whose times come from `clock`.
  public static TestAuthority of(String trustDomain, InstantSource clock) {
    return of(trustDomain, clock, _ -> {});
  }

  /// An authority whose own certificate is turned as `knobs` says.
  public static TestAuthority of(
      String trustDomain, InstantSource clock, Consumer<TestCertificate> knobs) {
    return new TestAuthority(TrustDomain.parse(trustDomain), clock, Optional.empty(), knobs);
  }

  /// A CA below this one; its SVIDs carry its certificate, and its bundle is this one's.
  public TestAuthority subordinate(Consumer<TestCertificate> knobs) {
    return new TestAuthority(trustDomain, clock, Optional.of(this), knobs);
  }

  /// A good CA below this one.
  public TestAuthority subordinate() {
    return subordinate(_ -> {});
  }

  /// The trust domain.
  public TrustDomain trustDomain() {
    return trustDomain;
  }

  /// The ID of this path, as in `/api`.
  public SpiffeId id(String path) {
    return SpiffeId.of(trustDomain, path);
  }

  /// The CA certificate.
  public X509Certificate certificate() {
    return certificate;
  }

  /// The CA's key.
  public KeyPair keyPair() {
    return keyPair;
  }

  /// The key that signs tokens.
  public KeyPair jwtKeyPair() {
    return jwtKeyPair;
  }

  /// The id of the key that signs tokens.
  public String jwtKeyId() {
    return jwtKeyId;
  }

  /// The bundle that trusts the WIT key `wit-1` of this authority as well.
  public SpiffeBundle bundleWithWit() {
    return bundle()
        .withWitAuthorities(List.of(JwtAuthority.of(WIT_KEY_ID, witKeyPair.getPublic())));
  }

  /// The bundle that trusts the root and the JWT key of this authority.
  public SpiffeBundle bundle() {
    return parent
        .map(TestAuthority::bundle)
        .orElseGet(() ->
            SpiffeBundle.empty(trustDomain)
                .withX509Authorities(List.of(X509Authority.of(certificate)))
                .withJwtAuthorities(List.of(JwtAuthority.of(jwtKeyId, jwtKeyPair.getPublic())))
                .withSequence(1));
  }

  /// Issues a good X509-SVID for one hour.
  public TestSvid issue(String path) {
    return issue(path, _ -> {});
  }

  /// Issues an X509-SVID turned as `knobs` says.
  public TestSvid issue(String path, Consumer<TestCertificate> knobs) {
    var made = TestCertificate.leaf(now(), id(path).toString());
    knobs.accept(made);
    var chain = new ArrayList<X509Certificate>();
    chain.add(sign(made));
    for (var above = this; above.parent.isPresent(); above = above.parent.get()) {
      chain.add(above.certificate);
    }
    return new TestSvid(chain, made.keyPair());
  }

  /// Begins a token for this path and audience, valid for five minutes.
  public TestToken token(String path, String audience) {
    return TestToken.of(now(), id(path).toString(), audience, jwtKeyPair, jwtKeyId);
  }

  /// Begins a WIT-SVID for this path whose holder has `holder`, valid for an hour.
  public TestToken wit(String path, KeyPair holder) {
    return TestToken.wit(now(), id(path).toString(), holder, witKeyPair, WIT_KEY_ID);
  }

  /// Begins a proof that `holder` has the key of a WIT-SVID, valid for a minute.
  public TestToken proof(String wit, String target, KeyPair holder) {
    return TestToken.proof(now(), wit, target, holder);
  }

  private X509Certificate sign(TestCertificate made) {
    return made.sign(
        X500Name.getInstance(certificate.getSubjectX500Principal().getEncoded()), keyPair);
  }

  private String nextSubject() {
    return "C=US,O=SPIFFE,OU=" + trustDomain + ",SERIALNUMBER=" + TestCertificate.nextSerial();
  }

  private Instant now() {
    return Instant.ofEpochSecond(clock.instant().getEpochSecond());
  }
}
