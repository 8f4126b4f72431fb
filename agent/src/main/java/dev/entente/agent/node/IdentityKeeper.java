package dev.entente.agent.node;

import dev.entente.agent.node.AgentEnd.Reason;
import dev.entente.agent.node.BrokerConnector.Credentials;
import dev.entente.agent.node.BrokerFault.Denial;
import dev.entente.agent.node.BrokerFault.Kind;
import dev.entente.runtime.CrashPoints;
import dev.entente.runtime.Fields;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.spiffe.SpiffeBundle;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Gets this node its identity and keeps it.
///
/// The steps of getting an SVID, first or next, and what a crash after each leaves behind:
///
/// 1. A new key is saved beside the one in force. *Crash: the next attempt takes the same key.*
/// 2. The broker signs for it. *Crash: the old SVID still counts (a renewal), or the same evidence
///    is accepted again with the same key (an attestation).*
/// 3. SVID and key are saved together in one write. *Crash: the new pair is in force.*
/// 4. New connections show the new SVID.
///
/// A denial that speaks of this agent's standing is acted on at once (`PermissionDeniedDetails`),
/// any other failure is only retried. Everything here runs on the node's context.
final class IdentityKeeper implements Synchronizer.Listener, PushFollower.Denied {
  /// How long a start may take until the node is attested, and until the first sync.
  static final Duration START_LIMIT = Duration.ofMinutes(1);

  /// The same while trust may still be established anew, which takes the policy's delay.
  static final Duration START_LIMIT_REBOOTSTRAP = Duration.ofHours(24);

  static final Duration FIRST_WAIT = Duration.ofSeconds(5);
  static final double WAIT_FACTOR = 1.5;
  private static final Duration LONGEST_WAIT = Duration.ofMinutes(1);

  private static final Logger LOG = LoggerFactory.getLogger(IdentityKeeper.class);

  private final NodeContext context;
  private final InstantSource clock;
  private final RandomGenerator random;
  private final BrokerPool pool;
  private final NodeAttestation attestation;
  private final BootstrapTrust bootstrap;
  private final RebootstrapPolicy rebootstrap;
  private final KeptState kept;
  private final OwnBundle ownBundle;
  private final Promise<AgentEnd> ended = Promise.promise();
  private final Backoff waits;

  private final LongAdder rotations = new LongAdder();
  private final LongAdder failedRotations = new LongAdder();

  private int generation;
  private boolean busy;
  private boolean mustAttest;
  private Instant renewAt = Instant.MAX;
  private Optional<Instant> untrustedSince = Optional.empty();
  private volatile Optional<String> trouble = Optional.empty();

  IdentityKeeper(
      NodeContext context,
      InstantSource clock,
      RandomGenerator random,
      BrokerPool pool,
      NodeAttestation attestation,
      BootstrapTrust bootstrap,
      RebootstrapPolicy rebootstrap,
      KeptState kept,
      OwnBundle ownBundle) {
    this.context = context;
    this.clock = clock;
    this.random = random;
    this.pool = pool;
    this.attestation = attestation;
    this.bootstrap = bootstrap;
    this.rebootstrap = rebootstrap;
    this.kept = kept;
    this.ownBundle = ownBundle;
    this.waits = new Backoff(FIRST_WAIT, WAIT_FACTOR, LONGEST_WAIT, random);
  }

  /// Completes once the node has an identity, or fails when [#ended()] says why it cannot get one.
  Future<Void> start() {
    return kept.load()
        .recover(failure ->
            end(Reason.BROKEN, "the agent's state was not read: " + failure.getMessage()))
        .compose(this::begin);
  }

  /// Completes when the agent has to end.
  Future<AgentEnd> ended() {
    return ended.future();
  }

  /// The identity in force.
  Optional<AgentIdentity> identity() {
    return kept.now().identity();
  }

  /// Changes with the identity in force; a denial met under an older one says nothing.
  @Override
  public int generation() {
    return generation;
  }

  /// Why the last renewal failed, if it did.
  Optional<String> trouble() {
    return trouble;
  }

  long rotations() {
    return rotations.sum();
  }

  long failedRotations() {
    return failedRotations.sum();
  }

  /// How long a start may take in all.
  Duration startLimit() {
    return rebootstrap.possible() ? START_LIMIT_REBOOTSTRAP : START_LIMIT;
  }

  /// Trusts `next` from now on.
  @Override
  public void adopt(SpiffeBundle next) {
    ownBundle.adopt(next);
    identity().ifPresent(it -> renewIfTainted(it, clock.instant()));
    kept.insist(state -> state.withBundle(next));
  }

