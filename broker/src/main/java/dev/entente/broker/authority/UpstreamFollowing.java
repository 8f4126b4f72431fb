package dev.entente.broker.authority;

import dev.entente.broker.audit.AuditEvent;
import dev.entente.broker.audit.AuditOrigin;
import dev.entente.broker.audit.AuditTrail;
import dev.entente.broker.bundle.BundleEdits;
import dev.entente.broker.bundle.BundleOutcome;
import dev.entente.broker.bundle.OwnBundle;
import dev.entente.broker.store.AuthorityJournal.Kind;
import dev.entente.broker.store.AuthorityJournal.Row;
import dev.entente.broker.store.AuthorityJournal.State;
import dev.entente.spiffe.SpiffeBundle;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Keeps our bundle in step with that of the server above: what is added, tainted or taken out
/// there is so here. Used by the authorities' one thread, which it blocks.
///
/// What our own active authority stands under, or is, cannot simply be taken out: it is tainted,
/// and another authority is made at once; then the next bundle from above finds nothing in the way.
final class UpstreamFollowing {
  private final UpstreamMemory memory;
  private final OwnBundle bundle;
  private final Journaling journaling;
  private final AuthorityKeys keys;
  private final AuthorityStart start;
  private final AuditTrail audit;

  UpstreamFollowing(
      UpstreamMemory memory,
      OwnBundle bundle,
      Journaling journaling,
      AuthorityKeys keys,
      AuthorityStart start,
      AuditTrail audit) {
    this.memory = memory;
    this.bundle = bundle;
    this.journaling = journaling;
    this.keys = keys;
    this.start = start;
    this.audit = audit;
  }

  /// 1. What is new is noted, 2. our bundle changes, 3. what arrived is noted, 4. authorities that
  ///    are not believed above any more are replaced, 5. keys that are not known there are
  ///    published.
  ///
  /// What cannot be added does not stand in the way of what is left above: brokers beside us
  /// publish keys there, and must not be able to keep our bundle as it is.
  ///
  /// @throws UpstreamAuthorityException if the bundle cannot be followed, or a key not be published
  void follow(SpiffeBundle above, Instant now) {
    if (above.x509Authorities().isEmpty()) {
      throw new UpstreamAuthorityException("the bundle of the server above has no X.509 authority");
    }
    var upstream = new UpstreamBundle(BundleEdits.prune(above, now));
    var names = upstream.names();
    var known = memory.read();
    var wanted = those(names, name -> !known.getOrDefault(name, false));
    var withdrawn = those(known.keySet(), name -> !names.contains(name));
    var held = those(withdrawn, needed(withdrawn)::contains);
    var gone = those(withdrawn, name -> !held.contains(name));

    if (!known.keySet().containsAll(wanted)) {
      memory.write(with(known, wanted, false));
    }
    var objection = objection(upstream, wanted, gone, held);
    var added = objection.isEmpty() ? wanted : addable(upstream, wanted, gone, held);
    change(upstream, added, gone, held);
    var missing = those(wanted, name -> !added.contains(name));
    var arrived = with(with(with(Map.of(), names, true), missing, false), held, true);
    if (!arrived.equals(known)) {
      memory.write(arrived);
    }
    held.stream().map(UpstreamFollowing::kind).distinct().forEach(k -> start.replace(k, now));
    publishUnknown(names, known.keySet());
    objection.ifPresent(detail -> {
      throw notFollowed(detail);
    });
  }

  /// Certificates without keys, if that is what fits: there are never many of them.
  private Set<String> addable(
      UpstreamBundle upstream, Set<String> wanted, Set<String> gone, Set<String> held) {
    var certificates = those(wanted, name -> kind(name) == Kind.X509);
    return objection(upstream, certificates, gone, held).isEmpty() ? certificates : Set.of();
  }

