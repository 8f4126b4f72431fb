package dev.entente.attestors.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.attestor.spi.AgentPathTemplate;
import dev.entente.attestor.spi.AttestationStep;
import dev.entente.attestor.spi.AttestationStep.Challenged;
import dev.entente.attestor.spi.AttestationStep.Refused;
import dev.entente.attestor.spi.NodeAttestor.Presentation;
import dev.entente.attestors.host.MachineAuthority.Wish;
import dev.entente.attestors.host.TpmDevIdMessages.Challenge;
import dev.entente.attestors.host.TpmDevIdMessages.Payload;
import dev.entente.spiffe.Json;
import dev.entente.spiffe.TrustDomain;
import dev.entente.testkit.CorpusContract;
import dev.entente.testkit.SoftTpm;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.PublicKey;
import java.security.spec.RSAPublicKeySpec;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.junit.jupiter.api.Test;

/// The corpus of `tpm_devid`: good evidence, and bad one that differs from it by one mutation,
/// before it is signed or after.
class TpmDevIdCorpusTest extends CorpusContract<TpmDevIdCorpusTest.Recipe> {
  private static final MachineAuthority STRANGER =
      MachineAuthority.selfSigned("CN=stranger", TpmForge.NOW);
  private static final int FIXED_TPM = 0x2;
  private static final int FIXED_PARENT = 0x10;
  private static final int SENSITIVE_DATA_ORIGIN = 0x20;
  private static final int RESTRICTED = 0x10000;
  private static final int DECRYPT = 0x20000;
  private static final int SIGN = 0x40000;

  private static final KeyPair ON_A_CURVE = SoftTpm.ec();
  private static final KeyPair ALSO_ON_IT = SoftTpm.ec();
  private static final MachineAuthority BETWEEN =
      TpmForge.DEVID_CA.intermediate("CN=between", TpmForge.NOW);
  private static final List<byte[]> BETWEEN_DER = List.of(TpmForge.der(BETWEEN.certificate()));
  private static final List<byte[]> LEAF_DER =
      List.of(
          TpmForge.der(
              TpmForge.DEVID_CA.issue(
                  BETWEEN.keys(), Wish.machine(TpmForge.NOW).withSubject("CN=between"))));

  /// Of what a proof is made, beside what is in the TPM.
  static final class Recipe extends TpmForge {
    private UnaryOperator<byte[]> message = UnaryOperator.identity();

    /// What is made of the challenge before it is answered.
    private UnaryOperator<byte[]> asked = UnaryOperator.identity();

    private UnaryOperator<byte[]> answer = UnaryOperator.identity();
  }

  TpmDevIdCorpusTest() {
    super("tpm_devid", "tpm_devid/");
  }

  @Override
  protected Recipe good(String name) {
    var recipe = new Recipe();
    switch (name) {
      case "good-tpm" -> {}
      case "good-devid-on-a-curve" -> {
        recipe.devId = ON_A_CURVE;
        recipe.certifiedKey = ON_A_CURVE.getPublic();
      }
      case "good-below-an-intermediate" -> {
        recipe.devIdIssuer = BETWEEN;
        recipe.between = BETWEEN_DER;
      }
      default -> throw new IllegalArgumentException(name);
    }
    return recipe;
  }

  private static Mutation<Recipe> bad(String name, Consumer<Recipe> change) {
    return new Mutation<>("bad-" + name, change);
  }

  private static Mutation<Recipe> message(String name, UnaryOperator<byte[]> change) {
    return bad(name, recipe -> recipe.message = change);
  }

  /// Changes one part after everything was signed.
  private static Mutation<Recipe> part(String name, UnaryOperator<Payload> change) {
    return message(name, json -> change.apply(Payload.parse(json)).toJson());
  }

  /// Changes one member after everything was signed.
  private static Mutation<Recipe> bytes(String name, String member, UnaryOperator<byte[]> change) {
    return message(name, json -> edited(json, member, change));
  }

  private static byte[] edited(byte[] json, String member, UnaryOperator<byte[]> change) {
    var all = new LinkedHashMap<>(Json.parseObject(json));
    all.put(member, JsonBytes.base64(change.apply(JsonBytes.bytes(all, member))));
    return JsonBytes.write(all);
  }

