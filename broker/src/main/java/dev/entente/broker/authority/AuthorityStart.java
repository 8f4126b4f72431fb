package dev.entente.broker.authority;

import dev.entente.broker.audit.AuditOrigin;
import dev.entente.broker.authority.AuthorityOutcome.Refused;
import dev.entente.broker.store.AuthorityJournal.Kind;
import dev.entente.broker.store.AuthorityJournal.Row;
import dev.entente.broker.store.AuthorityJournal.State;
import dev.entente.runtime.Fields;
import dev.entente.spiffe.SpiffeBundle;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Decides which step is due: at the start, and at every tick. Used by the authorities' one thread.
///
/// An authority signs at once, without having been published first, in five cases only: nothing was
/// ever published for the domain; this is its only member and has none; the last one expired while
/// nobody rotated it; its key was kept in memory, or an operator gave it up; a restored journal
/// calls one active that has been tainted or revoked since. In all of them the alternative is that
/// nobody is issued anything, or what nobody believes.
final class AuthorityStart {
  private static final Logger LOG = LoggerFactory.getLogger(AuthorityStart.class);

  /// How long an upstream that did not sign is left alone: while it is asked, every other step
  /// waits.
  private static final Duration UPSTREAM_PAUSE = Duration.ofSeconds(30);

  /// How often the same reason is logged again.
  private static final Duration REMINDER = Duration.ofMinutes(10);

  private final AuthorityOptions options;
  private final AuthorityKeys keys;
  private final Journaling journaling;
  private final Rotation rotation;
  private final Supplier<SpiffeBundle> bundle;
  private final Map<Kind, Noted> refusals = new EnumMap<>(Kind.class);

  /// A step that was refused.
  ///
  /// @param at when it was
  /// @param loggedAt when its reason was last logged
  private record Noted(Refused refused, Instant at, Instant loggedAt) {}

  AuthorityStart(
      AuthorityOptions options,
      AuthorityKeys keys,
      Journaling journaling,
      Rotation rotation,
      Supplier<SpiffeBundle> bundle) {
    this.options = options;
    this.keys = keys;
    this.journaling = journaling;
    this.rotation = rotation;
    this.bundle = bundle;
  }

  /// Compares journal and keys, and makes what is missing.
  void complete(Instant now) {
    if (!options.kinds().contains(Kind.WIT)) {
      rotation.withdrawWit();
    }
    for (var kind : options.kinds()) {
      Rows.find(journaling.rows(), kind, State.PREPARED)
          .filter(row -> !keys.has(row))
          .ifPresent(rotation::dropPrepared);
      var active = Rows.find(journaling.rows(), kind, State.ACTIVE);
      if (active.isPresent()) {
        requireKey(active.get(), now);
      } else {
        begin(kind, now);
      }
    }
    journaling.record(journaling.rows(), UnaryOperator.identity());
  }

  private void requireKey(Row active, Instant now) {
    if (keys.has(active)) {
      if (!isTrusted(active)) {
        replaceUntrusted(active, now);
      }
      return;
    }
    var inMemory = !AuthorityKeys.isDurable(active);
    if (!inMemory && !options.replaceLostKeys()) {
      throw new AuthorityStartException(
          AuthorityStartException.Code.AUTHORITY_KEY_MISSING,
          "authorities not started: the key manager has no key of the active "
              + active.kind()
              + " authority \""
              + active.authorityId()
              + "\"",
          "put the key files back; if they are lost for good, run \"entente restore"
              + " --give-up-lost-keys\", and let agents and partners read the new bundle");
    }
    install(active.kind(), now, inMemory ? "its key was in memory" : "its key was given up");
  }

  /// One that is tainted is believed still, so it goes on while the upstream does not sign another.
  private void replaceUntrusted(Row active, Instant now) {
    var why = "it was tainted or revoked before a restore, or upstream";
    var outcome = rotation.install(active.kind(), now, AuditOrigin.system(), why);
    if (isPublished(active)
        && outcome instanceof Refused refused
        && refused.code() == AuthorityOutcome.Code.UNAVAILABLE) {
      note(refused, active.kind(), now);
    } else {
      refuseToStartOn(active.kind(), outcome);
      logBegun(active.kind(), why);
    }
  }

  private boolean isPublished(Row row) {
    return Rows.bundleIds(row).stream()
        .allMatch(id -> BundleStanding.taint(bundle.get(), row.kind(), id).isPresent());
  }

  /// Whether the bundle has the authority, and nobody is told to leave it.
  private boolean isTrusted(Row row) {
    return Rows.bundleIds(row).stream()
        .allMatch(id -> BundleStanding.isTrusted(bundle.get(), row.kind(), id));
  }

  private void begin(Kind kind, Instant now) {
    var nothingPublished = BundleStanding.hasNone(bundle.get(), kind);
    if (nothingPublished || options.soleMember()) {
      install(kind, now, nothingPublished ? "first of its kind" : "only member of the domain");
    } else if (Rows.find(journaling.rows(), kind, State.PREPARED).isEmpty()) {
      refuseToStartOn(kind, rotation.prepare(kind, now, AuditOrigin.system()));
    }
  }

  private void install(Kind kind, Instant now, String why) {
    refuseToStartOn(kind, rotation.install(kind, now, AuditOrigin.system(), why));
    logBegun(kind, why);
  }

  private static void logBegun(Kind kind, String why) {
    LOG.atInfo()
        .addKeyValue(Fields.KIND, kind)
        .addKeyValue(Fields.REASON, why)
        .log("Began a signing authority");
  }

