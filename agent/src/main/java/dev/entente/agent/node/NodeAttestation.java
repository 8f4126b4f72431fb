package dev.entente.agent.node;

import dev.entente.agent.node.BrokerClient.AttestOrder;
import dev.entente.agent.node.BrokerClient.Attested;
import dev.entente.agent.node.BrokerConnector.Credentials;
import dev.entente.agent.node.BrokerFault.Kind;
import dev.entente.attestor.spi.EvidenceSource;
import dev.entente.runtime.CrashPoints;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.TrustDomain;
import dev.entente.spiffe.X509Svid;
import io.vertx.core.Future;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;

/// Shows this node's evidence to a broker and gets an SVID for it. Stores nothing.
final class NodeAttestation {
  /// The bundle is asked for this often before an attestation is given up that has perhaps cost a
  /// join token.
  private static final int BUNDLE_TRIES = 3;

  private final NodeContext context;
  private final InstantSource clock;
  private final BrokerPool pool;
  private final TrustDomain trustDomain;
  private final Evidence evidence;

  /// Where evidence comes from.
  ///
  /// @param type the attestation type on the wire
  record Evidence(String type, EvidenceSource source) {}

  /// What an attestation brings.
  record Outcome(AgentIdentity identity, SpiffeBundle bundle) {}

  NodeAttestation(
      NodeContext context,
      InstantSource clock,
      BrokerPool pool,
      TrustDomain trustDomain,
      Evidence evidence) {
    this.context = context;
    this.clock = clock;
    this.pool = pool;
    this.trustDomain = trustDomain;
    this.evidence = evidence;
  }

  /// Attests with `key`, which the caller has saved: if the answer is lost, the same evidence
  /// counts again only with the same key.
  Future<Outcome> attest(KeyPair key, Credentials credentials) {
    var csr = AgentCsr.der(key);
    return pool.callUnattested(
        "attesting the node", credentials, client -> attestWith(client, key, csr));
  }

  private Future<Outcome> attestWith(BrokerClient client, KeyPair key, byte[] csr) {
    return collected(context.blocking(evidence.source()::open))
        .compose(session -> show(client, session, csr))
        .onSuccess(_ -> CrashPoints.at("attestation/answered"))
        .compose(attested ->
            bundle(client, BUNDLE_TRIES).compose(bundle -> outcome(key, attested, bundle)));
  }

  private Future<Attested> show(BrokerClient client, EvidenceSource.Session session, byte[] csr) {
    return client
        .attest(
            new AttestOrder(evidence.type(), session.payload(), csr),
            challenge -> collected(context.blocking(() -> session.respond(challenge))))
        .onComplete(_ -> session.close());
  }

  /// Over the connection of the attestation: whoever that was is believed about the bundle too.
  private static Future<SpiffeBundle> bundle(BrokerClient client, int tries) {
    return client
        .bundle()
        .recover(cause -> tries > 1 ? bundle(client, tries - 1) : Future.failedFuture(cause));
  }

  private Future<Outcome> outcome(KeyPair key, Attested attested, SpiffeBundle bundle) {
    if (!bundle.trustDomain().equals(trustDomain) || bundle.x509Authorities().isEmpty()) {
      return Future.failedFuture(
          new BrokerFault(
              Kind.INTERNAL, "the broker's bundle has no X.509 authority of " + trustDomain));
    }
    return checked(trustDomain, key, attested.chain(), attested.reattestable(), clock)
        .map(identity -> new Outcome(identity, bundle));
  }

  /// The identity in an answer, if it is the one asked for: our key, our trust domain, an agent's
  /// ID, not expired. Who signed is not looked at: the connection said who answers.
  static Future<AgentIdentity> checked(
      TrustDomain trustDomain,
      KeyPair key,
      List<X509Certificate> chain,
      boolean reattestable,
      InstantSource clock) {
    try {
      var identity = new AgentIdentity(X509Svid.of(chain), key.getPrivate(), reattestable);
      if (!identity.id().isMemberOf(trustDomain)) {
        return unusable("it is of " + identity.id() + ", not of " + trustDomain);
      }
      var certified = identity.svid().leaf().getPublicKey().getEncoded();
      if (!Arrays.equals(certified, key.getPublic().getEncoded())) {
        return unusable("it is not for the key that was sent");
      }
      if (identity.expired(clock.instant())) {
        return unusable("it has expired at " + identity.svid().notAfter() + ", check the clocks");
      }
      return Future.succeededFuture(identity);
    } catch (IllegalArgumentException e) {
      return unusable(String.valueOf(e.getMessage()));
    }
  }

  private static Future<AgentIdentity> unusable(String why) {
    return Future.failedFuture(
        new BrokerFault(Kind.INTERNAL, "the SVID the broker sent was not taken: " + why));
  }

  private static <T> Future<T> collected(Future<T> evidence) {
    return evidence.recover(cause ->
        Future.failedFuture(
            new BrokerFault(
                Kind.INVALID,
                "collecting this node's evidence failed: " + cause.getMessage(),
                cause)));
  }
}
