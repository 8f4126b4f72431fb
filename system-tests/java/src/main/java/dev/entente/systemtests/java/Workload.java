package dev.entente.systemtests.java;

import io.spiffe.workloadapi.Watcher;
import io.spiffe.workloadapi.X509Context;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/// Reads one command a line and answers each with one line, `ok …` or `error …`; what streams bring
/// comes between, as `event …`. It ends with its standard input, so it never outlives the test that
/// started it.
///
/// | command | does |
/// |---|---|
/// | `context` | fetches once, on a connection of its own |
/// | `x509` | what the X.509 source holds now |
/// | `watch` | follows the X.509 stream from now on |
/// | `jwt AUDIENCE` | fetches a token |
/// | `validate AUDIENCE TOKEN` | checks a token with the bundles of the source, and at the agent |
/// | `bundles` | the authorities of the own trust domain |
/// | `serve ID` | accepts mutual TLS from that identity only, and says the port |
/// | `call HOST PORT ID` | speaks mutual TLS with that identity only |
/// | `hold COUNT` | opens so many X.509 streams, and looks each second at what they brought |
/// | `held` | what these streams saw so far |
public final class Workload {
  private final String address;
  private final Identity identity;
  private Optional<HeldStreams> held = Optional.empty();

  private Workload(String address) {
    this.address = address;
    this.identity = new Identity(address);
  }

  /// Obeys standard input until it ends.
  ///
  /// @param arguments the address of the Workload API, such as `unix:/run/api.sock`
  public static void main(String[] arguments) throws IOException {
    var workload = new Workload(arguments[0]);
    var input = new InputStreamReader(System.in, StandardCharsets.UTF_8);
    try (var lines = new BufferedReader(input)) {
      for (var line = lines.readLine(); line != null; line = lines.readLine()) {
        say(workload.answer(line.split(" ")));
      }
    }
    System.exit(0);
  }

  private String answer(String[] command) {
    try {
      return "ok " + obey(command);
    } catch (Exception e) {
      return "error " + causes(e);
    }
  }

  private String obey(String[] command) throws Exception {
    return switch (command[0]) {
      case "context" -> identity.fetchOnce();
      case "x509" -> identity.current();
      case "watch" -> {
        identity.watch(printing());
        yield "";
      }
      case "jwt" -> identity.token(command[1]);
      case "validate" -> identity.validate(command[1], command[2]);
      case "bundles" -> identity.bundles();
      case "serve" -> new MutualTls(identity.source(), command[1]).serve();
      case "call" ->
          new MutualTls(identity.source(), command[3])
              .call(command[1], Integer.parseInt(command[2]));
      case "hold" -> {
        held = Optional.of(HeldStreams.open(address, Integer.parseInt(command[1])));
        yield "";
      }
      case "held" -> held.orElseThrow().figures();
      default -> throw new IllegalArgumentException("no such command: " + command[0]);
    };
  }

  private static Watcher<X509Context> printing() {
    return new Watcher<>() {
      @Override
      public void onUpdate(X509Context update) {
        say("event " + Identity.text(update));
      }

      @Override
      public void onError(Throwable error) {
        say("event error " + causes(error));
      }
    };
  }

  private static String causes(Throwable problem) {
    var text = new StringBuilder();
    for (Throwable cause = problem; cause != null; cause = cause.getCause()) {
      text.append(cause.getClass().getSimpleName()).append(": ").append(cause.getMessage());
      text.append("; ");
    }
    return text.toString().replaceAll("\\s+", " ");
  }

  private static synchronized void say(String line) {
    System.out.println(line);
    System.out.flush();
  }
}
