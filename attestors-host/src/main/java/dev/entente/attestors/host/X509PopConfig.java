package dev.entente.attestors.host;

import dev.entente.attestor.spi.AgentPathTemplate;
import dev.entente.attestor.spi.AttestorSettings;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/// What an operator says of `x509pop`, checked.
///
/// @param intermediatesMax most certificates between leaf and authority
/// @param rsaMaxBits longest RSA key that is computed with for a stranger
/// @param verifyClientIp whether the leaf has to name the address the node comes from
record X509PopConfig(
    Mode mode,
    int intermediatesMax,
    int rsaMaxBits,
    boolean verifyClientIp,
    AgentPathTemplate agentPath) {
  static final String FINGERPRINT = "Fingerprint";
  static final String SERIAL_NUMBER = "SerialNumberHex";
  static final String COMMON_NAME = "Subject.CommonName";
  static final String TRUST_DOMAIN = "TrustDomain";
  static final String SVID_PATH = "SVIDPathTrimmed";
  static final String URI_NAMES = "URISanSelectors.";

  private static final Set<String> VARIABLES =
      Set.of(FINGERPRINT, SERIAL_NUMBER, COMMON_NAME, TRUST_DOMAIN, SVID_PATH + "/", URI_NAMES);
  private static final String BY_FINGERPRINT = "/{{ .PluginName }}/{{ ." + FINGERPRINT + " }}";
  private static final String BY_SVID = "/{{ .PluginName }}/{{ ." + SVID_PATH + " }}";

  private static final String SVID_PREFIX = "/spire-exchange/";
  private static final Pattern PREFIX = Pattern.compile("(?:/[A-Za-z0-9._-]+)+/");
  private static final String BUNDLE = "ca-bundle-path";
  private static final String BUNDLES = "ca-bundle-paths";

  /// Whose certificates count.
  sealed interface Mode {}

  /// Those of authorities that somebody else runs.
  record ExternalPki(X509PopChain chains) implements Mode {}

  /// X.509-SVIDs of our own trust domain.
  ///
  /// @param prefix with which their paths begin; it begins and ends with a slash
  record Spiffe(String prefix, InstantSource clock) implements Mode {}

  /// Reads the attestor's section; mistakes are reported there.
  static X509PopConfig read(AttestorSettings settings, InstantSource clock) {
    var mode = mode(settings, clock);
    return new X509PopConfig(
        mode,
        settings.integer("max-intermediates", 4, 0, 16),
        settings.integer("max-rsa-key-size", 8192, 2048, 16384),
        settings.flag("verify-client-ip", false),
        agentPath(settings, mode));
  }

  private static Mode mode(AttestorSettings settings, InstantSource clock) {
    var anchors = authorities(settings);
    var prefix = settings.text("svid-prefix");
    var mode = settings.text("mode").orElse("external_pki");
    return switch (mode) {
      case "spiffe" -> {
        if (settings.path(BUNDLE).isPresent() || !settings.paths(BUNDLES).isEmpty()) {
          settings.problem(BUNDLES, "not with mode spiffe: SVIDs are judged by our own bundle");
        }
        yield new Spiffe(prefix(settings, prefix.orElse(SVID_PREFIX)), clock);
      }
      case "external_pki" -> {
        if (anchors.isEmpty()) {
          settings.problem(BUNDLES, "no authority given, so no node could be believed");
        }
        if (prefix.isPresent()) {
          settings.problem("svid-prefix", "belongs to mode spiffe");
        }
        yield new ExternalPki(new X509PopChain(anchors, clock));
      }
      default -> {
        settings.problem("mode", "neither external_pki nor spiffe: \"" + mode + "\"");
        yield new ExternalPki(new X509PopChain(anchors, clock));
      }
    };
  }

  private static List<X509Certificate> authorities(AttestorSettings settings) {
    var anchors = new ArrayList<X509Certificate>();
    settings.path(BUNDLE).ifPresent(file -> read(settings, BUNDLE, file, anchors));
    settings.paths(BUNDLES).forEach(file -> read(settings, BUNDLES, file, anchors));
    return anchors;
  }

  private static void read(
      AttestorSettings settings, String key, Path file, List<X509Certificate> anchors) {
    try {
      anchors.addAll(X509PopChain.readAuthorities(file));
    } catch (IllegalArgumentException e) {
      settings.problem(key, String.valueOf(e.getMessage()));
    }
  }

  private static String prefix(AttestorSettings settings, String text) {
    var prefix = text.endsWith("/") ? text : text + "/";
    if (!PREFIX.matcher(prefix).matches() || prefix.startsWith("/spire/")) {
      settings.problem(
          "svid-prefix", "not the beginning of a path outside /spire/: \"" + text + "\"");
      return SVID_PREFIX;
    }
    return prefix;
  }

  private static AgentPathTemplate agentPath(AttestorSettings settings, Mode mode) {
    var usual = mode instanceof Spiffe ? BY_SVID : BY_FINGERPRINT;
    return AgentPathTemplate.read(settings, X509PopAttestor.TYPE, usual, VARIABLES);
  }
}
