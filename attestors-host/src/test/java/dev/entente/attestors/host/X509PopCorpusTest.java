package dev.entente.attestors.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.attestor.spi.AttestationStep;
import dev.entente.attestor.spi.AttestationStep.Attested;
import dev.entente.attestor.spi.AttestationStep.Challenged;
import dev.entente.attestor.spi.AttestationStep.Refused;
import dev.entente.attestor.spi.NodeAttestor.Presentation;
import dev.entente.attestors.host.MachineAuthority.Wish;
import dev.entente.spiffe.BundleSource;
import dev.entente.spiffe.Pem;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.TrustDomain;
import dev.entente.spiffe.X509Authority;
import dev.entente.testkit.MapSettings;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.security.spec.RSAPublicKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// The corpus of `x509pop`: good proofs in both modes, and bad ones made of them by one mutation
/// each, of the certificate, of the chain, of the messages or of who answers.
class X509PopCorpusTest {
  private static final TrustDomain DOMAIN = TrustDomain.parse("example.org");
  private static final Instant NOW = Instant.parse("2026-11-22T10:00:00Z");
  private static final String SVID = "spiffe://example.org/spire-exchange/rack-1/node-1";
  private static final String ADDRESS = "192.0.2.1";

  @TempDir private static Path directory;

  private static MachineAuthority root;
  private static MachineAuthority between;
  private static MachineAuthority stranger;
  private static KeyPair holder;

  @BeforeAll
  static void makeAuthorities() throws Exception {
    root = MachineAuthority.selfSigned("CN=Machines", NOW);
    between = root.intermediate("CN=Between", NOW);
    stranger = MachineAuthority.selfSigned("CN=Machines", NOW);
    holder = MachineAuthority.ec("secp256r1");
    Files.writeString(
        directory.resolve("ca.pem"), Pem.encodeCertificates(List.of(root.certificate())));
  }

  /// The good proofs.
  enum Good {
    /// A certificate of an authority that somebody else runs, with an intermediate.
    EXTERNAL_PKI,
    /// An X.509-SVID of our own trust domain.
    SPIFFE
  }

  /// Of what a proof is made, each part to be changed.
  static final class Recipe {
    private final Map<String, Object> settings = new HashMap<>();
    private MachineAuthority issuer = between;
    private PublicKey key = holder.getPublic();
    private Wish wish =
        Wish.machine(NOW).withUris("x509pop://example.org/rack/r1").withAddresses(ADDRESS);
    private List<X509Certificate> above = List.of(between.certificate());
    private UnaryOperator<byte[]> leaf = UnaryOperator.identity();
    private UnaryOperator<byte[]> payload = UnaryOperator.identity();
    private KeyPair answering = holder;
    private UnaryOperator<byte[]> answer = UnaryOperator.identity();
    private BundleSource bundles =
        BundleSource.of(
            SpiffeBundle.empty(DOMAIN)
                .withX509Authorities(List.of(X509Authority.of(root.certificate()))));

    Recipe(Good good) {
      settings.put("verify-client-ip", "true");
      if (good == Good.SPIFFE) {
        settings.put("mode", "spiffe");
        wish = Wish.machine(NOW).withUris(SVID).withAddresses(ADDRESS);
      } else {
        settings.put("ca-bundle-path", directory.resolve("ca.pem").toString());
      }
    }
  }

  /// One mutation.
  ///
  /// @param code without the attestor's name
  record Bad(Good parent, String name, String code, Consumer<Recipe> mutation) {
    @Override
    public String toString() {
      return "bad-" + name + " of good-" + parent;
    }
  }

  private static Bad pki(String name, String code, Consumer<Recipe> mutation) {
    return new Bad(Good.EXTERNAL_PKI, name, code, mutation);
  }

  private static Bad svid(String name, String code, Consumer<Recipe> mutation) {
    return new Bad(Good.SPIFFE, name, code, mutation);
  }

  private static Bad uris(String name, String code, String... uris) {
    return svid(name, code, recipe -> recipe.wish = recipe.wish.withUris(uris));
  }

  private static Bad key(String name, PublicKey key) {
    return pki(name, "key-not-allowed", recipe -> recipe.key = key);
  }

  private static Bad answer(String name, String code, String text) {
    return pki(name, code, recipe -> recipe.answer = _ -> text.getBytes(StandardCharsets.UTF_8));
  }

