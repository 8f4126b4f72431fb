package dev.entente.broker;

import dev.entente.broker.authority.AuthorityOptions;
import dev.entente.broker.authority.DiskKeyManager;
import dev.entente.broker.authority.DiskUpstreamAuthority;
import dev.entente.broker.authority.JwtProfile;
import dev.entente.broker.authority.KeyManager;
import dev.entente.broker.authority.LostKeys;
import dev.entente.broker.authority.MemoryKeyManager;
import dev.entente.broker.authority.SpireUpstreamAuthority;
import dev.entente.broker.authority.SubjectName;
import dev.entente.broker.authority.UpstreamAuthority;
import dev.entente.broker.authority.WitProfile;
import dev.entente.broker.authority.X509Profile;
import dev.entente.broker.upstream.Upstream;
import dev.entente.broker.upstream.UpstreamPlace;
import io.vertx.core.Vertx;
import java.time.InstantSource;
import java.util.Optional;

/// What the configuration says of keys, authorities and what they sign, in the words of the room
/// that does it.
final class AuthoritySettings {
  private AuthoritySettings() {}

  /// Where signing keys are kept.
  static KeyManager keyManager(BrokerConfig config) {
    return switch (config.keyManager()) {
      case DISK -> DiskKeyManager.open(config.dataDir().resolve("keys"));
      case MEMORY -> new MemoryKeyManager();
    };
  }

  /// How authorities are made and replaced.
  static AuthorityOptions options(BrokerConfig config, String member) {
    return new AuthorityOptions(
        config.trustDomain(),
        member,
        config.ca().keyType(),
        config.ca().subject(),
        config.ca().ttl(),
        config.refreshHint(),
        config.jwt().lead(),
        true,
        config.witSvids(),
        LostKeys.areGivenUp(config.dataDir()));
  }

  /// The server above, if there is one.
  static Optional<Upstream> server(BrokerConfig config, Vertx vertx, InstantSource clock) {
    return config.upstream().flatMap(kind -> server(kind, config, vertx, clock));
  }

  private static Optional<Upstream> server(
      BrokerConfig.Upstream kind, BrokerConfig config, Vertx vertx, InstantSource clock) {
    return switch (kind) {
      case BrokerConfig.UpstreamFiles _ -> Optional.empty();
      case BrokerConfig.UpstreamServer(var address, var workloadApi) ->
          Optional.of(
              new Upstream(
                  vertx, new UpstreamPlace(address, workloadApi), config.trustDomain(), clock));
    };
  }

  /// Who signs the X.509 authorities, if not they themselves.
  ///
  /// @param above the server above, if there is one
  static Optional<UpstreamAuthority> upstream(BrokerConfig config, Optional<Upstream> above) {
    return config
        .upstream()
        .map(kind ->
            switch (kind) {
              case BrokerConfig.UpstreamFiles(var certificate, var key, var bundle) ->
                  new DiskUpstreamAuthority(certificate, key, bundle);
              case BrokerConfig.UpstreamServer _ ->
                  new SpireUpstreamAuthority(above.orElseThrow().server());
            });
  }

  /// What an X509-SVID looks like.
  static X509Profile x509(BrokerConfig config) {
    return new X509Profile(
        config.trustDomain(),
        SubjectName.SPIRE,
        config.svid().x509Ttl(),
        config.svid().agentTtl(),
        X509Profile.LONGEST_TTL);
  }

  /// What a JWT-SVID looks like.
  static JwtProfile jwt(BrokerConfig config) {
    return new JwtProfile(
        config.trustDomain(),
        config.jwt().issuer().map(issuer -> issuer.toString()),
        config.jwt().algorithm(),
        config.svid().jwtTtl(),
        X509Profile.LONGEST_TTL);
  }

  /// What a WIT-SVID looks like: it lives as long as an X509-SVID, for it is as useless without its
  /// key.
  static WitProfile wit(BrokerConfig config) {
    return new WitProfile(config.trustDomain(), config.svid().x509Ttl(), X509Profile.LONGEST_TTL);
  }
}
