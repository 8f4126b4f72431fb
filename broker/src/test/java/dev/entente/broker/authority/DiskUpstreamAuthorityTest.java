package dev.entente.broker.authority;

import static dev.entente.broker.authority.TestIssuers.DOMAIN;
import static dev.entente.broker.authority.TestIssuers.NOW;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.broker.authority.UpstreamFiles.Authority;
import dev.entente.spiffe.KeyAlgorithm;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskUpstreamAuthorityTest {
  private static final Instant IN_A_YEAR = NOW.plus(Duration.ofDays(365));
  private static final Instant IN_A_DAY = NOW.plus(Duration.ofDays(1));
  private static final Duration WEEK = Duration.ofDays(7);

  @TempDir Path dir;

  private final SigningKey key =
      new SoftwareKey("k", KeyAlgorithm.EC_P256, KeyAlgorithm.EC_P256.generate());

  private UpstreamAuthority upstream(
      Authority signer, Optional<Path> bundle, Authority... certificates) throws IOException {
    return new DiskUpstreamAuthority(
        UpstreamFiles.certificates(dir.resolve("ca.pem"), certificates),
        UpstreamFiles.key(dir.resolve("ca.key"), signer),
        bundle);
  }

  private Optional<Path> bundle(Authority... roots) throws IOException {
    return Optional.of(UpstreamFiles.certificates(dir.resolve("roots.pem"), roots));
  }

  private UpstreamAuthority.Signed sign(UpstreamAuthority upstream) {
    return upstream.sign(
        new UpstreamAuthority.Request(
            DOMAIN, SubjectName.SPIRE, key, BigInteger.valueOf(77), NOW, WEEK));
  }

  @Test
  void signsBelowASelfSignedRoot() throws Exception {
    var root = UpstreamFiles.root("root", IN_A_YEAR);

    var signed = sign(upstream(root, Optional.empty(), root));

    assertThat(signed.root()).isEqualTo(root.certificate());
    assertThat(signed.roots()).containsExactly(root.certificate());
    assertThat(signed.chain()).hasSize(1);
    var authority = signed.chain().getFirst();
    authority.verify(root.keys().getPublic());
    assertThat(authority.getPublicKey()).isEqualTo(key.publicKey());
    assertThat(authority.getSubjectX500Principal().getName()).contains("O=SPIRE");
    assertThat(authority.getBasicConstraints()).isEqualTo(Integer.MAX_VALUE);
    assertThat(authority.getNotAfter().toInstant()).isEqualTo(NOW.plus(WEEK));
    assertThat(authority.getSubjectAlternativeNames().iterator().next().get(1))
        .isEqualTo("spiffe://" + DOMAIN);
  }

  @Test
  void leadsThroughIntermediatesAndEndsWithTheFirstOfThem() throws Exception {
    var root = UpstreamFiles.root("root", IN_A_YEAR);
    var middle = root.signs("middle", IN_A_YEAR);
    var low = middle.signs("low", IN_A_DAY);
    var other = UpstreamFiles.root("other", IN_A_YEAR);

    var signed = sign(upstream(low, bundle(other, root), low, middle, root));

    assertThat(signed.root()).isEqualTo(root.certificate());
    assertThat(signed.roots()).containsExactly(other.certificate(), root.certificate());
    assertThat(signed.chain()).hasSize(3).endsWith(low.certificate(), middle.certificate());
    assertThat(signed.chain().getFirst().getNotAfter().toInstant()).isEqualTo(IN_A_DAY);
  }

  @Test
  void readsItsFilesAnewEachTime() throws Exception {
    var first = UpstreamFiles.root("first", IN_A_YEAR);
    var upstream = upstream(first, Optional.empty(), first);
    sign(upstream);
    var second = UpstreamFiles.root("second", IN_A_YEAR);
    UpstreamFiles.certificates(dir.resolve("ca.pem"), second);

    assertThatThrownBy(() -> sign(upstream)).hasMessageContaining("is not the key of the first");
    UpstreamFiles.key(dir.resolve("ca.key"), second);

    assertThat(sign(upstream).root()).isEqualTo(second.certificate());
  }

  @Test
  void refusesWhatPeersWouldNotBelieve() throws Exception {
    var root = UpstreamFiles.root("root", IN_A_YEAR);
    var stranger = UpstreamFiles.root("root", IN_A_YEAR);
    var low = root.signs("low", IN_A_YEAR);

    assertRefused(upstream(low, Optional.empty(), low), "not one self-signed certificate");
    assertRefused(upstream(low, Optional.empty(), low, root), "not one self-signed certificate");
    assertRefused(upstream(low, bundle(stranger), low), "none of the roots in the bundle");
    assertRefused(
        upstream(low, bundle(root), low, stranger), "not signed by the certificate after it");
    var ended = UpstreamFiles.root("ended", NOW);
    assertRefused(upstream(ended, Optional.empty(), ended), "it is out of date");
    var last = root.signs("last", IN_A_YEAR, 0);
    assertRefused(upstream(last, bundle(root), last), "its path length is 0 and 1 authorities");
    var shallow = UpstreamFiles.make("s", IN_A_YEAR, Optional.empty(), new BasicConstraints(1));
    var below = shallow.signs("below", IN_A_YEAR);
    assertRefused(upstream(below, bundle(shallow), below), "its path length is 1 and 2");
    var leaf =
        UpstreamFiles.make("leaf", IN_A_YEAR, Optional.of(root), new BasicConstraints(false));
    assertRefused(upstream(leaf, bundle(root), leaf), "it may not sign certificates");
  }

  @Test
  void refusesRootsThatMayNotNameThisTrustDomain() throws Exception {
    var allowed = UpstreamFiles.rootFor(DOMAIN.name(), IN_A_YEAR);
    assertThat(sign(upstream(allowed, Optional.empty(), allowed)).root())
        .isEqualTo(allowed.certificate());

    var foreign = UpstreamFiles.rootFor("elsewhere.example", IN_A_YEAR);
    assertRefused(
        upstream(foreign, Optional.empty(), foreign), "peers would not believe what it signs");
  }

  @Test
  void refusesAKeyThatOthersCanRead() throws Exception {
    var root = UpstreamFiles.root("root", IN_A_YEAR);
    var upstream = upstream(root, Optional.empty(), root);
    var key = dir.resolve("ca.key");

    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r-----"));
    sign(upstream);
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r--r--"));
    assertRefused(upstream, "is open to others (rw-r--r--), it must be 0640 or stricter");
  }

  @Test
  void saysWhichFileItCannotRead() throws Exception {
    var root = UpstreamFiles.root("root", IN_A_YEAR);
    var upstream = upstream(root, Optional.empty(), root);
    Files.writeString(dir.resolve("ca.key"), "no key");

    assertThatThrownBy(() -> sign(upstream))
        .isInstanceOf(UpstreamAuthorityException.class)
        .hasMessageContaining("ca.key was not read");
    Files.delete(dir.resolve("ca.pem"));
    assertThatThrownBy(() -> sign(upstream)).hasMessageContaining("ca.pem was not read");
  }

  private void assertRefused(UpstreamAuthority upstream, String why) {
    assertThatThrownBy(() -> sign(upstream))
        .isInstanceOf(UpstreamAuthorityException.class)
        .hasMessageContaining(why);
  }
}
