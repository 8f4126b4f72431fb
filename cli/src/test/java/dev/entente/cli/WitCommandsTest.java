package dev.entente.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.spiffe.BundleDocument;
import dev.entente.spiffe.Json;
import dev.entente.spiffe.Jwk;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.testkit.TestAuthority;
import dev.entente.wire.entente.broker.v1.ActivateAuthorityRequest;
import dev.entente.wire.entente.broker.v1.ActivateAuthorityResponse;
import dev.entente.wire.entente.broker.v1.AuthorityKind;
import dev.entente.wire.entente.broker.v1.OperationsGrpcService;
import dev.entente.wire.spiffe.workload.WITSVID;
import dev.entente.wire.spiffe.workload.WITSVIDRequest;
import dev.entente.wire.spiffe.workload.WITSVIDResponse;
import dev.entente.wire.spire.server.localauthority.v1.AuthorityState;
import dev.entente.wire.spire.server.localauthority.v1.GetWITAuthorityStateResponse;
import dev.entente.wire.spire.server.localauthority.v1.LocalAuthorityGrpcService;
import dev.entente.wire.spire.server.svid.v1.MintWITSVIDRequest;
import dev.entente.wire.spire.server.svid.v1.MintWITSVIDResponse;
import dev.entente.wire.spire.server.svid.v1.SVIDGrpcService;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a person types about WIT-SVIDs.
class WitCommandsTest {
  private static final KeyPair HOLDER = KeyAlgorithm.EC_P256.generate();

  @TempDir Path directory;

  private final TestAuthority authority = TestAuthority.of("example.org");

  private FakeWorkloadApi api;
  private Console console;

  @BeforeEach
  void start() {
    api = FakeWorkloadApi.at(directory.resolve("api.sock"));
    console = new Console(Terminal.NONE, Map.of("SPIFFE_ENDPOINT_SOCKET", api.endpoint()));
  }

  @AfterEach
  void stop() {
    api.close();
  }

  @Test
  @Tag("+WAPI-74")
  @Tag("+WAPI-79")
  void fetchesTheIdentityAskedForAndTheFirstOfTwoWithOneHint() {
    var first = svid("/a", "main");
    api.answer(
        WITSVIDResponse.newBuilder()
            .addSvids(svid("/b", ""))
            .addSvids(first)
            .addSvids(svid("/c", "main"))
            .build());

    assertThat(
            console.run(
                "svid", "fetch", "wit", "--spiffe-id", "spiffe://example.org/a", "--hint", "main"))
        .isZero();

    assertThat(console.out()).isEqualTo(first.getWitSvid() + "\n");
    assertThat(api.asked)
        .containsExactly(WITSVIDRequest.newBuilder().setSpiffeId("spiffe://example.org/a").build());
  }

  @Test
  void writesKeysToFilesThatNobodyElseReadsAndShowsThemNowhere() throws IOException {
    var svid = svid("/a", "");
    api.answer(WITSVIDResponse.newBuilder().addSvids(svid).build());
    var files = directory.resolve("wit");

    assertThat(console.run("svid", "fetch", "wit", "-o", "json", "--write", files.toString()))
        .isZero();

    assertThat(files.resolve("svid.0.jwt")).hasContent(svid.getWitSvid());
    assertThat(files.resolve("svid.0.jwk")).hasContent(svid.getWitSvidKey());
    assertThat(Files.getPosixFilePermissions(files.resolve("svid.0.jwk")))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    assertThat(console.out()).contains(svid.getWitSvid()).doesNotContain("\"d\"");
  }

  @Test
  void writesNoKeyWhereOthersMayPutFiles() throws IOException {
    api.answer(WITSVIDResponse.newBuilder().addSvids(svid("/a", "")).build());
    var files = Files.createDirectory(directory.resolve("open"));
    Files.setPosixFilePermissions(files, PosixFilePermissions.fromString("rwxrwxrwx"));

    assertThat(console.run("svid", "fetch", "wit", "--write", files.toString())).isNotZero();

    assertThat(console.err()).contains("was not written", "others may write there");
    assertThat(files).isEmptyDirectory();
  }

  @Test
  @Tag("+WAPI-72")
  void asksOnceOfAnAgentThatHasNone() {
    assertThat(console.run("svid", "fetch", "wit")).isNotZero();

    assertThat(api.asked).hasSize(1);
  }

