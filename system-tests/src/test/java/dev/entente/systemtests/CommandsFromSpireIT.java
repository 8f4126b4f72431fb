package dev.entente.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.testkit.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Every command that `docs/coming-from-spire.md` names in the place of one of SPIRE's, typed at a
/// shell, where it works and where it fails.
///
/// A line of a script is a command, `=>`, its exit code and texts that it says, `|` between them.
/// `NAME=field <-` before it keeps a field of the JSON it prints, `NAME <-` all it prints; `$NAME`
/// stands for what was kept.
@Order(7)
@DisplayName("The commands of those who come from SPIRE")
final class CommandsFromSpireIT {
  @RegisterExtension private static final Sandbox SANDBOX = Sandbox.perClass();

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final Pattern LINE =
      Pattern.compile("(?:(\\w+)(?:=(\\w+))? <- )?(.*) => (\\d+) ?(.*)");

  private static final String DAEMONS =
      """
      broker run --config $DIR/nothing.yaml => 2 error[CONFIG_INVALID]
      broker validate --config $BROKER_YAML => 0 is valid
      broker validate --config $DIR/nothing.yaml => 2 error[USAGE] | no such file
      broker status => 0 td.example | ready            yes
      broker status --socket $DIR/nothing.sock => 7 error[UNREACHABLE] | entente broker run
      broker log-level => 0 info
      broker log-level debug => 0 debug
      broker log-level => 0 debug
      broker log-level --reset => 0 info
      broker log-level noisy => 2 error[USAGE] | "noisy"
      agent run --config $DIR/nothing.yaml => 2 error[CONFIG_INVALID]
      agent validate --config $AGENT_YAML => 0 is valid
      agent validate --config $BROKER_YAML => 2 error[USAGE] | unknown key
      agent status => 0 spiffe://td.example/spire/agent/join_token/ | ready            yes
      agent status --socket $DIR/nothing.sock => 7 error[UNREACHABLE] | entente agent run
      agent log-level => 0 info
      agent log-level debug => 0 debug
      agent log-level --reset => 0 info
      agent log-level noisy => 2 error[USAGE] | "noisy"
      """;

  private static final String TOKENS =
      """
      token create --ttl 5m --spiffe-id spiffe://td.example/nodes/two => 0 good once
      token create --spiffe-id spiffe://other.example/x => 2 error[USAGE] | not a member
      token generate --ttl 5m => 0 good once
      token generate --ttl soon => 2 error[USAGE] | "soon"
      token list => 0 SHA-256 | GOOD UNTIL
      token list --surprise => 2 error[USAGE] | --surprise
      """;

  private static final String ENTRIES =
      """
      entry create --id e1 --parent-id $NODE --spiffe-id spiffe://td.example/e1 --selector unix:uid:77 --hint one => 0 spiffe://td.example/e1 | unix:uid:77
      entry create --parent-id $NODE --spiffe-id spiffe://td.example/e1 --selector unix:uid:77 => 6 error[CONFLICT] | e1 was not created | entry show e1
      entry create --id e2 --node --spiffe-id spiffe://td.example/alias --selector x509pop:subject:cn:a --no-prefetch --jti => 0 spiffe://td.example/spire/server | prefetch    no | jti         yes
      entry create --file $CREATE => 0 e3
      entry update e1 --x509-ttl 30m => 0 30m | hint        one | revision    1
      entry update nobody --x509-ttl 30m => 3 error[NOT_FOUND]
      entry update --file $UPDATE => 0 e3 | 20m
      entry show e1 => 0 spiffe://td.example/e1 | 30m
      entry show nobody => 3 error[NOT_FOUND]
      entry list --selector unix:uid:77 --match exact => 0 spiffe://td.example/e1
      entry list --selector unix:uid:77 --federates-with partner.example --match-federates-with any => 0 no entries
      entry list --match sometimes => 2 error[USAGE] | sometimes
      entry count --hint one => 0 1
      entry count --parent-id nonsense => 2 error[USAGE] | nonsense
      entry delete e1 e2 => 0 entry e1 deleted | entry e2 deleted
      entry delete e1 => 3 error[NOT_FOUND] | e1 was not deleted
      entry delete --file $DELETE => 0 entry e3 deleted
      """;

