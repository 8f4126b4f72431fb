package dev.entente.agent.endpoint;

import dev.entente.agent.svidcache.JwtAnswer;
import dev.entente.attestor.spi.Selector;
import dev.entente.rpc.RpcException;
import dev.entente.rpc.RpcStatus;
import dev.entente.spiffe.SpiffeId;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What the APIs that hand out JWT-SVIDs have in common.
final class JwtFetch {
  private static final Logger LOG = LoggerFactory.getLogger(JwtFetch.class);

  private JwtFetch() {}

  /// Why no token can be made for `audience`; empty if one can.
  static Optional<String> refusal(List<String> audience) {
    if (audience.isEmpty()) {
      return Optional.of("audience must be specified");
    }
    return audience.contains("")
        ? Optional.of("audience must not hold an empty value")
        : Optional.empty();
  }

  /// The one identity asked for; empty for all.
  ///
  /// @throws IllegalArgumentException with what the caller is to be told, if it is no SPIFFE ID
  static Optional<SpiffeId> only(String spiffeId) {
    try {
      return spiffeId.isEmpty() ? Optional.empty() : Optional.of(SpiffeId.parse(spiffeId));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("invalid requested SPIFFE ID: " + e.getMessage(), e);
    }
  }

  private static Future<JwtAnswer.Tokens> tokens(Future<JwtAnswer> fetched, RpcStatus noIdentity) {
    return fetched
        .recover(JwtFetch::notFetched)
        .compose(answer ->
            switch (answer) {
              case JwtAnswer.NotSynced() ->
                  Future.failedFuture(WorkloadStatuses.NOT_SYNCED.asException());
              case JwtAnswer.NoIdentity() -> Future.failedFuture(noIdentity.asException());
              case JwtAnswer.Tokens tokens -> Future.succeededFuture(tokens);
            });
  }

  /// The tokens, or the status to answer. Whose they are has to be the same when they are there:
  /// signing them may take long enough for a workload to end, or to become another program, and for
  /// a delegate to be none any more.
  ///
  /// @param loop of the call; call there
  /// @param noIdentity the status if none is granted
  static Future<JwtAnswer.Tokens> tokensOf(
      Subject subject,
      Context loop,
      Function<Set<Selector>, Future<JwtAnswer>> fetch,
      RpcStatus noIdentity) {
    return subject
        .establish()
        .compose(selectors ->
            CallLoop.back(loop, tokens(fetch.apply(selectors), noIdentity))
                .compose(tokens -> requireSame(subject, selectors).map(tokens)));
  }

  private static Future<Void> requireSame(Subject subject, Set<Selector> selectors) {
    return subject
        .confirm()
        .compose(now ->
            now.equals(selectors)
                ? Future.succeededFuture()
                : Future.failedFuture(
                    WorkloadStatuses.unattested("it changed while its SVID was fetched")
                        .asException()));
  }

  private static Future<JwtAnswer> notFetched(Throwable cause) {
    LOG.atWarn().setCause(cause).log("JWT-SVID was not fetched");
    return Future.failedFuture(new RpcException(WorkloadStatuses.NO_JWT_SVID, cause));
  }
}