  @Override
  protected Stream<Mutation<Recipe>> mutations() {
    return Stream.of(messages(), certificates(), keys(), statements()).flatMap(it -> it);
  }

  private static Stream<Mutation<Recipe>> messages() {
    return Stream.of(
        message("no-json", _ -> utf8("tpm")),
        message("nothing", _ -> utf8("{}")),
        message("unpadded", it -> replaced(it, "=\"", "\"")),
        message("no-statement", it -> replaced(it, "CertifiedDevID", "Certified")),
        message(
            "endorsement-null",
            it -> utf8(text(it).replaceFirst("\"EKCert\":\"[^\"]*\"", "\"EKCert\":null"))),
        message("member-twice", it -> utf8("{\"AKPub\":\"\"," + text(it).substring(1))),
        part("no-devid", it -> chain(it, List.of())),
        part(
            "too-many-certificates",
            it -> chain(it, Collections.nCopies(6, it.devIdChain().getFirst()))));
  }

  private static Stream<Mutation<Recipe>> certificates() {
    return Stream.of(
        part("devid-no-der", it -> chain(it, List.of(new byte[] {0x30}))),
        part(
            "devid-with-a-passenger", it -> chain(it, List.of(longer(it.devIdChain().getFirst())))),
        bytes("endorsement-with-a-passenger", "EKCert", TpmDevIdCorpusTest::longer),
        bad(
            "devid-on-a-strange-curve",
            it -> it.certifiedKey = MachineAuthority.rsa(1024).getPublic()),
        bad(
            "endorsement-of-1024-bits",
            it -> it.endorsedKey = MachineAuthority.rsa(1024).getPublic()),
        bad(
            "devid-that-may-not-sign",
            it -> it.wish = it.wish.withKeyUsage(KeyUsage.keyEncipherment)),
        bad(
            "endorsement-of-a-web-server",
            it -> it.endorsementUsage = Optional.of("1.3.6.1.5.5.7.3.1")),
        bad("devid-of-a-stranger", it -> it.devIdIssuer = STRANGER),
        bad("devid-of-the-maker", it -> it.devIdIssuer = TpmForge.MAKER),
        bad("devid-expired", it -> it.wish = it.wish.withNotAfter(TpmForge.NOW.minusSeconds(1))),
        bad(
            "devid-not-yet-valid",
            it -> it.wish = it.wish.withNotBefore(TpmForge.NOW.plusSeconds(1))),
        bad("devid-below-another-leaf", it -> it.between = LEAF_DER),
        bad("signed-with-sha1", it -> it.wish = it.wish.withAlgorithm("SHA1withECDSA")),
        bad("endorsement-signed-with-sha1", it -> it.endorsementAlgorithm = "SHA1withECDSA"),
        bad("devid-with-a-huge-key", it -> it.certifiedKey = hugeKey()),
        bad("answer-to-another-challenge", it -> it.asked = TpmDevIdCorpusTest::withAnotherNonce),
        bad("answer-no-json", it -> it.answer = _ -> utf8("tpm")),
        bad("endorsement-of-a-stranger", it -> it.maker = STRANGER),
        bad("endorsement-of-the-devid-authority", it -> it.maker = TpmForge.DEVID_CA),
        bad("endorsement-expired", it -> it.endorsementEnd = TpmForge.NOW.minusSeconds(1)));
  }

