package dev.entente.agent.svidstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.agent.svidcache.FakeAuthority;
import dev.entente.attestor.spi.SvidStore;
import dev.entente.attestor.spi.SvidStore.StoredSvid;
import dev.entente.runtime.DurableFiles;
import dev.entente.spiffe.Json;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.spiffe.Pem;
import dev.entente.spiffe.PrivateKeys;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FileSvidStoreTest {
  private static final TrustDomain DOMAIN = TrustDomain.parse("example.org");
  private static final TrustDomain PARTNER = TrustDomain.parse("partner.example");

  @TempDir private Path directory;

  private Path files;

  @BeforeEach
  void chooseDirectory() {
    files = directory.resolve("svids");
  }

  @Test
  void isFoundThroughTheServiceLoader() {
    assertThat(ServiceLoader.load(SvidStore.Provider.class))
        .extracting(SvidStore.Provider::type)
        .containsExactly("file");
  }

  @Test
  void keepsAnSvidInTheFormOfSpiresSecrets() throws Exception {
    var partners = List.of(authority(PARTNER).x509().certificate());
    var svid = svid(Map.of(PARTNER, partners));

    store(DurableFiles.PRIVATE).put(List.of("name:web-1.a_B"), svid);

    var secret = Json.parseObject(Files.readAllBytes(files.resolve("web-1.a_B.json")));
    assertThat(secret)
        .containsOnlyKeys("spiffeID", "x509SVID", "x509SVIDKey", "bundle", "federatedBundles")
        .containsEntry("spiffeID", "spiffe://example.org/web")
        .containsEntry("x509SVID", Pem.encodeCertificates(svid.svid().chain()))
        .containsEntry("x509SVIDKey", PrivateKeys.toPem(svid.key()))
        .containsEntry("bundle", Pem.encodeCertificates(svid.authorities()))
        .containsEntry(
            "federatedBundles",
            Map.of("spiffe://partner.example", Pem.encodeCertificates(partners)));
  }

  @Test
  void leavesOutFederatedBundlesIfThereAreNone() throws Exception {
    store(DurableFiles.PRIVATE).put(List.of("name:a"), svid(Map.of()));

    assertThat(Json.parseObject(Files.readAllBytes(files.resolve("a.json"))))
        .doesNotContainKey("federatedBundles");
  }

  @ParameterizedTest
  @ValueSource(strings = {"rw-------", "rw-r-----"})
  void letsNobodyElseRead(String mode) throws Exception {
    store(mode).put(List.of("name:a"), svid(Map.of()));

    assertThat(permissions(files.resolve("a.json"))).isEqualTo(mode);
    assertThat(permissions(files)).isEqualTo("rwx------");
  }

  @Test
  void replacesAndRemovesWhatItPut() throws Exception {
    var store = store(DurableFiles.PRIVATE);
    store.put(List.of("name:a"), svid(Map.of()));
    var before = Files.readString(files.resolve("a.json"));

    store.put(List.of("name:a"), svid(Map.of()));
    assertThat(Files.readString(files.resolve("a.json"))).isNotEqualTo(before);
    store.delete(List.of("name:a"));
    store.delete(List.of("name:a"));

    assertThat(files).isEmptyDirectory();
  }

  @ParameterizedTest
  @ValueSource(strings = {"rwxrwx---", "rwx----w-"})
  void writesToNoDirectoryThatOthersWriteTo(String mode) throws Exception {
    Files.createDirectory(files);
    Files.setPosixFilePermissions(files, PosixFilePermissions.fromString(mode));

    assertThatThrownBy(() -> store(DurableFiles.PRIVATE).put(List.of("name:a"), svid(Map.of())))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("others may write there");
    assertThat(files).isEmptyDirectory();
  }

  @ParameterizedTest
  @CsvSource({
    "name:../a",
    "name:a/b",
    "name:.a",
    "name:",
    "name:a b",
    "other:a",
    "name",
    "name:a;name:b"
  })
  void refusesPlacesItCannotMakeSenseOf(String place) {
    var values = List.of(place.split(";", -1));

    assertThatThrownBy(() -> store(DurableFiles.PRIVATE).put(values, svid(Map.of())))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("SVID is not kept in a file");
    assertThat(files).doesNotExist();
  }

  private FileSvidStore store(String mode) {
    return new FileSvidStore(files, mode);
  }

  private static FakeAuthority authority(TrustDomain domain) {
    return new FakeAuthority(domain, Instant.now());
  }

  private static StoredSvid svid(Map<TrustDomain, List<X509Certificate>> federated) {
    var authority = authority(DOMAIN);
    var keys = KeyAlgorithm.EC_P256.generate();
    var svid =
        authority.issue(
            SpiffeId.parse("spiffe://example.org/web"),
            keys.getPublic(),
            Instant.now(),
            Duration.ofHours(1));
    return new StoredSvid(
        svid, keys.getPrivate(), List.of(authority.x509().certificate()), federated);
  }

  private static String permissions(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }
}
