package dev.entente.attestors.azure;

import dev.entente.testkit.FakeAzure;
import dev.entente.testkit.TestAttestedDocuments;
import dev.entente.testkit.TestCertificate;
import dev.entente.testkit.TestSvid;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.cms.CMSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x509.AccessDescription;
import org.bouncycastle.asn1.x509.AuthorityInformationAccess;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;

/// Good evidence of `azure_imds`, and bad evidence that differs from a good one by one mutation.
final class AzureImdsCorpus {
  /// Signatures say when they were made, and are compared with the certificates.
  static final Instant NOW = thisSecond();

  static final String NONCE = "abcdefghijklmnopqrstuvwxyz012345";
  static final String TENANT_DOMAIN = "example.onmicrosoft.com";

  /// From now, when the youngest document that is believed was made: clocks may differ.
  static final Duration LATEST = Duration.ofMinutes(5);

  /// From now, when the oldest document that is believed was made: it is in force for six hours.
  static final Duration EARLIEST = Duration.ofHours(-6).minusMinutes(5).plusSeconds(1);

  private static final String OTHER_UUID = "00000000-0000-4000-8000-000000000000";

  final TestAttestedDocuments azure = TestAttestedDocuments.at(NOW);
  private final TestAttestedDocuments stranger = TestAttestedDocuments.at(NOW);

  private static Instant thisSecond() {
    return Instant.now().truncatedTo(ChronoUnit.SECONDS);
  }

  /// Evidence a broker accepts.
  enum Good {
    AS_AZURE_SENDS_IT,
    WITH_THE_ISSUER_IN_THE_BAG,
    OF_A_SCALE_SET
  }

  /// A recipe of evidence, and what Azure Resource Manager shows.
  static final class Recipe {
    String content =
        TestAttestedDocuments.document(FakeAzure.SUBSCRIPTION, FakeAzure.VM, NONCE, NOW);
    ASN1ObjectIdentifier type = CMSObjectIdentifiers.data;
    String algorithm = "SHA256withRSA";
    List<TestSvid> signers;
    List<X509Certificate> bag;
    UnaryOperator<byte[]> bytes = UnaryOperator.identity();
    String encoding = "pkcs7";
    String tenantDomain = TENANT_DOMAIN;
    Optional<String> scaleSet = Optional.empty();
    UnaryOperator<String> response = UnaryOperator.identity();
    List<AzureVm> found = List.of(vm(FakeAzure.VM));

    private Recipe(TestSvid signer) {
      signers = List.of(signer);
      bag = List.of(signer.certificate());
    }

    private void signer(TestSvid signer) {
      signers = List.of(signer);
      bag = List.of(signer.certificate());
    }

    byte[] response() {
      byte[] message =
          bytes.apply(TestAttestedDocuments.message(content, type, algorithm, signers, bag));
      var payload =
          new AzureImdsPayload(
              encoding, TestAttestedDocuments.base64(message), tenantDomain, scaleSet);
      var json = new String(payload.toJson(), StandardCharsets.UTF_8);
      return response.apply(json).getBytes(StandardCharsets.UTF_8);
    }
  }

  /// Bad evidence.
  ///
  /// @param mutation the one difference to the parent
  record Bad(String name, Good parent, String code, Consumer<Recipe> mutation) {
    @Override
    public String toString() {
      return "bad-" + name;
    }
  }

  Recipe recipe(Good good) {
    var recipe = new Recipe(azure.signer());
    switch (good) {
      case AS_AZURE_SENDS_IT -> {}
      case WITH_THE_ISSUER_IN_THE_BAG ->
          recipe.bag = List.of(azure.issuer(), azure.signer().certificate());
      case OF_A_SCALE_SET -> recipe.scaleSet = Optional.of(FakeAzure.SCALE_SET);
    }
    return recipe;
  }

  static AzureVm vm(String vmId) {
    return new AzureVm(vmId, "node-1", "eastus", "web-rg", Map.of(), Set.of(), List.of());
  }

  private static Bad bad(String name, String code, Consumer<Recipe> mutation) {
    return new Bad(name, Good.AS_AZURE_SENDS_IT, "azure-imds/" + code, mutation);
  }

  private static Bad content(String name, String code, UnaryOperator<String> change) {
    return bad("content-" + name, code, it -> it.content = change.apply(it.content));
  }

  private static Bad bytes(String name, String code, UnaryOperator<byte[]> change) {
    return bad("bytes-" + name, code, it -> it.bytes = change);
  }

