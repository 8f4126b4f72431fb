package dev.entente.systemtests.java;

import io.spiffe.svid.jwtsvid.JwtSvid;
import io.spiffe.svid.x509svid.X509Svid;
import io.spiffe.workloadapi.DefaultJwtSource;
import io.spiffe.workloadapi.DefaultWorkloadApiClient;
import io.spiffe.workloadapi.DefaultX509Source;
import io.spiffe.workloadapi.JwtSource;
import io.spiffe.workloadapi.JwtSourceOptions;
import io.spiffe.workloadapi.Watcher;
import io.spiffe.workloadapi.WorkloadApiClient;
import io.spiffe.workloadapi.X509Context;
import io.spiffe.workloadapi.X509Source;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/// What the Workload API says this process is, as text of the form `key=value key=value`.
///
/// The sources open at the first question and then stay open, as in a real program. One thread.
final class Identity {
  /// Longer than any test waits for a first SVID.
  private static final Duration FIRST_WAIT = Duration.ofSeconds(20);

  private final String address;
  private Optional<X509Source> x509 = Optional.empty();
  private Optional<JwtSource> jwt = Optional.empty();
  private Optional<WorkloadApiClient> client = Optional.empty();

  Identity(String address) {
    this.address = address;
  }

  X509Source source() throws Exception {
    if (x509.isEmpty()) {
      var options =
          DefaultX509Source.X509SourceOptions.builder()
              .spiffeSocketPath(address)
              .initTimeout(FIRST_WAIT)
              .build();
      x509 = Optional.of(DefaultX509Source.newSource(options));
    }
    return x509.get();
  }

  private JwtSource jwtSource() throws Exception {
    if (jwt.isEmpty()) {
      var options =
          JwtSourceOptions.builder().spiffeSocketPath(address).initTimeout(FIRST_WAIT).build();
      jwt = Optional.of(DefaultJwtSource.newSource(options));
    }
    return jwt.get();
  }

  private WorkloadApiClient client() throws Exception {
    if (client.isEmpty()) {
      client = Optional.of(newClient());
    }
    return client.get();
  }

  private WorkloadApiClient newClient() throws Exception {
    return DefaultWorkloadApiClient.newClient(
        DefaultWorkloadApiClient.ClientOptions.builder().spiffeSocketPath(address).build());
  }

  String fetchOnce() throws Exception {
    try (var once = newClient()) {
      return text(once.fetchX509Context());
    }
  }

  String current() throws Exception {
    return text(source().getX509Svid());
  }

  void watch(Watcher<X509Context> watcher) throws Exception {
    client().watchX509Context(watcher);
  }

  String token(String audience) throws Exception {
    var svid = jwtSource().fetchJwtSvid(audience);
    return "id=" + svid.getSpiffeId() + " token=" + svid.getToken() + " hint=" + svid.getHint();
  }

  /// A token alone.
  String rawToken(String audience) throws Exception {
    return jwtSource().fetchJwtSvid(audience).getToken();
  }

  /// Checks a token with the bundles of the source; throws if it is not believed.
  JwtSvid validateHere(String audience, String token) throws Exception {
    return JwtSvid.parseAndValidate(token, jwtSource(), Set.of(audience));
  }

  String validate(String audience, String token) throws Exception {
    var here = validateHere(audience, token);
    var there = client().validateJwtSvid(token, audience);
    return "id=" + here.getSpiffeId() + " agent=" + there.getSpiffeId();
  }

  String bundles() throws Exception {
    var domain = source().getX509Svid().getSpiffeId().getTrustDomain();
    var authorities = source().getBundleForTrustDomain(domain).getX509Authorities();
    var keys = jwtSource().getBundleForTrustDomain(domain).getJwtAuthorities().keySet();
    return "x509=" + digests(authorities) + " jwt=" + String.join(",", keys);
  }

  static String text(X509Context context) {
    var ids =
        context.getX509Svids().stream()
            .map(svid -> svid.getSpiffeId().toString())
            .collect(Collectors.joining(","));
    var domain = context.getDefaultSvid().getSpiffeId().getTrustDomain();
    var bundle = context.getX509BundleSet().getBundles().get(domain);
    var authorities = bundle == null ? Set.<X509Certificate>of() : bundle.getX509Authorities();
    return text(context.getDefaultSvid()) + " ids=" + ids + " x509=" + digests(authorities);
  }

  private static String text(X509Svid svid) {
    return "id="
        + svid.getSpiffeId()
        + " serial="
        + svid.getLeaf().getSerialNumber().toString(16)
        + " not-after="
        + svid.getLeaf().getNotAfter().toInstant()
        + " chain="
        + svid.getChain().size();
  }

  private static String digests(Set<X509Certificate> authorities) {
    return authorities.stream().map(Identity::digest).sorted().collect(Collectors.joining(","));
  }

  private static String digest(X509Certificate certificate) {
    try {
      var sha256 = MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded());
      return HexFormat.of().formatHex(sha256);
    } catch (NoSuchAlgorithmException | CertificateEncodingException e) {
      throw new IllegalStateException("certificate not digested", e);
    }
  }
}
