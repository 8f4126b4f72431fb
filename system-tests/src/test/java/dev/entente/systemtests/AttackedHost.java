package dev.entente.systemtests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;

/// What hostile clients find: a broker with a bundle endpoint, an agent below it, and two that mean
/// well, a workload and a node.
///
/// @param https the bundle endpoint's address
record AttackedHost(
    BrokerProcess broker, String https, AgentProcess agent, WorkloadProcess web, TestNode node) {
  static AttackedHost start(Sandbox sandbox) {
    var https = sandbox.freeAddress();
    var broker =
        new BrokerProcess(sandbox, "broker")
            .with("listeners: [{kind: bundle-https-spiffe, address: \"%s\"}]".formatted(https))
            .start();
    var token = broker.admin().joinToken();
    var agent = new AgentProcess(sandbox, "agent", broker).joinToken(token).start();
    var parent = "/spire/agent/join_token/" + token;
    broker
        .admin()
        .createEntry(
            AdminApi.entry(parent, "/web", WorkloadProcess.selector(sandbox, "web")).build());
    broker.admin().createEntry(AdminApi.entry(parent, "/us", "unix:uid:" + uid(sandbox)).build());
    var web = WorkloadProcess.start(sandbox, "web", agent.socket());
    web.ask("x509");
    var node = new TestNode(broker);
    node.attest();
    return new AttackedHost(broker, https, agent, web, node);
  }

  private static int uid(Sandbox sandbox) {
    try {
      return (int) Files.getAttribute(sandbox.directory(), "unix:uid");
    } catch (IOException e) {
      throw new UncheckedIOException("own user not known", e);
    }
  }

  /// Where a listener is: `host:port`, or the path of a Unix socket.
  String address(AttackedListener listener) {
    return switch (listener) {
      case WORKLOAD_API -> agent.socket().toString();
      case BROKER -> broker.address();
      case BUNDLE_ENDPOINT -> https;
    };
  }

  RawHttp2 open(AttackedListener listener) throws IOException {
    return RawHttp2.at(address(listener));
  }
}
