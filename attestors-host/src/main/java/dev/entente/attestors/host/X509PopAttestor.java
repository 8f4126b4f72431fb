package dev.entente.attestors.host;

import dev.entente.attestor.spi.AttestationStep;
import dev.entente.attestor.spi.AttestationStep.Attested;
import dev.entente.attestor.spi.AttestationStep.Challenged;
import dev.entente.attestor.spi.AttestedNode;
import dev.entente.attestor.spi.AttestorSettings;
import dev.entente.attestor.spi.NodeAttestor;
import dev.entente.attestor.spi.Refusal;
import dev.entente.attestor.spi.Selector;
import dev.entente.attestors.host.X509PopMessages.MalformedException;
import dev.entente.spiffe.BundleSource;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Judges a node that holds the private key of an X.509 certificate: from an authority somebody
/// else runs, or an X.509-SVID of our own trust domain.
///
/// 1. The payload is read, bounded in number and key size before anything is computed.
/// 2. The chain is validated in the order the node sent it, up to an authority.
/// 3. The leaf names the address the node comes from, if that is wanted.
/// 4. The node signs a fresh nonce of ours and one of its own with the leaf's key.
///
/// The agent's id is the SHA-1 of the leaf, as SPIRE's, if nothing else is configured; it names the
/// certificate and protects nothing, so that SHA-1's weakness does not matter: a second certificate
/// with the same digest would still have to come from a configured authority.
public final class X509PopAttestor implements NodeAttestor {
  static final String TYPE = "x509pop";

  private static final int KEY_USAGE_DIGITAL_SIGNATURE = 0;

  private final TrustDomain trustDomain;
  private final X509PopConfig config;

  X509PopAttestor(TrustDomain trustDomain, X509PopConfig config) {
    this.trustDomain = trustDomain;
    this.config = config;
  }

  @Override
  public AttestationStep begin(Presentation presentation) {
    try {
      var sent = parse(presentation.payload()); // 1
      var trusted = validate(sent, presentation.ownBundle()); // 2
      if (config.verifyClientIp()) {
        requireAddress(trusted.leaf(), presentation.remoteAddress()); // 3
      }
      return challenge(trusted); // 4
    } catch (Refusal e) {
      return e.of(TYPE);
    }
  }

  private List<X509Certificate> parse(byte[] payload) throws Refusal {
    List<X509Certificate> sent;
    try {
      sent =
          X509PopChain.parse(X509PopMessages.readPayload(payload, 1 + config.intermediatesMax()));
    } catch (MalformedException e) {
      throw new Refusal("malformed", String.valueOf(e.getMessage()));
    } catch (CertificateException e) {
      throw new Refusal("not-a-certificate", String.valueOf(e.getMessage()));
    }
    for (var certificate : sent) {
      var objection = X509PopKeys.objection(certificate.getPublicKey(), config.rsaMaxBits());
      Refusal.unless(objection.isEmpty(), "key-not-allowed", objection.orElse(""));
    }
    var usage = sent.getFirst().getKeyUsage();
    Refusal.unless(
        usage != null && usage[KEY_USAGE_DIGITAL_SIGNATURE],
        "no-digital-signature",
        "the leaf's key usage does not allow it");
    return sent;
  }

  private X509PopTrusted validate(List<X509Certificate> sent, BundleSource ownBundle)
      throws Refusal {
    return switch (config.mode()) {
      case X509PopConfig.ExternalPki(var chains) -> chains.validate(sent);
      case X509PopConfig.Spiffe spiffe ->
          X509PopSvids.validate(sent, spiffe, trustDomain, ownBundle);
    };
  }

  private static void requireAddress(X509Certificate leaf, String remoteAddress) throws Refusal {
    Refusal.unless(
        X509PopNames.namesAddress(leaf, remoteAddress),
        "other-address",
        "the certificate does not name the address " + remoteAddress);
  }

  private AttestationStep challenge(X509PopTrusted trusted) {
    var key = trusted.leaf().getPublicKey();
    byte[] ours = X509PopKeys.nonce();
    var kind = X509PopKeys.kind(key);
    return new Challenged(
        X509PopMessages.challenge(kind, ours),
        response -> {
          try {
            var answer = answer(response, kind, X509PopKeys.curveBytes(key));
            Refusal.unless(
                X509PopKeys.verify(key, ours, answer.nonce(), answer.signature()),
                "no-possession",
                "the signature over the nonces is wrong");
            return new Attested(node(trusted));
          } catch (Refusal e) {
            return e.of(TYPE);
          }
        });
  }

  private static X509PopMessages.Answer answer(
      byte[] response, X509PopMessages.Kind kind, int curveBytes) throws Refusal {
    try {
      var answer = X509PopMessages.readAnswer(response, kind, curveBytes);
      int length = answer.nonce().length;
      Refusal.unless(length == X509PopKeys.NONCE_BYTES, "nonce-length", length + " bytes, not 32");
      return answer;
    } catch (MalformedException e) {
      throw new Refusal("malformed-answer", String.valueOf(e.getMessage()));
    }
  }

  private AttestedNode node(X509PopTrusted trusted) throws Refusal {
    var leaf = trusted.leaf();
    var names = X509PopNames.uriNames(leaf, trustDomain);
    var claims = new LinkedHashMap<String, String>();
    claims.put("certificate-sha1", X509PopNames.fingerprint(leaf));
    claims.put("subject", leaf.getSubjectX500Principal().getName());
    claims.put("issuer", leaf.getIssuerX500Principal().getName());
    trusted.svidId().ifPresent(id -> claims.put("svid", id.toString()));
    return new AttestedNode(
        agentId(trusted, names), selectors(trusted, names), true, Optional.empty(), claims);
  }

  private static List<Selector> selectors(X509PopTrusted trusted, Map<String, String> names) {
    var leaf = trusted.leaf();
    var values = new ArrayList<String>();
    X509PopNames.commonName(leaf).ifPresent(cn -> values.add("subject:cn:" + cn));
    trusted
        .authorities()
        .forEach(it -> values.add("ca:fingerprint:" + X509PopNames.fingerprint(it)));
    values.add("serialnumber:" + X509PopNames.serialNumberHex(leaf));
    names.forEach((key, value) -> values.add("san:" + key + ":" + value));
    return Selector.ofType(TYPE, values);
  }

  private SpiffeId agentId(X509PopTrusted trusted, Map<String, String> names) throws Refusal {
    var leaf = trusted.leaf();
    var values = new HashMap<String, String>();
    values.put(X509PopConfig.FINGERPRINT, X509PopNames.fingerprint(leaf));
    values.put(X509PopConfig.SERIAL_NUMBER, X509PopNames.serialNumberHex(leaf));
    values.put(X509PopConfig.TRUST_DOMAIN, trustDomain.toString());
    values.put(X509PopConfig.SVID_PATH, trusted.svidPath());
    X509PopNames.commonName(leaf).ifPresent(cn -> values.put(X509PopConfig.COMMON_NAME, cn));
    names.forEach((key, value) -> values.put(X509PopConfig.URI_NAMES + key, value));
    return config.agentPath().agentId(trustDomain, values);
  }

  /// Offers [X509PopAttestor]; its keys stand in docs/attestors/x509pop.md.
  public static final class Provider implements NodeAttestor.Provider {
    @Override
    public String type() {
      return TYPE;
    }

    @Override
    public NodeAttestor create(TrustDomain trustDomain, AttestorSettings settings) {
      return new X509PopAttestor(trustDomain, X509PopConfig.read(settings, InstantSource.system()));
    }
  }
}
