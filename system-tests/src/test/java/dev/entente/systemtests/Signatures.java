package dev.entente.systemtests;

import com.google.protobuf.ByteString;
import dev.entente.wire.spire.server.svid.v1.MintJWTSVIDRequest;
import dev.entente.wire.spire.server.svid.v1.MintX509SVIDRequest;
import dev.entente.wire.spire.server.svid.v1.SVIDGrpcClient;
import dev.entente.wire.spire.types.Bundle;
import dev.entente.wire.spire.types.JWTKey;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.ExtensionsGenerator;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;

/// Has SVIDs signed, and keeps the newest of each authority: while it is alive, the bundle must
/// have its key. One thread at a time.
final class Signatures {
  private static final String AUTHORITY_KEY_ID = "2.5.29.35";
  private static final Pattern KEY_ID = Pattern.compile("\"kid\"\\s*:\\s*\"([^\"]+)\"");

  private final AdminApi admin;
  private final ByteString request = certificateRequest();
  private final Map<String, X509Certificate> newestByAuthority = new HashMap<>();
  private final Map<String, Instant> tokenEndByKeyId = new HashMap<>();
  private final AtomicLong count = new AtomicLong();

  Signatures(AdminApi admin) {
    this.admin = admin;
  }

  /// One X509-SVID and one JWT-SVID.
  void sign() {
    var svid =
        admin
            .ask(
                SVIDGrpcClient.MintX509SVID,
                MintX509SVIDRequest.newBuilder().setCsr(request).build())
            .getSvid();
    var leaf = certificate(svid.getCertChain(0));
    newestByAuthority.put(HexFormat.of().formatHex(leaf.getExtensionValue(AUTHORITY_KEY_ID)), leaf);
    count.incrementAndGet();
    var token =
        admin
            .ask(
                SVIDGrpcClient.MintJWTSVID,
                MintJWTSVIDRequest.newBuilder()
                    .setId(AdminApi.id("/minted"))
                    .addAudience("test")
                    .build())
            .getSvid();
    tokenEndByKeyId.put(keyId(token.getToken()), Instant.ofEpochSecond(token.getExpiresAt()));
    count.incrementAndGet();
  }

  long count() {
    return count.get();
  }

  /// Forgets what an X.509 authority signed, because it is being revoked.
  ///
  /// @param authorityId its subject key identifier, in hexadecimal
  void forget(String authorityId) {
    newestByAuthority.keySet().removeIf(keyId -> keyId.endsWith(authorityId));
  }

  /// Throws if `bundle` lacks a key that signed something still alive.
  void requireKeysIn(Bundle bundle) {
    var now = Instant.now();
    var authorities =
        bundle.getX509AuthoritiesList().stream().map(one -> certificate(one.getAsn1())).toList();
    newestByAuthority.values().removeIf(leaf -> leaf.getNotAfter().toInstant().isBefore(now));
    newestByAuthority.values().forEach(leaf -> requireSigner(leaf, authorities));
    tokenEndByKeyId.values().removeIf(end -> end.isBefore(now));
    var keyIds =
        bundle.getJwtAuthoritiesList().stream().map(JWTKey::getKeyId).collect(Collectors.toSet());
    var missing = new ArrayList<>(tokenEndByKeyId.keySet());
    missing.removeAll(keyIds);
    if (!missing.isEmpty()) {
      throw new AssertionError("the bundle lacks JWT keys that signed living tokens: " + missing);
    }
  }

  /// Throws if an audit log lacks the newest certificate of an authority.
  void requireRecordedIn(Path auditDirectory) {
    var recorded = new StringBuilder();
    try (var files = Files.list(auditDirectory)) {
      for (var file : files.toList()) {
        recorded.append(Files.readString(file));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("audit log not read", e);
    }
    for (var leaf : newestByAuthority.values()) {
      if (recorded.indexOf("\"" + leaf.getSerialNumber() + "\"") < 0) {
        throw new AssertionError("the audit log lacks certificate " + leaf.getSerialNumber());
      }
    }
  }

  private static void requireSigner(X509Certificate leaf, List<X509Certificate> authorities) {
    if (authorities.stream().noneMatch(authority -> signed(authority, leaf))) {
      throw new AssertionError(
          "the bundle lacks the authority of a certificate that lives until "
              + leaf.getNotAfter().toInstant());
    }
  }

  private static boolean signed(X509Certificate authority, X509Certificate leaf) {
    try {
      leaf.verify(authority.getPublicKey());
      return true;
    } catch (GeneralSecurityException _) {
      return false;
    }
  }

  static X509Certificate certificate(ByteString der) {
    try {
      return (X509Certificate)
          CertificateFactory.getInstance("X.509")
              .generateCertificate(new ByteArrayInputStream(der.toByteArray()));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("certificate not read", e);
    }
  }

  private static String keyId(String token) {
    var header = Base64.getUrlDecoder().decode(token.substring(0, token.indexOf('.')));
    var found = KEY_ID.matcher(new String(header, StandardCharsets.UTF_8));
    if (!found.find()) {
      throw new AssertionError("token without kid");
    }
    return found.group(1);
  }

  /// A CSR for `spiffe://td.example/minted`.
  static ByteString certificateRequest() {
    try {
      var generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(256);
      var key = generator.generateKeyPair();
      var extensions = new ExtensionsGenerator();
      var name =
          new GeneralName(GeneralName.uniformResourceIdentifier, "spiffe://td.example/minted");
      extensions.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(name));
      var request =
          new JcaPKCS10CertificationRequestBuilder(new X500Name("O=test"), key.getPublic())
              .addAttribute(PKCSObjectIdentifiers.pkcs_9_at_extensionRequest, extensions.generate())
              .build(new JcaContentSignerBuilder("SHA256withECDSA").build(key.getPrivate()));
      return ByteString.copyFrom(request.getEncoded());
    } catch (GeneralSecurityException | IOException | OperatorCreationException e) {
      throw new IllegalStateException("certificate request not made", e);
    }
  }
}
