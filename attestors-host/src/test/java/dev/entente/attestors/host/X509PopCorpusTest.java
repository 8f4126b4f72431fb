package dev.entente.attestors.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.attestor.spi.AttestationStep;
import dev.entente.attestor.spi.AttestationStep.Challenged;
import dev.entente.attestor.spi.NodeAttestor.Presentation;
import dev.entente.attestors.host.MachineAuthority.Wish;
import dev.entente.spiffe.BundleSource;
import dev.entente.spiffe.Pem;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.TrustDomain;
import dev.entente.spiffe.X509Authority;
import dev.entente.testkit.CorpusContract;
import dev.entente.testkit.MapSettings;
import java.io.ByteArrayOutputStream;
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

/// The corpus of `x509pop`: good proofs in both modes, and bad ones made of them by one mutation
/// each, of the certificate, of the chain, of the messages or of who answers.
class X509PopCorpusTest extends CorpusContract<X509PopCorpusTest.Recipe> {
  private static final TrustDomain DOMAIN = TrustDomain.parse("example.org");
  private static final Instant NOW = Instant.parse("2026-11-22T10:00:00Z");
  private static final String SVID = "spiffe://example.org/spire-exchange/rack-1/node-1";
  private static final String ADDRESS = "192.0.2.1";

  @TempDir private static Path directory;

  private static MachineAuthority root;
  private static MachineAuthority between;
  private static MachineAuthority stranger;
  private static KeyPair holder;
  private static BundleSource own;
  private static BundleSource federated;

  @BeforeAll
  static void makeAuthorities() throws Exception {
    root = MachineAuthority.selfSigned("CN=Machines", NOW);
    between = root.intermediate("CN=Between", NOW);
    stranger = MachineAuthority.selfSigned("CN=Machines", NOW);
    holder = MachineAuthority.ec("secp256r1");
    var authorities = List.of(X509Authority.of(root.certificate()));
    var ours = SpiffeBundle.empty(DOMAIN).withX509Authorities(authorities);
    var other =
        SpiffeBundle.empty(TrustDomain.parse("other.example")).withX509Authorities(authorities);
    own = BundleSource.of(ours);
    federated = BundleSource.of(ours, other);
    Files.writeString(
        directory.resolve("ca.pem"), Pem.encodeCertificates(List.of(root.certificate())));
  }

  X509PopCorpusTest() {
    super("x509pop", "x509pop/");
  }

  @Override
  protected Recipe good(String name) {
    var recipe = new Recipe();
    if (name.startsWith("good-svid")) {
      recipe.settings.put("mode", "spiffe");
      recipe.wish = Wish.machine(NOW).withUris(SVID).withAddresses(ADDRESS);
    } else {
      recipe.settings.put("ca-bundle-path", directory.resolve("ca.pem").toString());
    }
    switch (name) {
      case "good-machine", "good-svid" -> {}
      case "good-machine-named-by-its-subject" ->
          recipe.settings.put("agent-path-template", "/x509pop/{{ .Subject.CommonName }}");
      case "good-svid-where-another-domain-is-known" -> recipe.bundles = federated;
      default -> throw new IllegalArgumentException(name);
    }
    return recipe;
  }

  /// Of what a proof is made, each part to be changed.
  static final class Recipe {
    private Map<String, Object> settings = new HashMap<>();
    private MachineAuthority issuer = between;
    private PublicKey key = holder.getPublic();
    private Wish wish =
        Wish.machine(NOW).withUris("x509pop://example.org/rack/r1").withAddresses(ADDRESS);
    private List<X509Certificate> above = List.of(between.certificate());
    private UnaryOperator<byte[]> leaf = UnaryOperator.identity();
    private UnaryOperator<byte[]> payload = UnaryOperator.identity();
    private KeyPair answering = holder;
    private UnaryOperator<byte[]> answer = UnaryOperator.identity();

    /// What is made of the challenge before it is answered.
    private UnaryOperator<byte[]> asked = UnaryOperator.identity();

    private BundleSource bundles = own;

    private Recipe() {
      settings.put("verify-client-ip", "true");
    }
  }

  /// The same certificate in BER, its length left open: signed bytes are DER.
  private static byte[] withoutLength(byte[] der) {
    var ber = new ByteArrayOutputStream();
    ber.writeBytes(new byte[] {0x30, (byte) 0x80});
    ber.write(der, 4, der.length - 4); // behind a length of two bytes
    ber.writeBytes(new byte[] {0, 0});
    return ber.toByteArray();
  }

  private static Mutation<Recipe> mutation(String name, Consumer<Recipe> change) {
    return new Mutation<>("bad-" + name, change);
  }

  private static Mutation<Recipe> uris(String name, String... uris) {
    return mutation(name, recipe -> recipe.wish = recipe.wish.withUris(uris));
  }

  private static Mutation<Recipe> key(String name, PublicKey key) {
    return mutation(name, recipe -> recipe.key = key);
  }