  private Optional<String> objection(
      UpstreamBundle upstream, Set<String> wanted, Set<String> gone, Set<String> held) {
    return bundle
        .foresee(ours -> upstream.into(ours, wanted, gone, held))
        .flatMap(outcome ->
            switch (outcome) {
              case BundleOutcome.Refused(var detail) -> Optional.of(detail);
              case BundleOutcome.Full(var detail) -> Optional.of(detail);
              case BundleOutcome.Changed _, BundleOutcome.Unchanged _ -> Optional.empty();
            });
  }

  private void change(
      UpstreamBundle upstream, Set<String> wanted, Set<String> gone, Set<String> held) {
    UnaryOperator<SpiffeBundle> edit = ours -> upstream.into(ours, wanted, gone, held);
    if (bundle.foresee(edit).filter(BundleOutcome.Unchanged.class::isInstance).isPresent()) {
      return;
    }
    var ids =
        Stream.of(wanted, gone, held)
            .flatMap(Set::stream)
            .flatMap(name -> upstream.idOf(name, bundle.current()).stream())
            .distinct()
            .sorted()
            .toList();
    var event = new AuditEvent.BundleChange(AuditOrigin.system(), "followed upstream", ids);
    Journaling.await(audit.intent(event));
    switch (Journaling.await(bundle.change(edit))) {
      case BundleOutcome.Changed _, BundleOutcome.Unchanged _ -> {
        var _ = audit.result(event);
      }
      case BundleOutcome.Refused(var detail) -> throw notFollowed(detail);
      case BundleOutcome.Full(var detail) -> throw notFollowed(detail);
    }
  }

  private static UpstreamAuthorityException notFollowed(String detail) {
    return new UpstreamAuthorityException(
        "the bundle of the server above was not followed: " + detail);
  }

  /// The names our active authorities cannot do without.
  private Set<String> needed(Set<String> withdrawn) {
    var needed = new HashSet<String>();
    for (var row : journaling.rows()) {
      if (row.state() == State.ACTIVE) {
        var names = names(row);
        if (withdrawn.containsAll(names) || (row.kind() == Kind.JWT && meet(withdrawn, names))) {
          needed.addAll(names);
        }
      }
    }
    return needed;
  }

  private static boolean meet(Set<String> some, Set<String> others) {
    return others.stream().anyMatch(some::contains);
  }

  /// What stands in our bundle for an authority: the certificates of its root, or its two keys.
  private Set<String> names(Row row) {
    return switch (row.kind()) {
      case X509 ->
          bundle.current().x509Authorities().stream()
              .filter(authority -> authority.subjectKeyId().equals(Rows.rootId(row)))
              .map(UpstreamBundle::name)
              .collect(Collectors.toUnmodifiableSet());
      case JWT ->
          Rows.bundleIds(row).stream()
              .map(UpstreamBundle::jwtName)
              .collect(Collectors.toUnmodifiableSet());
      // None below another server: the configuration refuses the two together.
      case WIT -> Set.of();
    };
  }

  private static Kind kind(String name) {
    return name.startsWith("jwt/") ? Kind.JWT : Kind.X509;
  }

  /// Keys of a time before this upstream was configured.
  private void publishUnknown(Set<String> names, Set<String> known) {
    var unknown =
        journaling.rows().stream()
            .filter(row -> row.kind() == Kind.JWT && row.state() != State.OLD)
            .flatMap(row -> Rows.bundleIds(row).stream())
            .filter(id -> !names.contains(UpstreamBundle.jwtName(id)))
            .filter(id -> !known.contains(UpstreamBundle.jwtName(id)))
            .flatMap(id -> bundle.current().jwtAuthority(id).stream())
            .toList();
    if (!unknown.isEmpty()) {
      keys.publish(unknown);
    }
  }

  private static Set<String> those(Set<String> names, Predicate<String> which) {
    return names.stream().filter(which).collect(Collectors.toUnmodifiableSet());
  }

  private static Map<String, Boolean> with(
      Map<String, Boolean> present, Set<String> names, boolean arrived) {
    var next = new HashMap<>(present);
    names.forEach(name -> next.put(name, arrived));
    return next;
  }
}