  private static final String BUNDLES =
      """
      bundle show => 0 BEGIN CERTIFICATE
      bundle show nobody.example => 3 error[NOT_FOUND]
      bundle set carried.example --file $BUNDLE => 0 bundle of carried.example stored
      bundle set carried.example --file $DIR/nothing.pem => 2 error[USAGE] | no such file
      bundle list => 0 carried.example
      bundle list --surprise => 2 error[USAGE] | --surprise
      bundle count => 0 2
      bundle count --surprise => 2 error[USAGE] | --surprise
      bundle delete carried.example --mode dissociate => 0 bundle of carried.example deleted
      bundle delete carried.example => 3 error[NOT_FOUND]
      """;

  private static final String RELATIONSHIPS =
      """
      federation create partner.example --web --url https://127.0.0.1:1/b => 0 created
      federation create partner.example --web --url https://127.0.0.1:1/b => 6 error[CONFLICT]
      federation update partner.example --url https://127.0.0.1:2/b => 0 changed
      federation update nobody.example --url https://127.0.0.1:2/b => 3 error[NOT_FOUND]
      federation show partner.example => 0 https://127.0.0.1:2/b | https_web
      federation show nobody.example => 3 error[NOT_FOUND]
      federation list => 0 partner.example
      federation list --surprise => 2 error[USAGE] | --surprise
      federation refresh partner.example => 1 error[FAILED] | private or special address
      federation delete partner.example => 0 ended
      federation delete partner.example => 3 error[NOT_FOUND]
      federation create --file $PARTNERS => 0 federation with filed.example created
      federation create --file $PARTNERS => 6 error[CONFLICT] | filed.example was not created
      federation update --file $PARTNERS => 0 federation with filed.example changed
      federation delete filed.example => 0 ended
      """;

  private static final String PARTNERS =
      """
      {"federationRelationships": [{"trustDomain": "filed.example",
        "bundleEndpointURL": "https://127.0.0.1:1/b", "bundleEndpointProfile": "https_web"}]}
      """;

  private static final String AGENTS =
      """
      agent list --attested-by join_token --can-reattest=false --expires-before 2099-01-01T00:00:00Z => 0 $SPARE
      agent list --expires-before 2020-01-01T00:00:00Z => 0 no agents
      agent list --selector join_token:nobody --match exact => 0 no agents
      agent list --match sometimes => 2 error[USAGE] | sometimes
      agent count --attested-by x509pop => 0 0
      agent count --match sometimes => 2 error[USAGE] | sometimes
      agent show $SPARE => 0 join_token | active
      agent show spiffe://td.example/spire/agent/nobody => 3 error[NOT_FOUND]
      agent purge --dry-run => 0 0 agents
      agent purge --expired-for soon => 2 error[USAGE] | "soon"
      agent ban $SPARE => 0 banned
      agent ban spiffe://td.example/spire/agent/nobody => 3 error[NOT_FOUND]
      agent list --banned => 0 $SPARE
      agent evict $SPARE => 0 evicted
      agent evict $SPARE => 3 error[NOT_FOUND]
      """;

  private static final String MINTING =
      """
      svid mint x509 --spiffe-id spiffe://td.example/m --write $DIR/x509 => 0 wrote svid.pem, svid.key and bundle.pem
      svid mint x509 --spiffe-id spiffe://other.example/m --write $DIR/x509 => 2 error[USAGE] | other.example
      svid mint jwt --spiffe-id spiffe://td.example/m --audience a --ttl 1m => 0 eyJ | spiffe://td.example/m
      svid mint jwt --spiffe-id spiffe://td.example/m => 2 error[USAGE] | --audience
      svid mint wit --spiffe-id spiffe://td.example/m --write $DIR/wit => 0 wrote svid.jwt and svid.jwk
      svid mint wit --spiffe-id spiffe://other.example/m --write $DIR/wit => 2 error[USAGE] | other.example
      """;