  private Bad signer(String name, String code, Consumer<TestCertificate> knob) {
    return bad("signer-" + name, code, it -> it.signer(azure.signer(knob)));
  }

  Stream<Bad> bad() {
    return Stream.of(payloads(), messages(), signers(), contents(), machines()).flatMap(it -> it);
  }

  private static Stream<Bad> payloads() {
    return Stream.of(
        bad("not-json", "malformed", it -> it.response = _ -> "non_empty_payload"),
        bad(
            "two-documents",
            "malformed",
            it -> it.response = json -> json.replaceFirst("\\{", "{\"document\":{},")),
        bad("encoded-otherwise", "encoding-not-allowed", it -> it.encoding = "cose"),
        bytes("none", "no-signature", _ -> new byte[0]),
        bytes("too-long", "signature-too-long", _ -> new byte[20_000]),
        bytes("trailing", "trailing-data", it -> Arrays.copyOf(it, it.length + 1)),
        bytes("truncated", "malformed-signature", it -> Arrays.copyOf(it, it.length - 4)),
        bytes("not-a-message", "malformed-signature", _ -> new byte[] {0x04, 0x01, 0x00}),
        bytes(
            "nested-deeply",
            "malformed-signature",
            _ -> "0\u0080".repeat(5000).getBytes(StandardCharsets.ISO_8859_1)),
        bytes(
            "huge-length",
            "malformed-signature",
            _ -> new byte[] {0x30, (byte) 0x84, 0x7f, 0x7f, 0x7f, 0x7f}));
  }

  private Stream<Bad> messages() {
    return Stream.of(
        bad("without-signer", "no-signer", it -> it.signers = List.of()),
        bad(
            "two-signers",
            "several-signers",
            it -> it.signers = List.of(azure.signer(), stranger.signer())),
        bad("weak-digest", "algorithm-not-allowed", it -> it.algorithm = "SHA1withRSA"),
        bad("without-content", "no-content", it -> it.content = ""),
        bad("of-another-type", "content-type", it -> it.type = PKCSObjectIdentifiers.id_ct_TSTInfo),
        bytes("content-swapped", "wrong-signature", AzureImdsCorpus::swapped),
        bytes("signature-changed", "wrong-signature", it -> flipped(it, it.length - 40)),
        bad(
            "signed-in-azures-name",
            "wrong-signature",
            it ->
                it.signers =
                    List.of(
                        new TestSvid(
                            List.of(azure.signer().certificate()), stranger.signer().keyPair()))));
  }

  private Stream<Bad> signers() {
    return Stream.of(
        bad("signer-left-out", "unknown-signer", it -> it.bag = List.of(azure.issuer())),
        bad("signed-by-a-stranger", "untrusted-chain", it -> it.signer(stranger.signer())),
        bad(
            "genuine-certificate-beside-a-strangers-signature",
            "foreign-certificate",
            it -> {
              it.signers = List.of(stranger.signer());
              it.bag = List.of(azure.signer().certificate(), stranger.signer().certificate());
            }),
        bad(
            "foreign-certificate",
            "foreign-certificate",
            it -> it.bag = List.of(azure.signer().certificate(), stranger.root())),
        signer("with-a-short-key", "weak-key", it -> it.key(shortKey())),
        signer("signed-over-sha1", "weak-digest", it -> it.signatureAlgorithm("SHA1withRSA")),
        signer("of-another-name", "wrong-name", it -> it.withoutNames().dns("azure.example")),
        signer(
            "of-a-longer-name",
            "wrong-name",
            it -> it.withoutNames().dns("metadata.azure.com.example")),
        signer(
            "of-a-name-that-ends-alike",
            "wrong-name",
            it -> it.withoutNames().dns("notmetadata.azure.com")),
        signer("without-names", "wrong-name", it -> it.withoutNames()),
        signer("of-a-name-that-is-no-hosts", "wrong-name", it -> it.withoutNames().name(mailbox())),
        signer(
            "with-an-address-that-is-none",
            "issuer-elsewhere",
            it -> it.extension(Extension.authorityInfoAccess, false, DERNull.INSTANCE)),
        signer(
            "with-an-address-of-another-service",
            "issuer-elsewhere",
            accessing(AccessDescription.id_ad_ocsp, GeneralName.uniformResourceIdentifier)),
        signer(
            "with-an-address-that-is-a-name",
            "issuer-elsewhere",
            accessing(AccessDescription.id_ad_caIssuers, GeneralName.dNSName)),
        signer(
            "without-an-issuers-address",
            "issuer-elsewhere",
            it -> it.without(Extension.authorityInfoAccess)),
        signer(
            "with-an-issuer-elsewhere", "issuer-elsewhere", at("http://microsoft.example/a.crt")),
        signer(
            "with-an-issuer-at-a-host-that-ends-alike",
            "issuer-elsewhere",
            at("http://www.microsoft.com.example/pkiops/certs/a.crt")),
        signer(
            "with-an-issuer-behind-a-user",
            "issuer-elsewhere",
            at("http://www.microsoft.com@10.0.0.1/pkiops/certs/a.crt")),
        signer(
            "with-an-issuer-in-a-file",
            "issuer-elsewhere",
            at("file://www.microsoft.com/pkiops/certs/a.crt")),
        signer(
            "that-its-issuer-did-not-sign",
            "untrusted-chain",
            it -> it.signedBy(stranger.signer().keyPair().getPrivate())));
  }

