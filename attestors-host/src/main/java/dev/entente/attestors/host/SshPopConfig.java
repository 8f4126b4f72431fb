package dev.entente.attestors.host;

import dev.entente.attestor.spi.AgentPathTemplate;
import dev.entente.attestor.spi.AttestorSettings;
import dev.entente.runtime.BoundedFiles;
import dev.entente.runtime.Causes;
import java.io.IOException;
import java.nio.file.Path;
import java.security.PublicKey;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// What an operator says of `sshpop`, checked.
///
/// @param authorities whose host certificates count, by the fingerprints of their keys
/// @param canonicalDomain in which every host is; left out of a host's name
record SshPopConfig(
    Map<String, PublicKey> authorities,
    Optional<String> canonicalDomain,
    AgentPathTemplate agentPath) {
  private static final Set<String> VARIABLES = Set.of("Fingerprint", "Hostname", "KeyId", "Serial");

  SshPopConfig {
    authorities = Map.copyOf(authorities);
  }

  /// Reads the attestor's section; mistakes are reported there.
  static SshPopConfig read(AttestorSettings settings) {
    var authorities = new HashMap<String, PublicKey>();
    for (var line : settings.texts("cert-authorities")) {
      add(settings, "cert-authorities", line, authorities);
    }
    settings.path("cert-authorities-path").ifPresent(file -> read(settings, file, authorities));
    if (authorities.isEmpty()) {
      settings.problem("cert-authorities", "no authority given, so no node could be believed");
    }
    return new SshPopConfig(authorities, settings.text("canonical-domain"), agentPath(settings));
  }

  private static void read(
      AttestorSettings settings, Path file, Map<String, PublicKey> authorities) {
    var key = "cert-authorities-path";
    try {
      BoundedFiles.readText(file, BoundedFiles.DOCUMENT_MAX_BYTES)
          .lines()
          .filter(line -> !line.isBlank() && !line.startsWith("#"))
          .forEach(line -> add(settings, key, line, authorities));
    } catch (IOException e) {
      settings.problem(key, file + ": " + Causes.of(e));
    }
  }

  private static void add(
      AttestorSettings settings, String key, String line, Map<String, PublicKey> authorities) {
    try {
      byte[] blob = SshKeyFiles.readLine(line);
      authorities.put(SshPopAttestor.fingerprint(blob), SshKeys.read(blob));
    } catch (IllegalArgumentException e) {
      settings.problem(key, "not a public key of SSH: \"" + line + "\": " + e.getMessage());
    }
  }

  private static AgentPathTemplate agentPath(AttestorSettings settings) {
    var usual = "/{{ .PluginName }}/{{ .Fingerprint }}";
    return AgentPathTemplate.read(settings, SshPopAttestor.TYPE, usual, VARIABLES);
  }
}
