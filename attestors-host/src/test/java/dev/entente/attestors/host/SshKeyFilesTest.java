package dev.entente.attestors.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.attestors.host.SshKeys.SshSignature;
import dev.entente.spiffe.PrivateKeys;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.security.KeyPair;
import java.security.Signature;
import java.util.Arrays;
import java.util.Base64;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The files OpenSSH keeps keys in, a good one and bad ones that differ by one mutation.
class SshKeyFilesTest {
  private static final KeyPair PAIR = SshForge.ed25519();

  /// A private key's file, each part to be changed.
  private static final class Recipe {
    private byte[] magic = SshForge.text("openssh-key-v1\0");
    private String cipher = "none";
    private String derivation = "none";
    private int keys = 1;
    private int secondCheck = 7;
    private int secretBytes = 64;
    private byte[] padding = {1, 2, 3};

    private String pem() {
      byte[] point = Arrays.copyOfRange(PAIR.getPublic().getEncoded(), 12, 44);
      byte[] seed = Arrays.copyOfRange(PAIR.getPrivate().getEncoded(), 16, 48);
      byte[] secret =
          SshForge.join(
              uint32(7),
              uint32(secondCheck),
              SshForge.string(SshForge.text("ssh-ed25519")),
              SshForge.string(point),
              SshForge.string(Arrays.copyOf(SshForge.join(seed, point), secretBytes)),
              SshForge.string(SshForge.text("node-1")),
              padding);
      return pem(
          SshForge.join(
              magic,
              SshForge.string(SshForge.text(cipher)),
              SshForge.string(SshForge.text(derivation)),
              SshForge.string(new byte[0]),
              uint32(keys),
              SshForge.string(SshForge.wire(PAIR)),
              SshForge.string(secret)));
    }

    private static String pem(byte[] file) {
      var lines = Base64.getMimeEncoder(70, new byte[] {'\n'}).encodeToString(file);
      return "-----BEGIN OPENSSH PRIVATE KEY-----\n"
          + lines
          + "\n-----END OPENSSH PRIVATE KEY-----\n";
    }

    private static byte[] uint32(int value) {
      return ByteBuffer.allocate(4).putInt(value).array();
    }
  }

  /// One mutation, and what is said of it.
  record Bad(String message, Consumer<Recipe> mutation) {
    @Override
    public String toString() {
      return "bad: " + message;
    }
  }

  static Stream<Bad> bad() {
    return Stream.of(
        new Bad("not an openssh-key-v1 file", it -> it.magic = SshForge.text("openssh-key-v2\0")),
        new Bad("the key has a passphrase", it -> it.cipher = "aes256-ctr"),
        new Bad("the key has a passphrase", it -> it.derivation = "bcrypt"),
        new Bad("not exactly one key", it -> it.keys = 2),
        new Bad("the two check numbers differ", it -> it.secondCheck = 8),
        new Bad("not an Ed25519 key", it -> it.secretBytes = 63),
        new Bad("wrong padding", it -> it.padding = new byte[] {1, 3}));
  }

