package dev.entente.systemtests;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;

/// A hostility that is done again and again without a pause, by one thread of a process of its own,
/// on new connections each time. It shares nothing with whoever measures but the machine.
final class Attack implements AutoCloseable {
  private final WorkloadProcess process;

  private Attack(WorkloadProcess process) {
    this.process = process;
  }

  /// Starts an attacker who does nothing yet. One that comes over the network takes no processor
  /// time from the machine that it attacks; here it has to, so it has what is left over.
  static Attack of(Sandbox sandbox, Hostility hostility, Hostility.Target target) {
    var command = new ArrayList<String>();
    if (!target.isLocal()) {
      command.addAll(List.of("chrt", "--idle", "0"));
    }
    command.addAll(PatientClient.java(Attack.class));
    command.addAll(List.of(hostility.name(), target.listener(), target.network()));
    command.add(HexFormat.of().formatHex(target.call()));
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
    var hostility =
        Hostility.all().filter(one -> one.name().equals(words[0])).findFirst().orElseThrow();
    var target = new Hostility.Target(words[1], words[2], HexFormat.of().parseHex(words[3]));
    var commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    while (commands.readLine() != null) {
      var over = new CountDownLatch(1);
      var rounds = CompletableFuture.supplyAsync(() -> repeat(hostility, target, over));
      System.out.println("ok");
      commands.readLine();
      over.countDown();
      System.out.println("ok rounds=" + rounds.join());
    }
  }

  private static long repeat(Hostility hostility, Hostility.Target target, CountDownLatch over) {
    long rounds = 0;
    while (over.getCount() > 0) {
      try {
        hostility.once(target, over);
      } catch (IOException _) {
        // Closed by the listener.
      }
      rounds++;
    }
    return rounds;
  }
}