  private static Stream<Mutation<Recipe>> keys() {
    return Stream.of(
        bytes("key-with-a-passenger", "DevIDPub", TpmDevIdCorpusTest::longer),
        bytes("key-cut-short", "DevIDPub", it -> Arrays.copyOf(it, it.length - 1)),
        bytes("key-of-no-kind", "DevIDPub", it -> with(it, 1, 0x08)),
        bytes("key-named-by-sha1", "DevIDPub", it -> with(it, 3, 4)),
        bytes("key-with-an-endless-policy", "DevIDPub", it -> with(it, 8, 0x7f)),
        bad("other-endorsement-key", it -> it.endorsement = TpmForge.OTHER),
        bad("endorsed-another-key", it -> it.endorsedKey = TpmForge.OTHER.getPublic()),
        bad("endorsement-signs", it -> it.endorsementAttributes |= SIGN),
        bad("endorsement-decrypts-anything", it -> it.endorsementAttributes &= ~RESTRICTED),
        bad("endorsement-does-not-decrypt", it -> it.endorsementAttributes &= ~DECRYPT),
        bad("endorsement-may-leave", it -> it.endorsementAttributes &= ~FIXED_TPM),
        bytes("endorsement-with-another-cipher", "EKPub", it -> with(it, 11, 0x26)),
        bytes("endorsement-with-another-mode", "EKPub", it -> with(it, 15, 0x44)),
        bad("endorsement-without-aes", it -> it.endorsementAesBits = 0),
        bad("endorsement-with-aes-192", it -> it.endorsementAesBits = 192),
        bad("other-devid-key", it -> it.devId = TpmForge.OTHER),
        bad("devid-for-another-key", it -> it.certifiedKey = TpmForge.OTHER.getPublic()),
        bad("devid-for-another-key-on-its-curve", it -> it.certifiedKey = ALSO_ON_IT.getPublic()),
        bad("devid-for-a-key-of-another-kind", it -> it.devId = SoftTpm.ec()),
        bad("devid-may-leave", it -> it.devIdAttributes &= ~FIXED_TPM),
        bad("devid-may-move", it -> it.devIdAttributes &= ~FIXED_PARENT),
        bad("devid-from-outside", it -> it.devIdAttributes &= ~SENSITIVE_DATA_ORIGIN),
        bad("devid-does-not-sign", it -> it.devIdAttributes &= ~SIGN),
        bad("devid-decrypts", it -> it.devIdAttributes |= DECRYPT),
        bad("attestation-may-leave", it -> it.attestationAttributes &= ~FIXED_TPM),
        bad("attestation-may-move", it -> it.attestationAttributes &= ~FIXED_PARENT),
        bad("attestation-from-outside", it -> it.attestationAttributes &= ~SENSITIVE_DATA_ORIGIN),
        bad("attestation-signs-anything", it -> it.attestationAttributes &= ~RESTRICTED),
        bad("attestation-does-not-sign", it -> it.attestationAttributes &= ~SIGN),
        bad("attestation-decrypts", it -> it.attestationAttributes |= DECRYPT),
        bad("attestation-with-pss", it -> it.attestationScheme = 0x16),
        bad("attestation-on-a-curve", it -> it.attestation = SoftTpm.ec()));
  }

  private static Stream<Mutation<Recipe>> statements() {
    return Stream.of(
        bad("signature-cut-short", it -> it.signature = Optional.of(new byte[] {0, 0x14})),
        bad(
            "signature-with-sha1",
            it -> it.signature = Optional.of(new byte[] {0, 0x14, 0, 4, 0, 0})),
        bytes("signature-of-another-hash", "CertificationSignature", it -> with(it, 3, 0x0c)),
        bad(
            "signature-of-another-length",
            it -> it.signature = Optional.of(new byte[] {0, 0x14, 0, 0x0b, 0, 1, 42})),
        bad("signed-by-another", it -> it.signer = TpmForge.OTHER),
        bad("signed-by-the-devid", it -> it.signer = TpmForge.DEVID),
        bad("signed-on-a-curve", it -> it.signer = SoftTpm.ec()),
        bytes("statement-swapped", "CertifiedDevID", it -> with(it, it.length - 1, 0)),
        bad(
            "statement-cut-short",
            it -> it.statement = Optional.of(ByteBuffer.allocate(4).putInt(0xff544347).array())),
        bad(
            "statement-with-a-passenger",
            it ->
                it.statement =
                    Optional.of(
                        longer(
                            SoftTpm.statement(
                                SoftTpm.MAGIC, SoftTpm.CERTIFY, SoftTpm.name(it.devIdArea()))))),
        bad("statement-from-outside", it -> it.magic = 0xff544348),
        bad("quote", it -> it.type = 0x8018),
        bad(
            "attestation-key-certified",
            it -> it.certifiedArea = Optional.of(it.attestationArea())),
        bad(
            "same-key-with-other-attributes",
            it ->
                it.certifiedArea =
                    Optional.of(
                        SoftTpm.area(
                            it.devId.getPublic(),
                            SoftTpm.DEVID_ATTRIBUTES | 0x400,
                            0,
                            SoftTpm.RSASSA))));
  }

