package dev.entente.systemtests;

import java.nio.file.Path;
import java.util.Map;

/// One level of brokers below brokers: a broker and its agent, which serves workloads and the
/// broker of the level below.
///
/// @param node the path of the agent's SPIFFE ID
record Nested(Sandbox sandbox, BrokerProcess broker, AgentProcess agent, String node) {
  /// A running broker with an agent that has attested to it.
  static Nested level(Sandbox sandbox, String name, BrokerProcess broker) {
    var token = broker.admin().joinToken();
    var agent = new AgentProcess(sandbox, name + "-agent", broker).joinToken(token).start();
    return new Nested(sandbox, broker, agent, "/spire/agent/join_token/" + token);
  }

  /// A broker that has never started, as a downstream workload of this level's agent.
  BrokerProcess below(String name) {
    var entry = AdminApi.entry(node, "/" + name, selector()).setDownstream(true);
    broker.admin().createEntry(entry.build());
    return below(sandbox, name, broker.address(), agent.socket());
  }

  /// A broker that has never started, below the server at `address`.
  static BrokerProcess below(Sandbox sandbox, String name, String address, Path workloadApi) {
    return new BrokerProcess(sandbox, name)
        .with(
            "upstream-authority: {spire: {server: \"%s\", workload-api-socket: %s}}"
                .formatted(address, workloadApi));
  }

  /// The selector that proves a broker of the distribution.
  static String selector() {
    return "unix:path:" + Distribution.home().resolve("runtime/bin/java");
  }

  /// Starts a workload of this level's agent, with an entry of its own.
  WorkloadProcess workload(String name) {
    var selector = WorkloadProcess.selector(sandbox, name);
    broker.admin().createEntry(AdminApi.entry(node, "/" + name, selector).build());
    return WorkloadProcess.start(sandbox, name, agent.socket());
  }

  /// The command that calls a server that answered `serve`.
  static String call(Map<String, String> server, String name) {
    return "call %s %s spiffe://td.example/%s"
        .formatted(server.get("host"), server.get("port"), name);
  }
}
