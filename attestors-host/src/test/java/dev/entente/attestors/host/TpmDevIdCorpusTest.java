package dev.entente.attestors.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.attestor.spi.AgentPathTemplate;
import dev.entente.attestor.spi.AttestationStep;
import dev.entente.attestor.spi.AttestationStep.Challenged;
import dev.entente.attestor.spi.AttestationStep.Refused;
import dev.entente.attestor.spi.NodeAttestor.Presentation;
import dev.entente.attestors.host.MachineAuthority.Wish;
import dev.entente.attestors.host.TpmDevIdMessages.Payload;
import dev.entente.spiffe.Json;
import dev.entente.spiffe.TrustDomain;
import dev.entente.testkit.SoftTpm;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The corpus of `tpm_devid`: good evidence, and bad one that differs from it by one mutation,
/// before it is signed or after.
class TpmDevIdCorpusTest {
  private static final MachineAuthority STRANGER =
      MachineAuthority.selfSigned("CN=stranger", TpmForge.NOW);
  private static final int FIXED_TPM = 0x2;
  private static final int FIXED_PARENT = 0x10;
  private static final int SENSITIVE_DATA_ORIGIN = 0x20;
  private static final int RESTRICTED = 0x10000;
  private static final int DECRYPT = 0x20000;
  private static final int SIGN = 0x40000;

  /// Bad evidence, made of the good one.
  ///
  /// @param change before anything is certified or signed
  /// @param message changes what the node sends
  record Bad(String name, String code, Consumer<TpmForge> change, UnaryOperator<byte[]> message) {
    byte[] payload() {
      var forge = new TpmForge();
      change.accept(forge);
      return message.apply(forge.payload().toJson());
    }

    @Override
    public String toString() {
      return "bad-" + name;
    }
  }

  private static Bad bad(String name, String code, Consumer<TpmForge> change) {
    return new Bad(name, "tpm_devid/" + code, change, UnaryOperator.identity());
  }

  private static Bad message(String name, String code, UnaryOperator<byte[]> change) {
    return new Bad(name, "tpm_devid/" + code, _ -> {}, change);
  }

  /// Changes one part after everything was signed.
  private static Bad part(String name, String code, UnaryOperator<Payload> change) {
    return message(name, code, json -> change.apply(Payload.parse(json)).toJson());
  }

  /// Changes one member after everything was signed.
  private static Bad bytes(String name, String code, String member, UnaryOperator<byte[]> change) {
    return message(name, code, json -> edited(json, member, change));
  }

  private static byte[] edited(byte[] json, String member, UnaryOperator<byte[]> change) {
    var all = new LinkedHashMap<>(Json.parseObject(json));
    all.put(member, JsonBytes.base64(change.apply(JsonBytes.bytes(all, member))));
    return JsonBytes.write(all);
  }

  static Stream<Bad> bad() {
    return Stream.of(messages(), certificates(), keys(), statements()).flatMap(it -> it);
  }

  private static Stream<Bad> messages() {
    return Stream.of(
        message("no-json", "malformed", _ -> utf8("tpm")),
        message("nothing", "malformed", _ -> utf8("{}")),
        message("unpadded", "malformed", it -> replaced(it, "=\"", "\"")),
        message("no-statement", "malformed", it -> replaced(it, "CertifiedDevID", "Certified")),
        message(
            "endorsement-null",
            "malformed",
            it -> utf8(text(it).replaceFirst("\"EKCert\":\"[^\"]*\"", "\"EKCert\":null"))),
        message(
            "member-twice", "malformed", it -> utf8("{\"AKPub\":\"\"," + text(it).substring(1))),
        part("no-devid", "malformed", it -> chain(it, List.of())),
        part(
            "too-many-certificates",
            "malformed",
            it -> chain(it, Collections.nCopies(6, it.devIdChain().getFirst()))));
  }