  /// A broker answered, so its authority is known.
  @Override
  public void answered() {
    untrustedSince = Optional.empty();
  }

  /// A call made under `atGeneration` failed.
  @Override
  public void failed(BrokerFault fault, int atGeneration) {
    noteTrust(fault);
    if (atGeneration == generation && !busy) {
      react(fault);
    }
  }

  /// Ends the agent with `reason`, once.
  <T> Future<T> end(Reason reason, String message) {
    if (ended.tryComplete(new AgentEnd(reason, message))) {
      LOG.atError().addKeyValue(Fields.ERROR, message).log("Agent cannot go on");
    }
    return Future.failedFuture(new BrokerFault(Kind.DENIED, message));
  }

  private Future<Void> begin(AgentState loaded) {
    loaded.bundle().ifPresent(ownBundle::adopt);
    var usable = loaded.identity().filter(it -> !it.expired(clock.instant()));
    if (usable.isPresent() && loaded.bundle().isPresent()) {
      LOG.atInfo().addKeyValue(Fields.AGENT_ID, usable.get().id()).log("Agent's SVID was loaded");
      use(usable.get());
      return Future.succeededFuture();
    }
    if (loaded.identity().isPresent()) {
      LOG.atWarn().log("Agent's SVID has expired, the node is attested anew");
    }
    return attestUntil(clock.instant().plus(startLimit()));
  }

  private Future<Void> attestUntil(Instant deadline) {
    return attest()
        .recover(cause -> {
          var fault = BrokerFault.of(cause);
          noteTrust(fault);
          if (fault.kind() == Kind.DENIED) {
            return forget(Reason.REFUSED, "the broker refused to attest this node: ", fault);
          }
          // Refused evidence may be replaced meanwhile: a token in a file, for instance.
          var reason = fault.kind() == Kind.INVALID ? Reason.REFUSED : Reason.UNREACHABLE;
          var wait = waits.next();
          if (ended.future().isComplete() || clock.instant().plus(wait).isAfter(deadline)) {
            return end(reason, "the node was not attested: " + fault.getMessage());
          }
          LOG.atWarn()
              .addKeyValue(Fields.REASON, reason.code())
              .addKeyValue(Fields.ERROR, fault.getMessage())
              .log("Node was not attested, trying again");
          return later(wait).compose(_ -> attestUntil(deadline));
        });
  }

  private Future<Void> later(Duration wait) {
    Promise<Void> promise = Promise.promise();
    context.after(wait, promise::complete);
    return promise.future();
  }

  /// Steps 1 to 4 with evidence.
  private Future<Void> attest() {
    return pendingKey("attestation")
        .compose(
            key -> attestationTrust().compose(credentials -> attestation.attest(key, credentials)))
        .compose(outcome -> {
          ownBundle.adopt(outcome.bundle());
          // The answer has ended the SVID before it: there is no way back, saved or not.
          return kept.insist(
                  state -> state.withIdentity(outcome.identity()).withBundle(outcome.bundle()))
              .map(outcome.identity());
        })
        .compose(identity -> {
          CrashPoints.at("attestation/saved");
          LOG.atInfo().addKeyValue(Fields.AGENT_ID, identity.id()).log("Node was attested");
          use(identity);
          return Future.<Void>succeededFuture();
        });
  }

  /// Steps 1 to 4 with the SVID in force.
  private Future<Void> renew(AgentIdentity old) {
    return pendingKey("renewal")
        .compose(key ->
            pool.call("renewing the agent's SVID", it -> it.renew(AgentCsr.der(key)))
                .compose(chain ->
                    NodeAttestation.checked(
                        old.id().trustDomain(), key, chain, old.reattestable(), clock)))
        .compose(identity -> {
          CrashPoints.at("renewal/answered");
          return kept.change(state -> state.withIdentity(identity)).map(identity);
        })
        .compose(identity -> {
          CrashPoints.at("renewal/saved");
          LOG.atInfo()
              .addKeyValue(Fields.EXPIRES_AT, identity.svid().notAfter())
              .log("Agent's SVID was renewed");
          use(identity);
          return Future.<Void>succeededFuture();
        });
  }

  private Future<KeyPair> pendingKey(String flow) {
    var pending = kept.now().pendingKey();
    if (pending.isPresent()) {
      return Future.succeededFuture(pending.get());
    }
    var key = KeyAlgorithm.EC_P256.generate();
    CrashPoints.at(flow + "/key-made");
    return kept.change(state -> state.withPendingKey(key))
        .map(_ -> {
          CrashPoints.at(flow + "/key-saved");
          return key;
        });
  }