  static Stream<Bad> bad() {
    return Stream.of(ofChains(), ofKeys(), ofMessages(), ofAnswers(), ofSvids()).flatMap(it -> it);
  }

  private static Stream<Bad> ofChains() {
    var soon = NOW.plus(Duration.ofMinutes(1));
    return Stream.of(
        pki("signer-swapped", "untrusted-chain", recipe -> recipe.issuer = stranger),
        pki(
            "expired",
            "untrusted-chain",
            recipe -> recipe.wish = recipe.wish.withNotAfter(NOW.minusSeconds(1))),
        pki(
            "from-the-future",
            "untrusted-chain",
            recipe -> recipe.wish = recipe.wish.withNotBefore(soon)),
        pki("intermediate-missing", "untrusted-chain", recipe -> recipe.above = List.of()),
        pki(
            "intermediate-of-a-stranger",
            "untrusted-chain",
            recipe ->
                recipe.above = List.of(stranger.intermediate("CN=Between", NOW).certificate())),
        pki(
            "intermediate-that-is-no-authority",
            "untrusted-chain",
            recipe -> {
              var leaf = root.issue(between.keys(), Wish.machine(NOW).withSubject("CN=Between"));
              recipe.above = List.of(leaf);
            }),
        pki(
            "extra-certificate",
            "untrusted-chain",
            recipe -> recipe.above = List.of(between.certificate(), stranger.certificate())),
        pki(
            "giant-chain",
            "malformed",
            recipe -> recipe.above = Collections.nCopies(50, between.certificate())),
        pki(
            "one-over-the-limit",
            "malformed",
            recipe -> recipe.settings.put("max-intermediates", "0")),
        pki(
            "not-for-signatures",
            "no-digital-signature",
            recipe -> recipe.wish = recipe.wish.withKeyUsage(KeyUsage.keyAgreement)),
        pki(
            "of-another-address",
            "other-address",
            recipe -> recipe.wish = recipe.wish.withAddresses("192.0.2.2", "::1")),
        pki("of-no-address", "other-address", recipe -> recipe.wish = recipe.wish.withAddresses()),
        pki(
            "named-like-a-path",
            "no-agent-id",
            recipe -> {
              recipe.settings.put("agent-path-template", "/x509pop/{{ .Subject.CommonName }}");
              recipe.wish = recipe.wish.withSubject("CN=a/b");
            }));
  }