  private static final String WORKLOAD =
      """
      svid fetch x509 --write $DIR/fetched => 0 spiffe://td.example/me
      svid fetch x509 --hint nobody => 3 error[NOT_FOUND] | nobody
      TOKEN <- svid fetch jwt --audience a => 0 eyJ | spiffe://td.example/me
      svid fetch jwt => 2 error[USAGE] | --audience
      svid watch --count 1 => 0 update 1 | spiffe://td.example/me
      svid watch --count none => 2 error[USAGE] | none
      svid validate --audience a $TOKEN => 0 valid: spiffe://td.example/me
      svid validate --audience b $TOKEN => 2 error[USAGE] | another audience
      """;

  private static final String UPSTREAM =
      """
      authority upstream taint 00ff => 6 error[CONFLICT] | no upstream authority
      authority upstream revoke 00ff => 6 error[CONFLICT] | no upstream authority
      """;

  private static final Map<String, String> kept = new HashMap<>();

  private static BrokerProcess broker;
  private static Cli cli;

  @BeforeAll
  static void startABrokerAndAnAgent() throws IOException {
    broker = new BrokerProcess(SANDBOX, "broker").with("wit-svids: true").start();
    var directory = SANDBOX.directory();
    var node = "spiffe://td.example/nodes/one";
    var token = Cli.of(SANDBOX, broker).run("token", "create", "--spiffe-id", node).value();
    var agent = new AgentProcess(SANDBOX, "agent", broker).joinToken(token).start();
    cli =
        Cli.of(
            SANDBOX,
            Map.of(
                "ENTENTE_BROKER_SOCKET", broker.socket().toString(),
                "ENTENTE_AGENT_SOCKET", agent.adminSocket().toString(),
                "SPIFFE_ENDPOINT_SOCKET", "unix:" + agent.socket()));
    kept.put("DIR", directory.toString());
    kept.put("NODE", node);
    kept.put("BROKER_YAML", broker.config().toString());
    kept.put("AGENT_YAML", agent.config().toString());
    kept.put("BUNDLE", broker.bundleFile().toString());
    kept.put("CREATE", file("create.json", entry("")));
    kept.put("UPDATE", file("update.json", entry(", \"x509_svid_ttl\": 1200")));
    kept.put("DELETE", file("delete.json", "{\"ids\": [\"e3\"]}"));
    kept.put("PARTNERS", file("partners.json", PARTNERS));
  }

  private static String entry(String more) {
    return """
    {"entries": [{"id": "e3", "parent_id": "spiffe://td.example/n", "spiffe_id": "spiffe://td.example/e3",
      "selectors": [{"type": "unix", "value": "uid:78"}]%s}]}
    """
        .formatted(more);
  }

  private static String file(String name, String text) throws IOException {
    return Files.writeString(SANDBOX.directory().resolve(name), text).toString();
  }

  @Test
  void ofDaemons() {
    type(cli, DAEMONS);
  }

  @Test
  void ofTokens() {
    type(cli, TOKENS);
  }

  @Test
  void ofEntries() {
    type(cli, ENTRIES);
  }

  @Test
  void ofBundles() {
    type(cli, BUNDLES);
  }

  @Test
  void ofRelationships() {
    type(cli, RELATIONSHIPS);
  }

  @Test
  void ofAgents() {
    var token = cli.run("token", "create").value();
    var spare = new AgentProcess(SANDBOX, "spare", broker).joinToken(token).start();
    kept.put("SPARE", "spiffe://td.example/spire/agent/join_token/" + token);
    spare.kill();

    type(cli, AGENTS);
  }

  @Test
  void ofSvidsThatABrokerMints() {
    type(cli, MINTING);
  }

  @Test
  void ofWorkloads() throws IOException {
    var user = Files.getAttribute(SANDBOX.directory(), "unix:uid");
    cli.run(
            ("entry create --parent-id %s --spiffe-id spiffe://td.example/me --selector unix:uid:"
                    + user)
                .formatted(kept.get("NODE"))
                .split(" ", -1))
        .value();
    Await.until("served", SOON, () -> cli.run("svid", "fetch", "x509").exitCode() == 0);

    type(cli, WORKLOAD);
  }

