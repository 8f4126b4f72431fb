package dev.entente.attestors.aws;

import dev.entente.spiffe.Digests;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// Signs one POST to AWS, with AWS's Signature Version 4. An agent carries no AWS library: all it
/// asks of AWS is this one call.
///
/// @param region and `service`: what the signature is good for
record SignatureV4(AwsCredentials credentials, String region, String service) {
  private static final String ALGORITHM = "AWS4-HMAC-SHA256";
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

  /// The headers to send with `body`; the host's is the connection's own.
  ///
  /// @param uri path without anything to escape, no query
  Map<String, String> headers(URI uri, String contentType, byte[] body, Instant now) {
    var time = TIME.format(now);
    var signed = new TreeMap<String, String>();
    signed.put("content-type", contentType);
    signed.put("host", uri.getAuthority());
    signed.put("x-amz-content-sha256", Digests.sha256Hex(body));
    signed.put("x-amz-date", time);
    if (!credentials.sessionToken().isEmpty()) {
      signed.put("x-amz-security-token", credentials.sessionToken());
    }
    var names = String.join(";", signed.keySet());
    var lines =
        signed.entrySet().stream()
            .map(header -> header.getKey() + ":" + header.getValue() + "\n")
            .collect(Collectors.joining());
    var path = uri.getPath().isEmpty() ? "/" : uri.getPath();
    var request = String.join("\n", "POST", path, "", lines, names, Digests.sha256Hex(body));
    var scope = String.join("/", time.substring(0, 8), region, service, "aws4_request");
    var toSign = String.join("\n", ALGORITHM, time, scope, Digests.sha256Hex(request));
    signed.remove("host");
    signed.put(
        "authorization",
        "%s Credential=%s/%s, SignedHeaders=%s, Signature=%s"
            .formatted(
                ALGORITHM,
                credentials.accessKeyId(),
                scope,
                names,
                HexFormat.of().formatHex(hmac(key(time.substring(0, 8)), toSign))));
    return signed;
  }

  private byte[] key(String day) {
    byte[] key = ("AWS4" + credentials.secret()).getBytes(StandardCharsets.UTF_8);
    for (var part : new String[] {day, region, service, "aws4_request"}) {
      key = hmac(key, part);
    }
    return key;
  }

  private static byte[] hmac(byte[] key, String text) {
    try {
      var mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has HmacSHA256", e);
    }
  }
}