  private static Payload chain(Payload it, List<byte[]> chain) {
    return new Payload(
        chain,
        it.devIdPublic(),
        it.endorsementCertificate(),
        it.endorsementPublic(),
        it.attestationPublic(),
        it.statement(),
        it.statementSignature());
  }

  private static byte[] withAnotherNonce(byte[] challenge) {
    return new Challenge(new byte[32], Challenge.parse(challenge).credential()).toJson();
  }

  /// A key nobody has the other half of.
  private static PublicKey hugeKey() {
    try {
      var modulus = BigInteger.ONE.shiftLeft(16_383).setBit(0);
      return KeyFactory.getInstance("RSA")
          .generatePublic(new RSAPublicKeySpec(modulus, BigInteger.valueOf(65537)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] longer(byte[] bytes) {
    return Arrays.copyOf(bytes, bytes.length + 1);
  }

  /// With another byte at that place, whatever stood there.
  private static byte[] with(byte[] bytes, int at, int value) {
    byte[] changed = bytes.clone();
    changed[at] = (byte) (changed[at] == (byte) value ? value + 1 : value);
    return changed;
  }

  private static byte[] replaced(byte[] json, String what, String by) {
    return utf8(text(json).replace(what, by));
  }

  private static String text(byte[] json) {
    return new String(json, StandardCharsets.UTF_8);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void asksOthersThatAreAsGood() {
    assertThat(judge(good(it -> it.endorsementAesBits = 256))).isInstanceOf(Challenged.class);
    assertThat(judge(good(it -> it.endorsementUsage = Optional.empty())))
        .isInstanceOf(Challenged.class);
    assertThat(judge(good(it -> it.endorsementUsage = Optional.of("2.5.29.37.0"))))
        .isInstanceOf(Challenged.class);
  }

  private static byte[] good(Consumer<TpmForge> change) {
    var forge = new TpmForge();
    change.accept(forge);
    return forge.payload().toJson();
  }

  @Test
  void refusesKeysOfAnotherFamilyWhateverTheirCertificatesSay() {
    var endorsement =
        good(it -> {
          it.endorsement = ON_A_CURVE;
          it.endorsedKey = ON_A_CURVE.getPublic();
        });
    var attestation =
        edited(
            good(it -> it.attestation = ON_A_CURVE), "AKPub", it -> with(it, 13, SoftTpm.RSASSA));

    assertThat(judge(endorsement))
        .isInstanceOfSatisfying(
            Refused.class, it -> assertThat(it.code()).isEqualTo("tpm_devid/endorsement-key"));
    assertThat(judge(attestation))
        .isInstanceOfSatisfying(
            Refused.class, it -> assertThat(it.code()).isEqualTo("tpm_devid/attestation-key"));
  }

  @Test
  void tellsTheOperatorWhatAKeyMayDo() {
    var step = judge(good(it -> it.devIdAttributes &= ~FIXED_TPM));

    assertThat(step)
        .isInstanceOfSatisfying(
            Refused.class,
            refused ->
                assertThat(refused.detail())
                    .isEqualTo("it is fixedParent|sensitiveDataOrigin|userWithAuth|sign"));
  }

  static TpmDevIdAttestor attestor(String template) {
    var variables =
        Set.of("Fingerprint", "SerialNumberHex", "EndorsementKey", "Subject.CommonName");
    return new TpmDevIdAttestor(
        TrustDomain.parse("example.org"),
        new TpmDevIdConfig(
            new X509PopChain(List.of(TpmForge.DEVID_CA.certificate()), () -> TpmForge.NOW),
            new X509PopChain(List.of(TpmForge.MAKER.certificate()), () -> TpmForge.NOW),
            AgentPathTemplate.parse(TpmDevIdAttestor.TYPE, template, variables)));
  }

  @Override
  protected AttestationStep judge(Recipe recipe) throws Exception {
    var step = judge(recipe.message.apply(recipe.payload().toJson()));
    return step instanceof Challenged(var challenge, var next)
        ? next.answer(recipe.answer.apply(recipe.answer(recipe.asked.apply(challenge))))
        : step;
  }

  private static AttestationStep judge(byte[] payload) {
    return attestor("/tpm_devid/{{ .Fingerprint }}").begin(new Presentation(payload, "192.0.2.1"));
  }
}