  private static Mutation<Recipe> answer(String name, String text) {
    return mutation(name, recipe -> recipe.answer = _ -> text.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  protected Stream<Mutation<Recipe>> mutations() {
    return Stream.of(ofChains(), ofKeys(), ofMessages(), ofAnswers(), ofSvids()).flatMap(it -> it);
  }

  private static Stream<Mutation<Recipe>> ofChains() {
    var soon = NOW.plus(Duration.ofMinutes(1));
    return Stream.of(
        mutation("signer-swapped", recipe -> recipe.issuer = stranger),
        mutation("expired", recipe -> recipe.wish = recipe.wish.withNotAfter(NOW.minusSeconds(1))),
        mutation("from-the-future", recipe -> recipe.wish = recipe.wish.withNotBefore(soon)),
        mutation("intermediate-missing", recipe -> recipe.above = List.of()),
        mutation(
            "intermediate-of-a-stranger",
            recipe ->
                recipe.above = List.of(stranger.intermediate("CN=Between", NOW).certificate())),
        mutation(
            "intermediate-that-is-no-authority",
            recipe -> {
              var leaf = root.issue(between.keys(), Wish.machine(NOW).withSubject("CN=Between"));
              recipe.above = List.of(leaf);
            }),
        mutation(
            "extra-certificate",
            recipe -> recipe.above = List.of(between.certificate(), stranger.certificate())),
        mutation(
            "giant-chain", recipe -> recipe.above = Collections.nCopies(50, between.certificate())),
        mutation("one-over-the-limit", recipe -> recipe.settings.put("max-intermediates", "0")),
        mutation(
            "not-for-signatures",
            recipe -> recipe.wish = recipe.wish.withKeyUsage(KeyUsage.keyAgreement)),
        mutation(
            "of-another-address",
            recipe -> recipe.wish = recipe.wish.withAddresses("192.0.2.2", "::1")),
        mutation("of-no-address", recipe -> recipe.wish = recipe.wish.withAddresses()),
        mutation("named-like-a-path", recipe -> recipe.wish = recipe.wish.withSubject("CN=a/b")),
        mutation(
            "signed-with-sha1",
            recipe -> recipe.wish = recipe.wish.withAlgorithm("SHA1withECDSA")));
  }

  private static Stream<Mutation<Recipe>> ofKeys() {
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

  private static Stream<Mutation<Recipe>> ofMessages() {
    return Stream.of(
        mutation(
            "trailing-byte", recipe -> recipe.leaf = der -> Arrays.copyOf(der, der.length + 1)),
        mutation("cut-short", recipe -> recipe.leaf = der -> Arrays.copyOf(der, der.length - 1)),
        mutation("without-length", recipe -> recipe.leaf = X509PopCorpusTest::withoutLength),
        mutation("no-json", recipe -> recipe.payload = _ -> new byte[] {'x'}),
        mutation(
            "no-certificates",
            recipe ->
                recipe.payload = _ -> "{\"certificates\":[]}".getBytes(StandardCharsets.UTF_8)));
  }

  /// The same certificate for a host of another name, of the same length.
  private static byte[] withAnotherName(byte[] der) {
    return new String(der, StandardCharsets.ISO_8859_1)
        .replace("node-1", "node-2")
        .getBytes(StandardCharsets.ISO_8859_1);
  }

  private static Stream<Mutation<Recipe>> ofAnswers() {
    return Stream.of(
        mutation(
            "answered-by-a-stranger",
            recipe -> recipe.answering = MachineAuthority.ec("secp256r1")),
        mutation(
            "answer-to-another-challenge",
            recipe ->
                recipe.asked =
                    _ -> X509PopMessages.challenge(X509PopMessages.Kind.ECDSA, new byte[32])),
        mutation("content-swapped", recipe -> recipe.leaf = X509PopCorpusTest::withAnotherName),
        answer("answer-empty", "{}"),
        answer("answer-no-json", "\n"),
        answer(
            "answer-of-another-kind",
            "{\"rsa_signature\":{\"nonce\":\"AA==\",\"signature\":\"AA==\"},\"ecdsa_signature\":null}"),
        answer(
            "answer-with-a-short-nonce",
            "{\"ecdsa_signature\":{\"nonce\":\"AA==\",\"r\":\"AA==\",\"s\":\"AA==\"}}"));
  }

  private static Stream<Mutation<Recipe>> ofSvids() {
    return Stream.of(
        mutation("svid-of-a-stranger", recipe -> recipe.issuer = stranger),
        mutation(
            "svid-from-the-future",
            recipe -> recipe.wish = recipe.wish.withNotBefore(NOW.plusSeconds(60))),
        mutation(
            "svid-expired", recipe -> recipe.wish = recipe.wish.withNotAfter(NOW.minusSeconds(1))),
        mutation(
            "svid-of-a-broker-without-authorities", recipe -> recipe.bundles = BundleSource.of()),
        mutation(
            "svid-of-another-domain-that-is-known",
            recipe ->
                recipe.wish = recipe.wish.withUris("spiffe://other.example/spire-exchange/x")),
        uris("svid-of-another-domain", "spiffe://other.example/spire-exchange/x"),
        uris("svid-with-two-names", SVID, "spiffe://example.org/other"),
        uris("svid-without-a-name", "untrusted-svid"),
        uris("svid-of-a-workload", "spiffe://example.org/web"),
        uris("svid-of-an-agent", "spiffe://example.org/spire/agent/x509pop/a"),
        uris("svid-that-only-begins-alike", "spiffe://example.org/spire-exchanger/x"),
        mutation(
            "svid-not-for-signatures",
            recipe -> recipe.wish = recipe.wish.withKeyUsage(KeyUsage.keyAgreement)));
  }

  @Override
  protected AttestationStep judge(Recipe recipe) throws Exception {
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
        ? next.answer(recipe.answer.apply(answer(recipe, recipe.asked.apply(challenge))))
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
