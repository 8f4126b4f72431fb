package dev.entente.broker.audit;

import dev.entente.broker.store.Settings;
import dev.entente.spiffe.PublicKeys;
import io.vertx.core.Future;
import java.security.PublicKey;
import java.util.HashMap;
import java.util.Map;

/// The public halves of audit keys among the store's settings, where whoever verifies finds them.
/// They are only ever added: what an old key signed stays verifiable.
public final class AuditKeys {
  private AuditKeys() {}

  /// Makes the public half of this key known. The log may be opened before; the key must be known
  /// before anyone verifies.
  public static Future<Void> publish(Settings settings, AuditSigner signer) {
    var name = AuditSigner.SETTING_PREFIX + signer.keyId();
    return settings
        .find(name)
        .compose(present ->
            present.isPresent()
                ? Future.succeededFuture()
                : settings.put(name, signer.publicKey().getEncoded()).mapEmpty());
  }

  /// All known keys by key id, for [AuditVerifier#verify].
  public static Future<Map<String, PublicKey>> all(Settings settings) {
    return settings
        .startingWith(AuditSigner.SETTING_PREFIX)
        .map(found -> {
          var keys = new HashMap<String, PublicKey>();
          found.forEach((name, encoded) ->
              keys.put(
                  name.substring(AuditSigner.SETTING_PREFIX.length()), PublicKeys.read(encoded)));
          return keys;
        });
  }
}
