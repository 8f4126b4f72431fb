package dev.entente.broker.authority;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.spiffe.KeyAlgorithm;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.Signature;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class KeyManagerTest {
  private static final byte[] MESSAGE = "message".getBytes(StandardCharsets.UTF_8);

  @TempDir private Path temporary;

  @ParameterizedTest
  @EnumSource(KeyAlgorithm.class)
  void findsTheSameKeyAfterARestart(KeyAlgorithm algorithm) throws Exception {
    var made = DiskKeyManager.open(directory()).generate("x509-CA-A", algorithm);

    var found = DiskKeyManager.open(directory()).find("x509-CA-A").orElseThrow();

    assertThat(found.publicKey()).isEqualTo(made.publicKey());
    assertThat(found.algorithm()).isEqualTo(algorithm);
    var scheme = SignatureScheme.forCertificates(algorithm);
    var verifier = Signature.getInstance(scheme.jcaName());
    verifier.initVerify(made.publicKey());
    verifier.update(MESSAGE);
    assertThat(verifier.verify(found.sign(scheme, MESSAGE))).isTrue();
  }

  @Test
  void keepsFilesToItsOwner() throws Exception {
    DiskKeyManager.open(directory()).generate("JWT-Signer-A", KeyAlgorithm.EC_P256);

    var file = directory().resolve("JWT-Signer-A.key");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory())))
        .isEqualTo("rwx------");
  }

  @ParameterizedTest
  @ValueSource(strings = {"rw-r-----", "rw----r--", "rw--w----"})
  void refusesAKeyOthersMayTouch(String mode) throws Exception {
    DiskKeyManager.open(directory()).generate("a", KeyAlgorithm.EC_P256);
    Files.setPosixFilePermissions(
        directory().resolve("a.key"), PosixFilePermissions.fromString(mode));

    assertThatThrownBy(() -> DiskKeyManager.open(directory()))
        .isInstanceOf(KeyManagerException.class)
        .hasMessageContaining("a.key");
  }

  @Test
  void keepsTheOldKeyWhenTheNewOneCannotBeWritten() throws Exception {
    var keys = DiskKeyManager.open(directory());
    var old = keys.generate("a", KeyAlgorithm.EC_P256);
    blockTemporaryFileOf("a");

    assertThatThrownBy(() -> keys.generate("a", KeyAlgorithm.EC_P256))
        .isInstanceOf(KeyManagerException.class)
        .hasMessageContaining("the old one stays");

    assertThat(keys.find("a")).contains(old);
    assertThat(DiskKeyManager.open(directory()).find("a").orElseThrow().publicKey())
        .isEqualTo(old.publicKey());
  }

  @Test
  void refusesAKeyFileWithTheHalvesOfTwoKeys() throws Exception {
    var keys = DiskKeyManager.open(directory());
    keys.generate("a", KeyAlgorithm.EC_P256);
    keys.generate("b", KeyAlgorithm.EC_P256);
    var a = Files.readString(directory().resolve("a.key"));
    var b = Files.readString(directory().resolve("b.key"));
    Files.writeString(
        directory().resolve("a.key"),
        a.substring(0, a.indexOf("-----BEGIN PUBLIC"))
            + b.substring(b.indexOf("-----BEGIN PUBLIC")));

    assertThatThrownBy(() -> DiskKeyManager.open(directory()))
        .isInstanceOf(KeyManagerException.class)
        .hasMessageContaining("halves");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "../a", "a/b", ".a", "a b"})
  void refusesKeyIdsThatAreNoFileNames(String keyId) {
    for (var keys : List.of(new MemoryKeyManager(), DiskKeyManager.open(directory()))) {
      assertThatThrownBy(() -> keys.generate(keyId, KeyAlgorithm.EC_P256))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void listsReplacesAndDeletes() {
    for (var keys : List.of(new MemoryKeyManager(), DiskKeyManager.open(directory()))) {
      var first = keys.generate("b", KeyAlgorithm.EC_P256);
      var second = keys.generate("b", KeyAlgorithm.EC_P256);
      keys.generate("a", KeyAlgorithm.EC_P256);

      assertThat(second.publicKey()).isNotEqualTo(first.publicKey());
      assertThat(keys.list()).extracting(SigningKey::id).containsExactly("a", "b");
      keys.delete("b");
      keys.delete("b");
      assertThat(keys.find("b")).isEmpty();
    }
  }

  @Test
  void showsNothingButTheIdOfAKey() {
    var key = DiskKeyManager.open(directory()).generate("a", KeyAlgorithm.EC_P256);

    assertThat(key.toString()).isEqualTo("a");
  }

  private Path directory() {
    return temporary.resolve("keys");
  }

  /// A directory that is not empty stands where the temporary file would be written; this works for
  /// root too, whom permissions do not stop.
  private void blockTemporaryFileOf(String keyId) throws IOException {
    Files.createDirectories(directory().resolve("." + keyId + ".key.tmp").resolve("x"));
  }
}