  private static Stream<Bad> ofKeys() {
    try {
      return Stream.of(
          key("huge-rsa-key", rsa(16_384, 65537)),
          key("short-rsa-key", rsa(1024, 65537)),
          key("rsa-exponent-three", rsa(2048, 3)),
          key("ed25519", KeyPairGenerator.getInstance("Ed25519").generateKeyPair().getPublic()));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /// A key nobody has the other half of.
  private static PublicKey rsa(int bits, long exponent) throws GeneralSecurityException {
    var modulus = new BigInteger(bits, new Random(bits)).setBit(bits - 1).setBit(0);
    return KeyFactory.getInstance("RSA")
        .generatePublic(new RSAPublicKeySpec(modulus, BigInteger.valueOf(exponent)));
  }

  private static Stream<Bad> ofMessages() {
    return Stream.of(
        pki(
            "trailing-byte",
            "not-a-certificate",
            recipe -> recipe.leaf = der -> Arrays.copyOf(der, der.length + 1)),
        pki(
            "cut-short",
            "not-a-certificate",
            recipe -> recipe.leaf = der -> Arrays.copyOf(der, der.length - 1)),
        pki("no-json", "malformed", recipe -> recipe.payload = _ -> new byte[] {'x'}),
        pki(
            "no-certificates",
            "malformed",
            recipe ->
                recipe.payload = _ -> "{\"certificates\":[]}".getBytes(StandardCharsets.UTF_8)));
  }

  private static Stream<Bad> ofAnswers() {
    return Stream.of(
        pki(
            "answered-by-a-stranger",
            "no-possession",
            recipe -> recipe.answering = MachineAuthority.ec("secp256r1")),
        answer("answer-empty", "malformed-answer", "{}"),
        answer("answer-no-json", "malformed-answer", "\n"),
        answer(
            "answer-of-another-kind",
            "malformed-answer",
            "{\"rsa_signature\":{\"nonce\":\"AA==\",\"signature\":\"AA==\"},\"ecdsa_signature\":null}"),
        answer(
            "answer-with-a-short-nonce",
            "nonce-length",
            "{\"ecdsa_signature\":{\"nonce\":\"AA==\",\"r\":\"AA==\",\"s\":\"AA==\"}}"));
  }

  private static Stream<Bad> ofSvids() {
    return Stream.of(
        svid("svid-of-a-stranger", "untrusted-svid", recipe -> recipe.issuer = stranger),
        svid(
            "svid-expired",
            "untrusted-svid",
            recipe -> recipe.wish = recipe.wish.withNotAfter(NOW.minusSeconds(1))),
        svid(
            "svid-of-a-broker-without-authorities",
            "untrusted-svid",
            recipe -> recipe.bundles = BundleSource.of()),
        svid(
            "svid-of-another-domain-that-is-known",
            "other-trust-domain",
            recipe -> {
              var other = TrustDomain.parse("other.example");
              recipe.wish = recipe.wish.withUris("spiffe://other.example/spire-exchange/x");
              recipe.bundles =
                  BundleSource.of(
                      SpiffeBundle.empty(other)
                          .withX509Authorities(List.of(X509Authority.of(root.certificate()))));
            }),
        uris("svid-of-another-domain", "untrusted-svid", "spiffe://other.example/spire-exchange/x"),
        uris("svid-with-two-names", "untrusted-svid", SVID, "spiffe://example.org/other"),
        uris("svid-without-a-name", "untrusted-svid"),
        uris("svid-of-a-workload", "wrong-path", "spiffe://example.org/web"),
        uris("svid-of-an-agent", "wrong-path", "spiffe://example.org/spire/agent/x509pop/a"),
        uris("svid-that-only-begins-alike", "wrong-path", "spiffe://example.org/spire-exchanger/x"),
        svid(
            "svid-not-for-signatures",
            "no-digital-signature",
            recipe -> recipe.wish = recipe.wish.withKeyUsage(KeyUsage.keyAgreement)));
  }

  @ParameterizedTest
  @EnumSource
  void acceptsEveryGoodProof(Good good) throws Exception {
    assertThat(judge(new Recipe(good))).isInstanceOf(Attested.class);
  }

  @ParameterizedTest
  @MethodSource("bad")
  void refusesEveryBadProofForItsOwnReason(Bad bad) throws Exception {
    var recipe = new Recipe(bad.parent());
    bad.mutation().accept(recipe);

    assertThat(judge(recipe))
        .isInstanceOfSatisfying(
            Refused.class,
            refused -> assertThat(refused.code()).isEqualTo("x509pop/" + bad.code()));
  }

  @ParameterizedTest
  @MethodSource("bad")
  void acceptsABadProofOnceItsOneMutationIsUndone(Bad bad) throws Exception {
    assertThat(judge(new Recipe(bad.parent()))).isInstanceOf(Attested.class);
  }

  private static AttestationStep judge(Recipe recipe) throws Exception {
    var settings = MapSettings.of(recipe.settings);
    var attestor = new X509PopAttestor(DOMAIN, X509PopConfig.read(settings, () -> NOW));
    assertThat(settings.problems()).isEmpty();
    var leaf = recipe.issuer.issue(recipe.key, recipe.wish);
    var ders = new ArrayList<byte[]>();
    ders.add(recipe.leaf.apply(leaf.getEncoded()));
    for (var each : recipe.above) {
      ders.add(each.getEncoded());
    }
    byte[] payload = recipe.payload.apply(X509PopMessages.payload(ders));
    var step = attestor.begin(new Presentation(payload, ADDRESS, recipe.bundles));
    return step instanceof Challenged(var challenge, var next)
        ? next.answer(recipe.answer.apply(answer(recipe, challenge)))
        : step;
  }

  private static byte[] answer(Recipe recipe, byte[] challenge) throws Exception {
    var kind = X509PopKeys.kind(recipe.answering.getPublic());
    byte[] theirs = X509PopMessages.readChallenge(challenge, kind);
    byte[] ours = X509PopKeys.nonce();
    byte[] proof =
        X509PopKeys.sign(recipe.answering.getPrivate(), recipe.answering.getPublic(), theirs, ours);
    return X509PopMessages.answer(kind, new X509PopMessages.Answer(ours, proof));
  }
}
