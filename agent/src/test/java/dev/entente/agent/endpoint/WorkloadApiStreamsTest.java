package dev.entente.agent.endpoint;

import static dev.entente.agent.svidcache.Entries.entry;
import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.agent.svidcache.FakeAuthority;
import dev.entente.agent.svidcache.FakeIdentitySource;
import dev.entente.attestor.spi.Selector;
import dev.entente.spiffe.BundleSource;
import dev.entente.spiffe.Certificates;
import dev.entente.spiffe.PrivateKeys;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.X509Authority;
import dev.entente.spiffe.X509Svid;
import dev.entente.spiffe.X509SvidVerifier;
import dev.entente.spiffe.X509Verdict.Verified;
import dev.entente.wire.spiffe.workload.JWTBundlesRequest;
import dev.entente.wire.spiffe.workload.SpiffeWorkloadAPIGrpcClient;
import dev.entente.wire.spiffe.workload.X509BundlesRequest;
import dev.entente.wire.spiffe.workload.X509SVIDRequest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What the streams of the Workload API carry, and when (SPIFFE Workload API §4.3, §5, §6).
class WorkloadApiStreamsTest {
  private static final String OWN = "spiffe://example.org";

  @TempDir private Path directory;

  private WorkloadApiFixture api;

  @BeforeEach
  void start() throws Exception {
    api =
        new WorkloadApiFixture(
            directory,
            Map.of("unix", _ -> List.of(Selector.parse("unix:uid:1"))),
            WorkloadApiSettings.DEFAULT);
  }

  @AfterEach
  void stop() {
    api.close();
  }

  @Test
  @Tag("+WAPI-13")
  void answersEachNewStreamAtOnceWithNothingChangedMeanwhile() throws Exception {
    api.source.setEntries(entry("api", "unix:uid:1"));
    var first = svids().next();

    for (var again = 0; again < 3; again++) {
      var stream = svids();
      assertThat(stream.next()).isEqualTo(first);
      stream.cancel();
      assertThat(jwtBundles().next().getBundlesMap()).containsOnlyKeys(OWN);
    }
  }

  @Test
  @Tag("+WAPI-26")
  void sendsTheIntermediatesAfterTheLeaf() throws Exception {
    api.source.signBelow();
    api.source.setEntries(entry("api", "unix:uid:1"));

    var svid = svids().next().getSvids(0);

    var chain = X509Svid.parseConcatenated(svid.getX509Svid().toByteArray());
    var key = PrivateKeys.fromPkcs8(svid.getX509SvidKey().toByteArray());
    var authorities = Certificates.parseConcatenated(svid.getBundle().toByteArray());
    var bundle =
        SpiffeBundle.empty(FakeIdentitySource.DOMAIN)
            .withX509Authorities(authorities.stream().map(X509Authority::of).toList());
    assertThat(chain.chain()).hasSize(2);
    assertThat(PrivateKeys.isPair(key, chain.leaf().getPublicKey())).isTrue();
    assertThat(X509SvidVerifier.verify(chain.chain(), BundleSource.of(bundle), api.clock.instant()))
        .isInstanceOf(Verified.class);
  }

  @Test
  @Tag("+WAPI-55")
  @Tag("+BND-06")
  @Tag("+WAPI-02")
  void showsANewJwtKeyOnTheOpenStream() throws Exception {
    api.source.setEntries(entry("api", "unix:uid:1"));
    var stream = jwtBundles();
    var added = new FakeAuthority(FakeIdentitySource.DOMAIN, api.clock.instant());
    assertThat(stream.next().getBundlesOrThrow(OWN).toStringUtf8()).doesNotContain(added.keyId());

    api.source.setOwnBundle(own -> {
      var keys = new ArrayList<>(own.jwtAuthorities());
      keys.add(added.jwt());
      return own.withJwtAuthorities(keys);
    });

    assertThat(stream.next().getBundlesOrThrow(OWN).toStringUtf8())
        .contains("\"" + api.source.authority().keyId() + "\"", "\"" + added.keyId() + "\"");
  }

  @Test
  @Tag("+WAPI-11")
  void sendsAllX509AuthoritiesEvenIfOneIsNew() throws Exception {
    api.source.setEntries(entry("api", "unix:uid:1"));
    var stream =
        api.open(
            SpiffeWorkloadAPIGrpcClient.FetchX509Bundles, X509BundlesRequest.getDefaultInstance());
    stream.next();
    var added = new FakeAuthority(FakeIdentitySource.DOMAIN, api.clock.instant()).x509();

    api.source.setOwnBundle(own -> {
      var authorities = new ArrayList<>(own.x509Authorities());
      authorities.add(added);
      return own.withX509Authorities(authorities);
    });

    var sent = Certificates.parseConcatenated(stream.next().getBundlesOrThrow(OWN).toByteArray());
    assertThat(sent)
        .containsExactly(api.source.authority().x509().certificate(), added.certificate());
  }

  private WorkloadApiFixture.Stream<dev.entente.wire.spiffe.workload.X509SVIDResponse> svids() {
    return api.open(
        SpiffeWorkloadAPIGrpcClient.FetchX509SVID, X509SVIDRequest.getDefaultInstance());
  }

  private WorkloadApiFixture.Stream<dev.entente.wire.spiffe.workload.JWTBundlesResponse>
      jwtBundles() {
    return api.open(
        SpiffeWorkloadAPIGrpcClient.FetchJWTBundles, JWTBundlesRequest.getDefaultInstance());
  }
}
