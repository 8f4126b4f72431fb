package dev.entente.cli;

import static dev.entente.cli.FakeWorkloadApi.bundle;
import static dev.entente.cli.FakeWorkloadApi.svid;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import dev.entente.spiffe.Pem;
import dev.entente.testkit.TestAuthority;
import dev.entente.wire.spiffe.workload.JWTSVID;
import dev.entente.wire.spiffe.workload.JWTSVIDRequest;
import dev.entente.wire.spiffe.workload.JWTSVIDResponse;
import dev.entente.wire.spiffe.workload.ValidateJWTSVIDRequest;
import dev.entente.wire.spiffe.workload.ValidateJWTSVIDResponse;
import dev.entente.wire.spiffe.workload.X509SVID;
import dev.entente.wire.spiffe.workload.X509SVIDResponse;
import io.vertx.grpc.common.GrpcStatus;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/// `entente svid` as a client of a Workload API (SPIFFE Workload API §4 to §8).
class WorkloadClientTest {
  private static final String ONE = "update 1  spiffe://example.org/web  ";
  private static final String TWO = "update 2  spiffe://example.org/web  ";

  private static final Pattern AUDIENCE = Pattern.compile("--audience (\\S+)");

  @TempDir Path directory;

  private final TestAuthority authority = TestAuthority.of("example.org");
  private final TestAuthority partner = TestAuthority.of("partner.example");
  private final X509SVID web = svid(authority, authority.issue("/web"), "main");
  private final X509SVID batch = svid(authority, authority.issue("/batch"), "");

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

  private static X509SVIDResponse answer(X509SVID... svids) {
    return X509SVIDResponse.newBuilder().addAllSvids(List.of(svids)).build();
  }

  @Test
  @Tag("+WEP-04")
  @Tag("+WEP-08")
  @Tag("+WEP-35")
  void saysTheHeaderWithEveryCallToAnyServerThatSpeaksGrpc() {
    api.then(out -> out.send(answer(web)));
    api.answer(JWTSVIDResponse.newBuilder().addSvids(token("/web", "")).build());

    assertThat(console.run("svid", "fetch", "x509")).isZero();
    assertThat(console.run("svid", "fetch", "jwt", "--audience", "ledger")).isZero();
    assertThat(console.run("svid", "validate", "--audience", "ledger", "a.b.c")).isZero();

    assertThat(api.headers).hasSize(3).containsOnly(List.of("true"));
  }

  @Test
  @Tag("+WAPI-08")
  void followsOneStreamAndAsksNoSecondTime() {
    api.then(out -> {
      out.send(answer(web));
      out.send(answer(web, batch));
    });

    assertThat(console.run("svid", "watch", "--count", "2")).isZero();

    assertThat(console.out()).contains(ONE, TWO, "update 2  spiffe://example.org/batch");
    assertThat(api.asked).hasSize(1);
  }

  @Test
  @Tag("+WAPI-09")
  @Tag("+WAPI-10")
  void opensTheStreamAgainAtOnceWhenItEnded() {
    api.then(
            out -> {
              out.send(answer(web));
              out.end();
            })
        .then(out -> out.send(answer(web)));

    assertThat(console.run("svid", "watch", "--count", "2")).isZero();

    assertThat(console.out()).contains(ONE, TWO);
    assertThat(console.err()).contains("opening it again").doesNotContain("asking again in");
    assertThat(api.asked).hasSize(2);
  }

  @ParameterizedTest
  @EnumSource(
      value = GrpcStatus.class,
      names = {"UNAVAILABLE", "PERMISSION_DENIED"})
  @Tag("+WEP-26")
  @Tag("+WEP-28")
  @Tag("+WAPI-37")
  @Tag("+WAPI-94")
  @Tag("Q-25")
  void asksAgainAfterPausesThatGrow(GrpcStatus code) {
    api.thenFail(code, "not now").thenFail(code, "nor now").then(out -> out.send(answer(web)));

    assertThat(console.run("svid", "watch", "--count", "1")).isZero();

    assertThat(console.out()).contains(ONE);
    assertThat(console.err()).contains("in 250 ms: not now", "in 500 ms: nor now");
    assertThat(api.asked).hasSize(3);
  }

