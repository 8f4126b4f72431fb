package dev.entente.spiffe;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Set;

/// Every parser of outside bytes, fed with anything.
///
/// The kept corpus (`ParserFuzzTestInputs`) runs with the normal tests; `JAZZER_FUZZ=1` and
/// `-Dtest=ParserFuzzTest#readsAnyBundle` search for more. What may come out of each is the value
/// or an [IllegalArgumentException], and what was accepted must read the same when written again.
final class ParserFuzzTest {
  private static final TrustDomain EXAMPLE = TrustDomain.parse("example.org");
  private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");

  @FuzzTest
  void readsAnySpiffeId(byte[] input) {
    var text = new String(input, StandardCharsets.ISO_8859_1);
    ifAccepted(() -> {
      var id = SpiffeId.parse(text);
      assertThat(id).hasToString(text);
      assertThat(SpiffeId.of(id.trustDomain(), id.path())).isEqualTo(id);
      assertThat(text).matches("spiffe://[a-z0-9._-]{1,255}(/[A-Za-z0-9._-]+)*");
      assertThat(text + "/").doesNotContain("/./", "/../");
    });
  }

  @FuzzTest
  void readsAnyBundle(byte[] input) {
    ifAccepted(() -> {
      var bundle = BundleDocument.parse(EXAMPLE, input);
      var written = BundleDocument.toJson(bundle);
      assertThat(BundleDocument.parse(EXAMPLE, written)).isEqualTo(bundle);
    });
    ifAccepted(() -> BundleDocument.parseMap(input));
  }

  @FuzzTest
  void readsAnyJson(byte[] input) {
    ifAccepted(() -> {
      var value = Json.parse(input);
      var written = Json.write(value).getBytes(StandardCharsets.UTF_8);
      assertThat(Json.parse(written)).isEqualTo(value);
    });
  }

  @FuzzTest
  void readsAnyToken(byte[] input) {
    var token = new String(input, StandardCharsets.ISO_8859_1);
    ifAccepted(() -> assertThat(JwtSvid.readWithoutVerifying(token).token()).isEqualTo(token));
    var verdict = new JwtSvidVerifier().verify(token, Set.of("db"), BundleSource.of(), NOW);
    assertThat(verdict)
        .isInstanceOfSatisfying(
            JwtVerdict.Refused.class,
            refused -> assertThat(refused.reason()).isNotEqualTo(JwtVerdict.Reason.INTERNAL));
  }

  @FuzzTest
  void readsAnyWitSvid(byte[] input) {
    var token = new String(input, StandardCharsets.ISO_8859_1);
    ifAccepted(() -> {
      var svid = WitSvid.readWithoutVerifying(token);
      assertThat(svid.token()).isEqualTo(token);
      assertThat(svid.proofAlgorithm().fits(svid.proofKey())).isTrue();
    });
    var verifier = new WitSvidVerifier();
    assertThat(verifier.verify(token, token, "https://a.example/", BundleSource.of(), NOW))
        .isInstanceOfSatisfying(
            WitVerdict.Refused.class,
            refused -> assertThat(refused.reason()).isNotEqualTo(JwtVerdict.Reason.INTERNAL));
  }

  @FuzzTest
  void readsAnyCertificateRequest(byte[] input) {
    ifAccepted(() -> {
      var request = CertificateRequest.parse(input);
      assertThat(KeyAlgorithm.isAcceptable(request.publicKey())).isTrue();
      assertThat(request.publicKey().getEncoded()).isEqualTo(request.publicKeyInfo());
    });
  }

  @FuzzTest
  void readsAnyChain(byte[] input) {
    ifAccepted(() -> {
      var chain = Certificates.parseConcatenated(input);
      assertThat(Certificates.concatenate(chain)).isEqualTo(input);
      var source = BundleSource.of();
      assertThat(X509SvidVerifier.verify(chain, source, NOW))
          .isInstanceOfSatisfying(
              X509Verdict.Refused.class,
              refused -> assertThat(refused.reason()).isNotEqualTo(X509Verdict.Reason.INTERNAL));
    });
  }

  @FuzzTest
  void readsAnyCertificate(byte[] input) {
    ifAccepted(() -> {
      var fields = CertificateFields.read(input);
      assertThat(Extensions.basicConstraints(fields).pathLength()).isGreaterThanOrEqualTo(-1);
      Extensions.keyUsage(fields);
      Extensions.extendedKeyUsage(fields);
      Extensions.subjectKeyId(fields);
      Extensions.authorityKeyId(fields);
      NameConstraints.of(fields).ifPresent(constraints -> constraints.refusalOf(fields));
    });
  }

  @FuzzTest
  void readsAnyAltNames(byte[] input) {
    ifAccepted(() -> {
      var names = Extensions.readAltNames(Der.of(input));
      var count = names.uris().size() + names.dnsNames().size() + names.otherKinds().size();
      assertThat(count).isPositive();
      assertThat(names.uris()).allMatch(uri -> uri.chars().allMatch(c -> c < 0x80));
    });
  }

  @FuzzTest
  void readsAnyPem(byte[] input) {
    var text = new String(input, StandardCharsets.ISO_8859_1);
    ifAccepted(() -> {
      var certificates = Pem.certificates(text);
      assertThat(Pem.certificates(Pem.encodeCertificates(certificates))).isEqualTo(certificates);
    });
    ifAccepted(() -> PrivateKeys.fromPem(text));
  }

  private static void ifAccepted(Runnable reading) {
    try {
      reading.run();
    } catch (IllegalArgumentException e) {
      // A refusal in one of our own words is as good an answer as a value.
      assertThat(e.getMessage()).isNotNull();
    }
  }
}
