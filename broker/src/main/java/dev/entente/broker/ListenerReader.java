package dev.entente.broker;

import dev.entente.broker.BrokerConfig.CertificateFiles;
import dev.entente.broker.BrokerConfig.Jwt;
import dev.entente.broker.BrokerConfig.Listener;
import dev.entente.broker.BrokerConfig.Listener.Kind;
import dev.entente.federation.BundleEndpointUrl;
import dev.entente.runtime.ConfigSection;
import dev.entente.runtime.ListenAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Reads the HTTPS `listeners`.
///
/// One TLS identity cannot serve clients that expect a Web PKI certificate and clients that expect
/// an SVID under one name. So listeners share an address only if each says its names and no name is
/// said twice; the name in the client's TLS greeting then picks the certificate.
final class ListenerReader {
  private static final Map<String, Kind> KINDS =
      Map.of(
          "bundle-https-spiffe", Kind.BUNDLE_HTTPS_SPIFFE,
          "bundle-https-web", Kind.BUNDLE_HTTPS_WEB,
          "oidc", Kind.OIDC);

  private final ConfigSection root;
  private final Jwt jwt;

  private ListenerReader(ConfigSection root, Jwt jwt) {
    this.root = root;
    this.jwt = jwt;
  }

  static List<Listener> read(ConfigSection root, Jwt jwt) {
    var reader = new ListenerReader(root, jwt);
    var listeners = new ArrayList<Listener>();
    for (var section : root.sectionList("listeners")) {
      listeners.add(reader.listener(section));
    }
    reader.checkSharedAddresses(listeners);
    return listeners;
  }

  private Listener listener(ConfigSection section) {
    var kind = section.require("kind", ListenerReader::kind, Kind.BUNDLE_HTTPS_WEB);
    var address =
        section.require("address", ListenAddress::parse, new ListenAddress("unset.invalid", 0));
    var hosts = hosts(section, kind);
    var certificate = certificate(section, kind);
    var path = path(section, kind);
    if (kind == Kind.OIDC && jwt.issuer().isEmpty()) {
      section.problem("kind", "oidc needs jwt-issuer: it is the issuer and the only Host");
    }
    return new Listener(kind, address, hosts, certificate, path, movedTo(section, kind));
  }

  private Set<String> hosts(ConfigSection section, Kind kind) {
    var hosts = new LinkedHashSet<String>();
    for (var host : section.texts("hosts")) {
      hosts.add(host.toLowerCase(Locale.ROOT));
    }
    if (kind == Kind.OIDC) {
      jwt.issuer().ifPresent(issuer -> checkIssuerHost(section, hosts, issuer.url().getHost()));
    }
    return hosts;
  }

  private static void checkIssuerHost(ConfigSection section, Set<String> hosts, String issuer) {
    var host = issuer.toLowerCase(Locale.ROOT);
    if (!hosts.isEmpty() && !hosts.equals(Set.of(host))) {
      section.problem("hosts", "oidc answers to the host of jwt-issuer only: \"" + host + "\"");
    }
    hosts.clear();
    hosts.add(host);
  }

  private static Optional<CertificateFiles> certificate(ConfigSection section, Kind kind) {
    var certificate = section.path("certificate-file");
    var key = section.path("key-file");
    boolean wanted = kind != Kind.BUNDLE_HTTPS_SPIFFE;
    if (wanted && (certificate.isEmpty() || key.isEmpty())) {
      section.problem(
          certificate.isEmpty() ? "certificate-file" : "key-file", "is required for this kind");
    }
    if (!wanted && (certificate.isPresent() || key.isPresent())) {
      section.problem(
          certificate.isPresent() ? "certificate-file" : "key-file",
          "has no meaning for bundle-https-spiffe: it shows the broker's own SVID");
    }
    return wanted && certificate.isPresent() && key.isPresent()
        ? Optional.of(new CertificateFiles(certificate.get(), key.get()))
        : Optional.empty();
  }

  private static String path(ConfigSection section, Kind kind) {
    if (kind == Kind.OIDC && section.has("path")) {
      section.problem("path", "has no meaning for oidc: jwt-issuer says it");
    }
    return section.parse("path", ListenerReader::absolutePath).orElse("/");
  }

  private static Optional<URI> movedTo(ConfigSection section, Kind kind) {
    if (kind == Kind.OIDC && section.has("moved-to")) {
      section.problem("moved-to", "has no meaning for oidc: relying parties follow no redirect");
    }
    return section.parse("moved-to", BundleEndpointUrl::parse);
  }

  private static String absolutePath(String text) {
    if (!text.startsWith("/") || text.indexOf('?') >= 0 || text.indexOf('#') >= 0) {
      throw new IllegalArgumentException("not an absolute path: \"" + text + "\"");
    }
    return text;
  }

  private static Kind kind(String text) {
    var kind = KINDS.get(text);
    if (kind == null) {
      throw new IllegalArgumentException(
          "\""
              + text
              + "\" is none of "
              + String.join(", ", KINDS.keySet().stream().sorted().toList()));
    }
    return kind;
  }

  private void checkSharedAddresses(List<Listener> listeners) {
    var byAddress = new HashMap<ListenAddress, List<Listener>>();
    for (var listener : listeners) {
      if (listener.address().port() != 0) {
        byAddress.computeIfAbsent(listener.address(), _ -> new ArrayList<>()).add(listener);
      }
    }
    byAddress.forEach(this::checkNames);
  }

  private void checkNames(ListenAddress address, List<Listener> sharing) {
    if (sharing.size() == 1) {
      return;
    }
    var names = new HashSet<String>();
    for (var listener : sharing) {
      if (listener.hosts().isEmpty()) {
        root.problem("listeners", "several share " + address + ", so each must name its hosts");
      }
      for (var host : listener.hosts()) {
        if (!names.add(host)) {
          root.problem("listeners", "two share " + address + " and the host \"" + host + "\"");
        }
      }
    }
  }
}
