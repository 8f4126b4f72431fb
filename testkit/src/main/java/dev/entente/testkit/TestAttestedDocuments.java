package dev.entente.testkit;

import dev.entente.spiffe.KeyAlgorithm;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.cms.CMSObjectIdentifiers;
import org.bouncycastle.asn1.x509.AccessDescription;
import org.bouncycastle.asn1.x509.AuthorityInformationAccess;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.cert.jcajce.JcaX509CertificateHolder;
import org.bouncycastle.cms.CMSException;
import org.bouncycastle.cms.CMSProcessableByteArray;
import org.bouncycastle.cms.CMSSignedDataGenerator;
import org.bouncycastle.cms.jcajce.JcaSignerInfoGeneratorBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;

/// Throw-away authorities and a signer of attested documents, in place of Azure's.
public final class TestAttestedDocuments {
  /// Where the signer's certificate says its issuer's is.
  public static final String ISSUER_ADDRESS =
      "http://www.microsoft.com/pkiops/certs/Test%20Issuing%20CA%2001%20-%20xsign.crt";

  private static final DateTimeFormatter TIMES =
      DateTimeFormatter.ofPattern("MM/dd/yy HH:mm:ss '-0000'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private final TestAuthority root;
  private final TestAuthority issuer;
  private final KeyPair signerKey = TestRsaKeys.next();
  private final TestSvid signer;

  private TestAttestedDocuments(TestAuthority root) {
    this.root = root;
    this.issuer = root.subordinate(TestAttestedDocuments::likeAnAuthority);
    this.signer = signer(_ -> {});
  }

  /// Authorities and a signer that are valid at `now`.
  public static TestAttestedDocuments at(Instant now) {
    return new TestAttestedDocuments(
        TestAuthority.of("azure.example", () -> now, TestAttestedDocuments::likeAnAuthority));
  }

  /// Authorities and a signer that are valid for the next hour.
  public static TestAttestedDocuments now() {
    return at(Instant.now());
  }

  private static void likeAnAuthority(TestCertificate certificate) {
    certificate.key(KeyAlgorithm.RSA_2048).withoutNames();
  }

  /// The authority at the top.
  public X509Certificate root() {
    return root.certificate();
  }

  /// The authority above the signer.
  public X509Certificate issuer() {
    return issuer.certificate();
  }

  /// The signer.
  public TestSvid signer() {
    return signer;
  }

  /// Another certificate of the signer, turned as `knobs` says.
  public TestSvid signer(Consumer<TestCertificate> knobs) {
    return issuer.issue(
        "/unused",
        certificate -> {
          certificate
              .key(signerKey)
              .withoutNames()
              .dns("eastus.metadata.azure.com")
              .extension(Extension.authorityInfoAccess, false, at(ISSUER_ADDRESS));
          knobs.accept(certificate);
        });
  }

  /// The extension that says where the issuer's certificate is.
  public static AuthorityInformationAccess at(String issuerAddress) {
    return new AuthorityInformationAccess(
        AccessDescription.id_ad_caIssuers,
        new GeneralName(GeneralName.uniformResourceIdentifier, issuerAddress));
  }

  /// A document as Azure makes it, in force for six hours.
  public static String document(String subscriptionId, String vmId, String nonce, Instant now) {
    return """
    {"licenseType":"","nonce":"%s","plan":{"name":"","product":"","publisher":""},\
    "sku":"22_04-lts-gen2","subscriptionId":"%s","timeStamp":{"createdOn":"%s","expiresOn":"%s"},\
    "vmId":"%s"}\
    """
        .formatted(
            nonce,
            subscriptionId,
            TIMES.format(now),
            TIMES.format(now.plus(Duration.ofHours(6))),
            vmId);
  }

  /// Signs a document as Azure does: the signer's certificate alone comes with it.
  public String sign(String document) {
    return base64(
        message(
            document,
            CMSObjectIdentifiers.data,
            "SHA256withRSA",
            List.of(signer),
            List.of(signer.certificate())));
  }

  /// A message in base64.
  public static String base64(byte[] message) {
    return Base64.getEncoder().encodeToString(message);
  }

  /// A PKCS#7 message in DER.
  ///
  /// @param content what is signed; an empty text: the message does not hold it
  /// @param bag the certificates that come with it
  public static byte[] message(
      String content,
      ASN1ObjectIdentifier type,
      String algorithm,
      List<TestSvid> signers,
      List<X509Certificate> bag) {
    try {
      var generator = new CMSSignedDataGenerator();
      for (var signer : signers) {
        generator.addSignerInfoGenerator(
            new JcaSignerInfoGeneratorBuilder(new JcaDigestCalculatorProviderBuilder().build())
                .build(
                    new JcaContentSignerBuilder(algorithm).build(signer.keyPair().getPrivate()),
                    signer.certificate()));
      }
      for (var certificate : bag) {
        generator.addCertificate(new JcaX509CertificateHolder(certificate));
      }
      var bytes = new CMSProcessableByteArray(type, content.getBytes(StandardCharsets.UTF_8));
      return generator.generate(bytes, !content.isEmpty()).getEncoded(ASN1Encoding.DER);
    } catch (CMSException | IOException | GeneralSecurityException | OperatorCreationException e) {
      throw new IllegalStateException(e);
    }
  }
}