  private static Stream<Bad> certificates() {
    return Stream.of(
        part("devid-no-der", "not-a-certificate", it -> chain(it, List.of(new byte[] {0x30}))),
        part(
            "devid-with-a-passenger",
            "not-a-certificate",
            it -> chain(it, List.of(longer(it.devIdChain().getFirst())))),
        bytes(
            "endorsement-with-a-passenger",
            "not-a-certificate",
            "EKCert",
            TpmDevIdCorpusTest::longer),
        bad(
            "devid-on-a-strange-curve",
            "key-not-allowed",
            it -> it.certifiedKey = MachineAuthority.rsa(1024).getPublic()),
        bad(
            "endorsement-of-1024-bits",
            "key-not-allowed",
            it -> it.endorsedKey = MachineAuthority.rsa(1024).getPublic()),
        bad(
            "devid-that-may-not-sign",
            "no-digital-signature",
            it -> it.wish = it.wish.withKeyUsage(KeyUsage.keyEncipherment)),
        bad(
            "endorsement-of-a-web-server",
            "not-an-endorsement",
            it -> it.endorsementUsage = Optional.of("1.3.6.1.5.5.7.3.1")),
        bad("devid-of-a-stranger", "untrusted-devid", it -> it.devIdIssuer = STRANGER),
        bad("devid-of-the-maker", "untrusted-devid", it -> it.devIdIssuer = TpmForge.MAKER),
        bad(
            "devid-expired",
            "untrusted-devid",
            it -> it.wish = it.wish.withNotAfter(TpmForge.NOW.minusSeconds(1))),
        bad(
            "devid-not-yet-valid",
            "untrusted-devid",
            it -> it.wish = it.wish.withNotBefore(TpmForge.NOW.plusSeconds(1))),
        bad(
            "devid-below-another-leaf",
            "untrusted-devid",
            it -> {
              var keys = MachineAuthority.ec("secp256r1");
              var leaf = TpmForge.DEVID_CA.issue(keys, Wish.machine(TpmForge.NOW));
              it.devIdIssuer = new MachineAuthority(keys, leaf);
              it.between = List.of(TpmForge.der(leaf));
            }),
        bad("endorsement-of-a-stranger", "untrusted-endorsement", it -> it.maker = STRANGER),
        bad(
            "endorsement-of-the-devid-authority",
            "untrusted-endorsement",
            it -> it.maker = TpmForge.DEVID_CA),
        bad(
            "endorsement-expired",
            "untrusted-endorsement",
            it -> it.endorsementEnd = TpmForge.NOW.minusSeconds(1)));
  }

  private static Stream<Bad> keys() {
    return Stream.of(
        bytes("key-with-a-passenger", "malformed-key", "DevIDPub", TpmDevIdCorpusTest::longer),
        bytes("key-cut-short", "malformed-key", "DevIDPub", it -> Arrays.copyOf(it, it.length - 1)),
        bytes("key-of-no-kind", "malformed-key", "DevIDPub", it -> with(it, 1, 0x08)),
        bytes("key-named-by-sha1", "malformed-key", "DevIDPub", it -> with(it, 3, 4)),
        bytes("key-with-an-endless-policy", "malformed-key", "DevIDPub", it -> with(it, 8, 0x7f)),
        bad(
            "other-endorsement-key",
            "other-endorsement-key",
            it -> it.endorsement = TpmForge.OTHER),
        bad(
            "endorsed-another-key",
            "other-endorsement-key",
            it -> it.endorsedKey = TpmForge.OTHER.getPublic()),
        bad("endorsement-signs", "endorsement-key", it -> it.endorsementAttributes |= SIGN),
        bad(
            "endorsement-decrypts-anything",
            "endorsement-key",
            it -> it.endorsementAttributes &= ~RESTRICTED),
        bad(
            "endorsement-does-not-decrypt",
            "endorsement-key",
            it -> it.endorsementAttributes &= ~DECRYPT),
        bad(
            "endorsement-may-leave",
            "endorsement-key",
            it -> it.endorsementAttributes &= ~FIXED_TPM),
        bad(
            "endorsement-on-a-curve",
            "endorsement-key",
            it -> {
              it.endorsement = SoftTpm.ec();
              it.endorsedKey = it.endorsement.getPublic();
            }),
        bytes(
            "endorsement-with-another-cipher",
            "endorsement-key",
            "EKPub",
            it -> with(it, 11, 0x26)),
        bytes(
            "endorsement-with-another-mode", "endorsement-key", "EKPub", it -> with(it, 15, 0x44)),
        bad("endorsement-without-aes", "endorsement-key", it -> it.endorsementAesBits = 0),
        bad("endorsement-with-aes-192", "endorsement-key", it -> it.endorsementAesBits = 192),
        bad("other-devid-key", "other-devid-key", it -> it.devId = TpmForge.OTHER),
        bad(
            "devid-for-another-key",
            "other-devid-key",
            it -> it.certifiedKey = TpmForge.OTHER.getPublic()),
        bad(
            "devid-for-another-key-on-its-curve",
            "other-devid-key",
            it -> {
              it.devId = SoftTpm.ec();
              it.certifiedKey = SoftTpm.ec().getPublic();
            }),
        bad("devid-for-a-key-of-another-kind", "other-devid-key", it -> it.devId = SoftTpm.ec()),
        bad("devid-may-leave", "devid-key", it -> it.devIdAttributes &= ~FIXED_TPM),
        bad("devid-may-move", "devid-key", it -> it.devIdAttributes &= ~FIXED_PARENT),
        bad("devid-from-outside", "devid-key", it -> it.devIdAttributes &= ~SENSITIVE_DATA_ORIGIN),
        bad("devid-does-not-sign", "devid-key", it -> it.devIdAttributes &= ~SIGN),
        bad("devid-decrypts", "devid-key", it -> it.devIdAttributes |= DECRYPT),
        bad(
            "attestation-may-leave",
            "attestation-key",
            it -> it.attestationAttributes &= ~FIXED_TPM),
        bad(
            "attestation-may-move",
            "attestation-key",
            it -> it.attestationAttributes &= ~FIXED_PARENT),
        bad(
            "attestation-from-outside",
            "attestation-key",
            it -> it.attestationAttributes &= ~SENSITIVE_DATA_ORIGIN),
        bad(
            "attestation-signs-anything",
            "attestation-key",
            it -> it.attestationAttributes &= ~RESTRICTED),
        bad(
            "attestation-does-not-sign",
            "attestation-key",
            it -> it.attestationAttributes &= ~SIGN),
        bad("attestation-decrypts", "attestation-key", it -> it.attestationAttributes |= DECRYPT),
        bad("attestation-with-pss", "attestation-key", it -> it.attestationScheme = 0x16),
        bad("attestation-on-a-curve", "attestation-key", it -> it.attestation = SoftTpm.ec()),
        new Bad(
            "attestation-on-a-curve-with-a-scheme-of-rsa",
            "tpm_devid/attestation-key",
            it -> it.attestation = SoftTpm.ec(),
            json -> edited(json, "AKPub", it -> with(it, 13, SoftTpm.RSASSA))));
  }

