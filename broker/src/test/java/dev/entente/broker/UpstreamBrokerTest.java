package dev.entente.broker;

import static dev.entente.broker.BrokerCalls.codeOf;
import static dev.entente.broker.TestBroker.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.entente.broker.authority.UpstreamFiles;
import dev.entente.spiffe.X509Authority;
import dev.entente.spiffe.X509SvidVerifier;
import dev.entente.spiffe.X509Verdict;
import dev.entente.testkit.ManualClock;
import dev.entente.wire.spire.server.bundle.v1.BundleGrpcClient;
import dev.entente.wire.spire.server.bundle.v1.GetBundleRequest;
import dev.entente.wire.spire.server.localauthority.v1.LocalAuthorityGrpcClient;
import dev.entente.wire.spire.server.localauthority.v1.RevokeX509UpstreamAuthorityRequest;
import dev.entente.wire.spire.server.localauthority.v1.TaintX509UpstreamAuthorityRequest;
import dev.entente.wire.spire.types.Entry;
import dev.entente.wire.spire.types.X509Certificate;
import io.vertx.grpc.common.GrpcStatus;
import java.io.IOException;
import java.nio.file.Path;
import java.security.cert.CertificateEncodingException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UpstreamBrokerTest {
  private static final Instant FAR = Instant.parse("2090-01-01T00:00:00Z");

  @TempDir Path dir;

  @Test
  void nodesAndWorkloadsAreBelievedByWhoeverKnowsTheUpstreamRoot() throws IOException {
    var root = UpstreamFiles.root("organisation", FAR);
    var signing = root.signs("signing", FAR);
    write(root, signing);

    try (var broker = TestBroker.start(dir, yaml())) {
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
      assertThat(broker.x509Authorities().getActive().getUpstreamAuthoritySubjectKeyId())
          .isEqualTo(X509Authority.of(root.certificate()).subjectKeyId());
    }
  }

  @Test
  void leavesAnUpstreamRootForAnotherWhenAnAdministratorAsks() throws IOException {
    var first = UpstreamFiles.root("first", FAR);
    var second = UpstreamFiles.root("second", FAR);
    var firstId = X509Authority.of(first.certificate()).subjectKeyId();
    var clock = ManualClock.atPresent();
    write(first, first.signs("signing", FAR));

    try (var broker = TestBroker.start(dir, yaml(), clock)) {
      assertThat(codeOf(() -> taint(broker, firstId)))
          .as("the active authority stands under it")
          .isEqualTo(GrpcStatus.INVALID_ARGUMENT);

      write(second, second.signs("signing", FAR));
      var next = broker.prepareX509Authority();
      clock.advance(Duration.ofMinutes(16));
      broker.activateX509Authority(next);

      assertThat(codeOf(() -> revoke(broker, firstId)))
          .as("it must be tainted first")
          .isEqualTo(GrpcStatus.INTERNAL);
      assertThat(taint(broker, firstId)).isEqualTo(firstId);
      assertThat(roots(broker))
          .extracting(authority -> authority.getAsn1().toByteArray(), X509Certificate::getTainted)
          .containsExactlyInAnyOrder(tuple(der(first), true), tuple(der(second), false));
      assertThat(revoke(broker, firstId.toUpperCase(Locale.ROOT))).isEqualTo(firstId);
      assertThat(roots(broker))
          .extracting(authority -> authority.getAsn1().toByteArray())
          .containsExactly(der(second));
    }
  }

  private static String taint(TestBroker broker, String id) {
    return get(
            broker.local(),
            LocalAuthorityGrpcClient.TaintX509UpstreamAuthority,
            TaintX509UpstreamAuthorityRequest.newBuilder().setSubjectKeyId(id).build())
        .getUpstreamAuthoritySubjectKeyId();
  }

  private static String revoke(TestBroker broker, String id) {
    return get(
            broker.local(),
            LocalAuthorityGrpcClient.RevokeX509UpstreamAuthority,
            RevokeX509UpstreamAuthorityRequest.newBuilder().setSubjectKeyId(id).build())
        .getUpstreamAuthoritySubjectKeyId();
  }

  private static List<X509Certificate> roots(TestBroker broker) {
    return get(broker.local(), BundleGrpcClient.GetBundle, GetBundleRequest.getDefaultInstance())
        .getX509AuthoritiesList();
  }

  private String yaml() {
    return "upstream-authority: {disk: {certificate-file: %s, key-file: %s, bundle-file: %s}}"
        .formatted(dir.resolve("ca.pem"), dir.resolve("ca.key"), dir.resolve("roots.pem"));
  }

  private void write(UpstreamFiles.Authority root, UpstreamFiles.Authority signing)
      throws IOException {
    UpstreamFiles.certificates(dir.resolve("ca.pem"), signing);
    UpstreamFiles.key(dir.resolve("ca.key"), signing);
    UpstreamFiles.certificates(dir.resolve("roots.pem"), root);
  }

  private static byte[] der(UpstreamFiles.Authority authority) {
    try {
      return authority.certificate().getEncoded();
    } catch (CertificateEncodingException e) {
      throw new IllegalStateException(e);
    }
  }
}
