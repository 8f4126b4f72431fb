package dev.entente.broker.authority;

import dev.entente.broker.CallerContext;
import dev.entente.broker.audit.AuditOrigin;
import dev.entente.broker.audit.AuditTrail;
import dev.entente.broker.authority.AuthorityOutcome.Refused;
import dev.entente.broker.bundle.OwnBundle;
import dev.entente.broker.store.AuthorityJournal;
import dev.entente.broker.store.AuthorityJournal.Kind;
import dev.entente.broker.store.AuthorityJournal.Row;
import dev.entente.broker.store.AuthorityJournal.State;
import dev.entente.broker.store.Settings;
import dev.entente.spiffe.SpiffeBundle;
import io.vertx.core.Future;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// This member's signing authorities: two slots of X.509, two of JWT, two of WIT if there are
/// WIT-SVIDs, and what moves them.
///
/// Steps run one after the other on a thread of their own, which blocks on the key manager, the
/// store and the audit log; issuers read the active authority from a field. A step that fails
/// leaves the active authority signing, except when the journal was changed by somebody else: then
/// nothing is signed until the journal has been read again.
public final class Authorities implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Authorities.class);

  private final AuthorityOptions options;
  private final AuthorityKeys keys;
  private final Journaling journaling;
  private final Rotation rotation;
  private final AuthorityStart start;
  private final OwnBundle bundle;
  private final AuditTrail audit;
  private final InstantSource clock;
  private final SigningGuard guard;
  private final X509Issuer x509Issuer;
  private final JwtIssuer jwtIssuer;
  private final WitIssuer witIssuer;
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().name("entente-authority").daemon().factory());

  /// What signs now, and the rows it came from; written by the authorities' thread.
  private volatile Live live = Live.NONE;

  /// How many pauses the guard knew when the journal was last read; written by the authorities'
  /// thread.
  private volatile long pausesSeen;

  /// Whether the journal is about to be read because of a pause.
  private final AtomicBoolean rechecking = new AtomicBoolean();

  private record Live(
      List<Row> rows,
      Optional<X509SigningAuthority> x509,
      Optional<JwtGeneration> jwt,
      Optional<WitSigningAuthority> wit) {
    static final Live NONE =
        new Live(List.of(), Optional.empty(), Optional.empty(), Optional.empty());
  }

  /// Authorities that sign nothing until [#start()].
  ///
  /// @param upstream who signs the X.509 authorities; empty if they sign themselves
  public Authorities(
      AuthorityOptions options,
      KeyManager keyManager,
      Optional<UpstreamAuthority> upstream,
      AuthorityJournal journal,
      OwnBundle bundle,
      AuditTrail audit,
      X509Profile x509Profile,
      JwtProfile jwtProfile,
      WitProfile witProfile,
      SigningGuard guard,
      InstantSource clock,
      SecureRandom random) {
    this.options = options;
    this.keys = new AuthorityKeys(options, keyManager, upstream, random);
    this.clock = clock;
    this.guard = guard;
    this.journaling = new Journaling(journal, bundle, options.member());
    this.rotation = new Rotation(options, keys, journaling, bundle::current, audit);
    this.start = new AuthorityStart(options, keys, journaling, rotation, bundle::current);
    this.bundle = bundle;
    this.audit = audit;
    this.x509Issuer =
        new X509Issuer(x509Profile, clock, random, () -> live.x509(), this::objection);
    this.jwtIssuer = new JwtIssuer(jwtProfile, clock, random, () -> live.jwt(), this::objection);
    this.witIssuer = new WitIssuer(witProfile, clock, random, () -> live.wit(), this::objection);
  }

  /// Loads journal, bundle and keys, and makes what is missing. On a first start all kinds sign
  /// when the future succeeds. Fails with [AuthorityStartException] where a person has to decide.
  public Future<Void> start() {
    return run(() -> {
      var pauses = guard.pauses().getAsLong();
      journaling.load();
      pausesSeen = pauses;
      start.complete(clock.instant());
      refresh();
      return null;
    });
  }

  /// Issues X509-SVIDs with the active authority.
  public X509Issuer x509Issuer() {
    return x509Issuer;
  }

  /// Issues JWT-SVIDs with the active authority.
  public JwtIssuer jwtIssuer() {
    return jwtIssuer;
  }

  /// Issues WIT-SVIDs with the active authority; empty while they are switched off.
  public Optional<WitIssuer> witIssuer() {
    return options.wit() ? Optional.of(witIssuer) : Optional.empty();
  }

  /// The X.509 authorities of this member.
  public AuthorityState x509State() {
    return state(Kind.X509);
  }

  /// The JWT authorities of this member.
  public AuthorityState jwtState() {
    return state(Kind.JWT);
  }

  /// The WIT authorities of this member.
  public AuthorityState witState() {
    return state(Kind.WIT);
  }

  /// The ids by which the bundle knows this member's authorities of any kind.
  public Set<String> bundleIds() {
    return live.rows().stream()
        .flatMap(row -> Rows.bundleIds(row).stream())
        .collect(Collectors.toUnmodifiableSet());
  }

  /// The active X.509 authority, for those who need its certificate.
  public Optional<X509SigningAuthority> activeX509() {
    return live.x509();
  }

  /// Makes and publishes the next X.509 authority, in place of one that is prepared already.
  public Future<AuthorityOutcome> prepareX509(AuditOrigin origin) {
    return step(() -> rotation.prepare(Kind.X509, clock.instant(), origin));
  }

  /// Makes and publishes the next JWT generation, in place of one that is prepared already.
  public Future<AuthorityOutcome> prepareJwt(AuditOrigin origin) {
    return step(() -> rotation.prepare(Kind.JWT, clock.instant(), origin));
  }

  /// Makes and publishes the next WIT authority, in place of one that is prepared already.
  public Future<AuthorityOutcome> prepareWit(AuditOrigin origin) {
    return step(() -> rotation.prepare(Kind.WIT, clock.instant(), origin));
  }

  /// Lets the prepared X.509 authority sign.
  ///
  /// @param now whether before it has been published for long enough
  public Future<AuthorityOutcome> activateX509(String id, boolean now, AuditOrigin origin) {
    return activate(Kind.X509, id, now, origin);
  }

  /// Lets the prepared JWT generation sign; either of its key ids names it.
  ///
  /// @param now whether before it has been published for long enough
  public Future<AuthorityOutcome> activateJwt(String id, boolean now, AuditOrigin origin) {
    return activate(Kind.JWT, id, now, origin);
  }

  /// Lets the prepared WIT authority sign.
  ///
  /// @param now whether before it has been published for long enough
  public Future<AuthorityOutcome> activateWit(String id, boolean now, AuditOrigin origin) {
    return activate(Kind.WIT, id, now, origin);
  }

  /// Marks the old X.509 authority, so that everything it signed is replaced.
  public Future<AuthorityOutcome> taintX509(String id, AuditOrigin origin) {
    return step(() -> rotation.taint(Kind.X509, id, origin));
  }

  /// Marks the old JWT generation, so that everything it signed is replaced.
  public Future<AuthorityOutcome> taintJwt(String id, AuditOrigin origin) {
    return step(() -> rotation.taint(Kind.JWT, id, origin));
  }

  /// Marks the old WIT authority, so that everything it signed is replaced.
  public Future<AuthorityOutcome> taintWit(String id, AuditOrigin origin) {
    return step(() -> rotation.taint(Kind.WIT, id, origin));
  }

  /// Takes the old, tainted X.509 authority out of the bundle.
  public Future<AuthorityOutcome> revokeX509(String id, AuditOrigin origin) {
    return step(() -> rotation.revoke(Kind.X509, id, clock.instant(), origin));
  }

  /// Marks the upstream root under which the old X.509 authority stands, and the active does not.
  public Future<AuthorityOutcome> taintUpstream(String subjectKeyId, AuditOrigin origin) {
    return step(() -> rotation.taintUpstream(subjectKeyId, origin));
  }

  /// Takes such a tainted upstream root out of the bundle.
  public Future<AuthorityOutcome> revokeUpstream(String subjectKeyId, AuditOrigin origin) {
    return step(() -> rotation.revokeUpstream(subjectKeyId, origin));
  }

  /// Takes a tainted JWT generation, or another tainted key that is not ours to sign with, out of
  /// the bundle.
  public Future<AuthorityOutcome> revokeJwt(String id, AuditOrigin origin) {
    return step(() -> rotation.revoke(Kind.JWT, id, clock.instant(), origin));
  }

  /// Takes a tainted WIT authority, or another tainted key that is not ours to sign with, out of
  /// the bundle.
  public Future<AuthorityOutcome> revokeWit(String id, AuditOrigin origin) {
    return step(() -> rotation.revoke(Kind.WIT, id, clock.instant(), origin));
  }

  /// Does what is due: prepares, activates, retires. Call it every few seconds, and after the
  /// process was suspended. A failure is a failed future; the next tick tries again.
  public Future<Void> tick() {
    return run(() -> {
      recheck();
      journaling.loadBundle();
      var now = clock.instant();
      for (var kind : options.kinds()) {
        start.advance(kind, now);
      }
      rotation.retire(now);
      refresh();
      return null;
    });
  }

  /// Brings our bundle into step with that of the server above, and replaces what is believed there
  /// no more. Fails with [UpstreamAuthorityException] if that cannot be; the next bundle tries
  /// again.
  ///
  /// @param memory where is kept what came from above before
  public Future<Void> follow(SpiffeBundle above, Settings memory) {
    return run(() -> {
      if (!live.rows().isEmpty()) {
        journaling.loadBundle();
        new UpstreamFollowing(new UpstreamMemory(memory), bundle, journaling, keys, start, audit)
            .follow(above, clock.instant());
        refresh();
      }
      return null;
    });
  }

  /// Reads whether the journal is still the one that is signed by.
  private void recheck() {
    var pauses = guard.pauses().getAsLong();
    if (!journaling.isCurrent()) {
      LOG.atError().log("Authorities were changed elsewhere, read the journal again");
      journaling.load();
    }
    pausesSeen = pauses;
  }

  /// Why nothing may be signed now, if so. After a pause the journal is read as well as the change
  /// feed: the authority may have been taken over.
  private Optional<String> objection() {
    var objection = guard.objection().get();
    if (objection.isPresent() || guard.pauses().getAsLong() == pausesSeen) {
      return objection;
    }
    if (rechecking.compareAndSet(false, true)) {
      run(
              () -> {
                recheck();
                refresh();
                return true;
              })
          .onComplete(_ -> rechecking.set(false));
    }
    return Optional.of("this process was paused and has not read its journal since");
  }

  /// The longest lifetime of an SVID that no rotation cuts short; longer ones end with their
  /// authority.
  public Duration longestSafeTtl() {
    return options.schedule(Kind.X509).activateWhenLeft();
  }

  /// Ends the thread; what waits is dropped.
  @Override
  public void close() {
    thread.shutdownNow();
  }

  private Future<AuthorityOutcome> activate(Kind kind, String id, boolean now, AuditOrigin origin) {
    return step(() -> rotation.activate(kind, id, now, clock.instant(), origin, ""));
  }

  private AuthorityState state(Kind kind) {
    var rows = live.rows();
    return new AuthorityState(
        view(rows, kind, State.ACTIVE),
        view(rows, kind, State.PREPARED),
        view(rows, kind, State.OLD));
  }

  private Optional<AuthorityView> view(List<Row> rows, Kind kind, State state) {
    return Rows.find(rows, kind, state).map(row -> AuthorityView.of(row, options.schedule(kind)));
  }

  private Future<AuthorityOutcome> step(Callable<AuthorityOutcome> step) {
    return run(() -> {
      if (live.rows().isEmpty()) {
        return new Refused(AuthorityOutcome.Code.UNAVAILABLE, "no authority is active yet");
      }
      journaling.loadBundle();
      var outcome = step.call();
      refresh();
      return outcome;
    });
  }

  /// Takes over what the journal says.
  private void refresh() {
    var rows = journaling.rows();
    live =
        new Live(
            rows,
            Rows.find(rows, Kind.X509, State.ACTIVE).flatMap(keys::x509),
            Rows.find(rows, Kind.JWT, State.ACTIVE).flatMap(keys::jwt),
            Rows.find(rows, Kind.WIT, State.ACTIVE).flatMap(keys::wit));
  }

  private <T> Future<T> run(Callable<T> work) {
    var caller = CallerContext.<T>capture();
    try {
      thread.execute(() -> {
        try {
          caller.succeed(work.call());
        } catch (Journaling.FencedException e) {
          live = Live.NONE;
          LOG.atError().setCause(e).log("Stopped signing until the journal is read again");
          caller.fail(e);
        } catch (Exception e) {
          caller.fail(e);
        }
      });
    } catch (RejectedExecutionException e) {
      return Future.failedFuture(new IllegalStateException("authorities are closed", e));
    }
    return caller.future();
  }
}
