package dev.entente.systemtests;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
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
/// A line is a command line without `-socketPath`; `NAME=path.in.the.json <- command` keeps a value
/// of its answer for `$NAME` in later lines, each server its own.
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

  private final SpireCli theirs;
  private final SpireCli ours;
  private final Map<String, String> theirValues = new HashMap<>();
  private final Map<String, String> ourValues = new HashMap<>();

  SpireTwins(SpireCli theirs, SpireCli ours) {
    this.theirs = theirs;
    this.ours = ours;
  }

  /// A line and both answers.
  record Answers(String line, String theirs, String ours) {}

  /// Makes `$name` stand for a value, the same for both.
  SpireTwins let(String name, Object value) {
    theirValues.put(name, value.toString());
    ourValues.put(name, value.toString());
    return this;
  }

  /// Types the script to both.
  List<Answers> type(String script) {
    return script
        .lines()
        .map(String::strip)
        .filter(line -> !line.isEmpty() && !line.startsWith("#"))
        .map(
            line -> new Answers(line, type(theirs, theirValues, line), type(ours, ourValues, line)))
        .toList();
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
        object.forEach(field -> shape.put(field.getKey(), shape(field.getKey(), field.getValue())));
        yield shape;
      }
      case JsonArray array -> array.stream().map(item -> shape(name, item)).toList();
      case String text when name.equals("message") ->
          text.isEmpty() ? "" : text.equals("OK") ? "OK" : "<reason>";
      case String text when VOLATILE.contains(name) ->
          text.isEmpty() || text.equals("0") ? text : "<text>";
      default -> value;
    };
  }
}
