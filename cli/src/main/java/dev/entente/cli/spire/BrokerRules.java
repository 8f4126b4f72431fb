package dev.entente.cli.spire;

import dev.entente.cli.spire.Draft.Literal;
import dev.entente.cli.spire.Rule.Use;
import dev.entente.oidc.discovery.OidcIssuer;
import dev.entente.runtime.Units;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/// The rules for a server's file, and what is put together at its end.
final class BrokerRules {
  private static final Duration HOUR = Duration.ofHours(1);
  private static final Duration HINT = Duration.ofMinutes(5);
  private static final List<String> LIMITS_ATTEST = List.of("attest-burst", "attest-per-second");
  private static final List<String> LIMITS_SIGN = List.of("csrs-per-second", "jwts-per-second");

  private BrokerRules() {}

  static Map<String, Rule> all() {
    var rules = new LinkedHashMap<>(CommonRules.all());
    rules.putAll(CloudRules.all());
    rules.put("listen-host", use -> use.part("listen.host", use.setting().text()));
    rules.put("listen-port", use -> use.part("listen.port", CommonRules.number(use)));
    rules.put("subject-country", use -> subject(use, "C"));
    rules.put("subject-organization", use -> subject(use, "O"));
    rules.put("subject-name", use -> subject(use, "CN"));
    rules.put("ca-ttl", BrokerRules::caTtl);
    rules.put("jwt-key-type", BrokerRules::jwtKeyType);
    rules.put("issuer", BrokerRules::issuer);
    rules.put("limit-attest", use -> limits(use, LIMITS_ATTEST));
    rules.put("limit-sign", use -> limits(use, LIMITS_SIGN));
    rules.put("bundle-host", use -> use.part("bundle.host", use.setting().text()));
    rules.put("bundle-port", use -> use.part("bundle.port", CommonRules.number(use)));
    rules.put("bundle-spiffe", use -> use.part("bundle.spiffe", "true"));
    rules.put("bundle-certificate", use -> use.part("bundle.certificate", use.setting().text()));
    rules.put("bundle-key", use -> use.part("bundle.key", use.setting().text()));
    rules.put("bundle-acme", use -> use.part("bundle.acme", "true"));
    rules.put("refresh-hint", BrokerRules::refreshHint);
    rules.put("peer-spiffe", use -> use.put("https_spiffe"));
    rules.put("peer-web", use -> use.put("https_web"));
    rules.put("peer-endpoint-id", BrokerRules::endpointId);
    rules.put("upstream-host", use -> use.part("upstream.host", use.setting().text()));
    rules.put("upstream-port", use -> use.part("upstream.port", CommonRules.number(use)));
    rules.put("audience", BrokerRules::audience);
    rules.put("key-manager", use -> use.put(use.setting().path().getLast()));
    return rules;
  }

  private static Optional<Outcome> subject(Use use, String attribute) {
    for (var value : use.setting().texts()) {
      if (!value.isEmpty()) {
        use.part("subject." + attribute, attribute + "=" + escaped(value));
      }
    }
    return Optional.empty();
  }

  /// RFC 4514 §2.4.
  private static String escaped(String value) {
    var text = new StringBuilder();
    for (var i = 0; i < value.length(); i++) {
      var c = value.charAt(i);
      var edge = i == 0 || i == value.length() - 1;
      if (",+\"\\<>;=".indexOf(c) >= 0 || (c == ' ' && edge) || (c == '#' && i == 0)) {
        text.append('\\');
      }
      text.append(c);
    }
    return text.toString();
  }

  private static Optional<Outcome> caTtl(Use use) {
    var text = use.setting().text();
    var ours = GoDuration.ours(text);
    use.part("ca.ttl", text);
    return use.put(new Literal(ours));
  }

  private static Optional<Outcome> refreshHint(Use use) {
    var text = use.setting().text();
    var ours = GoDuration.ours(text);
    use.part("refresh-hint", text);
    return use.put(new Literal(ours));
  }

  private static Optional<Outcome> jwtKeyType(Use use) {
    var type = use.setting().text();
    return switch (type) {
      case "ec-p256" -> use.put("es256");
      case "rsa-2048" -> use.put("rs256");
      case "rsa-4096" -> {
        use.put("rs256");
        yield use.otherwise(Fate.MAPPED, "signed with RSA of 2048 bits");
      }
      default ->
          use.otherwise(
              Fate.NOT_CARRIED, "tokens are signed with ES256 or RS256: choose jwt-algorithm");
    };
  }

  private static Optional<Outcome> issuer(Use use) {
    var issuer = use.setting().text();
    if (issuer.isEmpty()) {
      return use.otherwise(Fate.CARRIED, "empty: tokens have no issuer");
    }
    try {
      OidcIssuer.parse(issuer);
    } catch (IllegalArgumentException e) {
      return use.otherwise(
          Fate.NOT_CARRIED, e.getMessage() + "; set jwt-issuer to the URL relying parties ask");
    }
    return use.put(issuer);
  }

