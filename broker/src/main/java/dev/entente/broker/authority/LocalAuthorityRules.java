package dev.entente.broker.authority;

import dev.entente.broker.authority.AuthorityOutcome.Code;
import dev.entente.broker.authority.AuthorityOutcome.Refused;
import dev.entente.broker.store.AuthorityJournal.Kind;
import dev.entente.broker.store.AuthorityJournal.Row;
import dev.entente.broker.store.AuthorityJournal.State;
import dev.entente.spiffe.SpiffeBundle;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// Which steps an operator may take with which authority; pure, and SPIRE's rule by rule.
final class LocalAuthorityRules {
  private LocalAuthorityRules() {}

  /// A key signs only once everybody can know it (SPIFFE Federation §4.1).
  static Optional<Refused> activation(List<Row> rows, Kind kind, String id, SpiffeBundle bundle) {
    var next = next(rows, kind);
    if (id.isEmpty()) {
      return refused(Code.INVALID, "not activated: no authority id was given");
    }
    if (next.isEmpty() || !Rows.isCalled(next.get(), id)) {
      return refused(Code.INVALID, "not activated: \"" + id + "\" is not the prepared authority");
    }
    if (next.get().state() != State.PREPARED) {
      return refused(
          Code.INTERNAL,
          "not activated: only a prepared authority can be, this one is " + name(next.get()));
    }
    if (Rows.bundleIds(next.get()).stream()
        .anyMatch(key -> standing(bundle, kind, key) == Standing.ABSENT)) {
      return refused(Code.PRECONDITION, "not activated: \"" + id + "\" is not in the bundle");
    }
    return Optional.empty();
  }

  static Optional<Refused> taint(List<Row> rows, Kind kind, String id, SpiffeBundle bundle) {
    var refusal = notOurs(rows, id, "tainted").or(() -> oldOnly(rows, kind, id, "tainted"));
    if (refusal.isPresent()) {
      return refusal;
    }
    return switch (standing(bundle, kind, id)) {
      case TAINTED -> refused(Code.INTERNAL, "not tainted: \"" + id + "\" is tainted already");
      case ABSENT -> refused(Code.INTERNAL, "not tainted: \"" + id + "\" is not in the bundle");
      case TRUSTED -> Optional.empty();
    };
  }

  static Optional<Refused> revocation(List<Row> rows, Kind kind, String id, SpiffeBundle bundle) {
    var refusal =
        isForeignKey(rows, bundle, kind, id)
            ? Optional.<Refused>empty()
            : notOurs(rows, id, "revoked").or(() -> oldOnly(rows, kind, id, "revoked"));
    if (refusal.isPresent()) {
      return refusal;
    }
    return switch (standing(bundle, kind, id)) {
      case TAINTED -> Optional.empty();
      case ABSENT -> refused(Code.INTERNAL, "not revoked: \"" + id + "\" is not in the bundle");
      case TRUSTED -> refused(Code.INTERNAL, "not revoked: \"" + id + "\" must be tainted first");
    };
  }

  static Optional<Refused> upstreamTaint(List<Row> rows, String id, SpiffeBundle bundle) {
    var refusal = oldUpstreamOnly(rows, id, "tainted");
    if (refusal.isPresent()) {
      return refusal;
    }
    return switch (standing(bundle, Kind.X509, id)) {
      case TAINTED -> refused(Code.INTERNAL, "not tainted: \"" + id + "\" is tainted already");
      case ABSENT -> refused(Code.INTERNAL, "not tainted: \"" + id + "\" is not in the bundle");
      case TRUSTED -> Optional.empty();
    };
  }

  static Optional<Refused> upstreamRevocation(List<Row> rows, String id, SpiffeBundle bundle) {
    var refusal = oldUpstreamOnly(rows, id, "revoked");
    if (refusal.isPresent()) {
      return refusal;
    }
    return switch (standing(bundle, Kind.X509, id)) {
      case TAINTED -> Optional.empty();
      case ABSENT -> refused(Code.INTERNAL, "not revoked: \"" + id + "\" is not in the bundle");
      case TRUSTED -> refused(Code.INTERNAL, "not revoked: \"" + id + "\" must be tainted first");
    };
  }

