package dev.entente.attestors.azure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.spiffe.Pem;
import dev.entente.testkit.TestAuthority;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Which certificates an operator may add.
class AzureRootsTest {
  private final TestAuthority authority = TestAuthority.of("azure.example");

  @TempDir private Path directory;

  private List<X509Certificate> read(X509Certificate certificate) throws Exception {
    var file = directory.resolve("added.pem");
    Files.writeString(file, Pem.encodeCertificates(List.of(certificate)));
    return AzureRoots.read(file);
  }

  @Test
  void takesAuthoritiesWhateverTheirPathLength() throws Exception {
    var last =
        TestAuthority.of("azure.example", InstantSource.system(), it -> it.pathLength(0))
            .certificate();

    assertThat(read(authority.certificate())).containsExactly(authority.certificate());
    assertThat(read(last)).containsExactly(last);
  }

  @Test
  void takesNoCertificateThatMayNotSignOthers() {
    var leaf = authority.issue("/leaf").svid().leaf();

    assertThatThrownBy(() -> read(leaf))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("may not sign certificates");
  }

  @Test
  void takesNoAuthorityWhoseConstraintsWouldNotBeApplied() {
    var constrained =
        authority.subordinate(it -> it.uriConstraints(List.of("azure.example"), List.of()));

    assertThatThrownBy(() -> read(constrained.certificate()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("has name constraints");
  }
}
