package dev.entente.attestors.azure;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.BoundedHttp;
import dev.entente.attestor.spi.Refusal;
import dev.entente.attestor.spi.Turns;
import dev.entente.spiffe.Certificates;
import dev.entente.spiffe.Pem;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.regex.Pattern;
import org.bouncycastle.asn1.x509.AuthorityInformationAccess;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.X509ObjectIdentifiers;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;

/// Finds the certificate that stands between a signer and a root.
///
/// Azure sends the signer's certificate alone. The one above is taken from the operator's file, or
/// fetched from the address the signer's certificate names, if it is one of Microsoft's own: a
/// stranger's certificate cannot make the broker ask anybody else. What is fetched counts for
/// nothing by itself; the path to a root is validated as if the peer had sent it. It is kept only
/// after that: it came over plain HTTP, and one forged answer would otherwise stay. Safe for use by
/// many threads.
final class IssuerCertificates {
  private static final Pattern ADDRESS =
      Pattern.compile("https?://www\\.microsoft\\.com/pkiops/certs/[A-Za-z0-9%._-]{1,160}");

  private static final Duration TIME_LIMIT = Duration.ofSeconds(5);
  private static final int BODY_MAX_BYTES = 16 * 1024;
  private static final BoundedHttp HTTP = new BoundedHttp(TIME_LIMIT, BODY_MAX_BYTES);

  /// Azure has about twenty. With more, all are fetched anew.
  private static final int KEPT_MAX = 64;

  private final List<X509Certificate> given;
  private final Fetch fetch;
  private final Turns turns = new Turns("www.microsoft.com");

  /// By the address they came from.
  private final ConcurrentMap<String, X509Certificate> kept = new ConcurrentHashMap<>();

  /// Gets the bytes at an address.
  @FunctionalInterface
  interface Fetch {
    byte[] get(URI address) throws IOException;

    /// Over HTTP, without redirects.
    static Fetch overHttp() {
      return address -> {
        var answer = HTTP.send("GET", address, Map.of());
        if (answer.status() != 200) {
          throw new IOException("answer " + answer.status());
        }
        return answer.body();
      };
    }
  }

  /// @param given by the operator
  IssuerCertificates(List<X509Certificate> given, Fetch fetch) {
    this.given = List.copyOf(given);
    this.fetch = fetch;
  }

  /// The certificate above `signer`, by its own word.
  ///
  /// @param now one that was kept and is out of date by then is fetched again
  /// @throws AttestationFault if it cannot be fetched
  X509Certificate above(X509Certificate signer, Instant now) throws Refusal, AttestationFault {
    for (var certificate : given) {
      if (certificate.getSubjectX500Principal().equals(signer.getIssuerX500Principal())) {
        return certificate;
      }
    }
    var address = address(signer);
    Refusal.unless(
        ADDRESS.matcher(address).matches(),
        "issuer-elsewhere",
        "its issuer's certificate is not at www.microsoft.com/pkiops/certs: \"" + address + "\"");
    var known = kept.get(address);
    return known == null || now.isAfter(known.getNotAfter().toInstant()) ? fetched(address) : known;
  }

  /// Keeps `issuer`, which [#above] gave for `signer` and which proved to lead to a root.
  void keep(X509Certificate signer, X509Certificate issuer) throws Refusal {
    var address = address(signer);
    if (given.contains(issuer) || issuer.equals(kept.get(address))) {
      return;
    }
    if (kept.size() >= KEPT_MAX) {
      kept.clear();
    }
    kept.put(address, issuer);
  }

  private X509Certificate fetched(String address) throws AttestationFault {
    var undone = "issuer's certificate not fetched from " + address;
    return turns.take(
        undone,
        () -> {
          try {
            return parse(fetch.get(URI.create(address)));
          } catch (IOException | IllegalArgumentException e) {
            throw new AttestationFault(undone + ": " + e.getMessage(), e);
          }
        });
  }

  private static X509Certificate parse(byte[] body) {
    return body.length > 0 && body[0] == '-'
        ? Pem.certificates(new String(body, StandardCharsets.US_ASCII)).getFirst()
        : Certificates.parse(body);
  }

  /// The first address of RFC 5280 §4.2.2.1, or an empty text.
  private static String address(X509Certificate signer) throws Refusal {
    byte[] extension = signer.getExtensionValue(Extension.authorityInfoAccess.getId());
    if (extension == null) {
      return "";
    }
    try {
      var access =
          AuthorityInformationAccess.getInstance(
              JcaX509ExtensionUtils.parseExtensionValue(extension));
      for (var description : access.getAccessDescriptions()) {
        var location = description.getAccessLocation();
        if (description.getAccessMethod().equals(X509ObjectIdentifiers.id_ad_caIssuers)
            && location.getTagNo() == GeneralName.uniformResourceIdentifier) {
          return location.getName().toString();
        }
      }
      return "";
    } catch (IOException | RuntimeException e) {
      throw new Refusal("issuer-elsewhere", "its issuer's address cannot be read: " + e);
    }
  }
}
