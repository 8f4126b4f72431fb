package dev.entente.systemtests;

import static java.util.Objects.requireNonNull;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/// One script of `spire-server` command lines, typed to a real SPIRE server and to our broker, with
/// what each answered made comparable.
///
/// A line is a command line without `-socketPath`. `NAME=path.in.the.json <- command` keeps a value
/// of its answer for `$NAME` in later lines, each server its own. `command ## THEIRS -> OURS` says
/// what differs on purpose: where their answer has the one text, ours has the other.
final class SpireTwins {
  /// What differs from server to server and from run to run; only its kind is compared.
  private static final Set<String> VOLATILE =
      Set.of(
          "agent_version",
          "asn1",
          "authority_id",
          "bundle",
          "created_at",
          "expires_at",
          "issued_at",
          "key_id",
          "launched_at",
          "private_key",
          "public_key",
          "refresh_hint",
          "root_cas",
          "sequence_number",
          "token",
          "value",
          "x509_svid",
          "x509svid_expires_at",
          "x509svid_serial_number");

  private static final Pattern GRPC_CODE =
      Pattern.compile("code[:=]? ?=? ?(\\w+)", Pattern.CASE_INSENSITIVE);

  private final Sandbox sandbox;
  private final SpireServerProcess server;
  private final BrokerProcess broker;
  private final MachineAuthority machines;
  private final SpireCli theirs;
  private final SpireCli ours;
  private final Map<String, String> theirValues = new HashMap<>();
  private final Map<String, String> ourValues = new HashMap<>();

  private SpireTwins(
      Sandbox sandbox, SpireServerProcess server, BrokerProcess broker, MachineAuthority machines) {
    this.sandbox = sandbox;
    this.server = server;
    this.broker = broker;
    this.machines = machines;
    theirs = server.cli();
    ours = new SpireCli(sandbox, broker.socket());
  }

  /// A server and a broker, fresh, of the same trust domain, that accept the same machines.
  static SpireTwins start(Sandbox sandbox) {
    try {
      var machines = new MachineAuthority(sandbox.subdirectory("machines"));
      var server =
          new SpireServerProcess(sandbox, "spire").x509Pop(machines.certificateFile()).start();
      var broker =
          new BrokerProcess(sandbox, "broker")
              .with(
                  "log: {level: debug}\nattestors: {x509pop: {ca-bundle-paths: [%s]}}"
                      .formatted(machines.certificateFile()))
              .start();
      return new SpireTwins(sandbox, server, broker, machines);
    } catch (IOException e) {
      throw new UncheckedIOException("no machines", e);
    }
  }

  /// Lets a real agent attest to each and ends it; returns the SPIFFE ID it has with both.
  String attestAnAgentToEach() throws IOException {
    machines.certify("node-7");
    attest("agent-of-theirs", server.address(), server.bundleFile());
    attest("agent-of-ours", broker.address(), broker.bundleFile());
    return "spiffe://td.example" + theirs.run("agent", "list", "-output", "json").json("path");
  }

  private void attest(String name, String address, Path bundle) {
    var directory = machines.certificateFile().resolveSibling("");
    new SpireAgentProcess(sandbox, name, address, bundle)
        .x509Pop(directory.resolve("node-7.pem"), directory.resolve("node-7.key"))
        .start()
        .running()
        .stop();
  }

  /// Lets the authorities whose ids are kept under that name sign at once.
  void activateNow(String kind, String name) {
    theirs
        .run(
            "localauthority",
            kind,
            "activate",
            "-authorityID",
            requireNonNull(theirValues.get(name)))
        .value();
    Cli.of(sandbox, broker)
        .run("authority", kind, "activate", requireNonNull(ourValues.get(name)), "--now")
        .value();
  }

  /// The SPIRE server's bundle document, for use as that of partners.
  Path bundleDocument() throws IOException {
    var document = theirs.run("bundle", "show", "-format", "spiffe").value();
    return Files.writeString(sandbox.directory().resolve("partner.json"), document);
  }

  /// Makes `$name` stand for a value, the same for both.
  SpireTwins let(String name, Object value) {
    theirValues.put(name, value.toString());
    ourValues.put(name, value.toString());
    return this;
  }

  /// A line and both answers.
  ///
  /// @param theirs with what differs on purpose put in the words of ours
  record Answers(String line, String theirs, String ours) {}

  /// Types the script to both.
  List<Answers> type(String script) {
    return script
        .lines()
        .map(String::strip)
        .filter(line -> !line.isEmpty() && !line.startsWith("#"))
        .map(this::answers)
        .toList();
  }

  private Answers answers(String line) {
    var parts = line.split(" ## ", 2);
    var expected = type(theirs, theirValues, parts[0]);
    if (parts.length == 2) {
      var difference = parts[1].split(" -> ", 2);
      expected = expected.replace(difference[0], difference[1]);
    }
    return new Answers(parts[0], expected, type(ours, ourValues, parts[0]));
  }

  private static String type(SpireCli cli, Map<String, String> values, String line) {
    var arrow = line.indexOf(" <- ");
    var words = new ArrayList<String>();
    for (var word : line.substring(arrow < 0 ? 0 : arrow + 4).split(" +", -1)) {
      words.add(filled(word, values));
    }
    var result = cli.run(words.toArray(String[]::new));
    if (arrow >= 0) {
      var equals = line.indexOf('=');
      values.put(line.substring(0, equals), at(result, line.substring(equals + 1, arrow)));
    }
    return comparable(result, values);
  }

  private static String filled(String word, Map<String, String> values) {
    var filled = word;
    for (var entry : values.entrySet()) {
      filled = filled.replace("$" + entry.getKey(), entry.getValue());
    }
    return filled;
  }

  private static String at(Command.Result result, String path) {
    Object value = Json.decodeValue(result.value());
    for (var name : path.split("\\.", -1)) {
      value =
          value instanceof JsonArray array
              ? array.getValue(Integer.parseInt(name))
              : ((JsonObject) value).getValue(name);
    }
    return value.toString();
  }

  private static String comparable(Command.Result result, Map<String, String> values) {
    var said = result.exitCode() == 0 ? result.out() : result.out() + result.err();
    try {
      var text = shape("", Json.decodeValue(said)).toString();
      for (var entry : values.entrySet()) {
        text = text.replace(entry.getValue(), "$" + entry.getKey());
      }
      return result.exitCode() + " " + text;
    } catch (DecodeException _) {
      var code = GRPC_CODE.matcher(said);
      return result.exitCode() + " " + (code.find() ? code.group(1) : said.strip());
    }
  }

  private static Object shape(String name, Object value) {
    return switch (value) {
      case JsonObject object -> {
        var shape = new TreeMap<String, Object>();
        var selector = object.containsKey("type");
        object.forEach(field ->
            shape.put(field.getKey(), shape(selector ? "" : field.getKey(), field.getValue())));
        yield shape;
      }
      // Our JWT authority is two keys, and which of several is first means nothing.
      case JsonArray array when name.equals("jwt_authorities") ->
          array.stream().map(item -> shape(name, item)).distinct().toList();
      case JsonArray array -> array.stream().map(item -> shape(name, item)).toList();
      case Object _ when name.equals("refresh_hint") || name.equals("uptime") -> "<number>";
      case String text when name.equals("subject") -> text.replaceAll("[0-9]{20,}", "<number>");
      case String text when name.equals("message") ->
          text.isEmpty() || text.equals("OK") ? text : "<reason>";
      case String text when VOLATILE.contains(name) ->
          text.isEmpty() || text.equals("0") ? text : "<text>";
      default -> value;
    };
  }
}
