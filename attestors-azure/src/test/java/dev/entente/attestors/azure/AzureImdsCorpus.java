package dev.entente.attestors.azure;

import dev.entente.testkit.CorpusContract.Mutation;
import dev.entente.testkit.FakeAzure;
import dev.entente.testkit.TestAttestedDocuments;
import dev.entente.testkit.TestCertificate;
import dev.entente.testkit.TestSvid;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.security.spec.RSAPublicKeySpec;
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

  /// Who signed, and which certificates come along: one part, as a signature without its
  /// certificate is another mutation.
  record Signed(List<TestSvid> signers, List<X509Certificate> bag) {
    static Signed by(TestSvid signer) {
      return new Signed(List.of(signer), List.of(signer.certificate()));
    }
  }

  /// A recipe of evidence, and what Azure Resource Manager shows.
  static final class Recipe {
    String content =
        TestAttestedDocuments.document(FakeAzure.SUBSCRIPTION, FakeAzure.VM, NONCE, NOW);
    ASN1ObjectIdentifier type = CMSObjectIdentifiers.data;
    String algorithm = "SHA256withRSA";
    Signed signed;
    UnaryOperator<byte[]> bytes = UnaryOperator.identity();
    String encoding = "pkcs7";
    String tenantDomain = TENANT_DOMAIN;
    Optional<String> scaleSet = Optional.empty();
    UnaryOperator<String> response = UnaryOperator.identity();
    List<AzureVm> found = List.of(vm(FakeAzure.VM));

    private Recipe(TestSvid signer) {
      signed = Signed.by(signer);
    }

    private void signer(TestSvid signer) {
      signed = Signed.by(signer);
    }

    private void signers(TestSvid... signers) {
      signed = new Signed(List.of(signers), signed.bag());
    }

    private void bag(X509Certificate... bag) {
      signed = new Signed(signed.signers(), List.of(bag));
    }

    byte[] response() {
      byte[] message =
          bytes.apply(
              TestAttestedDocuments.message(
                  content, type, algorithm, signed.signers(), signed.bag()));
      var payload =
          new AzureImdsPayload(
              encoding, TestAttestedDocuments.base64(message), tenantDomain, scaleSet);
      var json = new String(payload.toJson(), StandardCharsets.UTF_8);
      return response.apply(json).getBytes(StandardCharsets.UTF_8);
    }
  }

  Recipe good(String name) {
    var recipe = new Recipe(azure.signer());
    switch (name) {
      case "good-as-azure-sends-it" -> {}
      case "good-with-the-issuer-in-the-bag" ->
          recipe.signed =
              new Signed(
                  List.of(azure.signer()), List.of(azure.issuer(), azure.signer().certificate()));
      case "good-of-a-scale-set" -> recipe.scaleSet = Optional.of(FakeAzure.SCALE_SET);
      default -> throw new IllegalArgumentException(name);
    }
    return recipe;
  }

  static AzureVm vm(String vmId) {
    return new AzureVm(
        vmId, "node-1", "eastus", "web-rg", Map.of(), Set.of(), List.of(), Optional.empty());
  }

  private static Mutation<Recipe> bad(String name, Consumer<Recipe> mutation) {
    return new Mutation<>("bad-" + name, mutation);
  }

  private static Mutation<Recipe> content(String name, UnaryOperator<String> change) {
    return bad("content-" + name, it -> it.content = change.apply(it.content));
  }

  private static Mutation<Recipe> bytes(String name, UnaryOperator<byte[]> change) {
    return bad("bytes-" + name, it -> it.bytes = change);
  }

  private Mutation<Recipe> signer(String name, Consumer<TestCertificate> knob) {
    return bad("signer-" + name, it -> it.signer(azure.signer(knob)));
  }

  Stream<Mutation<Recipe>> mutations() {
    return Stream.of(payloads(), messages(), signers(), contents(), machines()).flatMap(it -> it);
  }

  private static Stream<Mutation<Recipe>> payloads() {
    return Stream.of(
        bad("not-json", it -> it.response = _ -> "non_empty_payload"),
        bad(
            "two-documents",
            it -> it.response = json -> json.replaceFirst("\\{", "{\"document\":{},")),
        bad("encoded-otherwise", it -> it.encoding = "cose"),
        bytes("none", _ -> new byte[0]),
        bytes("too-long", _ -> new byte[20_000]),
        bytes("trailing", it -> Arrays.copyOf(it, it.length + 1)),
        bytes("truncated", it -> Arrays.copyOf(it, it.length - 4)),
        bytes("not-a-message", _ -> new byte[] {0x04, 0x01, 0x00}),
        bytes("nested-deeply", _ -> "0\u0080".repeat(5000).getBytes(StandardCharsets.ISO_8859_1)),
        bytes("huge-length", _ -> new byte[] {0x30, (byte) 0x84, 0x7f, 0x7f, 0x7f, 0x7f}),
        bytes(
            "plain-without-length",
            _ -> new byte[] {0x30, 0x05, 0x04, (byte) 0x80, 0x01, 0x00, 0x00}));
  }

  private Stream<Mutation<Recipe>> messages() {
    return Stream.of(
        bad("without-signer", it -> it.signers()),
        bad("two-signers", it -> it.signers(azure.signer(), stranger.signer())),
        bad("weak-digest", it -> it.algorithm = "SHA1withRSA"),
        bad("without-content", it -> it.content = ""),
        bad("of-another-type", it -> it.type = PKCSObjectIdentifiers.id_ct_TSTInfo),
        bytes("content-swapped", AzureImdsCorpus::swapped),
        bytes("signature-changed", it -> flipped(it, it.length - 40)),
        bad(
            "signed-in-azures-name",
            it ->
                it.signers(
                    new TestSvid(
                        List.of(azure.signer().certificate()), stranger.signer().keyPair()))));
  }

  private Stream<Mutation<Recipe>> signers() {
    return Stream.of(
        bad("signer-left-out", it -> it.bag(azure.issuer())),
        bad("signed-by-a-stranger", it -> it.signer(stranger.signer())),
        bad(
            "genuine-certificate-beside-a-strangers-signature",
            it -> {
              it.signers(stranger.signer());
              it.bag(azure.signer().certificate(), stranger.signer().certificate());
            }),
        bad("foreign-certificate", it -> it.bag(azure.signer().certificate(), stranger.root())),
        signer("with-a-short-key", it -> it.key(shortKey())),
        signer("with-a-huge-key", it -> it.key(hugeKey())),
        signer("signed-over-sha1", it -> it.signatureAlgorithm("SHA1withRSA")),
        signer("of-another-name", it -> it.withoutNames().dns("azure.example")),
        signer("of-a-longer-name", it -> it.withoutNames().dns("metadata.azure.com.example")),
        signer("of-a-name-that-ends-alike", it -> it.withoutNames().dns("notmetadata.azure.com")),
        signer("without-names", it -> it.withoutNames()),
        signer("of-a-name-that-is-no-hosts", it -> it.withoutNames().name(mailbox())),
        signer(
            "with-an-address-that-is-none",
            it -> it.extension(Extension.authorityInfoAccess, false, DERNull.INSTANCE)),
        signer(
            "with-an-address-of-another-service",
            accessing(AccessDescription.id_ad_ocsp, GeneralName.uniformResourceIdentifier)),
        signer(
            "with-an-address-that-is-a-name",
            accessing(AccessDescription.id_ad_caIssuers, GeneralName.dNSName)),
        signer("without-an-issuers-address", it -> it.without(Extension.authorityInfoAccess)),
        signer("with-an-issuer-elsewhere", at("http://microsoft.example/a.crt")),
        signer(
            "with-an-issuer-at-a-host-that-ends-alike",
            at("http://www.microsoft.com.example/pkiops/certs/a.crt")),
        signer(
            "with-an-issuer-behind-a-user",
            at("http://www.microsoft.com@10.0.0.1/pkiops/certs/a.crt")),
        signer("with-an-issuer-in-a-file", at("file://www.microsoft.com/pkiops/certs/a.crt")),
        signer(
            "that-its-issuer-did-not-sign",
            it -> it.signedBy(stranger.signer().keyPair().getPrivate())));
  }

  private static Stream<Mutation<Recipe>> contents() {
    return Stream.of(
        content("of-another-nonce", it -> it.replace(NONCE, "2" + NONCE)),
        content("without-nonce", it -> it.replace(NONCE, "")),
        content("not-json", it -> "x" + it),
        content(
            "with-two-machines", it -> it.replaceFirst("\\{", "{\"vmId\":\"" + OTHER_UUID + "\",")),
        content("without-machine", it -> it.replace("vmId", "id")),
        content("with-a-machine-that-is-a-query", it -> it.replace(FakeAzure.VM, "x' or '' == '")),
        content("without-times", it -> it.replace("timeStamp", "time")),
        content("of-the-future", _ -> madeAt(LATEST.plusSeconds(1))),
        content("ancient", _ -> madeAt(Duration.ofHours(-7))),
        content("that-has-just-expired", _ -> madeAt(EARLIEST.minusSeconds(1))),
        content("of-another-subscription", it -> it.replace(FakeAzure.SUBSCRIPTION, OTHER_UUID)));
  }

  private static Stream<Mutation<Recipe>> machines() {
    return Stream.of(
        bad("tenant", it -> it.tenantDomain = "other.onmicrosoft.com"),
        bad("scale-set-that-is-a-query", it -> it.scaleSet = Optional.of("x' or name != '")),
        bad("found-none", it -> it.found = List.of()),
        bad("found-two", it -> it.found = List.of(vm(FakeAzure.VM), vm(FakeAzure.VM))),
        bad("found-another", it -> it.found = List.of(vm(OTHER_UUID))));
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

  /// Nobody has the other half, and whoever looks for one has computed too much.
  private static KeyPair hugeKey() {
    try {
      var modulus = BigInteger.ONE.shiftLeft(16_383).setBit(0);
      var key =
          KeyFactory.getInstance("RSA")
              .generatePublic(new RSAPublicKeySpec(modulus, BigInteger.valueOf(65537)));
      return new KeyPair(key, shortKey().getPrivate());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
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
