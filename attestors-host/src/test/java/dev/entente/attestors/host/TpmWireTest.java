package dev.entente.attestors.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.attestors.host.TpmDevIdMessages.Answer;
import dev.entente.spiffe.Digests;
import dev.entente.testkit.SoftTpm;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.interfaces.ECPublicKey;
import java.util.Arrays;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// A TPM's data types, both sides of their bounds.
class TpmWireTest {
  private static final String SHA256_OF_NOTHING =
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

  private static byte[] hex(String text) {
    return HexFormat.of().parseHex(text.replace(" ", ""));
  }

  @Test
  void readsNumbersAsTheyAreWritten() {
    byte[] bytes = new TpmWriter().uint8(0xfe).uint16(0xfedc).uint32(0xfedcba98).toBytes();

    assertThat(bytes).isEqualTo(hex("fe fedc fedcba98"));
    assertThat(TpmReader.<Integer>read(bytes, TpmReader::uint8)).isEqualTo(0xfe);
    assertThat(
            TpmReader.<Integer>readAll(
                bytes,
                in -> {
                  assertThat(in.uint8()).isEqualTo(0xfe);
                  assertThat(in.uint16()).isEqualTo(0xfedc);
                  return in.uint32();
                }))
        .isEqualTo(0xfedcba98);
    assertThat(TpmReader.<Long>readAll(hex("0102030405060708"), TpmReader::uint64))
        .isEqualTo(0x0102030405060708L);
  }

