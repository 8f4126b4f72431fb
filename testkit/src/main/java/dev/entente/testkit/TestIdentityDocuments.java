package dev.entente.testkit;

import dev.entente.spiffe.Json;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.cms.CMSException;
import org.bouncycastle.cms.CMSProcessableByteArray;
import org.bouncycastle.cms.CMSSignedDataGenerator;
import org.bouncycastle.cms.jcajce.JcaSignerInfoGeneratorBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;

/// A throw-away signer of EC2 instance identity documents, in place of AWS's in one region.
public final class TestIdentityDocuments {
  private static final AtomicLong SERIAL = new AtomicLong(4711);
  private static final String ISSUER =
      "C=US,ST=Washington State,L=Seattle,O=Amazon Web Services LLC";

  private final String region;
  private final KeyPair keys;
  private final X509Certificate certificate;

  private TestIdentityDocuments(String region, KeyPair keys, X509Certificate certificate) {
    this.region = region;
    this.keys = keys;
    this.certificate = certificate;
  }

  /// Makes the signer of `region`: RSA-2048 and a certificate like AWS's, valid from a year before
  /// `now` for a century.
  public static TestIdentityDocuments of(String region, Instant now) {
    try {
      var keys = TestRsaKeys.next();
      var name = new X500Name(ISSUER);
      var holder =
          new JcaX509v3CertificateBuilder(
                  name,
                  BigInteger.valueOf(SERIAL.incrementAndGet()),
                  Date.from(now.minus(Duration.ofDays(365))),
                  Date.from(now.plus(Duration.ofDays(36_500))),
                  name,
                  keys.getPublic())
              .build(new JcaContentSignerBuilder("SHA256withRSA").build(keys.getPrivate()));
      return new TestIdentityDocuments(
          region, keys, new JcaX509CertificateConverter().getCertificate(holder));
    } catch (GeneralSecurityException | OperatorCreationException e) {
      throw new IllegalStateException(e);
    }
  }

  /// What the broker has to know this signer by.
  public X509Certificate certificate() {
    return certificate;
  }

  /// The signing key, for messages made otherwise than AWS makes them.
  public KeyPair keys() {
    return keys;
  }

  /// A document of an instance of this region, laid out as AWS does.
  public String document(String accountId, String instanceId, Instant pendingTime) {
    return """
    {
      "accountId" : "%s",
      "architecture" : "x86_64",
      "availabilityZone" : "%sb",
      "billingProducts" : null,
      "devpayProductCodes" : null,
      "marketplaceProductCodes" : null,
      "imageId" : "ami-5fb8c835",
      "instanceId" : "%s",
      "instanceType" : "t3.micro",
      "kernelId" : null,
      "pendingTime" : "%s",
      "privateIp" : "10.0.0.5",
      "ramdiskId" : null,
      "region" : "%s",
      "version" : "2017-09-30"
    }\
    """
        .formatted(accountId, region, instanceId, pendingTime, region);
  }

  /// The page `rsa2048`: a PKCS#7 message of indefinite length with the document in it, in lines of
  /// base64.
  public String rsa2048(String document) {
    try {
      var generator = new CMSSignedDataGenerator();
      generator.addSignerInfoGenerator(
          new JcaSignerInfoGeneratorBuilder(new JcaDigestCalculatorProviderBuilder().build())
              .build(
                  new JcaContentSignerBuilder("SHA256withRSA").build(keys.getPrivate()),
                  certificate));
      var content = new CMSProcessableByteArray(document.getBytes(StandardCharsets.UTF_8));
      return base64(generator.generate(content, true).getEncoded());
    } catch (CMSException | IOException | GeneralSecurityException | OperatorCreationException e) {
      throw new IllegalStateException(e);
    }
  }

  /// The page `signature`; here with the same key, which nothing of ours looks at.
  public String signature(String document) {
    try {
      var signature = Signature.getInstance("SHA256withRSA");
      signature.initSign(keys.getPrivate());
      signature.update(document.getBytes(StandardCharsets.UTF_8));
      return Base64.getEncoder().encodeToString(signature.sign());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /// What an agent on an instance of this region shows: its document and AWS's pages about it, JSON
  /// on one line.
  public String evidence(String accountId, String instanceId, Instant pendingTime) {
    var document = document(accountId, instanceId, pendingTime);
    return Json.write(
        Map.of(
            "document", document,
            "signature", signature(document),
            "rsa2048", rsa2048(document)));
  }

  /// Bytes in lines of 64 characters.
  public static String base64(byte[] bytes) {
    return Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes);
  }
}
