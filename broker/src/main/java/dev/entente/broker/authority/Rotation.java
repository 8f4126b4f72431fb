package dev.entente.broker.authority;

import dev.entente.broker.audit.AuditEvent;
import dev.entente.broker.audit.AuditEvent.AuthorityAction;
import dev.entente.broker.audit.AuditOrigin;
import dev.entente.broker.audit.AuditTrail;
import dev.entente.broker.authority.AuthorityOutcome.Code;
import dev.entente.broker.authority.AuthorityOutcome.Done;
import dev.entente.broker.authority.AuthorityOutcome.Refused;
import dev.entente.broker.bundle.BundleEdits;
import dev.entente.broker.bundle.BundleRefusedException;
import dev.entente.broker.store.AuthorityJournal.Kind;
import dev.entente.broker.store.AuthorityJournal.Row;
import dev.entente.broker.store.AuthorityJournal.State;
import dev.entente.runtime.CrashPoints;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.X509Authority;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/// The steps of an authority's life. Used by the authorities' one thread.
///
/// Each step is audited before it is taken, and stands in the journal and the bundle in one
/// transaction. A crash at any point leaves either the state before or the one after: a key that
/// was made but not recorded is made again, over the old one, and never signed anything.
final class Rotation {
  private final AuthorityOptions options;
  private final AuthorityKeys keys;
  private final Journaling journaling;
  private final Supplier<SpiffeBundle> bundle;
  private final AuditTrail audit;

  /// JWT keys of which the upstream may have heard, and which are in no journal: the next attempt
  /// takes them again, or each one would leave two keys in the bundle above.
  private Optional<AuthorityKeys.Made> unrecorded = Optional.empty();

  Rotation(
      AuthorityOptions options,
      AuthorityKeys keys,
      Journaling journaling,
      Supplier<SpiffeBundle> bundle,
      AuditTrail audit) {
    this.options = options;
    this.keys = keys;
    this.journaling = journaling;
    this.bundle = bundle;
    this.audit = audit;
  }

  /// Makes the next authority and publishes it. 1. the key is durable, 2. public half and journal
  /// row are recorded together.
  AuthorityOutcome prepare(Kind kind, Instant now, AuditOrigin origin) {
    return make(kind, State.PREPARED, now, origin, "");
  }

  /// Makes an authority that signs at once, because none is left that could.
  AuthorityOutcome install(Kind kind, Instant now, AuditOrigin origin, String why) {
    return make(kind, State.ACTIVE, now, origin, why);
  }

  private AuthorityOutcome make(
      Kind kind, State state, Instant now, AuditOrigin origin, String why) {
    var refusal = refusalOfMore(kind);
    if (!refusal.isEmpty()) {
      return new Refused(Code.PRECONDITION, refusal);
    }
    CrashPoints.at("rotation/prepare/before-key");
    AuthorityKeys.Made made;
    try {
      made =
          switch (kind) {
            case X509 -> believedX509(state, now);
            case JWT -> publishedJwt(state, now);
            case WIT -> keys.make(kind, Rows.nextSlot(journaling.rows(), kind), state, now);
          };
    } catch (UpstreamAuthorityException e) {
      return new Refused(Code.UNAVAILABLE, "no authority was made: " + e.getMessage());
    }
    CrashPoints.at("rotation/prepare/after-key");
    var action = state == State.ACTIVE ? AuthorityAction.ACTIVATE : AuthorityAction.PREPARE;
    var event = event(origin, action, made.row(), state == State.ACTIVE, why);
    var rows = Rows.with(retireActive(kind, state), made.row());
    return take(
        "prepare",
        event,
        made.row(),
        rows,
        b -> BundleEdits.appendWit(BundleEdits.append(b, made.x509(), made.jwt()), made.wit()));
  }

  /// JWT keys that the upstream knows before anything is signed with them.
  private AuthorityKeys.Made publishedJwt(State state, Instant now) {
    var slot = Rows.nextSlot(journaling.rows(), Kind.JWT);
    var made =
        unrecorded
            .filter(kept -> kept.row().slot() == slot && isUnused(kept.row(), now))
            .map(kept -> kept.at(state, now.truncatedTo(ChronoUnit.SECONDS)))
            .orElseGet(() -> keys.make(Kind.JWT, slot, state, now));
    unrecorded = Optional.of(made);
    keys.publish(made.jwt());
    return made;
  }

  /// Whether it is in no journal yet, its keys are still there, and most of its life is left.
  private boolean isUnused(Row row, Instant now) {
    return journaling.rows().stream().noneMatch(it -> Rows.isCalled(it, row.authorityId()))
        && keys.has(row)
        && row.notAfter().isAfter(now.plus(options.ttl().dividedBy(2)));
  }

  /// An X.509 authority that nobody has been told to leave.
  private AuthorityKeys.Made believedX509(State state, Instant now) {
    var slot = Rows.nextSlot(journaling.rows(), Kind.X509);
    var made = keys.make(Kind.X509, slot, state, now);
    var root = Rows.rootId(made.row());
    if (bundle.get().x509Authority(root).filter(X509Authority::tainted).isPresent()) {
      throw new UpstreamAuthorityException(
          "the upstream authority still signs under \"" + root + "\", which is tainted");
    }
    return made;
  }

