package dev.entente.cli.quickstart;

import dev.entente.spiffe.SpiffeId;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/// The first half of the quickstart: two trust domains that know each other, each with a broker, an
/// attested node and a registered workload. One thread.
final class Setting {
  private final Programs programs;
  private final Children children;
  private final Steps steps;
  private final WebCertificate web;
  private final Domain alpha;
  private final Domain beta;

  Setting(
      Path directory,
      Programs programs,
      Children children,
      Steps steps,
      Loopback loopback,
      Vertx vertx)
      throws IOException {
    this.programs = programs;
    this.children = children;
    this.steps = steps;
    this.web = WebCertificate.make(directory, loopback.host());
    this.alpha = Domain.prepare("alpha.example", "/orders", directory, loopback, vertx);
    this.beta = Domain.prepare("beta.example", "/billing", directory, loopback, vertx);
  }

  Domain alpha() {
    return alpha;
  }

  Domain beta() {
    return beta;
  }

  WebCertificate web() {
    return web;
  }

  void startBrokers() throws Exception {
    steps.step(
        "two brokers started",
        () -> {
          var ofAlpha = alpha.startBroker(children, programs, web);
          var ofBeta = beta.startBroker(children, programs, web);
          alpha.awaitBroker(ofAlpha);
          beta.awaitBroker(ofBeta);
          return at(alpha) + ", " + at(beta);
        });
  }

  private static String at(Domain domain) {
    return domain.name() + " on " + domain.addresses().broker();
  }

  /// Each side is given the other's first bundle by hand, as two operators would, and then fetches
  /// the next ones by itself.
  void federate() throws Exception {
    steps.step(
        "trust domains federated, both ways",
        () -> {
          alpha.admin().federate(beta.name(), beta.addresses().bundle(), beta.admin().bundle());
          beta.admin().federate(alpha.name(), alpha.addresses().bundle(), alpha.admin().bundle());
          alpha.admin().refresh(beta.name());
          beta.admin().refresh(alpha.name());
          return "each fetched the other's bundle, profile https_spiffe";
        });
  }

  /// Both agents start at once; each has its own line. Returns their ids in that order.
  List<SpiffeId> attestNodes() throws Exception {
    var ofAlpha = alpha.startAgent(children, programs);
    var ofBeta = beta.startAgent(children, programs);
    attest(alpha, ofAlpha);
    attest(beta, ofBeta);
    return List.of(ofAlpha.id(), ofBeta.id());
  }

  private void attest(Domain domain, Domain.Node node) throws Exception {
    steps.step(
        domain.name() + ": node attested",
        () -> {
          domain.awaitAgent(node.child());
          var agent = domain.admin().agent(node.id());
          return "by " + agent.getAttestationType() + ", " + Words.shortened(node.id().toString());
        });
  }

  /// Registers the workload of `domain`, which runs `executable` and meets that of `other`.
  void register(Domain domain, Domain other, SpiffeId node, Path executable) throws Exception {
    steps.step(
        domain.name() + ": workload registered",
        () -> {
          domain
              .admin()
              .register(domain.entry(node, domain.workloadId(), executable, other.name()));
          return domain.workloadId() + ", by unix:uid and unix:path";
        });
  }
}