  @ParameterizedTest
  @EnumSource(
      value = GrpcStatus.class,
      names = {"INVALID_ARGUMENT", "UNIMPLEMENTED", "INTERNAL"})
  @Tag("+WEP-24")
  @Tag("+WEP-30")
  @Tag("+WAPI-94")
  void asksOnceOnlyWhereASecondTimeWouldNotHelp(GrpcStatus code) {
    api.thenFail(code, "never").then(out -> out.send(answer(web)));

    assertThat(console.run("svid", "watch", "--count", "1")).isNotZero();
    assertThat(api.asked).hasSize(1);
    assertThat(console.err()).contains("never");
  }

  static Stream<X509SVID> incomplete() {
    var authority = TestAuthority.of("example.org");
    var good = svid(authority, authority.issue("/web"), "");
    var other = svid(authority, authority.issue("/web"), "");
    return Stream.of(
        good.toBuilder().clearSpiffeId().build(),
        good.toBuilder().clearX509Svid().build(),
        good.toBuilder().clearX509SvidKey().build(),
        good.toBuilder().clearBundle().build(),
        good.toBuilder().setX509SvidKey(other.getX509SvidKey()).build(),
        good.toBuilder().setX509Svid(ByteString.copyFromUtf8("no certificate")).build());
  }

  @ParameterizedTest
  @MethodSource("incomplete")
  @Tag("-WAPI-19")
  void leavesAnIncompleteAnswerUnusedAndKeepsWhatItHad(X509SVID bad) throws Exception {
    api.then(out -> {
      out.send(answer(web));
      out.send(answer(bad));
      out.send(X509SVIDResponse.getDefaultInstance());
      out.send(answer(web));
    });
    var files = directory.resolve("tls");

    assertThat(console.run("svid", "watch", "--count", "2", "--write", files.toString())).isZero();

    assertThat(console.out()).contains(ONE, TWO).doesNotContain("update 3");
    assertThat(console.err().lines()).filteredOn(l -> l.contains("left unused")).hasSize(2);
    assertThat(Files.readString(files.resolve("svid.0.key")))
        .isEqualTo(Pem.encode(Pem.PRIVATE_KEY, web.getX509SvidKey().toByteArray()));
    api.then(out -> out.send(answer(bad)));
    assertThat(console.run("svid", "fetch", "x509")).isNotZero();
  }

  @Test
  @Tag("+WAPI-35")
  @Tag("+WAPI-90")
  @Tag("+WAPI-91")
  @Tag("Q-21")
  void choosesTheFirstOfTwoWithOneHintAndListsTheDefaultFirst() {
    var second = svid(authority, authority.issue("/second"), "main");
    api.then(out -> out.send(answer(batch, web, second)));
    api.then(out -> out.send(answer(batch, web, second)));

    assertThat(console.run("svid", "fetch", "x509", "--hint", "main")).isZero();
    assertThat(console.out()).contains("/web  ").doesNotContain("/second", "/batch");
    assertThat(console.run("svid", "fetch", "x509")).isZero();
    assertThat(console.out().lines().filter(l -> l.startsWith("spiffe://")).toList().get(1))
        .startsWith("spiffe://example.org/batch");
  }

  @Test
  @Tag("+WAPI-93")
  void failsForAHintThatDidNotComeAndToleratesOneNobodyExpects() {
    api.then(out -> out.send(answer(web)));
    api.then(out -> out.send(answer(web)));

    assertThat(console.run("svid", "fetch", "x509", "--hint", "other"))
        .isEqualTo(ExitCode.NOT_FOUND.value());
    assertThat(console.err())
        .contains("no identity of this process has the hint \"other\"", "main");
    assertThat(console.run("svid", "fetch", "x509")).isZero();
  }