  /// What stands in the bundle is the upstream root: leaving our authority alone changes nothing.
  private static Optional<Refused> notOurs(List<Row> rows, String id, String verb) {
    return rows.stream()
        .filter(row -> row.authorityId().equals(id))
        .flatMap(row -> Rows.upstreamId(row).stream())
        .findFirst()
        .flatMap(upstream ->
            refused(
                Code.PRECONDITION,
                "not "
                    + verb
                    + ": \""
                    + id
                    + "\" stands under the upstream authority \""
                    + upstream
                    + "\", which is the one to be "
                    + verb));
  }

  /// An upstream root may be left only once nothing signs below it.
  private static Optional<Refused> oldUpstreamOnly(List<Row> rows, String id, String verb) {
    var next = next(rows, Kind.X509);
    if (rows.stream().allMatch(row -> Rows.upstreamId(row).isEmpty())) {
      return refused(Code.PRECONDITION, "not " + verb + ": there is no upstream authority");
    }
    if (id.isEmpty()) {
      return refused(Code.INVALID, "not " + verb + ": no subject key id was given");
    }
    var active = Rows.find(rows, Kind.X509, State.ACTIVE);
    if (active.flatMap(Rows::upstreamId).filter(id::equals).isPresent()) {
      return refused(
          Code.INVALID, "not " + verb + ": the active authority stands under \"" + id + "\"");
    }
    if (next.flatMap(Rows::upstreamId).filter(id::equals).isEmpty()) {
      return refused(
          Code.INVALID, "not " + verb + ": the old authority does not stand under \"" + id + "\"");
    }
    return next.filter(row -> row.state() == State.OLD).isPresent()
        ? Optional.empty()
        : refused(
            Code.INVALID, "not " + verb + ": the prepared authority stands under \"" + id + "\"");
  }

  /// A key for tokens of the bundle that is neither active nor prepared here: left by an earlier
  /// rotation, or published by another broker.
  static boolean isForeignKey(List<Row> rows, SpiffeBundle bundle, Kind kind, String id) {
    return BundleStanding.key(bundle, kind, id).isPresent()
        && rows.stream().noneMatch(row -> row.kind() == kind && Rows.isCalled(row, id));
  }

  private static Optional<Refused> oldOnly(List<Row> rows, Kind kind, String id, String verb) {
    var next = next(rows, kind);
    if (id.isEmpty()) {
      return refused(Code.INVALID, "not " + verb + ": no authority id was given");
    }
    if (Rows.find(rows, kind, State.ACTIVE).filter(row -> Rows.isCalled(row, id)).isPresent()) {
      return refused(Code.INVALID, "not " + verb + ": \"" + id + "\" is the active authority");
    }
    if (next.isEmpty() || !Rows.isCalled(next.get(), id)) {
      return refused(Code.INVALID, "not " + verb + ": \"" + id + "\" is not the old authority");
    }
    if (next.get().state() != State.OLD) {
      return refused(
          Code.INVALID,
          "not " + verb + ": only an old authority can be, this one is " + name(next.get()));
    }
    return Optional.empty();
  }

  private enum Standing {
    TRUSTED,
    TAINTED,
    ABSENT
  }

  private static Standing standing(SpiffeBundle bundle, Kind kind, String id) {
    return BundleStanding.taint(bundle, kind, id)
        .map(yes -> yes ? Standing.TAINTED : Standing.TRUSTED)
        .orElse(Standing.ABSENT);
  }

  /// What stands in the slot beside the active one.
  private static Optional<Row> next(List<Row> rows, Kind kind) {
    return rows.stream()
        .filter(row -> row.kind() == kind && row.state() != State.ACTIVE)
        .findFirst();
  }

  private static String name(Row row) {
    return row.state().name().toLowerCase(Locale.ROOT);
  }

  private static Optional<Refused> refused(Code code, String detail) {
    return Optional.of(new Refused(code, detail));
  }
}
