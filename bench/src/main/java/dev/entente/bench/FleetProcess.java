package dev.entente.bench;

import dev.entente.spiffe.Pem;
import dev.entente.spiffe.X509Authority;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// [FleetNodes] as a process, with the flags of this one and behind everybody else when cores are
/// handed out: the nodes of a fleet do not compute on their broker's machine.
final class FleetProcess implements AutoCloseable {
  private static final String NICE = "10";

  private final Process process;
  private final BufferedWriter to;
  private final BufferedReader from;

  /// How it went when all attested.
  ///
  /// @param unavailable how often a node was told to come back
  record Stampede(Duration time, long unavailable) {}

  private FleetProcess(Process process) {
    this.process = process;
    this.to = process.outputWriter(StandardCharsets.UTF_8);
    this.from = process.inputReader(StandardCharsets.UTF_8);
  }

  /// @param directory for what it has to read
  static FleetProcess start(BrokerProcess broker, Path directory, int addresses) {
    var authorities =
        broker.bundle().x509Authorities().stream().map(X509Authority::certificate).toList();
    var bundle =
        Directories.write(directory.resolve("fleet.pem"), Pem.encodeCertificates(authorities));
    List<String> command = new ArrayList<>(List.of("nice", "-n", NICE));
    command.add(ProcessHandle.current().info().command().orElse("java"));
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.addAll(
        List.of("-cp", System.getProperty("java.class.path"), FleetNodes.class.getName()));
    command.addAll(
        List.of(
            "--port", Integer.toString(broker.port()),
            "--bundle", bundle.toString(),
            "--addresses", Integer.toString(addresses)));
    try {
      return new FleetProcess(
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start());
    } catch (IOException e) {
      throw new UncheckedIOException(command + " not started", e);
    }
  }

  /// Gets so many new nodes ready, each with its evidence, JSON on one line.
  void prepare(List<String> evidence) {
    try {
      for (var line : evidence) {
        to.write(line + "\n");
      }
      to.newLine();
      to.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("nodes not made ready", e);
    }
    var _ = answer();
  }

  /// Lets them all attest.
  Stampede attest() {
    try {
      to.write("go\n");
      to.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("nodes not started", e);
    }
    var figures = answer().split(" ", 2);
    return new Stampede(Duration.ofNanos(Long.parseLong(figures[0])), Long.parseLong(figures[1]));
  }

  private String answer() {
    try {
      var line = from.readLine();
      if (line == null) {
        throw new IllegalStateException("the nodes' process ended, its reason stands above");
      }
      return line;
    } catch (IOException e) {
      throw new UncheckedIOException("no word of the nodes", e);
    }
  }

  /// Ends its input, and so the process.
  @Override
  public void close() {
    try {
      to.close();
      var _ = process.waitFor();
    } catch (IOException e) {
      throw new UncheckedIOException("the nodes' process not ended", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while the nodes' process ended", e);
    }
  }
}