  @Test
  void readsFieldsThatAreNoLongerThanAllowed() {
    byte[] field = new TpmWriter().sized(hex("010203")).toBytes();

    assertThat(TpmReader.<byte[]>readAll(field, in -> in.sized(3))).isEqualTo(hex("010203"));
    assertThatThrownBy(() -> TpmReader.<byte[]>readAll(field, in -> in.sized(2)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a field of 3 bytes, at most 2");
    assertThatThrownBy(() -> TpmReader.<byte[]>readAll(hex("0003 0102"), in -> in.sized(3)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a field longer than what there is");
    assertThatThrownBy(() -> TpmReader.<byte[]>readAll(hex("0001 01 02 03"), in -> in.sized(3)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("2 bytes too many");
    assertThatThrownBy(() -> TpmReader.<byte[]>readAll(hex("00"), in -> in.sized(3)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("cut short");
    assertThat(TpmReader.<byte[]>readAll(field, TpmReader::rest)).isEqualTo(field);
  }

  @Test
  void writesNoFieldThatIsTooLongForItsLength() {
    assertThat(new TpmWriter().sized(new byte[0xffff]).toBytes()).hasSize(2 + 0xffff);
    assertThatThrownBy(() -> new TpmWriter().sized(new byte[0x10000]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a field of 65536 bytes");
  }

  @ParameterizedTest
  @EnumSource
  void digestsAsTheJdkDoes(TpmHash hash) throws Exception {
    byte[] message = "message".getBytes(StandardCharsets.UTF_8);
    byte[] key = "key".getBytes(StandardCharsets.UTF_8);
    var mac = Mac.getInstance("Hmac" + hash.name());
    mac.init(new SecretKeySpec(key, mac.getAlgorithm()));

    assertThat(TpmHash.of(hash.id())).isEqualTo(hash);
    assertThat(hash.digest(message))
        .hasSize(hash.bytes())
        .isEqualTo(MessageDigest.getInstance(hash.standardName()).digest(message));
    assertThat(hash.mac(key, message)).hasSize(hash.bits() / 8).isEqualTo(mac.doFinal(message));
  }

  @Test
  void takesNoSha1() {
    assertThatThrownBy(() -> TpmHash.of(4))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("hash 0x0004 is not allowed");
  }

  private static byte[] rsa(int bits, int modulusBits, int exponent) {
    return new TpmWriter()
        .bytes(hex("0001 000b 00040072 0000 0010 0014 000b"))
        .uint16(bits)
        .uint32(exponent)
        .sized(unsigned(BigInteger.ONE.shiftLeft(modulusBits - 1).setBit(0)))
        .toBytes();
  }

  private static byte[] unsigned(BigInteger number) {
    byte[] bytes = number.toByteArray();
    return bytes[0] == 0 ? Arrays.copyOfRange(bytes, 1, bytes.length) : bytes;
  }

  @ParameterizedTest
  @CsvSource({
    "2048, 2048, 0, ''",
    "2048, 2048, 65537, ''",
    "4096, 4096, 0, ''",
    "2048, 2048, 3, RSA with an exponent other than 65537",
    "2047, 2047, 0, RSA of 2047 bits with a modulus of 2047",
    "2048, 2047, 0, RSA of 2048 bits with a modulus of 2047",
    "2048, 2056, 0, RSA of 2048 bits with a modulus of 2056",
  })
  void readsRsaKeysOfAllowedSizes(int bits, int modulusBits, int exponent, String objection) {
    assertRead(rsa(bits, modulusBits, exponent), objection);
  }

  private static void assertRead(byte[] area, String objection) {
    if (objection.isEmpty()) {
      assertThat(TpmPublic.parse(area).area()).isEqualTo(area);
    } else {
      assertThatThrownBy(() -> TpmPublic.parse(area))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(objection);
    }
  }

  @ParameterizedTest
  @CsvSource({"secp256r1, 0x0003", "secp384r1, 0x0004", "secp521r1, 0x0005"})
  void readsKeysOnTheCurvesThatAreAllowed(String curve, String id) {
    var key = (ECPublicKey) MachineAuthority.ec(curve).getPublic();

    var read = TpmPublic.parse(ecc(key, Integer.decode(id), TpmPublic.NONE));

    assertThat(((ECPublicKey) read.key()).getW()).isEqualTo(key.getW());
    assertThat(read.scheme()).hasValue(new TpmPublic.Scheme(TpmPublic.ECDSA, TpmHash.SHA256));
    assertThat(read.symmetric()).isEmpty();
    assertThat(read)
        .hasToString("TpmPublic[EC, fixedTPM|fixedParent|sensitiveDataOrigin|userWithAuth|sign]");
    assertRead(ecc(key, 0x0010, TpmPublic.NONE), "curve 0x0010 is not allowed");
    assertRead(ecc(key, Integer.decode(id), 0x0020), "a key that derives others");
  }

  private static byte[] ecc(ECPublicKey key, int curve, int derivation) {
    return new TpmWriter()
        .bytes(hex("0023 000b 00040072 0000 0010 0018 000b"))
        .uint16(curve)
        .uint16(derivation)
        .sized(unsigned(key.getW().getAffineX()))
        .sized(unsigned(key.getW().getAffineY()))
        .toBytes();
  }

  @Test
  void readsHowAKeySignsAndEncrypts() {
    byte[] encrypts = rsa(2048, 2048, 0);
    encrypts[13] = 0x15; // RSAES has a hash no more than NONE has
    byte[] withoutHash = new byte[encrypts.length - 2];
    System.arraycopy(encrypts, 0, withoutHash, 0, 14);
    System.arraycopy(encrypts, 16, withoutHash, 14, encrypts.length - 16);
    byte[] anonymous = rsa(2048, 2048, 0);
    anonymous[13] = 0x1a;
    var endorsement =
        SoftTpm.area(
            TpmForge.ENDORSEMENT.getPublic(), SoftTpm.ENDORSEMENT_ATTRIBUTES, 128, SoftTpm.NONE);

    assertThat(TpmPublic.parse(withoutHash).scheme()).isEmpty();
    assertRead(anonymous, "a key that signs anonymously");
    assertThat(TpmPublic.parse(rsa(2048, 2048, 0)).scheme())
        .hasValue(new TpmPublic.Scheme(TpmPublic.RSASSA, TpmHash.SHA256));
    assertThat(TpmPublic.parse(endorsement).symmetric())
        .hasValue(new TpmPublic.Symmetric(TpmPublic.AES, 128, TpmPublic.CFB));
    assertThat(TpmPublic.parse(endorsement).scheme()).isEmpty();
  }

  @Test
  void callsAKeyByTheHashItSays() {
    byte[] area = rsa(2048, 2048, 0);
    assertThat(TpmPublic.parse(area).name()).isEqualTo(hex("000b" + Digests.sha256Hex(area)));
    area[3] = 0x0c;
    assertThat(TpmPublic.parse(area).name()).hasSize(2 + 48).startsWith(0, 0x0c);
  }

  @Test
  void readsBothKindsOfSignatures() {
    assertThat(TpmSignature.parse(hex("0014 000b 0002 0102")))
        .isInstanceOfSatisfying(
            TpmSignature.Rsa.class, it -> assertThat(it.bytes()).isEqualTo(hex("0102")));
    assertThat(TpmSignature.parse(hex("0018 000c 0001 ff 0002 0100")))
        .isEqualTo(
            new TpmSignature.Ecdsa(
                TpmHash.SHA384, BigInteger.valueOf(255), BigInteger.valueOf(256)));
    assertThatThrownBy(() -> TpmSignature.parse(hex("0016 000b 0000")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a signature of 0x0016");
  }

  @Test
  void readsWhatATpmSays() {
    byte[] name = hex("000b" + SHA256_OF_NOTHING);
    var said = TpmStatement.parse(SoftTpm.statement(SoftTpm.MAGIC, SoftTpm.CERTIFY, name));

    assertThat(said.magic()).isEqualTo(TpmStatement.MADE_BY_A_TPM);
    assertThat(said.certifiedName()).isEqualTo(name);
    assertThat(said).hasToString("TpmStatement[0x8017]");
  }

  /// The bytes are those of the TCG's profiles; the same key comes of the same bytes alone.
  @Test
  void asksForTheKeysOfTheProfiles() {
    var endorsement =
        "0001 000b 000300b2 0020"
            + "837197674484b3f81a90cc8d46a5d724fd52d76e06520b64f2a1da1b331469aa"
            + "0006 0080 0043 0010 0800 00000000 0100"
            + "00".repeat(256);

    assertThat(TpmTemplates.endorsementKey()).isEqualTo(hex(endorsement));
    assertThat(TpmTemplates.storageKey(TpmPublic.RSA))
        .isEqualTo(hex("0001 000b 00030472 0000 0006 0080 0043 0010 0800 00000000 0000"));
    assertThat(TpmTemplates.storageKey(TpmPublic.ECC))
        .isEqualTo(hex("0023 000b 00030472 0000 0006 0080 0043 0010 0003 0010 0000 0000"));
    assertThat(TpmTemplates.attestationKey())
        .isEqualTo(hex("0001 000b 00050072 0000 0010 0014 000b 0800 00000000 0000"));
  }

  @Test
  void showsNoSecrets() {
    byte[] secret = {42};

    assertThat(new TpmPasswords(secret, secret, secret)).hasToString("TpmPasswords[]");
    assertThat(new Answer(secret, secret)).hasToString("Answer[]");
  }
}
