package dev.entente.cli;

import dev.entente.cli.ImportReport.Fate;
import dev.entente.wire.entente.broker.v1.AdoptEntriesRequest;
import dev.entente.wire.entente.broker.v1.AdoptEntryResult;
import dev.entente.wire.entente.broker.v1.OperationsGrpcClient;
import dev.entente.wire.spire.server.bundle.v1.BundleGrpcClient;
import dev.entente.wire.spire.server.bundle.v1.GetBundleRequest;
import dev.entente.wire.spire.server.entry.v1.CountEntriesRequest;
import dev.entente.wire.spire.server.entry.v1.EntryGrpcClient;
import dev.entente.wire.spire.server.entry.v1.ListEntriesRequest;
import dev.entente.wire.spire.server.entry.v1.ListEntriesResponse;
import dev.entente.wire.spire.types.Entry;
import java.util.List;
import java.util.Set;

/// Takes over the registry of another server, page by page: bundles first, then relationships, then
/// the entries that name them. It keeps no page but the one in hand.
///
/// Stopped at any moment and run again, it goes on where it was: what is here already is left
/// alone.
final class RegistryImport {
  /// As much as SPIRE's own controllers ask for at once; far below the four MiB of an answer.
  private static final int PAGE = 200;

  private static final String JOIN_TOKEN_AGENTS = "/spire/agent/join_token/";

  private final Calls source;
  private final Calls target;
  private final Options options;
  private final ImportReport report;
  private final Progress progress;
  private int joinTokenParents;

  RegistryImport(
      Calls source, Calls target, Options options, ImportReport report, Progress progress) {
    this.source = source;
    this.target = target;
    this.options = options;
    this.report = report;
    this.progress = progress;
  }

  /// What the caller wants.
  ///
  /// @param ownBundle whether the other server's own authorities are added to our bundle
  record Options(boolean dryRun, boolean update, boolean ownBundle) {}

  void run() {
    var bundles = new BundleImport(source, target, options, report);
    bundles.own(checkTrustDomain());
    var known = bundles.federated();
    new RelationshipImport(source, target, options, report).run();
    entries(known);
  }

  /// An entry of another trust domain would be refused one by one: say it once, before anything.
  private String checkTrustDomain() {
    var request = GetBundleRequest.getDefaultInstance();
    var theirs = source.ask(BundleGrpcClient.GetBundle, request).getTrustDomain();
    var ours = target.ask(BundleGrpcClient.GetBundle, request).getTrustDomain();
    if (!theirs.equals(ours)) {
      throw new Failure(
          ExitCode.CONFLICT,
          "nothing was imported",
          "the other server is of trust domain \"" + theirs + "\", this broker of \"" + ours + "\"",
          "a registry is taken over within one trust domain; with another one, federate:"
              + " `entente federation create`");
    }
    return ours;
  }

  private void entries(Set<String> knownDomains) {
    var all = CountEntriesRequest.getDefaultInstance();
    var total = source.ask(EntryGrpcClient.CountEntries, all).getCount();
    Paging.each(
        token -> source.ask(EntryGrpcClient.ListEntries, page(token)),
        ListEntriesResponse::getNextPageToken,
        page -> {
          for (var part : Parts.of(page.getEntriesList(), Entry::getSerializedSize)) {
            adopt(part, knownDomains);
            progress.add(part.size(), total);
          }
        });
    if (joinTokenParents > 0) {
      report.remark(
          joinTokenParents
              + " entries belong to agents that attested with a join token: such an agent has"
              + " another id after it attests here, so let these entries have it as parent, or"
              + " create the new token with --spiffe-id and let them have that");
    }
  }

  private static ListEntriesRequest page(String token) {
    return ListEntriesRequest.newBuilder().setPageSize(PAGE).setPageToken(token).build();
  }

  private void adopt(List<Entry> part, Set<String> knownDomains) {
    var request =
        AdoptEntriesRequest.newBuilder()
            .addAllEntries(part)
            .setUpdate(options.update())
            .setDryRun(options.dryRun())
            .addAllExpectedTrustDomains(options.dryRun() ? knownDomains : Set.of())
            .build();
    var results = target.ask(OperationsGrpcClient.AdoptEntries, request).getResultsList();
    if (results.size() != part.size()) {
      throw Failure.failed(
          "the import was broken off",
          "the broker answered " + results.size() + " results to " + part.size() + " entries");
    }
    for (var i = 0; i < part.size(); i++) {
      tell(part.get(i), results.get(i));
    }
  }

  private void tell(Entry entry, AdoptEntryResult result) {
    if (entry.getParentId().getPath().startsWith(JOIN_TOKEN_AGENTS)) {
      joinTokenParents++;
    }
    var name = "entry " + entry.getId() + " (" + Values.text(entry.getSpiffeId()) + ")";
    report.add("entries", name, fate(result), result.getReason());
  }

  private static Fate fate(AdoptEntryResult result) {
    return switch (result.getOutcome()) {
      case ADOPT_OUTCOME_ADOPTED -> Fate.TAKEN;
      case ADOPT_OUTCOME_UPDATED -> Fate.UPDATED;
      case ADOPT_OUTCOME_UNCHANGED -> Fate.UNCHANGED;
      case ADOPT_OUTCOME_CONFLICT -> Fate.CONFLICT;
      case ADOPT_OUTCOME_REFUSED -> Fate.REFUSED;
      case ADOPT_OUTCOME_UNSPECIFIED, UNRECOGNIZED ->
          throw Failure.failed(
              "the import was broken off", "the broker's answer is not understood");
    };
  }
}