  @Test
  @Tag("+WAPI-47")
  @Tag("+WAPI-52")
  @Tag("+JWT-14")
  void fetchesATokenForOneAudienceAndChoosesTheFirstOfTwoWithOneHint() {
    var first = token("/a", "main");
    api.answer(
        JWTSVIDResponse.newBuilder()
            .addSvids(token("/b", ""))
            .addSvids(first)
            .addSvids(token("/c", "main"))
            .build());

    assertThat(
            console.run(
                "svid",
                "fetch",
                "jwt",
                "--audience",
                "ledger",
                "--spiffe-id",
                "spiffe://example.org/a",
                "--hint",
                "main"))
        .isZero();

    assertThat(console.out()).isEqualTo(first.getSvid() + "\n");
    assertThat(api.asked)
        .containsExactly(
            JWTSVIDRequest.newBuilder()
                .addAudience("ledger")
                .setSpiffeId("spiffe://example.org/a")
                .build());
  }

  @Test
  @Tag("+WAPI-67")
  void letsTheWorkloadApiValidate() {
    api.answer(
        ValidateJWTSVIDResponse.newBuilder()
            .setSpiffeId("spiffe://example.org/web")
            .setClaims(
                Struct.newBuilder()
                    .putFields("exp", Value.newBuilder().setNumberValue(1_800_000_000).build()))
            .build());

    assertThat(console.run("svid", "validate", "--audience", "ledger", "a.b.c")).isZero();

    assertThat(console.out()).contains("valid: spiffe://example.org/web", "1800000000");
    assertThat(api.asked)
        .containsExactly(
            ValidateJWTSVIDRequest.newBuilder().setAudience("ledger").setSvid("a.b.c").build());
  }

  @Test
  @Tag("+WAPI-15")
  void tellsTheFederatedBundlesOfTheNewestAnswerOnly() {
    var federated =
        answer(web).toBuilder()
            .putFederatedBundles("spiffe://partner.example", bundle(partner))
            .build();
    api.then(out -> out.send(federated)).then(out -> out.send(answer(web)));

    assertThat(console.run("svid", "fetch", "x509", "-o", "json")).isZero();
    assertThat(console.out()).contains("spiffe://partner.example");
    var before = console.out().length();
    assertThat(console.run("svid", "fetch", "x509", "-o", "json")).isZero();
    assertThat(console.out().substring(before)).doesNotContain("partner.example");
  }

  @ParameterizedTest
  @CsvSource({
    "tcp://192.0.2.1:8000, true",
    "tcp://[2001:db8::1]:8000, true",
    "tcp://127.0.0.1:1, false",
    "tcp://[::1]:1, false",
  })
  @Tag("+JWT-33")
  void warnsWhereTokensWouldCrossANetworkUnencrypted(String endpoint, boolean warns) {
    var fetch = new String[] {"svid", "fetch", "jwt", "--audience", "ledger"};
    var arguments = Stream.of(List.of(fetch), List.of("--endpoint", endpoint, "--timeout", "1s"));

    assertThat(console.run(arguments.flatMap(List::stream).toArray(String[]::new))).isNotZero();

    assertThat(console.err().contains("cross the network unencrypted")).isEqualTo(warns);
  }

  @Test
  @Tag("+JWT-15")
  void namesOneServiceInEveryExampleOfAnAudience() {
    var examples =
        footers(SvidCommand.commandLine(console.session()))
            .flatMap(line -> AUDIENCE.matcher(line).results().map(found -> found.group(1)))
            .collect(Collectors.toSet());

    assertThat(examples)
        .contains("https://vault.example.org")
        .doesNotContain("example.org", "spiffe://example.org", "prod", "production", "dev", "all")
        .noneMatch(audience -> audience.contains("*"));
  }

  private static Stream<String> footers(CommandLine line) {
    return Stream.concat(
        Stream.of(line.getCommandSpec().usageMessage().footer()),
        line.getSubcommands().values().stream().flatMap(WorkloadClientTest::footers));
  }

  private JWTSVID token(String path, String hint) {
    return JWTSVID
        .newBuilder()
        .setSpiffeId("spiffe://example.org" + path)
        .setSvid(authority.token(path, "ledger").sign())
        .setHint(hint)
        .build();
  }
}
