package dev.entente.cli.quickstart;

import java.util.function.Predicate;

/// A workload that has its SVID, an open stream, and a TLS server for one partner.
///
/// @param stream which of its streams is the open one
/// @param address where its server listens, in the words of the command `call`
record Served(Domain domain, WorkloadProcess process, String stream, String address) {
  /// Starts to serve: waits for the first SVID, and for the bundle of the partner's domain.
  static Served of(Domain domain, Domain partner, WorkloadProcess process, String host)
      throws Exception {
    var first = process.follow();
    if (!first.word("id").equals(domain.workloadId().toString())) {
      throw new QuickstartException("the workload got " + first.text());
    }
    var _ =
        process.await(
            0,
            "the bundle of " + partner.name(),
            event -> event.list("federates").contains(partner.name().name()));
    var port = process.ask("serve " + host + " " + partner.workloadId());
    return new Served(domain, process, first.word("stream"), host + " " + port);
  }

  /// The command that makes another workload call this one, and nobody else.
  String callCommand() {
    return "call " + address + " " + domain.workloadId();
  }

  /// What the open stream brings after its `seen` oldest events.
  WorkloadEvent await(int seen, String what, Predicate<WorkloadEvent> wanted) throws Exception {
    return process.await(
        seen,
        what,
        event -> event.isSvid() && event.word("stream").equals(stream) && wanted.test(event));
  }
}