  /// Off is off; on are limits of our own measure.
  private static Optional<Outcome> limits(Use use, List<String> keys) {
    if (use.setting().isTrue()) {
      return use.otherwise(Fate.MAPPED, "on, with the defaults of limits");
    }
    keys.forEach(key -> use.draft().put(List.of("limits", key), new Literal("0"), use.setting()));
    return Optional.empty();
  }

  private static Optional<Outcome> endpointId(Use use) {
    var peer = new ArrayList<>(use.ours());
    peer.set(peer.size() - 1, "profile");
    use.draft().put(peer, "https_spiffe", use.setting());
    return use.put(use.setting().text());
  }

  /// Empty means the API server's own audience in SPIRE, and the default here.
  private static Optional<Outcome> audience(Use use) {
    return use.setting().texts().isEmpty()
        ? use.otherwise(
            Fate.NOT_CARRIED,
            "tokens for the API server itself are not taken: have agents' tokens made for the"
                + " audience spire-server, or name another")
        : use.put(use.setting().texts());
  }

  /// Puts together what came in parts.
  static List<String> finish(Draft draft) {
    CommonRules.finish(draft);
    listen(draft);
    subject(draft);
    upstream(draft);
    var remarks = new ArrayList<String>();
    lifetimes(draft).ifPresent(remarks::add);
    bundleEndpoint(draft).ifPresent(remarks::add);
    return remarks;
  }

  private static void listen(Draft draft) {
    if (draft.part("listen.host").isPresent() || draft.part("listen.port").isPresent()) {
      var address =
          CommonRules.address(
              draft.part("listen.host").orElse("0.0.0.0"),
              draft.part("listen.port").orElse("8081"));
      draft.put(List.of("listen"), address, draft.originOf("listen.host", "listen.port"));
    }
  }

  private static void upstream(Draft draft) {
    if (draft.part("upstream.host").isPresent() || draft.part("upstream.port").isPresent()) {
      var address =
          CommonRules.address(
              draft.part("upstream.host").orElse("localhost"),
              draft.part("upstream.port").orElse("8081"));
      draft.put(
          List.of("upstream-authority", "spire", "server"),
          address,
          draft.originOf("upstream.host", "upstream.port"));
    }
  }

  private static void subject(Draft draft) {
    var parts = new ArrayList<String>();
    List.of("CN", "O", "C").forEach(name -> parts.addAll(draft.partsOf("subject." + name)));
    if (!parts.isEmpty()) {
      draft.put(
          List.of("ca", "subject"),
          parts.stream().collect(Collectors.joining(",")),
          draft.originOf("subject.CN", "subject.O", "subject.C"));
    }
  }

  /// A JWT key is published for `oidc-lead` before it signs; a short authority leaves less time.
  private static Optional<String> lifetimes(Draft draft) {
    var ttl = draft.part("ca.ttl").map(GoDuration::parse).orElse(Duration.ofDays(1));
    var remark = Optional.<String>empty();
    if (ttl.compareTo(HOUR.multipliedBy(2)) < 0) {
      var lead = Duration.ofSeconds(ttl.toSeconds() / 2);
      draft.put(
          List.of("oidc-lead"),
          new Literal(Units.text(lead)),
          "half of ca.ttl, the most there can be");
      remark =
          Optional.of(
              "oidc-lead is "
                  + Units.text(lead)
                  + " because authorities live for "
                  + Units.text(ttl)
                  + " only: relying parties that cache keys for longer refuse fresh tokens");
    }
    var hint = draft.part("refresh-hint").map(GoDuration::parse).orElse(HINT);
    var most = Duration.ofSeconds(ttl.toSeconds() / 6);
    if (hint.compareTo(most) > 0 && !draft.has(List.of("refresh-hint"))) {
      draft.put(
          List.of("refresh-hint"),
          new Literal(Units.text(most)),
          "a sixth of ca.ttl, the most there can be");
    }
    return remark;
  }

  private static Optional<String> bundleEndpoint(Draft draft) {
    if (draft.part("bundle.port").isEmpty()) {
      return Optional.empty();
    }
    var listener = new LinkedHashMap<String, Object>();
    var certificate = draft.part("bundle.certificate");
    var key = draft.part("bundle.key");
    var acme = draft.part("bundle.acme").isPresent();
    if (acme && certificate.isEmpty()) {
      return Optional.of(
          "no listener for the bundle: there is no ACME client here; have one write certificate and"
              + " key, and add a listener of kind bundle-https-web");
    }
    var web = certificate.isPresent() && key.isPresent();
    listener.put("kind", web ? "bundle-https-web" : "bundle-https-spiffe");
    listener.put(
        "address",
        CommonRules.address(
            draft.part("bundle.host").orElse("0.0.0.0"), draft.part("bundle.port").orElseThrow()));
    if (web) {
      listener.put("certificate-file", certificate.orElseThrow());
      listener.put("key-file", key.orElseThrow());
    }
    draft.put(
        List.of("listeners"),
        List.of(listener),
        draft.originOf(
            "bundle.host", "bundle.port", "bundle.spiffe", "bundle.certificate", "bundle.key"));
    return Optional.empty();
  }
}
