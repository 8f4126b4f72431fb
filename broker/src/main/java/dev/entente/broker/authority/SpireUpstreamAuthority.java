package dev.entente.broker.authority;

import dev.entente.runtime.Causes;
import dev.entente.spiffe.JwtAuthority;
import dev.entente.spiffe.PublicKeys;
import io.vertx.core.Future;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// An upstream authority that is a server of the same trust domain above ours: SPIRE's, or another
/// broker.
///
/// It certifies our X.509 authorities as downstream authorities and publishes our JWT keys, so that
/// workloads above believe those below, and the other way round. What it answers is judged before
/// it is used ([UpstreamAnswer]).
///
/// @param server who is asked
public record SpireUpstreamAuthority(UpstreamServer server) implements UpstreamAuthority {
  /// Longer than any call to the server takes, with the wait for a first SVID at the start, so that
  /// its own reason comes first.
  private static final long ANSWER_WITHIN_SECONDS = 60;

  @Override
  public Signed sign(Request request) {
    var answer = await(server.certify(AuthorityCsr.der(request), request.ttl()));
    return UpstreamAnswer.judge(request, answer);
  }

  @Override
  public void publish(List<JwtAuthority> keys) {
    keys.forEach(key -> await(publish(server, key)));
  }

  /// Publishes one key, ours or that of a broker below us; fails with an
  /// [UpstreamAuthorityException] if the answer does not have it.
  public static Future<Void> publish(UpstreamServer server, JwtAuthority key) {
    return server
        .publish(key)
        .map(published -> {
          if (published.stream().noneMatch(other -> isSame(key, other))) {
            throw new UpstreamAuthorityException(
                "the server at "
                    + server.address()
                    + " did not publish the JWT key \""
                    + key.keyId()
                    + "\"");
          }
          return null;
        });
  }

  private static boolean isSame(JwtAuthority key, JwtAuthority other) {
    return other.keyId().equals(key.keyId()) && PublicKeys.same(other.publicKey(), key.publicKey());
  }

  private <T> T await(Future<T> future) {
    try {
      return future
          .toCompletionStage()
          .toCompletableFuture()
          .get(ANSWER_WITHIN_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof UpstreamAuthorityException known) {
        throw known;
      }
      throw new UpstreamAuthorityException(
          "the server at " + server.address() + " gave no answer to use: " + message(e), e);
    } catch (TimeoutException e) {
      throw new UpstreamAuthorityException(
          "the server at "
              + server.address()
              + " gave no answer within "
              + ANSWER_WITHIN_SECONDS
              + " s",
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UpstreamAuthorityException("interrupted while the server above was asked", e);
    }
  }

  private static String message(ExecutionException e) {
    return Causes.of(e.getCause() == null ? e : e.getCause());
  }
}