  private static Stream<Bad> statements() {
    return Stream.of(
        bad(
            "signature-cut-short",
            "malformed-signature",
            it -> it.signature = Optional.of(new byte[] {0, 0x14})),
        bad(
            "signature-with-sha1",
            "malformed-signature",
            it -> it.signature = Optional.of(new byte[] {0, 0x14, 0, 4, 0, 0})),
        bytes(
            "signature-of-another-hash",
            "wrong-signature",
            "CertificationSignature",
            it -> with(it, 3, 0x0c)),
        bad(
            "signature-of-another-length",
            "wrong-signature",
            it -> it.signature = Optional.of(new byte[] {0, 0x14, 0, 0x0b, 0, 1, 42})),
        bad("signed-by-another", "wrong-signature", it -> it.signer = TpmForge.OTHER),
        bad("signed-by-the-devid", "wrong-signature", it -> it.signer = TpmForge.DEVID),
        bad("signed-on-a-curve", "wrong-signature", it -> it.signer = SoftTpm.ec()),
        bytes(
            "statement-swapped",
            "wrong-signature",
            "CertifiedDevID",
            it -> with(it, it.length - 1, 0)),
        bad(
            "statement-cut-short",
            "malformed-statement",
            it -> it.statement = Optional.of(ByteBuffer.allocate(4).putInt(0xff544347).array())),
        bad(
            "statement-with-a-passenger",
            "malformed-statement",
            it ->
                it.statement =
                    Optional.of(
                        longer(
                            SoftTpm.statement(
                                SoftTpm.MAGIC, SoftTpm.CERTIFY, SoftTpm.name(it.devIdArea()))))),
        bad("statement-from-outside", "not-made-by-a-tpm", it -> it.magic = 0xff544348),
        bad("quote", "not-a-certification", it -> it.type = 0x8018),
        bad(
            "attestation-key-certified",
            "other-key-certified",
            it -> it.certifiedArea = Optional.of(it.attestationArea())),
        bad(
            "same-key-with-other-attributes",
            "other-key-certified",
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
  void asksTheGoodOneForProof() {
    assertThat(judge(new TpmForge().payload().toJson())).isInstanceOf(Challenged.class);
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

  @ParameterizedTest
  @MethodSource("bad")
  void refusesEveryBadEvidenceForItsOwnReason(Bad bad) {
    assertThat(judge(bad.payload()))
        .isInstanceOfSatisfying(
            Refused.class,
            refused -> assertThat(refused.code()).as(refused.detail()).isEqualTo(bad.code()));
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

  @ParameterizedTest
  @MethodSource("bad")
  void acceptsBadEvidenceOnceItsOneMutationIsUndone(Bad bad) {
    var undone = new Bad(bad.name(), bad.code(), _ -> {}, UnaryOperator.identity());

    assertThat(bad.payload()).isNotEqualTo(undone.payload());
    assertThat(judge(undone.payload())).isInstanceOf(Challenged.class);
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

  private static AttestationStep judge(byte[] payload) {
    return attestor("/tpm_devid/{{ .Fingerprint }}").begin(new Presentation(payload, "192.0.2.1"));
  }
}
