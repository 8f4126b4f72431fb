package dev.entente.attestors.host;

import dev.entente.attestors.host.MachineAuthority.Wish;
import dev.entente.attestors.host.TpmDevIdMessages.Payload;
import dev.entente.testkit.SoftTpm;
import dev.entente.testkit.TestRsaKeys;
import java.math.BigInteger;
import java.security.KeyPair;
import java.security.PublicKey;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.x500.RDN;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/// Evidence of a TPM, with everything in it open to change; unchanged it is good.
class TpmForge {
  static final Instant NOW = Instant.parse("2026-11-22T10:00:00Z");
  static final MachineAuthority DEVID_CA = MachineAuthority.selfSigned("CN=devid-ca", NOW);
  static final MachineAuthority MAKER = MachineAuthority.selfSigned("CN=maker", NOW);
  static final KeyPair DEVID = TestRsaKeys.next();
  static final KeyPair ATTESTATION = TestRsaKeys.next();
  static final KeyPair ENDORSEMENT = TestRsaKeys.next();
  static final KeyPair OTHER = TestRsaKeys.next();
  static final String ENDORSEMENT_USAGE = "2.23.133.8.1";

  KeyPair devId = DEVID;
  KeyPair endorsement = ENDORSEMENT;
  PublicKey certifiedKey = DEVID.getPublic();
  Wish wish = Wish.machine(NOW);
  MachineAuthority devIdIssuer = DEVID_CA;
  MachineAuthority maker = MAKER;
  Optional<String> endorsementUsage = Optional.of(ENDORSEMENT_USAGE);
  Instant endorsementEnd = NOW.plusSeconds(3600);
  PublicKey endorsedKey = ENDORSEMENT.getPublic();
  String endorsementAlgorithm = "SHA256withECDSA";
  List<byte[]> between = List.of();
  int devIdAttributes = SoftTpm.DEVID_ATTRIBUTES;
  int attestationAttributes = SoftTpm.ATTESTATION_ATTRIBUTES;
  int attestationScheme = SoftTpm.RSASSA;
  KeyPair attestation = ATTESTATION;
  int endorsementAttributes = SoftTpm.ENDORSEMENT_ATTRIBUTES;
  int endorsementAesBits = 128;
  int magic = SoftTpm.MAGIC;
  int type = SoftTpm.CERTIFY;
  KeyPair signer = ATTESTATION;
  Optional<byte[]> certifiedArea = Optional.empty();
  Optional<byte[]> statement = Optional.empty();
  Optional<byte[]> signature = Optional.empty();

  byte[] devIdArea() {
    int scheme = devId.getPublic().getAlgorithm().equals("RSA") ? SoftTpm.RSASSA : SoftTpm.ECDSA;
    return SoftTpm.area(devId.getPublic(), devIdAttributes, 0, scheme);
  }

  byte[] attestationArea() {
    int scheme =
        attestation.getPublic().getAlgorithm().equals("RSA") ? attestationScheme : SoftTpm.ECDSA;
    return SoftTpm.area(attestation.getPublic(), attestationAttributes, 0, scheme);
  }

  Payload payload() {
    byte[] said =
        statement.orElseGet(() ->
            SoftTpm.statement(magic, type, SoftTpm.name(certifiedArea.orElseGet(this::devIdArea))));
    var chain = new ArrayList<byte[]>();
    chain.add(der(devIdIssuer.issue(certifiedKey, wish)));
    chain.addAll(between);
    return new Payload(
        chain,
        devIdArea(),
        der(endorsementCertificate()),
        SoftTpm.area(
            endorsement.getPublic(), endorsementAttributes, endorsementAesBits, SoftTpm.NONE),
        attestationArea(),
        said,
        signature.orElseGet(() -> SoftTpm.signature(signer, said)));
  }

  /// What the TPM answers to a challenge.
  byte[] answer(byte[] challenge) {
    var asked = TpmDevIdMessages.Challenge.parse(challenge);
    var algorithm =
        devId.getPublic().getAlgorithm().equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA";
    return new TpmDevIdMessages.Answer(
            SoftTpm.sign(devId, algorithm, asked.nonce()),
            SoftTpm.activate(
                endorsement,
                SoftTpm.name(attestationArea()),
                asked.credential().credential(),
                asked.credential().secret()))
        .toJson();
  }

  /// As makers write it: without a subject, the TPM's model in a critical name.
  private X509Certificate endorsementCertificate() {
    try {
      var builder =
          new JcaX509v3CertificateBuilder(
              X500Name.getInstance(maker.certificate().getSubjectX500Principal().getEncoded()),
              BigInteger.TWO,
              Date.from(NOW.minusSeconds(3600)),
              Date.from(endorsementEnd),
              new X500Name(new RDN[0]),
              endorsedKey);
      builder.addExtension(
          Extension.subjectAlternativeName,
          true,
          new GeneralNames(new GeneralName(new X500Name("2.23.133.2.1=id:00001014"))));
      if (endorsementUsage.isPresent()) {
        var purpose = new ASN1ObjectIdentifier(endorsementUsage.get());
        builder.addExtension(
            Extension.extendedKeyUsage,
            false,
            new ExtendedKeyUsage(KeyPurposeId.getInstance(purpose)));
      }
      builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyEncipherment));
      var signer =
          new JcaContentSignerBuilder(endorsementAlgorithm).build(maker.keys().getPrivate());
      return new JcaX509CertificateConverter().getCertificate(builder.build(signer));
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  static byte[] der(X509Certificate certificate) {
    try {
      return certificate.getEncoded();
    } catch (CertificateEncodingException e) {
      throw new IllegalStateException(e);
    }
  }
}
