package dev.entente.cli;

import dev.entente.cli.InspectCommand.Finding;
import dev.entente.spiffe.BundleDocument;
import dev.entente.spiffe.BundleSource;
import dev.entente.spiffe.CertificateRequest;
import dev.entente.spiffe.JwtAuthority;
import dev.entente.spiffe.JwtSvid;
import dev.entente.spiffe.JwtSvidVerifier;
import dev.entente.spiffe.JwtVerdict;
import dev.entente.spiffe.Pem;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.TrustDomain;
import dev.entente.spiffe.WitSvid;
import dev.entente.spiffe.WitSvidVerifier;
import dev.entente.spiffe.WitVerdict;
import dev.entente.spiffe.X509SvidVerifier;
import dev.entente.spiffe.X509Verdict;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/// Recognises things and describes them.
final class Inspection {
  private static final Pattern TOKEN =
      Pattern.compile("[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]*");
  private static final Pattern PRIVATE_KEY = Pattern.compile("-----BEGIN [A-Z ]*PRIVATE KEY-----");
  private static final String REQUEST = "CERTIFICATE REQUEST";

  /// The document of a bundle does not name its trust domain; where nobody says, this stands in.
  private static final TrustDomain UNNAMED = TrustDomain.parse("unnamed.invalid");

  private final Instant now;
  private final Optional<SpiffeBundle> bundle;
  private final List<String> audience;

  /// @param bundle what to verify with; empty: nothing is verified
  /// @param audience what a token must be for; empty: no token is verified
  Inspection(Instant now, Optional<SpiffeBundle> bundle, List<String> audience) {
    this.now = now;
    this.bundle = bundle;
    this.audience = audience;
  }

  /// What is looked at.
  sealed interface Subject {
    static Subject text(String text) {
      return new Text(text);
    }

    static Subject chain(List<X509Certificate> chain) {
      return new Chain(chain);
    }

    /// A file's content, or a token.
    record Text(String text) implements Subject {}

    /// Certificates in a server's order.
    record Chain(List<X509Certificate> chain) implements Subject {}
  }

  static boolean looksLikeToken(String text) {
    return text.startsWith("eyJ") && TOKEN.matcher(text).matches();
  }

  List<Finding> of(Subject subject) {
    return switch (subject) {
      case Subject.Chain(var chain) -> chain(chain);
      case Subject.Text(var text) -> text(text.strip());
    };
  }

  private List<Finding> text(String text) {
    try {
      if (looksLikeToken(text)) {
        return List.of(token(text));
      }
      if (PRIVATE_KEY.matcher(text).find()) {
        return List.of(plain("private key", "it is not shown"));
      }
      if (text.startsWith("{")) {
        return List.of(document(text));
      }
      if (text.contains("-----BEGIN " + REQUEST)) {
        return List.of(request(text));
      }
      return chain(Pem.certificates(text));
    } catch (IllegalArgumentException e) {
      throw Failure.failed("it was not recognised", String.valueOf(e.getMessage()));
    }
  }

  private static Finding plain(String kind, String remark) {
    return new Finding(Map.of("kind", kind + ", " + remark), false);
  }

  private List<Finding> chain(List<X509Certificate> chain) {
    var findings = new ArrayList<Finding>();
    for (var i = 0; i < chain.size(); i++) {
      var fields = CertificateText.fields(chain.get(i), now);
      findings.add(i == 0 ? judged(fields, chain) : new Finding(fields, false));
    }
    return findings;
  }

  private Finding judged(Map<String, String> fields, List<X509Certificate> chain) {
    if (bundle.isEmpty()) {
      return new Finding(fields, false);
    }
    return switch (X509SvidVerifier.verify(chain, BundleSource.of(bundle.orElseThrow()), now)) {
      case X509Verdict.Verified _ -> verdict(fields, "valid", false);
      case X509Verdict.Refused(var reason, var detail) ->
          verdict(fields, "refused, " + reason + ": " + detail, true);
    };
  }

  private static Finding verdict(Map<String, String> fields, String verdict, boolean refused) {
    fields.put("verdict", verdict);
    return new Finding(fields, refused);
  }

  private Finding token(String text) {
    return WitSvid.isNamed(text) ? wit(text) : jwt(text);
  }

