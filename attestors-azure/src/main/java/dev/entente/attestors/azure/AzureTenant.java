package dev.entente.attestors.azure;

import dev.entente.attestor.spi.AttestorSettings;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/// A tenant whose machines may become nodes, and how Azure is asked about them.
///
/// @param tenantId a UUID, in lower case
/// @param subscriptions the allowed ones, in lower case; empty: all that the credentials can see
record AzureTenant(String tenantId, Credentials credentials, Set<String> subscriptions) {
  AzureTenant {
    subscriptions = Set.copyOf(subscriptions);
  }

  /// Whom the broker is to Azure.
  sealed interface Credentials {}

  /// What the broker's environment offers: variables, a workload identity, a managed identity.
  record OfTheEnvironment() implements Credentials {}

  /// @param secret never shown
  record Secret(String appId, String secret) implements Credentials {
    @Override
    public String toString() {
      return "Secret[" + appId + "]";
    }
  }

  /// @param token a file with a token the application trusts, read for each use
  record TokenFile(String appId, Path token) implements Credentials {}

  /// Reports at `key` of `settings` that what it says is no tenant's id, if it is none.
  static void checkId(String tenantId, AttestorSettings settings, String key) {
    if (!AttestedDocument.UUID.matcher(tenantId).matches()) {
      settings.problem(key, "not a tenant's UUID: \"" + tenantId + "\"");
    }
  }

  /// Reads the section of a tenant whose id was checked; mistakes are reported there.
  static AzureTenant read(String tenantId, AttestorSettings settings) {
    return new AzureTenant(
        tenantId.toLowerCase(Locale.ROOT), credentials(settings), subscriptions(settings));
  }

  private static Credentials credentials(AttestorSettings settings) {
    var app = settings.text("app-id");
    var secret = settings.text("app-secret");
    var token = settings.path("token-path");
    if (app.isEmpty() && secret.isEmpty() && token.isEmpty()) {
      return new OfTheEnvironment();
    }
    var chosen =
        app.flatMap(id ->
            secret
                .<Credentials>map(hidden -> new Secret(id, hidden))
                .or(() -> token.map(file -> new TokenFile(id, file))));
    if (chosen.isEmpty() || (secret.isPresent() && token.isPresent())) {
      settings.problem("app-id", "set app-id and either app-secret or token-path, or none of them");
    }
    return chosen.orElseGet(OfTheEnvironment::new);
  }

  private static Set<String> subscriptions(AttestorSettings settings) {
    var ids = settings.texts("restrict-to-subscriptions");
    for (var id : ids) {
      if (!AttestedDocument.UUID.matcher(id).matches()) {
        settings.problem("restrict-to-subscriptions", "not a subscription's UUID: \"" + id + "\"");
      }
    }
    return ids.stream()
        .map(id -> id.toLowerCase(Locale.ROOT))
        .collect(Collectors.toUnmodifiableSet());
  }

  /// Whether machines of that subscription may become nodes.
  boolean allows(String subscriptionId) {
    return subscriptions.isEmpty()
        || subscriptions.contains(subscriptionId.toLowerCase(Locale.ROOT));
  }
}