  /// Asked before a key is made: a key without a place would take the slot of one that has a place.
  private String refusalOfMore(Kind kind) {
    return switch (kind) {
      case X509 -> "";
      case JWT -> refusalOfMore("JWT", bundle.get().jwtAuthorities().size(), 2);
      case WIT -> refusalOfMore("WIT", bundle.get().witAuthorities().size(), 1);
    };
  }

  private static String refusalOfMore(String use, int published, int more) {
    return published + more > BundleEdits.JWT_AUTHORITIES_MAX
        ? "not prepared: the bundle has %d %s keys and %d more would pass %d"
            .formatted(published, use, more, BundleEdits.JWT_AUTHORITIES_MAX)
        : "";
  }

  /// The rows, with the active one as old if another becomes active.
  private List<Row> retireActive(Kind kind, State newcomer) {
    var rows = journaling.rows();
    var active = Rows.find(rows, kind, State.ACTIVE);
    return newcomer == State.ACTIVE && active.isPresent()
        ? Rows.with(rows, Rows.in(State.OLD, active.get()))
        : rows;
  }

  /// Lets the prepared authority sign.
  ///
  /// @param hurried whether it may sign before it was published for long enough
  AuthorityOutcome activate(
      Kind kind, String id, boolean hurried, Instant now, AuditOrigin origin, String why) {
    var refusal = LocalAuthorityRules.activation(journaling.rows(), kind, id, bundle.get());
    if (refusal.isPresent()) {
      return refusal.get();
    }
    var prepared = Rows.find(journaling.rows(), kind, State.PREPARED).orElseThrow();
    var mature = options.schedule(kind).mature(prepared.publishedAt());
    var early = now.isBefore(mature);
    if (early && !hurried) {
      return new Refused(
          Code.PRECONDITION,
          "not activated: \""
              + id
              + "\" was published at "
              + prepared.publishedAt()
              + " and may sign from "
              + mature
              + " on; --now does it before everyone can know it");
    }
    if (!keys.has(prepared)) {
      return new Refused(Code.INTERNAL, "not activated: the key of \"" + id + "\" is not here");
    }
    var active = Rows.in(State.ACTIVE, prepared);
    var rows = Rows.with(retireActive(kind, State.ACTIVE), active);
    var event = event(origin, AuthorityAction.ACTIVATE, active, early, why);
    return take("activate", event, active, rows, UnaryOperator.identity());
  }

  /// Tells everyone to leave what the old authority signed.
  AuthorityOutcome taint(Kind kind, String id, AuditOrigin origin) {
    var refusal = LocalAuthorityRules.taint(journaling.rows(), kind, id, bundle.get());
    if (refusal.isPresent()) {
      return refusal.get();
    }
    var old = Rows.find(journaling.rows(), kind, State.OLD).orElseThrow();
    var event = event(origin, AuthorityAction.TAINT, old, false, "");
    return take("taint", event, old, journaling.rows(), edit(kind, Rows.bundleIds(old), true));
  }

  /// Takes an authority out of the bundle before its time.
  AuthorityOutcome revoke(Kind kind, String id, Instant now, AuditOrigin origin) {
    var refusal = LocalAuthorityRules.revocation(journaling.rows(), kind, id, bundle.get());
    if (refusal.isPresent()) {
      return refusal.get();
    }
    var old = Rows.find(journaling.rows(), kind, State.OLD).filter(row -> Rows.isCalled(row, id));
    if (old.isEmpty()) {
      return revokeForeignKey(kind, id, now, origin);
    }
    var event = event(origin, AuthorityAction.REVOKE, old.get(), false, "");
    var rows = Rows.without(journaling.rows(), kind, old.get().slot());
    var outcome =
        take("revoke", event, old.get(), rows, edit(kind, Rows.bundleIds(old.get()), false));
    keys.delete(old.get());
    return outcome;
  }

  /// Tells everyone to leave what stands below an upstream root that signed the old authority.
  AuthorityOutcome taintUpstream(String id, AuditOrigin origin) {
    var refusal = LocalAuthorityRules.upstreamTaint(journaling.rows(), id, bundle.get());
    return refusal
        .<AuthorityOutcome>map(no -> no)
        .orElseGet(() ->
            takeUpstream(
                "taint", AuthorityAction.TAINT, id, origin, b -> BundleEdits.taintX509(b, id)));
  }

  /// Takes an upstream root that signed the old authority out of the bundle.
  AuthorityOutcome revokeUpstream(String id, AuditOrigin origin) {
    var refusal = LocalAuthorityRules.upstreamRevocation(journaling.rows(), id, bundle.get());
    return refusal
        .<AuthorityOutcome>map(no -> no)
        .orElseGet(() ->
            takeUpstream(
                "revoke", AuthorityAction.REVOKE, id, origin, b -> BundleEdits.revokeX509(b, id)));
  }

