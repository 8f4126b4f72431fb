package dev.entente.systemtests;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

/// A flood that is sent again and again without a pause, by one thread of a process of its own, on
/// a new connection each time. It shares nothing with whoever measures but the machine.
final class Attack implements AutoCloseable {
  private final WorkloadProcess process;

  private Attack(WorkloadProcess process) {
    this.process = process;
  }

  /// Starts an attacker of the same machine, who does nothing yet.
  ///
  /// @param listener `host:port`, or the path of a Unix socket
  /// @param call header fields of a call that the listener knows
  static Attack of(Sandbox sandbox, String listener, Flood flood, byte[] call) {
    return start(sandbox, List.of(), listener, flood, call);
  }

  /// As [#of], but over the network: such a one takes no processor time from the machine that it
  /// attacks. Here it has to, so it gives way.
  static Attack fromElsewhere(Sandbox sandbox, String listener, Flood flood, byte[] call) {
    return start(sandbox, List.of("nice", "-n", "10"), listener, flood, call);
  }

  private static Attack start(
      Sandbox sandbox, List<String> how, String listener, Flood flood, byte[] call) {
    var command = new ArrayList<>(how);
    command.addAll(PatientClient.java(Attack.class));
    command.addAll(List.of(listener, flood.name(), HexFormat.of().formatHex(call)));
    return new Attack(WorkloadProcess.start(sandbox, "attack", command));
  }

  void begin() {
    process.ask("begin");
  }

  /// How often it was done since it began.
  long end() {
    return Long.parseLong(process.ask("end").getOrDefault("rounds", ""));
  }

  @Override
  public void close() {
    process.close();
  }

  /// The process: obeys `begin` and `end`.
  public static void main(String... words) throws IOException {
    var flood = Flood.valueOf(words[1]);
    var call = HexFormat.of().parseHex(words[2]);
    var commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    while (commands.readLine() != null) {
      var over = new AtomicBoolean();
      var rounds = CompletableFuture.supplyAsync(() -> repeat(words[0], flood, call, over));
      System.out.println("ok");
      commands.readLine();
      over.set(true);
      System.out.println("ok rounds=" + rounds.join());
    }
  }

  private static long repeat(String listener, Flood flood, byte[] call, AtomicBoolean over) {
    long rounds = 0;
    while (!over.get()) {
      try (var raw = open(listener)) {
        flood.over(raw, call);
      } catch (IOException _) {
        // Closed by the listener.
      }
      rounds++;
    }
    return rounds;
  }

  /// Greets a listener at `host:port` or the path of a Unix socket.
  static RawHttp2 open(String listener) throws IOException {
    return listener.startsWith("/") ? RawHttp2.on(Path.of(listener)) : RawHttp2.on(listener);
  }
}