  @Test
  void inspectsATokenAndSaysWhatABundleSaysOfIt() throws IOException {
    var token = authority.wit("/a", HOLDER).sign();
    var bundle = directory.resolve("bundle.json");
    Files.write(bundle, BundleDocument.toJson(authority.bundleWithWit()));

    assertThat(console.run("inspect", token)).isZero();
    assertThat(console.out()).contains("WIT-SVID", "spiffe://example.org/a", "ES256", "wit-1");
    assertThat(inspect(token, bundle)).isZero();
    assertThat(console.out()).contains("genuine");
    assertThat(console.run("inspect", bundle.toString())).isZero();
    assertThat(console.out()).contains("wit authorities", "wit-1");

    var forged = authority.wit("/a", HOLDER).key(authority.jwtKeyPair(), "jwt-1").sign();
    assertThat(inspect(forged, bundle)).isNotZero();
    assertThat(console.out()).contains("refused, KEY");
  }

  @Test
  void letsNobodyValidateAWitSvidAsABearerToken() {
    var token = authority.wit("/a", HOLDER).sign();

    assertThat(console.run("svid", "validate", "--audience", "ledger", token)).isNotZero();

    assertThat(console.err()).contains("WIT-SVID", "proof");
    assertThat(api.asked).isEmpty();
  }

  @Test
  void mintsOneWithAKeyMadeHere() {
    var answer =
        MintWITSVIDResponse.newBuilder()
            .setSvid(
                dev.entente
                    .wire
                    .spire
                    .types
                    .WITSVID
                    .newBuilder()
                    .setToken("a.b.c")
                    .setExpiresAt(1_900_000_000))
            .build();
    try (var broker =
        FakeBroker.at(
            directory.resolve("b.sock"),
            s ->
                s.service(
                    SVIDGrpcService.SERVICE_DESCRIPTOR,
                    m -> m.answer(SVIDGrpcService.MintWITSVID, answer)))) {
      var files = directory.resolve("minted");

      assertThat(
              console.runAt(
                  broker.socket(),
                  "svid",
                  "mint",
                  "wit",
                  "--spiffe-id",
                  "spiffe://example.org/ops",
                  "--write",
                  files.toString()))
          .isZero();

      assertThat(files.resolve("svid.jwt")).hasContent("a.b.c");
      assertThat(files.resolve("svid.jwk")).content().contains("\"d\"", "\"alg\":\"ES256\"");
      assertThat(broker.asked.getFirst())
          .isInstanceOfSatisfying(
              MintWITSVIDRequest.class,
              request -> assertThat(request.getSigningAlgorithm()).isEqualTo("ES256"));
    }
  }

  @Test
  void activatesThePreparedWitAuthorityAtOnceOnRequest() {
    var state =
        GetWITAuthorityStateResponse.newBuilder()
            .setActive(AuthorityState.newBuilder().setAuthorityId("a"))
            .setPrepared(AuthorityState.newBuilder().setAuthorityId("b"))
            .build();
    try (var broker =
        FakeBroker.at(
            directory.resolve("b.sock"),
            s ->
                s.service(
                        LocalAuthorityGrpcService.SERVICE_DESCRIPTOR,
                        m -> m.answer(LocalAuthorityGrpcService.GetWITAuthorityState, state))
                    .service(
                        OperationsGrpcService.SERVICE_DESCRIPTOR,
                        m ->
                            m.answer(
                                OperationsGrpcService.ActivateAuthority,
                                ActivateAuthorityResponse.getDefaultInstance())))) {
      assertThat(console.runAt(broker.socket(), "authority", "wit", "activate", "--now")).isZero();

      assertThat(broker.asked)
          .contains(
              ActivateAuthorityRequest.newBuilder()
                  .setKind(AuthorityKind.AUTHORITY_KIND_WIT)
                  .setAuthorityId("b")
                  .setNow(true)
                  .build());
    }
  }

  private int inspect(String token, Path bundle) {
    return console.run(
        "inspect", token, "--bundle", bundle.toString(), "--trust-domain", "example.org");
  }

  private WITSVID svid(String path, String hint) {
    return WITSVID
        .newBuilder()
        .setSpiffeId(authority.id(path).toString())
        .setWitSvid(authority.wit(path, HOLDER).sign())
        .setWitSvidKey(
            Json.write(Jwk.membersRevealingPrivateKey(HOLDER.getPublic(), HOLDER.getPrivate())))
        .setHint(hint)
        .build();
  }
}