  private AuthorityOutcome takeUpstream(
      String step,
      AuthorityAction action,
      String id,
      AuditOrigin origin,
      UnaryOperator<SpiffeBundle> edit) {
    var old = Rows.find(journaling.rows(), Kind.X509, State.OLD).orElseThrow();
    var event = new AuditEvent.AuthorityStep(origin, action, "upstream", id, false, "");
    return take(step, event, old, journaling.rows(), edit);
  }

  private AuthorityOutcome revokeForeignKey(Kind kind, String id, Instant now, AuditOrigin origin) {
    var end = BundleStanding.key(bundle.get(), kind, id).orElseThrow().expiresAt().orElse(now);
    var event =
        new AuditEvent.AuthorityStep(origin, AuthorityAction.REVOKE, name(kind), id, false, "");
    take("revoke", event, journaling.rows(), edit(kind, Set.of(id), false));
    return new Done(new AuthorityView(id, Instant.EPOCH, end, Instant.EPOCH, Optional.empty()));
  }

  /// Forgets old authorities whose last SVID expired, and prunes the bundle.
  void retire(Instant now) {
    for (var row : journaling.rows()) {
      if (row.state() == State.OLD && !now.isBefore(row.notAfter())) {
        var event = event(AuditOrigin.system(), AuthorityAction.RETIRE, row, false, "");
        var rows = Rows.without(journaling.rows(), row.kind(), row.slot());
        take("retire", event, row, rows, b -> BundleEdits.prune(b, now));
        keys.delete(row);
      }
    }
    if (!BundleEdits.prune(bundle.get(), now).equals(bundle.get())) {
      journaling.record(journaling.rows(), b -> BundleEdits.prune(b, now));
    }
  }

  /// Takes every WIT authority out of journal and bundle, since WIT-SVIDs are switched off: nobody
  /// is to believe what nobody rotates.
  void withdrawWit() {
    for (var row : journaling.rows()) {
      if (row.kind() == Kind.WIT) {
        var event = withdrawal(row.authorityId());
        var rows = Rows.without(journaling.rows(), row.kind(), row.slot());
        take("revoke", event, rows, b -> BundleEdits.revokeWit(b, Rows.bundleIds(row)));
        keys.delete(row);
      }
    }
    for (var key : bundle.get().witAuthorities()) {
      var ids = Set.of(key.keyId());
      take(
          "revoke", withdrawal(key.keyId()), journaling.rows(), b -> BundleEdits.revokeWit(b, ids));
    }
  }

  private static AuditEvent.AuthorityStep withdrawal(String id) {
    return new AuditEvent.AuthorityStep(
        AuditOrigin.system(),
        AuthorityAction.REVOKE,
        name(Kind.WIT),
        id,
        false,
        "WIT-SVIDs were switched off");
  }

  /// Forgets a prepared authority whose key is lost. It stays in the bundle until it ends: after a
  /// restore it may have signed what the restored journal does not know of.
  void dropPrepared(Row row) {
    journaling.record(
        Rows.without(journaling.rows(), row.kind(), row.slot()), UnaryOperator.identity());
  }

  private AuthorityOutcome take(
      String step,
      AuditEvent.AuthorityStep event,
      Row row,
      List<Row> rows,
      UnaryOperator<SpiffeBundle> edit) {
    try {
      take(step, event, rows, edit);
      return new Done(AuthorityView.of(row, options.schedule(row.kind())));
    } catch (BundleRefusedException e) {
      return new Refused(Code.PRECONDITION, e.detail());
    }
  }

  /// 1. the intent is durable, 2. journal and bundle, 3. the result.
  private void take(
      String step,
      AuditEvent.AuthorityStep event,
      List<Row> rows,
      UnaryOperator<SpiffeBundle> edit) {
    Journaling.await(audit.intent(event));
    CrashPoints.at("rotation/" + step + "/before-record");
    journaling.record(rows, edit);
    CrashPoints.at("rotation/" + step + "/after-record");
    var _ = audit.result(event);
  }

  private static UnaryOperator<SpiffeBundle> edit(Kind kind, Set<String> ids, boolean taint) {
    return switch (kind) {
      case X509 -> {
        var id = ids.iterator().next();
        yield taint ? b -> BundleEdits.taintX509(b, id) : b -> BundleEdits.revokeX509(b, id);
      }
      case JWT -> taint ? b -> BundleEdits.taintJwt(b, ids) : b -> BundleEdits.revokeJwt(b, ids);
      case WIT -> taint ? b -> BundleEdits.taintWit(b, ids) : b -> BundleEdits.revokeWit(b, ids);
    };
  }

  private static AuditEvent.AuthorityStep event(
      AuditOrigin origin, AuthorityAction action, Row row, boolean early, String why) {
    return new AuditEvent.AuthorityStep(
        origin, action, name(row.kind()), row.authorityId(), early, why);
  }

  private static String name(Kind kind) {
    return kind.name().toLowerCase(Locale.ROOT);
  }
}