  @ParameterizedTest
  @MethodSource("bad")
  void refusesEveryBadFileForItsOwnReason(Bad bad) {
    var recipe = new Recipe();
    assertThat(SshKeyFiles.readPrivateKey(recipe.pem(), PAIR.getPublic()))
        .isEqualTo(PAIR.getPrivate());
    bad.mutation().accept(recipe);

    assertThatThrownBy(() -> SshKeyFiles.readPrivateKey(recipe.pem(), PAIR.getPublic()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(bad.message());
  }

  static Stream<KeyPair> pairs() {
    return Stream.of(PAIR, MachineAuthority.ec("secp256r1"), MachineAuthority.rsa(2048));
  }

  @ParameterizedTest
  @MethodSource("pairs")
  void readsPkcs8AsWell(KeyPair pair) {
    var pem = PrivateKeys.toPem(pair.getPrivate());

    assertThat(SshKeyFiles.readPrivateKey(pem, pair.getPublic())).isEqualTo(pair.getPrivate());
  }

  @Test
  void readsNoPkcs8OfAnotherKindThanThePublicHalf() {
    var pem = PrivateKeys.toPem(MachineAuthority.ec("secp256r1").getPrivate());

    assertThatThrownBy(() -> SshKeyFiles.readPrivateKey(pem, PAIR.getPublic()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("not a private key of Ed25519");
  }

  @ParameterizedTest
  @MethodSource("pairs")
  void readsNoKeyOfAnotherPair(KeyPair pair) {
    var other =
        switch (pair.getPrivate().getAlgorithm()) {
          case "EC" -> MachineAuthority.ec("secp256r1");
          case "RSA" -> MachineAuthority.rsa(2048);
          default -> SshForge.ed25519();
        };

    assertNoPair(PrivateKeys.toPem(other.getPrivate()), pair);
    assertNoPair(new Recipe().pem(), pair.equals(PAIR) ? other : pair);
  }

  private static void assertNoPair(String pem, KeyPair pair) {
    assertThatThrownBy(() -> SshKeyFiles.readPrivateKey(pem, pair.getPublic()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the key does not belong to its certificate");
  }

  @Test
  void saysThatAFileOfItsFirstWordsOnlyIsCutShort() {
    for (int length : new int[] {14, 15}) {
      byte[] file = Arrays.copyOf(SshForge.text("openssh-key-v1\0"), length);

      assertThatThrownBy(() -> SshKeyFiles.readPrivateKey(Recipe.pem(file), PAIR.getPublic()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(length == 15 ? "cut short" : "not an openssh-key-v1 file");
    }
  }

  @Test
  void readsALineWhoseKeyIsOfTheTypeItNames() {
    byte[] least = SshForge.string(SshForge.text("ssh-ed25519"));
    var base64 = Base64.getEncoder().encodeToString(least);

    assertThat(SshKeyFiles.readLine("ssh-ed25519 " + base64 + " host")).isEqualTo(least);
    assertThat(SshKeyFiles.readLine("cert-authority ssh-ed25519\t" + base64)).isEqualTo(least);
    for (var line :
        new String[] {
          "ssh-ed25519",
          "cert-authority ssh-ed25519",
          "ssh-ed25519 *",
          "ssh-ed25519 AAAA",
          "ssh-ed25518 " + base64,
          "ssh-ed2551 " + base64
        }) {
      assertThatThrownBy(() -> SshKeyFiles.readLine(line))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void takesNoSignatureWithANumberLongerThanTheCurves() throws Exception {
    var pair = MachineAuthority.ec("secp256r1");
    byte[] data = {1, 2, 3};
    var signer = Signature.getInstance("SHA256withECDSAinP1363Format");
    signer.initSign(pair.getPrivate());
    signer.update(data);
    byte[] raw = signer.sign();
    var r = new BigInteger(1, Arrays.copyOf(raw, 32));
    var s = new BigInteger(1, Arrays.copyOfRange(raw, 32, 64));

    assertThat(SshKeys.verify(pair.getPublic(), of(r, s), data)).isTrue();
    assertThat(SshKeys.verify(pair.getPublic(), of(s, r), data)).isFalse();
    assertThat(SshKeys.verify(pair.getPublic(), of(r.setBit(256), s), data)).isFalse();
    assertThat(SshKeys.verify(pair.getPublic(), of(r, s.setBit(400)), data)).isFalse();
    assertThat(SshKeys.verify(pair.getPublic(), of(BigInteger.ONE, s), data)).isFalse();
  }

  private static SshSignature of(BigInteger r, BigInteger s) {
    return new SshSignature(
        "ecdsa-sha2-nistp256",
        SshForge.join(SshForge.string(r.toByteArray()), SshForge.string(s.toByteArray())));
  }
}