  private static void refuseToStartOn(Kind kind, AuthorityOutcome outcome) {
    switch (outcome) {
      case AuthorityOutcome.Done _ -> {}
      case Refused(AuthorityOutcome.Code code, var detail)
          when code == AuthorityOutcome.Code.UNAVAILABLE ->
          throw notStarted(
              AuthorityStartException.Code.UPSTREAM_AUTHORITY_UNFIT,
              detail,
              "mend the files that upstream-authority names, or the server or the Workload API, or"
                  + " take the key out of the configuration");
      case Refused(_, var detail) -> throw tooMany(kind, detail);
    }
  }

  private static AuthorityStartException tooMany(Kind kind, String detail) {
    return switch (kind) {
      case X509 ->
          notStarted(
              AuthorityStartException.Code.TOO_MANY_X509_AUTHORITIES,
              detail,
              "wait until old authorities expire, or revoke tainted ones");
      case JWT ->
          notStarted(
              AuthorityStartException.Code.TOO_MANY_JWT_KEYS,
              detail,
              "wait until old keys expire, or revoke tainted ones");
      case WIT ->
          notStarted(
              AuthorityStartException.Code.TOO_MANY_WIT_KEYS,
              detail,
              "wait until old keys expire, revoke tainted ones, or switch wit-svids off: a start"
                  + " without it takes every WIT key out of the bundle");
    };
  }

  private static AuthorityStartException notStarted(
      AuthorityStartException.Code code, String detail, String cure) {
    return new AuthorityStartException(code, "authorities not started: " + detail, cure);
  }

  /// Prepares or activates if it is time. One that is tainted, since what it stands under was left
  /// above, is replaced as soon as everybody can know the next.
  void advance(Kind kind, Instant now) {
    var active = Rows.find(journaling.rows(), kind, State.ACTIVE).filter(keys::has);
    var prepared = usable(kind);
    var leaving = active.filter(row -> !isTrusted(row)).isPresent();
    var schedule = options.schedule(kind);
    var nothingSigns = active.filter(row -> now.isBefore(row.notAfter())).isEmpty();
    if (prepared.isPresent()) {
      var mature = !now.isBefore(schedule.mature(prepared.get().publishedAt()));
      var lost = nothingSigns && active.isPresent();
      var due = active.map(row -> schedule.isTimeToActivate(row.notAfter(), now)).orElse(true);
      if (lost || ((due || leaving) && mature)) {
        activate(kind, prepared.get(), lost && !mature, now);
      }
    } else if (nothingSigns && active.isPresent()) {
      log(rotation.install(kind, now, AuditOrigin.system(), "the last one expired"), kind, now);
    } else if (active.isPresent()
        && (leaving || schedule.isTimeToPrepare(active.get().notAfter(), now))
        && !isPaused(kind, now)) {
      log(rotation.prepare(kind, now, AuditOrigin.system()), kind, now);
    }
  }

  /// The prepared one, unless its key is lost or it is to be left before it ever signed.
  private Optional<Row> usable(Kind kind) {
    return Rows.find(journaling.rows(), kind, State.PREPARED)
        .filter(row -> keys.has(row) && isTrusted(row));
  }

  /// Lets another authority sign at once, because what the active one stands under was taken out of
  /// the bundle above: whoever reads that one believes it no more.
  void replace(Kind kind, Instant now) {
    var why = "it was withdrawn upstream";
    var origin = AuditOrigin.system();
    var prepared = usable(kind);
    log(
        prepared.isPresent()
            ? rotation.activate(kind, prepared.get().authorityId(), true, now, origin, why)
            : rotation.install(kind, now, origin, why),
        kind,
        now);
  }

  private void activate(Kind kind, Row prepared, boolean hurried, Instant now) {
    var why = hurried ? "the last one expired" : "";
    var origin = AuditOrigin.system();
    log(rotation.activate(kind, prepared.authorityId(), hurried, now, origin, why), kind, now);
  }

  private boolean isPaused(Kind kind, Instant now) {
    return Optional.ofNullable(refusals.get(kind))
        .filter(noted -> noted.refused().code() == AuthorityOutcome.Code.UNAVAILABLE)
        .filter(noted -> now.isBefore(noted.at().plus(UPSTREAM_PAUSE)))
        .isPresent();
  }

  private void log(AuthorityOutcome outcome, Kind kind, Instant now) {
    switch (outcome) {
      case AuthorityOutcome.Done(var authority) -> {
        refusals.remove(kind);
        LOG.atInfo()
            .addKeyValue(Fields.KIND, kind)
            .addKeyValue(Fields.AUTHORITY_ID, authority.authorityId())
            .addKeyValue(Fields.EXPIRES_AT, authority.expiresAt())
            .log("Rotated a signing authority");
      }
      case Refused refused -> note(refused, kind, now);
    }
  }

  /// Logs a reason when it is new, and again after a while.
  private void note(Refused refused, Kind kind, Instant now) {
    var last = Optional.ofNullable(refusals.get(kind)).filter(it -> it.refused().equals(refused));
    var quiet = last.filter(it -> now.isBefore(it.loggedAt().plus(REMINDER)));
    refusals.put(kind, new Noted(refused, now, quiet.map(Noted::loggedAt).orElse(now)));
    if (quiet.isEmpty()) {
      LOG.atError()
          .addKeyValue(Fields.KIND, kind)
          .addKeyValue(Fields.REASON, refused.detail())
          .log("Signing authority could not be rotated");
    }
  }
}
