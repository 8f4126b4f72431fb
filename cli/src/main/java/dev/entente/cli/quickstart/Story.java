package dev.entente.cli.quickstart;

import dev.entente.runtime.DaemonVertx;
import dev.entente.spiffe.SpiffeId;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.random.RandomGenerator;

/// What the quickstart shows, step by step. One thread.
final class Story {
  private static final String AUDIENCE = "quickstart";

  /// How long the partner's new authority may take to reach a workload.
  private static final Duration SPREAD_WITHIN = Duration.ofSeconds(30);

  private final Path directory;
  private final Programs programs;
  private final Children children;
  private final Steps steps;
  private final Loopback loopback = new Loopback(RandomGenerator.getDefault());
  private final RuntimeImages images;
  private final Setting setting;

  Story(Path directory, Programs programs, Children children, Steps steps) throws IOException {
    this.directory = directory;
    this.programs = programs;
    this.children = children;
    this.steps = steps;
    this.images = new RuntimeImages(programs.runtime());
    this.setting =
        new Setting(
            directory,
            programs,
            children,
            steps,
            loopback,
            Vertx.vertx(DaemonVertx.commandOptions()));
  }

  /// Runs every step; the first that fails ends it. Returns the node of the first domain.
  SpiffeId tell() throws Exception {
    var alpha = setting.alpha();
    var beta = setting.beta();
    setting.startBrokers();
    setting.federate();
    var nodes = setting.attestNodes();
    var orders = images.make(alpha.place().image());
    var billing = images.make(beta.place().image());
    setting.register(alpha, beta, nodes.getFirst(), orders);
    setting.register(beta, alpha, nodes.getLast(), billing);
    // Both programs start at once.
    var ordersProcess = start("workload of alpha", alpha, orders, alpha.place().directory());
    var billingProcess = start("workload of beta", beta, billing, beta.place().directory());
    var first = serve(alpha, beta, ordersProcess);
    var second = serve(beta, alpha, billingProcess);
    call(first, second);
    call(second, first);
    showToken(first);
    refuseIntruder(first);
    rotate(first);
    rotateAuthority(first);
    callAgain(first, second);
    return nodes.getFirst();
  }

  private WorkloadProcess start(String name, Domain domain, Path java, Path logs)
      throws IOException {
    var command = programs.workload(java, domain.place().workloadSocket());
    var log = logs.resolve("workload.log");
    return new WorkloadProcess(children.startTalking(name, log, command));
  }

  private Served serve(Domain domain, Domain partner, WorkloadProcess process) throws Exception {
    var served = new Served[1];
    steps.step(
        domain.name() + ": X.509-SVID fetched",
        () -> {
          served[0] = Served.of(domain, partner, process, loopback.host());
          return domain.workloadId()
              + ", serial "
              + Words.shortened(process.latest().word("serial"))
              + ", with the bundle of "
              + partner.name();
        });
    return served[0];
  }

  private void call(Served client, Served server) throws Exception {
    steps.step(
        "mutual TLS, " + client.domain().name() + " calls " + server.domain().name(),
        () -> client.process().ask(server.callCommand()));
  }

  private void showToken(Served workload) throws Exception {
    var token = new String[1];
    steps.step(
        "JWT-SVID fetched",
        () -> {
          token[0] = workload.process().ask("jwt " + AUDIENCE);
          return workload.domain().workloadId() + ", for the audience \"" + AUDIENCE + "\"";
        });
    var java = images.make(directory.resolve("stranger/image"));
    var issuer = workload.domain().addresses().issuer();
    var authority = setting.web().authority();
    steps.step(
        "JWT-SVID verified by a stranger",
        () -> {
          var checked = check(java, token[0], List.of(issuer, AUDIENCE, authority.toString()));
          expect(
              checked.exitCode() == 0
                  && checked.text().equals("verified " + workload.domain().workloadId()),
              "the stranger said: " + checked.text());
          return "Nimbus and JDK, given only " + issuer + " and " + authority.getFileName();
        });
    steps.step(
        "stranger without " + authority.getFileName() + " fails",
        () -> {
          var checked = check(java, token[0], List.of(issuer, AUDIENCE));
          expect(
              checked.exitCode() == 1 && checked.text().contains("PKIX path building failed"),
              "the stranger said: " + checked.text());
          return "it does not believe the issuer's web server";
        });
  }

