package dev.entente.bench;

import dev.entente.rpc.RpcClient;
import dev.entente.wire.spire.types.SPIFFEID;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Histogram;

/// Agents that were there before, each asking at a steady rate whatever else happens.
///
/// Most are connections of this process that ask the broker what an agent asks. A few are processes
/// of the distribution, and what is asked there is the Workload API: tokens for audiences that were
/// never named before, so that the agent has to ask the broker each time.
final class Bystanders implements AutoCloseable {
  private static final int ENTRIES_PER_AGENT = 20;

  private final Vertx vertx;
  private final BrokerProcess broker;
  private final Duration every;
  private final Tally sync = new Tally();
  private final Tally jwt = new Tally();
  private final Tally workloads = new Tally();
  private final List<AutoCloseable> open = new ArrayList<>();

  /// @param every how long after one question of a kind the same agent asks the next
  Bystanders(Vertx vertx, BrokerProcess broker, Duration every) {
    this.vertx = vertx;
    this.broker = broker;
    this.every = every;
  }

  /// How long answers took, by what was asked.
  record Latencies(Histogram sync, Histogram jwt, Histogram workloads) {
    void add(Latencies more) {
      sync.add(more.sync);
      jwt.add(more.jwt);
      workloads.add(more.workloads);
    }
  }

  /// Attests so many and lets them ask.
  void startConnections(int count) {
    var agents = BenchAgent.attest(broker, count);
    var entries =
        Registrations.create(
            broker.admin(),
            agents.stream().map(BenchAgent::id).toList(),
            count * ENTRIES_PER_AGENT);
    for (var i = 0; i < count; i++) {
      Pause.of(every.dividedBy(count));
      var client = agents.get(i).client();
      open.addFirst(() -> Answers.of(client.close()));
      ask(new SteadyCalls<>(vertx, client, Questions.entries(), every, sync));
      ask(new SteadyCalls<>(vertx, client, Questions.jwt(entries.get(i)), every, jwt));
    }
  }

  /// Starts so many processes, and asks each.
  void startProcesses(Path distribution, Path directory, int count) {
    for (var i = 0; i < count; i++) {
      var before = AgentProcess.known(broker);
      var agent = AgentProcess.start(distribution, directory.resolve("agent" + i), "", broker);
      open.addFirst(agent);
      register(agent.awaitAttested(broker, before), i);
      var client = RpcClient.overUnixSocket(vertx, agent.socket());
      open.addFirst(() -> Answers.of(client.close()));
      var question = Questions.newAudiences(i);
      var _ = Until.answered(() -> question.ask(client, 0, new Tally()));
      ask(new SteadyCalls<>(vertx, client, question, every, workloads));
    }
  }

  private void register(SPIFFEID agent, int number) {
    StartupMeasurement.register(broker, agent, number, number + 1);
  }

  private void ask(SteadyCalls<?, ?> calls) {
    open.addFirst(calls.start());
  }

  /// Since this was last asked.
  ///
  /// @throws IllegalStateException if anything was refused
  Latencies take() {
    sync.requireNoRefusal();
    jwt.requireNoRefusal();
    workloads.requireNoRefusal();
    return new Latencies(sync.takeLatency(), jwt.takeLatency(), workloads.takeLatency());
  }

  @Override
  public void close() {
    for (var one : open) {
      try {
        one.close();
      } catch (Exception e) {
        throw new IllegalStateException("an agent was not closed", e);
      }
    }
  }
}
