package dev.entente.broker;

import static dev.entente.broker.TestBroker.get;
import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.broker.authority.UpstreamFiles;
import dev.entente.spiffe.X509Authority;
import dev.entente.spiffe.X509SvidVerifier;
import dev.entente.spiffe.X509Verdict;
import dev.entente.wire.spire.server.bundle.v1.BundleGrpcClient;
import dev.entente.wire.spire.server.bundle.v1.GetBundleRequest;
import dev.entente.wire.spire.server.localauthority.v1.GetX509AuthorityStateRequest;
import dev.entente.wire.spire.server.localauthority.v1.LocalAuthorityGrpcClient;
import dev.entente.wire.spire.types.Entry;
import java.io.IOException;
import java.nio.file.Path;
import java.security.cert.CertificateEncodingException;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UpstreamBrokerTest {
  private static final Instant FAR = Instant.parse("2090-01-01T00:00:00Z");

  @TempDir Path dir;

  @Test
  void nodesAndWorkloadsAreBelievedByWhoeverKnowsTheUpstreamRoot() throws IOException {
    var root = UpstreamFiles.root("organisation", FAR);
    var signing = root.signs("signing", FAR);
    var yaml =
        "upstream-authority: {disk: {certificate-file: %s, key-file: %s, bundle-file: %s}}"
            .formatted(
                UpstreamFiles.certificates(dir.resolve("ca.pem"), signing),
                UpstreamFiles.key(dir.resolve("ca.key"), signing),
                UpstreamFiles.certificates(dir.resolve("roots.pem"), root));

    try (var broker = TestBroker.start(dir, yaml)) {
      var bundle =
          get(broker.local(), BundleGrpcClient.GetBundle, GetBundleRequest.getDefaultInstance());
      var node = broker.attest();
      var web = broker.workload(node, "/web", Entry.newBuilder());

      assertThat(bundle.getX509AuthoritiesList())
          .extracting(authority -> authority.getAsn1().toByteArray())
          .containsExactly(der(root));
      assertThat(web.chain()).hasSize(3).endsWith(signing.certificate());
      assertThat(X509SvidVerifier.verify(web.chain(), broker.bundles(), Instant.now()))
          .isInstanceOf(X509Verdict.Verified.class);
      var state =
          get(
              broker.local(),
              LocalAuthorityGrpcClient.GetX509AuthorityState,
              GetX509AuthorityStateRequest.getDefaultInstance());
      assertThat(state.getActive().getUpstreamAuthoritySubjectKeyId())
          .isEqualTo(X509Authority.of(root.certificate()).subjectKeyId());
    }
  }

  private static byte[] der(UpstreamFiles.Authority authority) {
    try {
      return authority.certificate().getEncoded();
    } catch (CertificateEncodingException e) {
      throw new IllegalStateException(e);
    }
  }
}