  private Programs.Output check(Path java, String token, List<String> arguments)
      throws IOException, InterruptedException {
    var classes = directory.resolve("stranger/classes");
    return Programs.run(programs.stranger(java, classes, arguments), token);
  }

  private void refuseIntruder(Served workload) throws Exception {
    var folder = directory.resolve("intruder");
    var java = images.make(folder.resolve("image"));
    var domain = workload.domain();
    steps.step(
        "intruder of the same user refused",
        () -> {
          var entries = domain.admin().entries();
          var intruder = start("intruder", domain, java, folder);
          var answer = intruder.followOnce();
          intruder.end();
          expect(
              answer.isEnd() && answer.word("code").equals("PERMISSION_DENIED"),
              "the intruder got " + answer.text());
          var meanwhile = workload.process().ask("fetch");
          expect(meanwhile.startsWith("id=" + domain.workloadId() + " "), "got " + meanwhile);
          expect(domain.admin().entries().equals(entries), "the entries changed");
          return "PermissionDenied; " + domain.workloadId() + " is served, entries untouched";
        });
  }

  private void rotate(Served workload) throws Exception {
    steps.step(
        "X.509-SVID rotated by half-life",
        () -> {
          var seen = workload.process().eventCount();
          var before = workload.process().latest().word("serial");
          var after =
              workload.await(seen, "a rotated SVID", event -> !event.word("serial").equals(before));
          return "serial "
              + Words.shortened(before)
              + " -> "
              + Words.shortened(after.word("serial"))
              + ", same stream";
        });
  }

  private void rotateAuthority(Served workload) throws Exception {
    var admin = workload.domain().admin();
    var authority = new String[1];
    steps.step(
        workload.domain().name() + ": authority prepared",
        () -> {
          authority[0] = admin.prepareX509Authority();
          var _ =
              workload.await(
                  0,
                  "the prepared authority",
                  event -> event.list("authorities").contains(authority[0]));
          return Words.shortened(authority[0]) + " came in the bundle, same stream";
        });
    steps.step(
        workload.domain().name() + ": authority activated",
        () -> {
          admin.activateX509AuthorityNow(authority[0]);
          var event =
              workload.await(
                  0,
                  "an SVID of the new authority",
                  found -> found.word("signer").equals(authority[0]));
          return Words.shortened(authority[0])
              + " signed serial "
              + Words.shortened(event.word("serial"))
              + ", same stream";
        });
  }

  private void callAgain(Served first, Served second) throws Exception {
    steps.step(
        "mutual TLS under the new authority",
        () -> {
          second.domain().admin().refresh(first.domain().name());
          var both =
              Await.until(
                  SPREAD_WITHIN,
                  () ->
                      first.process().succeeds(second.callCommand())
                          && second.process().succeeds(first.callCommand()));
          expect(both, "the workloads do not reach each other any more");
          return "both ways; " + second.domain().name() + " fetched the new bundle";
        });
  }

  /// Lets the commands of this distribution be a workload, too, so that a person can try them.
  void registerCommands(SpiffeId node) throws IOException {
    var alpha = setting.alpha();
    var java = programs.runtime().resolve("bin/java").toRealPath();
    var id = SpiffeId.of(alpha.name(), "/you");
    alpha.admin().register(alpha.entry(node, id, java, setting.beta().name()));
  }

  /// Where the first trust domain's sockets are.
  Place place() {
    return setting.alpha().place();
  }

  private static void expect(boolean holds, String otherwise) {
    if (!holds) {
      throw new QuickstartException(otherwise);
    }
  }
}
