package dev.entente.attestors.host;

import dev.entente.attestor.spi.AgentPathTemplate;
import dev.entente.attestor.spi.AttestorSettings;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;

/// What an operator says of `tpm_devid`, checked.
///
/// @param devIds who may say which key is a machine's
/// @param endorsements who may say which key is a TPM's
record TpmDevIdConfig(X509PopChain devIds, X509PopChain endorsements, AgentPathTemplate agentPath) {
  static final String FINGERPRINT = "Fingerprint";
  static final String SERIAL_NUMBER = "SerialNumberHex";
  static final String COMMON_NAME = "Subject.CommonName";
  static final String ENDORSEMENT_KEY = "EndorsementKey";

  private static final Set<String> VARIABLES =
      Set.of(FINGERPRINT, SERIAL_NUMBER, COMMON_NAME, ENDORSEMENT_KEY);
  private static final String BY_FINGERPRINT = "/{{ .PluginName }}/{{ ." + FINGERPRINT + " }}";

  /// Reads the attestor's section; mistakes are reported there.
  static TpmDevIdConfig read(AttestorSettings settings, InstantSource clock) {
    return new TpmDevIdConfig(
        new X509PopChain(authorities(settings, "devid-ca-path"), clock),
        new X509PopChain(authorities(settings, "endorsement-ca-path"), clock),
        agentPath(settings));
  }

  private static List<X509Certificate> authorities(AttestorSettings settings, String key) {
    var file = settings.path(key);
    if (file.isEmpty()) {
      settings.problem(key, "no authority given, so no node could be believed");
      return List.of();
    }
    try {
      return X509PopChain.readAuthorities(file.get());
    } catch (IllegalArgumentException e) {
      settings.problem(key, String.valueOf(e.getMessage()));
      return List.of();
    }
  }

  private static AgentPathTemplate agentPath(AttestorSettings settings) {
    return AgentPathTemplate.read(settings, TpmDevIdAttestor.TYPE, BY_FINGERPRINT, VARIABLES);
  }
}