  private static Stream<Bad> contents() {
    return Stream.of(
        content("of-another-nonce", "wrong-nonce", it -> it.replace(NONCE, "2" + NONCE)),
        content("without-nonce", "malformed-document", it -> it.replace(NONCE, "")),
        content("not-json", "malformed-document", it -> "x" + it),
        content(
            "with-two-machines",
            "malformed-document",
            it -> it.replaceFirst("\\{", "{\"vmId\":\"" + OTHER_UUID + "\",")),
        content("without-machine", "malformed-document", it -> it.replace("vmId", "id")),
        content(
            "with-a-machine-that-is-a-query",
            "malformed-document",
            it -> it.replace(FakeAzure.VM, "x' or '' == '")),
        content("without-times", "malformed-document", it -> it.replace("timeStamp", "time")),
        content("of-the-future", "made-in-the-future", _ -> madeAt(LATEST.plusSeconds(1))),
        content("ancient", "expired", _ -> madeAt(Duration.ofHours(-7))),
        content("that-has-just-expired", "expired", _ -> madeAt(EARLIEST.minusSeconds(1))),
        content(
            "of-another-subscription",
            "subscription-not-allowed",
            it -> it.replace(FakeAzure.SUBSCRIPTION, OTHER_UUID)));
  }

  private static Stream<Bad> machines() {
    return Stream.of(
        bad("tenant", "tenant-not-allowed", it -> it.tenantDomain = "other.onmicrosoft.com"),
        bad(
            "scale-set-that-is-a-query",
            "malformed-scale-set",
            it -> it.scaleSet = Optional.of("x' or name != '")),
        bad("found-none", "vm-not-found", it -> it.found = List.of()),
        bad(
            "found-two",
            "vm-not-found",
            it -> it.found = List.of(vm(FakeAzure.VM), vm(FakeAzure.VM))),
        bad("found-another", "other-vm", it -> it.found = List.of(vm(OTHER_UUID))));
  }

  static String madeAt(Duration fromNow) {
    return TestAttestedDocuments.document(
        FakeAzure.SUBSCRIPTION, FakeAzure.VM, NONCE, NOW.plus(fromNow));
  }

  private static Consumer<TestCertificate> at(String address) {
    return it ->
        it.extension(Extension.authorityInfoAccess, false, TestAttestedDocuments.at(address));
  }

  private static GeneralName mailbox() {
    return new GeneralName(GeneralName.rfc822Name, "a@eastus.metadata.azure.com");
  }

  private static Consumer<TestCertificate> accessing(ASN1ObjectIdentifier method, int kind) {
    var location = new GeneralName(kind, TestAttestedDocuments.ISSUER_ADDRESS);
    return it ->
        it.extension(
            Extension.authorityInfoAccess, false, new AuthorityInformationAccess(method, location));
  }

  private static byte[] flipped(byte[] bytes, int at) {
    var changed = bytes.clone();
    changed[at] ^= 1;
    return changed;
  }

  /// Another machine in the signed bytes, of the same length.
  private static byte[] swapped(byte[] message) {
    var text = new String(message, StandardCharsets.ISO_8859_1);
    return text.replace(FakeAzure.VM, OTHER_UUID).getBytes(StandardCharsets.ISO_8859_1);
  }

  private static KeyPair shortKey() {
    try {
      var generator = KeyPairGenerator.getInstance("RSA");
      generator.initialize(1024);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
