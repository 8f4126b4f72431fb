package dev.entente.cli;

import com.google.protobuf.BoolValue;
import com.google.protobuf.StringValue;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import dev.entente.wire.spire.server.entry.v1.CountEntriesRequest;
import dev.entente.wire.spire.server.entry.v1.EntryGrpcClient;
import dev.entente.wire.spire.server.entry.v1.ListEntriesRequest;
import dev.entente.wire.spire.types.Entry;
import dev.entente.wire.spire.types.FederatesWithMatch;
import dev.entente.wire.spire.types.Selector;
import dev.entente.wire.spire.types.SelectorMatch;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Which entries are meant; without options, all of them.
final class EntryFilters {
  /// The broker's own largest page.
  private static final int PAGE_SIZE = 500;

  @Option(names = "--spiffe-id", paramLabel = "ID", description = "Entries that grant this.")
  private @Nullable SpiffeId spiffeId;

  @Option(names = "--parent-id", paramLabel = "ID", description = "Entries below this parent.")
  private @Nullable SpiffeId parentId;

  @Option(
      names = "--selector",
      paramLabel = "TYPE:VALUE",
      description = "Entries with such selectors; repeat it for more.")
  private List<Selector> selectors = new ArrayList<>();

  @Option(
      names = "--federates-with",
      paramLabel = "TRUST-DOMAIN",
      description = "Entries that federate so; repeat it for more.")
  private List<TrustDomain> federatesWith = new ArrayList<>();

  @Option(
      names = "--match",
      paramLabel = "exact|subset|superset|any",
      description =
          "How --selector compares (default: superset: the entry has at least these selectors).")
  private Matching selectorMatching = Matching.SUPERSET;

  @Option(
      names = "--match-federates-with",
      paramLabel = "exact|subset|superset|any",
      description =
          "How --federates-with compares (default: superset: the entry federates with at least"
              + " these).")
  private Matching domainMatching = Matching.SUPERSET;

  @Option(names = "--hint", paramLabel = "TEXT", description = "Entries with this hint.")
  private @Nullable String hint;

  @Option(names = "--downstream", description = "Only downstream entries.")
  private boolean downstream;

  /// Every entry that passes, page after page.
  List<Entry> fetch(Calls calls) {
    var found = new ArrayList<Entry>();
    var request = ListEntriesRequest.newBuilder().setFilter(filter()).setPageSize(PAGE_SIZE);
    String next;
    do {
      var page = calls.ask(EntryGrpcClient.ListEntries, request.build());
      found.addAll(page.getEntriesList());
      next = page.getNextPageToken();
      request.setPageToken(next);
    } while (!next.isEmpty());
    return found;
  }

  private ListEntriesRequest.Filter filter() {
    var filter = ListEntriesRequest.Filter.newBuilder();
    if (spiffeId != null) {
      filter.setBySpiffeId(Values.wire(spiffeId));
    }
    if (parentId != null) {
      filter.setByParentId(Values.wire(parentId));
    }
    if (!selectors.isEmpty()) {
      filter.setBySelectors(selectorMatch());
    }
    if (!federatesWith.isEmpty()) {
      filter.setByFederatesWith(federatesWithMatch());
    }
    if (hint != null) {
      filter.setByHint(StringValue.of(hint));
    }
    if (downstream) {
      filter.setByDownstream(BoolValue.of(true));
    }
    return filter.build();
  }

  /// The same filter, in the type that counting takes.
  CountEntriesRequest.Filter countFilter() {
    var filter = filter();
    var same = CountEntriesRequest.Filter.newBuilder();
    filter
        .getAllFields()
        .forEach((field, value) -> {
          var twin =
              CountEntriesRequest.Filter.getDescriptor().findFieldByNumber(field.getNumber());
          same.setField(twin, value);
        });
    return same.build();
  }

  private SelectorMatch selectorMatch() {
    return SelectorMatch.newBuilder()
        .addAllSelectors(selectors)
        .setMatch(selectorMatching.ofSelectors())
        .build();
  }

  private FederatesWithMatch federatesWithMatch() {
    var match = FederatesWithMatch.newBuilder().setMatch(domainMatching.ofDomains());
    federatesWith.forEach(domain -> match.addTrustDomains(domain.name()));
    return match.build();
  }

  /// How a set compares with the given one.
  enum Matching {
    /// The same.
    EXACT,
    /// Nothing beyond the given ones.
    SUBSET,
    /// At least the given ones.
    SUPERSET,
    /// One of the given ones.
    ANY;

    SelectorMatch.MatchBehavior ofSelectors() {
      return switch (this) {
        case EXACT -> SelectorMatch.MatchBehavior.MATCH_EXACT;
        case SUBSET -> SelectorMatch.MatchBehavior.MATCH_SUBSET;
        case SUPERSET -> SelectorMatch.MatchBehavior.MATCH_SUPERSET;
        case ANY -> SelectorMatch.MatchBehavior.MATCH_ANY;
      };
    }

    FederatesWithMatch.MatchBehavior ofDomains() {
      return switch (this) {
        case EXACT -> FederatesWithMatch.MatchBehavior.MATCH_EXACT;
        case SUBSET -> FederatesWithMatch.MatchBehavior.MATCH_SUBSET;
        case SUPERSET -> FederatesWithMatch.MatchBehavior.MATCH_SUPERSET;
        case ANY -> FederatesWithMatch.MatchBehavior.MATCH_ANY;
      };
    }
  }
}
