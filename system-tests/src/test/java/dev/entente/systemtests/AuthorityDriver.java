package dev.entente.systemtests;

import static dev.entente.wire.entente.broker.v1.AuthorityKind.AUTHORITY_KIND_JWT;
import static dev.entente.wire.entente.broker.v1.AuthorityKind.AUTHORITY_KIND_X509;

import dev.entente.rpc.RpcException;
import dev.entente.wire.entente.broker.v1.AuthorityKind;
import dev.entente.wire.spire.server.localauthority.v1.GetJWTAuthorityStateRequest;
import dev.entente.wire.spire.server.localauthority.v1.GetX509AuthorityStateRequest;
import dev.entente.wire.spire.server.localauthority.v1.LocalAuthorityGrpcClient;
import dev.entente.wire.spire.server.localauthority.v1.PrepareJWTAuthorityRequest;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/// Signs things and rotates authorities for as long as it may, and remembers which authorities may
/// be the active ones and what was signed.
///
/// It rotates at most once a round; a JWT generation in every fourth round only, because its two
/// keys stay published for more than an hour and the bundle holds sixty.
final class AuthorityDriver implements Runnable {
  private final AdminApi admin;
  private final RoundGate gate;
  private final Random random;
  private final Signatures signatures;
  private final AtomicLong rotations = new AtomicLong();

  /// Touched by this driver's thread, and by the one that looks.
  private final Map<AuthorityKind, Set<String>> possiblyActive = new EnumMap<>(AuthorityKind.class);

  private volatile boolean rotating;
  private volatile boolean wanted;
  private boolean failed;
  private boolean rotated;

  AuthorityDriver(AdminApi admin, RoundGate gate, Random random) {
    this.admin = admin;
    this.gate = gate;
    this.random = random;
    this.signatures = new Signatures(admin);
  }

  @Override
  public void run() {
    var round = gate.round();
    while (gate.step(this::drive)) {
      if (failed) {
        gate.awaitRoundAfter(round);
        failed = false;
      }
      if (gate.round() != round) {
        rotated = false;
      }
      round = gate.round();
    }
  }

  private void drive() {
    try {
      signatures.sign();
      if (!rotated && (wanted || random.nextInt(10) == 0)) {
        rotated = true;
        wanted = false;
        rotate(random.nextInt(4) == 0 ? AUTHORITY_KIND_JWT : AUTHORITY_KIND_X509);
      }
    } catch (RpcException _) {
      failed = true;
    } finally {
      rotating = false;
    }
  }

  private void rotate(AuthorityKind kind) {
    rotating = true;
    var prepared = prepare(kind);
    var before = possiblyActive.getOrDefault(kind, Set.of());
    var both = new HashSet<>(before);
    both.add(prepared);
    possiblyActive.put(kind, both);
    admin.activateNow(kind, prepared);
    possiblyActive.put(kind, Set.of(prepared));
    rotations.incrementAndGet();
  }

  private String prepare(AuthorityKind kind) {
    return kind == AUTHORITY_KIND_X509
        ? admin.prepareX509Authority()
        : admin
            .ask(
                LocalAuthorityGrpcClient.PrepareJWTAuthority,
                PrepareJWTAuthorityRequest.getDefaultInstance())
            .getPreparedAuthority()
            .getAuthorityId();
  }

  /// Asks for this round's rotation now, if it has not happened.
  void rotateNow() {
    wanted = true;
  }

  /// Whether an authority is being prepared or activated at this moment.
  boolean isRotating() {
    return rotating;
  }

  /// Confirmed activations.
  long rotations() {
    return rotations.get();
  }

  /// What was signed.
  long signed() {
    return signatures.count();
  }

  /// Compares with what the journal says, and goes on from there: the active authority is one it
  /// may be, the bundle has the key of everything alive, and both kinds still sign.
  void reconcile() {
    reconcile(
        AUTHORITY_KIND_X509,
        admin
            .ask(
                LocalAuthorityGrpcClient.GetX509AuthorityState,
                GetX509AuthorityStateRequest.getDefaultInstance())
            .getActive()
            .getAuthorityId());
    reconcile(
        AUTHORITY_KIND_JWT,
        admin
            .ask(
                LocalAuthorityGrpcClient.GetJWTAuthorityState,
                GetJWTAuthorityStateRequest.getDefaultInstance())
            .getActive()
            .getAuthorityId());
    signatures.sign();
    signatures.requireKeysIn(admin.bundle());
  }

  /// Throws if an audit log lacks what was signed.
  void requireRecordedIn(Path auditDirectory) {
    signatures.requireRecordedIn(auditDirectory);
  }

  private void reconcile(AuthorityKind kind, String active) {
    var possible = possiblyActive.getOrDefault(kind, Set.of());
    if (!possible.isEmpty() && !possible.contains(active)) {
      throw new AssertionError(kind + " " + active + " is active, expected one of " + possible);
    }
    possiblyActive.put(kind, Set.of(active));
  }
}
