package dev.entente.attestors.azure;

import dev.entente.attestor.spi.AttestorSettings;
import dev.entente.attestor.spi.BoundedHttp;
import dev.entente.spiffe.Json;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/// Azure's instance metadata service, as a node sees it.
///
/// The service answers only who says `Metadata: true` and did not come through a proxy, so that a
/// server that fetches strangers' addresses is not made to ask.
record AzureMetadata(URI endpoint) {
  private static final String KEY = "metadata-endpoint";
  private static final URI DEFAULT = URI.create("http://169.254.169.254");

  /// The service is on the same host, but has documents and tokens signed elsewhere.
  private static final Duration TIME_LIMIT = Duration.ofSeconds(5);

  /// A machine's whole description has about 5,000 bytes, without what its owner adds.
  private static final int BODY_MAX_BYTES = 256 * 1024;

  private static final BoundedHttp HTTP = new BoundedHttp(TIME_LIMIT, BODY_MAX_BYTES);

  /// Reads `metadata-endpoint` (`http://169.254.169.254`), the address of the service.
  static AzureMetadata read(AttestorSettings settings) {
    var text = settings.text(KEY);
    try {
      var uri = text.map(URI::create).orElse(DEFAULT);
      if ("http".equals(uri.getScheme()) && uri.getHost() != null) {
        return new AzureMetadata(uri);
      }
    } catch (IllegalArgumentException _) {
      // The same answer as for any other address that is none.
    }
    settings.problem(KEY, "not an http address: \"" + text.orElse("") + "\"");
    return new AzureMetadata(DEFAULT);
  }

  /// A signed document about this machine, with a nonce in it.
  Map<String, Object> attestedDocument(String nonce) throws IOException {
    return ask("/metadata/attested/document?api-version=2025-04-07&nonce=" + encoded(nonce));
  }

  /// A description of this machine.
  Map<String, Object> instance() throws IOException {
    return ask("/metadata/instance?api-version=2025-04-07&format=json");
  }

  /// A token of this machine's identity.
  ///
  /// @param resource for whom
  /// @param clientId which identity, if there are several
  Map<String, Object> token(String resource, Optional<String> clientId) throws IOException {
    return ask(
        "/metadata/identity/oauth2/token?api-version=2018-02-01&resource="
            + encoded(resource)
            + clientId.map(id -> "&client_id=" + encoded(id)).orElse(""));
  }

  private Map<String, Object> ask(String path) throws IOException {
    var answer = HTTP.send("GET", endpoint.resolve(path), Map.of("Metadata", "true"));
    if (answer.status() != 200) {
      throw new IOException(
          "answer " + answer.status() + " of " + answer.body().length + " bytes from " + endpoint);
    }
    try {
      return Json.parseObject(answer.body());
    } catch (IllegalArgumentException e) {
      throw new IOException("answer of " + endpoint + " not understood: " + e.getMessage(), e);
    }
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