  /// What a bundle says of it is not enough to let anybody in.
  private Finding wit(String text) {
    var svid = WitSvid.readWithoutVerifying(text);
    var fields = new LinkedHashMap<String, String>();
    fields.put("kind", "WIT-SVID, worth nothing without its key");
    fields.put("spiffe id", svid.id().toString());
    fields.put("key", CertificateText.key(svid.proofKey()) + ", " + svid.proofAlgorithm());
    svid.issuedAt().ifPresent(at -> fields.put("issued", Values.time(at.getEpochSecond(), now)));
    fields.put("expires", Values.time(svid.expiresAt().getEpochSecond(), now));
    fields.put("key id", svid.keyId());
    svid.claims().forEach((name, value) -> fields.putIfAbsent("claim " + name, value.toString()));
    if (bundle.isEmpty()) {
      return new Finding(fields, false);
    }
    var verdict =
        new WitSvidVerifier()
            .verifyWithoutProofOfPossession(text, BundleSource.of(bundle.orElseThrow()), now);
    return switch (verdict) {
      case WitVerdict.Verified _, WitVerdict.Unproven _ ->
          verdict(fields, "genuine; whose it is, only a proof with its key shows", false);
      case WitVerdict.Refused(var reason, var detail) ->
          verdict(fields, "refused, " + reason + ": " + detail, true);
    };
  }

  private Finding jwt(String text) {
    var svid = JwtSvid.readWithoutVerifying(text);
    var fields = new LinkedHashMap<String, String>();
    fields.put("kind", "JWT-SVID");
    fields.put("spiffe id", svid.id().toString());
    fields.put("audience", String.join("\n", svid.audience()));
    svid.issuedAt().ifPresent(at -> fields.put("issued", Values.time(at.getEpochSecond(), now)));
    fields.put("expires", Values.time(svid.expiresAt().getEpochSecond(), now));
    svid.keyId().ifPresent(id -> fields.put("key id", id));
    svid.claims().forEach((name, value) -> fields.putIfAbsent("claim " + name, value.toString()));
    if (bundle.isEmpty() || audience.isEmpty()) {
      return new Finding(fields, false);
    }
    var verdict =
        new JwtSvidVerifier()
            .verify(text, new HashSet<>(audience), BundleSource.of(bundle.orElseThrow()), now);
    return switch (verdict) {
      case JwtVerdict.Verified _ -> verdict(fields, "valid", false);
      case JwtVerdict.Refused(var reason, var detail) ->
          verdict(fields, "refused, " + reason + ": " + detail, true);
    };
  }

  private static Finding document(String text) {
    var bundle = BundleDocument.parse(UNNAMED, text.getBytes(StandardCharsets.UTF_8));
    var fields = new LinkedHashMap<String, String>();
    fields.put("kind", "SPIFFE bundle");
    bundle.sequence().ifPresent(number -> fields.put("sequence", Long.toString(number)));
    bundle.refreshHint().ifPresent(hint -> fields.put("refresh hint", hint.toSeconds() + " s"));
    fields.put(
        "x.509 authorities",
        String.join(
            "\n",
            bundle.x509Authorities().stream()
                .map(
                    authority -> authority.subjectKeyId() + (authority.tainted() ? " tainted" : ""))
                .toList()));
    fields.put("jwt authorities", keys(bundle.jwtAuthorities()));
    if (!bundle.witAuthorities().isEmpty()) {
      fields.put("wit authorities", keys(bundle.witAuthorities()));
    }
    return new Finding(fields, false);
  }

  private static String keys(List<JwtAuthority> authorities) {
    return String.join(
        "\n",
        authorities.stream()
            .map(key -> key.keyId() + " " + CertificateText.key(key.publicKey()))
            .toList());
  }

  private static Finding request(String text) {
    var request = CertificateRequest.parse(Pem.decodeOne(text, REQUEST));
    var fields = new LinkedHashMap<String, String>();
    fields.put("kind", "certificate request, its signature fits its key");
    fields.put("uris", String.join("\n", request.uris()));
    fields.put("dns names", String.join("\n", request.dnsNames()));
    fields.put("key", CertificateText.key(request.publicKey()));
    return new Finding(fields, false);
  }
}
