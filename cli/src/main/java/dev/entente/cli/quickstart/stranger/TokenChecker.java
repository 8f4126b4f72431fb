package dev.entente.cli.quickstart.stranger;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.source.ImmutableJWKSet;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.text.ParseException;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/// Verifies one token the way any OpenID Connect relying party does: discovery document, keys,
/// signature, claims.
///
/// One class on purpose, without a helper class beside it: the quickstart copies just this file out
/// of the distribution, to show that nothing of ours takes part.
public final class TokenChecker {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private TokenChecker() {}

  /// Reads a token from standard input, prints `verified SUBJECT` and ends with 0, or says why not
  /// and ends with 1.
  ///
  /// @param arguments the issuer's URL, the audience, and optionally a file with the authority that
  ///   its web server's certificate comes from
  public static void main(String[] arguments) throws IOException, InterruptedException {
    var token = new String(System.in.readAllBytes(), StandardCharsets.US_ASCII).strip();
    try {
      var http = HttpClient.newBuilder().connectTimeout(PATIENCE);
      if (arguments.length > 2) {
        http.sslContext(trusting(Path.of(arguments[2])));
      }
      var claims = verify(http.build(), arguments[0], arguments[1], token);
      System.out.println("verified " + claims.getSubject());
    } catch (IOException
        | GeneralSecurityException
        | ParseException
        | BadJOSEException
        | JOSEException e) {
      System.out.println("not verified: " + e);
      System.exit(1);
    }
  }

  private static JWTClaimsSet verify(HttpClient http, String issuer, String audience, String token)
      throws IOException, InterruptedException, ParseException, BadJOSEException, JOSEException {
    Map<String, Object> discovery =
        JSONObjectUtils.parse(get(http, issuer + "/.well-known/openid-configuration"));
    if (!issuer.equals(discovery.get("issuer"))) {
      throw new IOException("the discovery document names another issuer");
    }
    var keys = JWKSet.parse(get(http, String.valueOf(discovery.get("jwks_uri"))));
    var processor = new DefaultJWTProcessor<SecurityContext>();
    processor.setJWSKeySelector(
        new JWSVerificationKeySelector<>(
            Set.of(JWSAlgorithm.ES256, JWSAlgorithm.RS256), new ImmutableJWKSet<>(keys)));
    processor.setJWTClaimsSetVerifier(
        new DefaultJWTClaimsVerifier<>(
            audience,
            new JWTClaimsSet.Builder().issuer(issuer).build(),
            Set.of("sub", "exp", "iat")));
    return processor.process(token, null);
  }

  private static String get(HttpClient http, String url) throws IOException, InterruptedException {
    var request = HttpRequest.newBuilder(URI.create(url)).timeout(PATIENCE).build();
    var response = http.send(request, BodyHandlers.ofString());
    if (response.statusCode() != 200) {
      throw new IOException(url + " answered " + response.statusCode());
    }
    return response.body();
  }

  /// A context that believes the one authority in `file`, and no other.
  private static SSLContext trusting(Path file) throws IOException, GeneralSecurityException {
    var store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    try (InputStream pem = Files.newInputStream(file)) {
      store.setCertificateEntry(
          "authority", CertificateFactory.getInstance("X.509").generateCertificate(pem));
    }
    var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    var context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context;
  }
}
