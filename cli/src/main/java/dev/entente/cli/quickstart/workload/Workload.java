package dev.entente.cli.quickstart.workload;

import dev.entente.rpc.ResponseListener;
import dev.entente.rpc.RpcStatus;
import dev.entente.spiffe.SpiffeId;
import dev.entente.wire.spiffe.workload.X509SVIDResponse;
import io.vertx.grpc.common.GrpcStatus;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;

/// Reads one command a line and answers each with one line, `ok …` or `error …`; what the open
/// stream brings comes between, as `event …`. It ends with its standard input, so that it never
/// outlives whoever started it.
///
/// | command | does |
/// |---|---|
/// | `watch` | opens the X.509 stream, once |
/// | `fetch` | fetches an X509-SVID on a stream of its own |
/// | `jwt AUDIENCE` | fetches a token |
/// | `serve ADDRESS ID` | accepts mutual TLS from that identity only, and says the port |
/// | `call ADDRESS PORT ID` | speaks mutual TLS with that identity only |
public final class Workload {
  private final WorkloadApi api;
  private final MutualTls tls = new MutualTls(this::held);

  /// The newest answer; written by the stream, read by connections.
  private volatile Optional<HeldIdentity> newest = Optional.empty();

  /// How many streams were opened; the main thread's.
  private int streams;

  Workload(WorkloadApi api) {
    this.api = api;
  }

  /// Obeys standard input until it ends.
  ///
  /// @param arguments the path of the Workload API's socket
  public static void main(String[] arguments) throws IOException {
    var workload = new Workload(new WorkloadApi(Path.of(arguments[0])));
    var input = new InputStreamReader(System.in, StandardCharsets.UTF_8);
    try (var lines = new BufferedReader(input)) {
      for (var line = lines.readLine(); line != null; line = lines.readLine()) {
        say(workload.answer(line.split(" ")));
      }
    }
    System.exit(0);
  }

  /// The one line that a command is answered with.
  String answer(String[] command) {
    try {
      return "ok " + obey(command);
    } catch (Exception e) {
      return "error " + oneLine(e);
    }
  }

  private String obey(String[] command) throws Exception {
    return switch (command[0]) {
      case "watch" -> watch();
      case "fetch" -> api.fetchX509().text();
      case "jwt" -> api.fetchJwt(command[1]);
      case "serve" ->
          Integer.toString(
              tls.serve(InetAddress.getByName(command[1]), SpiffeId.parse(command[2])));
      case "call" ->
          tls.call(
              new InetSocketAddress(command[1], Integer.parseInt(command[2])),
              SpiffeId.parse(command[3]));
      default -> throw new IllegalArgumentException("no such command: " + command[0]);
    };
  }

  private String watch() {
    streams++;
    var _ = api.followX509(new Reporter("stream=" + streams + " "));
    return "stream=" + streams;
  }

  /// Whether an answer is held.
  boolean hasIdentity() {
    return newest.isPresent();
  }

  /// The newest answer, whole: nothing of an older one counts (SPIFFE Workload API §4.4).
  HeldIdentity held() {
    return newest.orElseThrow(() -> new IllegalStateException("no SVID is held"));
  }

  private static String oneLine(Throwable problem) {
    var text = new StringBuilder(problem.toString());
    for (var cause = problem.getCause(); cause != null; cause = cause.getCause()) {
      text.append("; ").append(cause);
    }
    return text.toString().replaceAll("\\s+", " ");
  }

  private static synchronized void say(String line) {
    System.out.println(line);
    System.out.flush();
  }

  /// Keeps and tells what the stream brings; a caller that is denied has no identity any more
  /// (SPIFFE Workload API §5.2.1).
  private final class Reporter implements ResponseListener<X509SVIDResponse> {
    private final String stream;

    Reporter(String stream) {
      this.stream = stream;
    }

    @Override
    public void message(X509SVIDResponse message) {
      try {
        var identity = HeldIdentity.of(message);
        newest = Optional.of(identity);
        say("event svid " + stream + identity.text());
      } catch (RuntimeException e) {
        say("event unreadable " + stream + oneLine(e));
      }
    }

    @Override
    public void end(RpcStatus status) {
      if (status.code() == GrpcStatus.PERMISSION_DENIED) {
        newest = Optional.empty();
      }
      say("event end " + stream + "code=" + status.code().name() + " " + status.message());
    }
  }
}
