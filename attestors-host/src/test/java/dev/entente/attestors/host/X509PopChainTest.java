package dev.entente.attestors.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.attestor.spi.Refusal;
import dev.entente.spiffe.Certificates;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.spiffe.Pem;
import dev.entente.testkit.TestAuthority;
import dev.entente.testkit.TestCertificate;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The moment at which a chain must hold, and whom an operator may name as an authority.
class X509PopChainTest {
  private static final Instant NOW = Instant.parse("2024-05-01T10:00:00Z");

  @TempDir private Path directory;

  private static TestAuthority root(Consumer<TestCertificate> knobs) {
    return TestAuthority.of("machines.example", InstantSource.fixed(NOW), knobs);
  }

  private static X509PopTrusted validate(TestAuthority root, Instant moment) throws Refusal {
    return new X509PopChain(List.of(root.certificate()), InstantSource.fixed(moment))
        .validate(root.subordinate().issue("/node").chain());
  }

  @Test
  void judgesAChainAtTheMomentOfTheAttestation() throws Exception {
    var root = root(_ -> {});

    assertThat(validate(root, NOW).chain()).hasSize(3).endsWith(root.certificate());
    assertThatThrownBy(() -> validate(root, NOW.plus(Duration.ofHours(2))))
        .isInstanceOf(Refusal.class)
        .hasMessageStartingWith("chain-expired");
  }

  @Test
  void countsAnAuthorityThatIsSentAlongOnce() throws Exception {
    var root = root(_ -> {});
    var sent = new ArrayList<>(root.subordinate().issue("/node").chain());
    sent.add(root.certificate());

    var trusted =
        new X509PopChain(List.of(root.certificate()), InstantSource.fixed(NOW)).validate(sent);

    assertThat(trusted.chain()).isEqualTo(sent);
  }

  @Test
  void endsAtNoAuthorityThatIsOutOfDate() {
    var ended = NOW.minusSeconds(1);
    var root = root(it -> it.validity(ended.minusSeconds(60), ended));

    assertThatThrownBy(() -> validate(root, NOW))
        .isInstanceOf(Refusal.class)
        .hasMessageStartingWith("chain-expired");
  }

  @ParameterizedTest
  @CsvSource({
    "RSA_2048, SHA1withRSA",
    "EC_P256, SHA1withECDSA",
    "EC_P256, SHA224withECDSA",
    "RSA_2048, SHA1withRSAandMGF1"
  })
  void refusesACertificateThatIsSignedOverAWeakDigest(KeyAlgorithm key, String signature) {
    var root = root(it -> it.key(key));
    var chains = new X509PopChain(List.of(root.certificate()), InstantSource.fixed(NOW));
    var leaf = root.issue("/node", it -> it.signatureAlgorithm(signature)).chain();
    var between = root.subordinate(it -> it.signatureAlgorithm(signature)).issue("/node").chain();

    for (var sent : List.of(leaf, between)) {
      assertThatThrownBy(() -> chains.validate(sent))
          .isInstanceOf(Refusal.class)
          .hasMessageStartingWith("weak-digest")
          .hasMessageContaining("is signed with");
    }
  }

  /// What PSS leaves out is SHA-1 (RFC 4055 §3.1), so nothing said is not nothing known.
  @Test
  void takesPssWithoutParametersForAWeakDigest() throws Exception {
    var root = root(it -> it.key(KeyAlgorithm.RSA_2048));
    var chains = new X509PopChain(List.of(root.certificate()), InstantSource.fixed(NOW));
    var leaf =
        root.issue("/node", it -> it.signatureAlgorithm("SHA256withRSAandMGF1")).certificate();

    assertThatThrownBy(() -> chains.validate(List.of(withoutParameters(leaf))))
        .isInstanceOf(Refusal.class)
        .hasMessageStartingWith("weak-digest");
  }

  /// Its signature is worth nothing any more, which is looked at later.
  private static X509Certificate withoutParameters(X509Certificate certificate) throws Exception {
    var pss = new DERSequence(PKCSObjectIdentifiers.id_RSASSA_PSS);
    var whole = ASN1Sequence.getInstance(certificate.getEncoded()).toArray();
    var signed = ASN1Sequence.getInstance(whole[0]).toArray();
    signed[2] = pss;
    return Certificates.parse(
        new DERSequence(new ASN1Encodable[] {new DERSequence(signed), pss, whole[2]}).getEncoded());
  }

  @ParameterizedTest
  @CsvSource({
    "RSA_2048, SHA256withRSA",
    "RSA_2048, SHA512withRSA",
    "RSA_2048, SHA384withRSAandMGF1",
    "EC_P256, SHA512withECDSA"
  })
  void acceptsTheSha2Family(KeyAlgorithm key, String signature) throws Exception {
    var root = root(it -> it.key(key).signatureAlgorithm(signature));
    var sent =
        root.subordinate(it -> it.key(key).signatureAlgorithm(signature))
            .issue("/node", it -> it.signatureAlgorithm(signature))
            .chain();

    assertThat(
            new X509PopChain(List.of(root.certificate()), InstantSource.fixed(NOW))
                .validate(sent)
                .chain())
        .hasSize(3);
  }

  /// Names are looked at before signatures, so anybody can send such a leaf below an authority that
  /// has constraints.
  @Test
  void refusesANameThatTheJdkCannotCompareWithAConstraint() {
    var root = root(_ -> {});
    var between = root.subordinate(it -> it.uriConstraints(List.of("machines.example"), List.of()));
    var forged =
        between.issue(
            "/node",
            it ->
                it.withoutNames()
                    .uri("spiffe://under_score/x")
                    .signedBy(root.keyPair().getPrivate()));

    assertThatThrownBy(() ->
            new X509PopChain(List.of(root.certificate()), InstantSource.fixed(NOW))
                .validate(forged.chain()))
        .isInstanceOf(Refusal.class)
        .hasMessageStartingWith("untrusted-chain");
  }

  private List<X509Certificate> read(X509Certificate certificate) throws Exception {
    var file = directory.resolve("authorities.pem");
    Files.writeString(file, Pem.encodeCertificates(List.of(certificate)));
    return X509PopChain.readAuthorities(file);
  }

  @Test
  void takesAuthoritiesThatMaySign() throws Exception {
    for (var root :
        List.of(
            root(_ -> {}),
            root(it -> it.pathLength(0)),
            root(it -> it.without(Extension.keyUsage)))) {
      assertThat(read(root.certificate())).containsExactly(root.certificate());
    }
  }

  @Test
  void takesNobodyElseForAnAuthority() {
    var root = root(_ -> {});
    var leaf = root.issue("/node").svid().leaf();
    var other = root(it -> it.keyUsage(KeyUsage.digitalSignature)).certificate();
    var constrained = root(it -> it.uriConstraints(List.of("a.example"), List.of()));

    for (var certificate : List.of(leaf, other)) {
      assertThatThrownBy(() -> read(certificate))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("may not sign certificates");
    }
    assertThatThrownBy(() -> read(constrained.certificate()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("has name constraints");
  }
}
