package dev.entente.attestors.aws;

import dev.entente.attestors.aws.AwsIidCorpus.Signing;
import dev.entente.testkit.TestIdentityDocuments;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.Base64;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.cms.CMSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.cert.jcajce.JcaX509CertificateHolder;
import org.bouncycastle.cms.CMSException;
import org.bouncycastle.cms.CMSProcessableByteArray;
import org.bouncycastle.cms.CMSSignedDataGenerator;
import org.bouncycastle.cms.jcajce.JcaSignerInfoGeneratorBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;

/// Makes PKCS#7 messages, good and bad.
///
/// @param region the signer whose region the documents are of
/// @param other the signer of another region the broker knows
/// @param stranger a signer the broker does not know
record CmsForge(
    TestIdentityDocuments region, TestIdentityDocuments other, TestIdentityDocuments stranger) {
  private static final String SHA256 = "SHA256withRSA";

  byte[] sign(String content, Signing how) {
    try {
      return switch (how) {
        case AS_AWS -> Base64.getMimeDecoder().decode(region.rsa2048(content));
        case IN_DER -> message(content, one(region, SHA256));
        case WITH_CERTIFICATE -> message(content, with(region, region.certificate()));
        case WITH_FOREIGN_CERTIFICATE -> message(content, with(region, stranger.certificate()));
        case BY_STRANGER -> message(content, with(stranger, stranger.certificate()));
        case BY_STRANGER_IN_OUR_NAME ->
            message(content, signer(stranger.keys().getPrivate(), region.certificate(), SHA256));
        case BY_KEY_ID -> message(content, byKeyId());
        case BY_OTHER_REGION -> message(content, one(other, SHA256));
        case BY_NOBODY -> message(content, new CMSSignedDataGenerator());
        case TWICE -> message(content, twice());
        case WITH_SHA1 -> message(content, one(region, "SHA1withRSA"));
        case DETACHED -> der(one(region, SHA256), CMSObjectIdentifiers.data, content, false);
        case AS_OTHER_TYPE ->
            der(one(region, SHA256), PKCSObjectIdentifiers.id_ct_TSTInfo, content, true);
      };
    } catch (CMSException | IOException | GeneralSecurityException | OperatorCreationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] message(String content, CMSSignedDataGenerator generator)
      throws CMSException, IOException {
    return der(generator, CMSObjectIdentifiers.data, content, true);
  }

  private static byte[] der(
      CMSSignedDataGenerator generator, ASN1ObjectIdentifier type, String content, boolean inside)
      throws CMSException, IOException {
    var bytes = new CMSProcessableByteArray(type, content.getBytes(StandardCharsets.UTF_8));
    return generator.generate(bytes, inside).getEncoded(ASN1Encoding.DER);
  }

  private static CMSSignedDataGenerator one(TestIdentityDocuments signer, String algorithm)
      throws GeneralSecurityException, OperatorCreationException {
    return signer(signer.keys().getPrivate(), signer.certificate(), algorithm);
  }

  private static CMSSignedDataGenerator signer(
      PrivateKey key, X509Certificate named, String algorithm)
      throws GeneralSecurityException, OperatorCreationException {
    var generator = new CMSSignedDataGenerator();
    add(generator, key, named, algorithm);
    return generator;
  }

  private static void add(
      CMSSignedDataGenerator generator, PrivateKey key, X509Certificate named, String algorithm)
      throws GeneralSecurityException, OperatorCreationException {
    generator.addSignerInfoGenerator(
        new JcaSignerInfoGeneratorBuilder(new JcaDigestCalculatorProviderBuilder().build())
            .build(new JcaContentSignerBuilder(algorithm).build(key), named));
  }

  private static CMSSignedDataGenerator with(
      TestIdentityDocuments signer, X509Certificate certificate)
      throws GeneralSecurityException, OperatorCreationException, CMSException {
    var generator = one(signer, SHA256);
    generator.addCertificate(new JcaX509CertificateHolder(certificate));
    return generator;
  }

  private CMSSignedDataGenerator twice()
      throws GeneralSecurityException, OperatorCreationException {
    var generator = one(region, SHA256);
    add(generator, other.keys().getPrivate(), other.certificate(), SHA256);
    return generator;
  }

  private CMSSignedDataGenerator byKeyId()
      throws GeneralSecurityException, OperatorCreationException {
    var generator = new CMSSignedDataGenerator();
    generator.addSignerInfoGenerator(
        new JcaSignerInfoGeneratorBuilder(new JcaDigestCalculatorProviderBuilder().build())
            .build(
                new JcaContentSignerBuilder(SHA256).build(region.keys().getPrivate()),
                new byte[] {1, 2, 3}));
    return generator;
  }
}