  private Future<Credentials> attestationTrust() {
    return ownBundle.newest().x509Authorities().isEmpty()
        ? bootstrap.load()
        : Future.succeededFuture(new Credentials.Anonymous(ownBundle));
  }

  private void use(AgentIdentity identity) {
    generation++;
    waits.reset();
    mustAttest = false;
    trouble = Optional.empty();
    renewAt = RotationRule.renewAt(identity, random);
    renewIfTainted(identity, clock.instant().plus(TaintRule.ASK_AGAIN));
    pool.present(new Credentials.Agent(identity, ownBundle));
    if (generation == 1) {
      context.after(RotationRule.LOOK_EVERY, this::look);
    }
  }

  /// Once the authority that signed the SVID is revoked, no broker takes it any more.
  private void renewIfTainted(AgentIdentity identity, Instant at) {
    if (at.isBefore(renewAt) && TaintRule.of(ownBundle.newest()).taints(identity.svid().chain())) {
      LOG.atInfo().log("Agent's SVID is to be renewed, its authority is tainted");
      renewAt = at;
    }
  }

  private void look() {
    if (ended.future().isComplete()) {
      return;
    }
    context.after(RotationRule.LOOK_EVERY, this::look);
    kept.catchUp();
    if (!busy && !clock.instant().isBefore(renewAt)) {
      identity().ifPresent(this::rotate);
    }
  }

  private void rotate(AgentIdentity old) {
    busy = true;
    var next = mustAttest || old.reattestable() ? attest() : renew(old);
    next.onComplete(outcome -> {
      busy = false;
      if (outcome.succeeded()) {
        rotations.increment();
      } else {
        failedRotations.increment();
        rotationFailed(old, BrokerFault.of(outcome.cause()));
      }
    });
  }

  private void rotationFailed(AgentIdentity old, BrokerFault fault) {
    var wait = waits.next();
    renewAt = clock.instant().plus(wait);
    trouble = Optional.of("renewing the agent's SVID failed: " + fault.getMessage());
    LOG.atWarn().addKeyValue(Fields.ERROR, fault.getMessage()).log("Agent's SVID was not renewed");
    noteTrust(fault);
    if (fault.kind() == Kind.DENIED && (mustAttest || old.reattestable())) {
      forget(Reason.REFUSED, "the broker refused to attest this node again: ", fault);
    } else if (old.expired(clock.instant()) && !old.reattestable()) {
      end(
          Reason.EXPIRED,
          "the agent's SVID expired at "
              + old.svid().notAfter()
              + " and was not renewed: "
              + fault.getMessage());
    } else {
      react(fault);
    }
  }

  private void react(BrokerFault fault) {
    switch (fault.denial()) {
      case NONE -> {}
      case BANNED -> forget(Reason.BANNED, "this node was banned: ", fault);
      case EXPIRED, NOT_ATTESTED, NOT_ACTIVE, MUST_REATTEST -> attestAgain(fault);
    }
  }

  /// The SVID counts no more. A node that can attest again does so at once; after a failure that is
  /// not a denial it tries for as long as it takes, because nothing is lost by trying.
  private void attestAgain(BrokerFault fault) {
    var identity = identity();
    var possible =
        fault.denial() == Denial.MUST_REATTEST
            || identity.filter(it -> it.reattestable()).isPresent();
    if (!possible) {
      forget(Reason.REFUSED, "the broker no longer accepts this node: ", fault);
    } else if (!mustAttest) {
      LOG.atWarn().addKeyValue(Fields.REASON, fault.denial()).log("Node has to be attested again");
      mustAttest = true;
      identity.ifPresent(this::rotate);
    }
  }

  private <T> Future<T> forget(Reason reason, String what, BrokerFault fault) {
    return kept.change(AgentState::withoutIdentity)
        .transform(_ -> end(reason, what + fault.getMessage()));
  }

  private void noteTrust(BrokerFault fault) {
    if (fault.kind() != Kind.UNTRUSTED) {
      return;
    }
    var since = untrustedSince.orElseGet(clock::instant);
    untrustedSince = Optional.of(since);
    var reattestable = identity().map(AgentIdentity::reattestable).orElse(true);
    var waited = Duration.between(since, clock.instant());
    if (rebootstrap.allows(reattestable) && waited.compareTo(rebootstrap.delay()) >= 0) {
      kept.change(_ -> AgentState.EMPTY)
          .onComplete(_ ->
              end(
                  Reason.REBOOTSTRAP,
                  "no broker's certificate was trusted for "
                      + waited
                      + ", trust is established anew with the next start: "
                      + fault.getMessage()));
    }
  }
}