  /// At a broker of their own: an agent would have to follow.
  @Test
  void ofAuthorities() {
    var other = new BrokerProcess(SANDBOX, "authorities").with("wit-svids: true").start();
    var shell = Cli.of(SANDBOX, other);

    Stream.of("x509", "jwt", "wit").forEach(kind -> type(shell, authority(kind)));
    type(shell, UPSTREAM);
    assertThat(other.stop()).isZero();
  }

  private static String authority(String kind) {
    return """
    OLD=authority_id <- authority KIND show -o json => 0 active
    authority KIND show --surprise => 2 error[USAGE] | --surprise
    authority KIND activate => 3 error[NOT_FOUND] | entente authority KIND show
    NEW=authority_id <- authority KIND prepare -o json => 0 authority_id
    authority KIND prepare --surprise => 2 error[USAGE] | --surprise
    authority KIND activate => 6 error[CONFLICT] | --now
    authority KIND activate --now => 0 $NEW
    authority KIND show => 0 old     $OLD
    authority KIND revoke $OLD => 1 error[FAILED] | must be tainted first
    authority KIND taint $NEW => 2 error[USAGE] | is the active authority
    authority KIND taint $OLD => 0 $OLD
    authority KIND revoke $OLD => 0 $OLD
    """
        .replace("KIND", kind);
  }

  @Test
  void areAllThoseThatThePageNames() throws IOException {
    var typed =
        Stream.of(
                DAEMONS,
                TOKENS,
                ENTRIES,
                BUNDLES,
                RELATIONSHIPS,
                AGENTS,
                MINTING,
                WORKLOAD,
                authority("x509"),
                authority("jwt"),
                authority("wit"),
                UPSTREAM)
            .flatMap(String::lines)
            .map(line -> parse(line).group(3))
            .toList();

    var page = Files.readString(Distribution.sources().resolve("docs/coming-from-spire.md"));
    var rows = CommandRow.readAll(page);

    assertThat(rows).as("rows of the page's tables").hasSizeGreaterThan(20);
    var softly = new SoftAssertions();
    for (var row : rows) {
      for (var command : row.commands()) {
        softly.assertThat(typed).as("typed").anyMatch(line -> isOf(command, line));
      }
      for (var option : row.options()) {
        softly
            .assertThat(typed)
            .as("typed with " + option + ": " + row.commands())
            .anyMatch(line ->
                Pattern.compile(" " + option + "\\b").matcher(line).find()
                    && row.commands().stream().anyMatch(command -> isOf(command, line)));
      }
    }
    softly.assertAll();
  }

  private static boolean isOf(String command, String line) {
    return (line + " ").startsWith(command + " ");
  }

  /// Types it, line by line.
  private static void type(Cli cli, String script) {
    script
        .lines()
        .forEach(line -> {
          var parts = parse(line);
          var result = cli.run(filled(parts.group(3)).split(" ", -1));
          assertThat(result.exitCode()).as(line + "\n" + result).isEqualTo(code(parts));
          assertThat(result.err() + result.out()).as(line).contains(texts(filled(parts.group(5))));
          if (parts.group(2) != null) {
            kept.put(parts.group(1), result.json(parts.group(2)));
          } else if (parts.group(1) != null) {
            kept.put(parts.group(1), result.value());
          }
        });
  }

  private static int code(Matcher line) {
    return Integer.parseInt(line.group(4));
  }

  private static String[] texts(String said) {
    return said.split(" \\| ", -1);
  }

  private static Matcher parse(String line) {
    var parts = LINE.matcher(line);
    assertThat(parts.matches()).as("a line of a script: " + line).isTrue();
    return parts;
  }

  private static String filled(String text) {
    return Pattern.compile("\\$(\\w+)")
        .matcher(text)
        .replaceAll(name -> Matcher.quoteReplacement(kept.getOrDefault(name.group(1), "?")));
  }
}
