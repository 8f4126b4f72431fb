package dev.entente.attestors.host;

import dev.entente.attestor.spi.AttestationStep;
import dev.entente.attestor.spi.AttestationStep.Attested;
import dev.entente.attestor.spi.AttestationStep.Challenged;
import dev.entente.attestor.spi.AttestationStep.Refused;
import dev.entente.attestor.spi.AttestedNode;
import dev.entente.attestor.spi.AttestorSettings;
import dev.entente.attestor.spi.NodeAttestor;
import dev.entente.attestor.spi.Selector;
import dev.entente.attestors.host.X509PopMessages.MalformedException;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import java.io.ByteArrayInputStream;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Judges a node that holds the private key of an X.509 certificate from a known authority.
///
/// 1. The payload is read, bounded in number and key size before anything is computed.
/// 2. The chain is validated in the order the node sent it, up to a configured authority.
/// 3. The node signs a fresh nonce of ours and one of its own with the leaf's key.
///
/// The agent's id is the SHA-1 of the leaf, as SPIRE's; it names the certificate and protects
/// nothing, so that SHA-1's weakness does not matter: a second certificate with the same digest
/// would still have to come from a configured authority.
public final class X509PopAttestor implements NodeAttestor {
  static final String TYPE = "x509pop";

  private static final int KEY_USAGE_DIGITAL_SIGNATURE = 0;

  private final TrustDomain trustDomain;
  private final X509PopChain chains;
  private final int intermediatesMax;
  private final int rsaMaxBits;

  private X509PopAttestor(
      TrustDomain trustDomain, X509PopChain chains, int intermediatesMax, int rsaMaxBits) {
    this.trustDomain = trustDomain;
    this.chains = chains;
    this.intermediatesMax = intermediatesMax;
    this.rsaMaxBits = rsaMaxBits;
  }

  @Override
  public AttestationStep begin(Presentation presentation) {
    List<X509Certificate> sent;
    try {
      sent = parse(X509PopMessages.readPayload(presentation.payload(), 1 + intermediatesMax));
    } catch (MalformedException e) {
      return new Refused("x509pop/malformed", String.valueOf(e.getMessage()));
    } catch (CertificateException e) {
      return new Refused("x509pop/not-a-certificate", String.valueOf(e.getMessage()));
    }
    for (var certificate : sent) {
      var objection = X509PopKeys.objection(certificate.getPublicKey(), rsaMaxBits);
      if (objection.isPresent()) {
        return new Refused("x509pop/key-not-allowed", objection.get());
      }
    }
    var leaf = sent.getFirst();
    var usage = leaf.getKeyUsage();
    if (usage == null || !usage[KEY_USAGE_DIGITAL_SIGNATURE]) {
      return new Refused("x509pop/no-digital-signature", "the leaf's key usage does not allow it");
    }
    return switch (chains.validate(sent)) {
      case X509PopChain.Trusted trusted -> challenge(trusted.chain());
      case X509PopChain.Untrusted untrusted ->
          new Refused("x509pop/untrusted-chain", untrusted.why());
    };
  }

  private AttestationStep challenge(List<X509Certificate> chain) {
    var key = chain.getFirst().getPublicKey();
    byte[] ours = X509PopKeys.nonce();
    var kind = X509PopKeys.kind(key);
    return new Challenged(
        X509PopMessages.challenge(kind, ours),
        response -> {
          X509PopMessages.Answer answer;
          try {
            answer = X509PopMessages.readAnswer(response, kind, X509PopKeys.curveBytes(key));
          } catch (MalformedException e) {
            return new Refused("x509pop/malformed-answer", String.valueOf(e.getMessage()));
          }
          if (answer.nonce().length != X509PopKeys.NONCE_BYTES) {
            return new Refused("x509pop/nonce-length", answer.nonce().length + " bytes, not 32");
          }
          return X509PopKeys.verify(key, ours, answer.nonce(), answer.signature())
              ? new Attested(node(chain))
              : new Refused("x509pop/no-possession", "the signature over the nonces is wrong");
        });
  }

  private AttestedNode node(List<X509Certificate> chain) {
    var leaf = chain.getFirst();
    var fingerprint = X509PopNames.fingerprint(leaf);
    var selectors = new ArrayList<Selector>();
    X509PopNames.commonName(leaf).ifPresent(cn -> selectors.add(selector("subject:cn:" + cn)));
    chain.stream()
        .skip(1)
        .map(authority -> selector("ca:fingerprint:" + X509PopNames.fingerprint(authority)))
        .distinct()
        .forEach(selectors::add);
    selectors.add(selector("serialnumber:" + X509PopNames.serialNumberHex(leaf)));
    X509PopNames.sanSelectors(leaf, trustDomain).forEach(v -> selectors.add(selector(v)));
    return new AttestedNode(
        SpiffeId.of(trustDomain, "/spire/agent/" + TYPE + "/" + fingerprint),
        selectors,
        true,
        Optional.empty(),
        Map.of(
            "certificate-sha1", fingerprint,
            "subject", leaf.getSubjectX500Principal().getName(),
            "issuer", leaf.getIssuerX500Principal().getName()));
  }

  private static Selector selector(String value) {
    return new Selector(TYPE, value);
  }

  private static List<X509Certificate> parse(List<byte[]> ders) throws CertificateException {
    var factory = CertificateFactory.getInstance("X.509");
    var certificates = new ArrayList<X509Certificate>();
    for (byte[] der : ders) {
      var certificate =
          (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(der));
      // The factory stops at the end of the certificate; what follows would be unsigned passengers.
      if (!Arrays.equals(certificate.getEncoded(), der)) {
        throw new CertificateException("not exactly one DER certificate");
      }
      certificates.add(certificate);
    }
    return certificates;
  }

  /// Offers [X509PopAttestor].
  ///
  /// `ca-bundle-paths` (required): PEM files with the authorities. `max-intermediates` (4, 0 to 16)
  /// and `max-rsa-key-size` (8192 bits) bound what is computed for a peer nobody knows yet.
  public static final class Provider implements NodeAttestor.Provider {
    @Override
    public String type() {
      return TYPE;
    }

    @Override
    public NodeAttestor create(TrustDomain trustDomain, AttestorSettings settings) {
      var anchors = new ArrayList<X509Certificate>();
      for (var file : settings.paths("ca-bundle-paths")) {
        try {
          anchors.addAll(X509PopChain.readAuthorities(file));
        } catch (IllegalArgumentException e) {
          settings.problem("ca-bundle-paths", String.valueOf(e.getMessage()));
        }
      }
      if (anchors.isEmpty()) {
        settings.problem("ca-bundle-paths", "no authority given, so no node could be believed");
      }
      return new X509PopAttestor(
          trustDomain,
          new X509PopChain(anchors, InstantSource.system()),
          settings.integer("max-intermediates", 4, 0, 16),
          settings.integer("max-rsa-key-size", 8192, 2048, 16384));
    }
  }
}
