package dev.entente.attestors.aws;

import dev.entente.attestors.aws.Ec2Instance.NetworkInterface;
import dev.entente.attestors.aws.Ec2Instance.SecurityGroup;
import dev.entente.spiffe.Pem;
import dev.entente.testkit.CorpusContract.Mutation;
import dev.entente.testkit.MapSettings;
import dev.entente.testkit.TestIdentityDocuments;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// Good evidence, and bad evidence that differs from a good one in exactly one part.
final class AwsIidCorpus {
  /// From an instance's start, when it is believed at the earliest: clocks may differ.
  static final Duration EARLIEST = Duration.ofMinutes(-5);

  /// From an instance's start, when it is believed at the latest, as this corpus is configured.
  static final Duration LATEST = Duration.ofHours(8);

  private static final Instant STARTED = Instant.parse("2026-11-22T09:00:00Z");
  private static final Instant NOW = Instant.parse("2026-11-22T10:00:00Z");
  private static final String ACCOUNT = "123456789012";
  static final String INSTANCE = "i-0a1b2c3d4e";
  private static final String REGION = "us-west-2";

  private final TestIdentityDocuments west = TestIdentityDocuments.of(REGION, NOW);
  private final TestIdentityDocuments south = TestIdentityDocuments.of("af-south-1", NOW);
  private final CmsForge forge = new CmsForge(west, south, TestIdentityDocuments.of("xx", NOW));
  private final IdentityCertificates certificates = certificates();

  /// Where the instance belongs.
  enum Member {
    OF_BOTH,
    OF_NO_ORGANIZATION,
    OF_NO_CLUSTER
  }

  /// How the content is signed.
  enum Signing {
    AS_AWS,
    IN_DER,
    WITH_CERTIFICATE,
    WITH_FOREIGN_CERTIFICATE,
    BY_STRANGER,
    BY_STRANGER_IN_OUR_NAME,
    BY_KEY_ID,
    BY_OTHER_REGION,
    BY_NOBODY,
    TWICE,
    WITH_SHA1,
    DETACHED,
    AS_OTHER_TYPE;

    boolean isGood() {
      return this == AS_AWS || this == IN_DER || this == WITH_CERTIFICATE;
    }
  }

  /// A recipe of evidence, and the world it is shown in, each part to be changed.
  static final class Recipe {
    private CmsForge forge;
    private String content;

    /// Sent as the document, if not the content.
    private Optional<String> beside = Optional.empty();

    private Signing signing;
    private MessageEncoding encoding = MessageEncoding.AS_AWS;
    private Instant now = NOW;
    private List<Ec2Instance> found;
    private Member member = Member.OF_BOTH;

    private Recipe(AwsIidCorpus corpus, Signing signing, Ec2Instance found) {
      this.forge = corpus.forge;
      this.content = corpus.west.document(ACCOUNT, INSTANCE, STARTED);
      this.signing = signing;
      this.found = List.of(found);
    }

    byte[] payload() {
      byte[] message = encoding.write(forge.sign(content, signing));
      return new AwsIidPayload(beside.orElse(content), "", TestIdentityDocuments.base64(message))
          .toJson();
    }

    Instant now() {
      return now;
    }

    /// What EC2 answers.
    List<Ec2Instance> found() {
      return found;
    }

    /// What Organizations and EKS answer.
    Member member() {
      return member;
    }
  }

  Recipe good(String name) {
    return switch (name) {
      case "good-as-aws-sends-it" -> new Recipe(this, Signing.AS_AWS, instance("ebs", 1));
      case "good-in-der" -> new Recipe(this, Signing.IN_DER, instance("ebs", 1));
      case "good-with-the-regions-certificate-in-the-bag" ->
          new Recipe(this, Signing.WITH_CERTIFICATE, instance("ebs", 60));
      case "good-of-an-instance-store-instance" ->
          new Recipe(this, Signing.AS_AWS, instance("instance-store", 3600));
      default -> throw new IllegalArgumentException(name);
    };
  }

  AwsIidConfig config() {
    var read =
        AwsIidConfig.read(
            MapSettings.of(Map.of("account-ids", List.of(ACCOUNT), "instance-age-max", "PT8H")));
    return new AwsIidConfig(
        read.accountIds(),
        read.organization(),
        read.eksClusters(),
        certificates,
        read.agentPath(),
        read.checkRootVolume(),
        read.askForRoles(),
        read.instanceAgeMax(),
        read.cloud());
  }

  Stream<Mutation<Recipe>> mutations() {
    return Stream.of(contents(), signings(), encodings(), times(), findings(), memberships())
        .flatMap(it -> it);
  }

  private Stream<Mutation<Recipe>> contents() {
    var document = west.document(ACCOUNT, INSTANCE, STARTED);
    var swapped = Optional.of(document.replace(INSTANCE, "i-0fffffffff"));
    return Stream.of(
        content("account", document.replace(ACCOUNT, "210987654321")),
        content("region", document.replace(REGION + "\"", "af-south-1\"")),
        content("future", document.replace("T09:", "T11:")),
        content("ancient", document.replace("2026", "2016")),
        content("two-accounts", twice(document)),
        content("no-instance", document.replace("instanceId", "id")),
        content("not-json", "accountId=" + ACCOUNT),
        mutation("beside-swapped", it -> it.beside = swapped));
  }

  private static Mutation<Recipe> content(String name, String content) {
    return mutation("content-" + name, it -> it.content = content);
  }

  private static Stream<Mutation<Recipe>> signings() {
    return Stream.of(Signing.values())
        .filter(it -> !it.isGood())
        .map(signing -> mutation("signing-" + signing, it -> it.signing = signing));
  }

  private static Stream<Mutation<Recipe>> encodings() {
    return Stream.of(MessageEncoding.values())
        .filter(it -> it != MessageEncoding.AS_AWS)
        .map(encoding -> mutation("encoding-" + encoding, it -> it.encoding = encoding));
  }

  private static Stream<Mutation<Recipe>> times() {
    return Stream.of(
        now("before-the-certificate", NOW.minus(Duration.ofDays(366))),
        now("after-the-certificate", STARTED.plus(Duration.ofDays(36_501))),
        now("too-early", STARTED.plus(EARLIEST).minusSeconds(1)),
        now("too-late", STARTED.plus(LATEST).plusSeconds(1)));
  }

  private static Mutation<Recipe> now(String name, Instant now) {
    return mutation("now-" + name, it -> it.now = now);
  }

  private static Stream<Mutation<Recipe>> findings() {
    var good = instance("ebs", 1);
    var later = List.of(new NetworkInterface(1, STARTED));
    return Stream.of(
        found("none"),
        found("two", good, good),
        found("another-instance", renamed(good, "i-0fffffffff", ACCOUNT, "running")),
        found("another-owner", renamed(good, INSTANCE, "210987654321", "running")),
        found("terminated", renamed(good, INSTANCE, ACCOUNT, "terminated")),
        found("stopped", renamed(good, INSTANCE, ACCOUNT, "stopped")),
        found("with-a-root-volume-attached-later", instance("ebs", 61)),
        found("without-a-root-volume", stripped(good, good.interfaces())),
        found("without-a-primary-interface", stripped(good, later)));
  }

  private static Mutation<Recipe> found(String name, Ec2Instance... found) {
    return mutation("found-" + name, it -> it.found = List.of(found));
  }

  private static Stream<Mutation<Recipe>> memberships() {
    return Stream.of(Member.OF_NO_ORGANIZATION, Member.OF_NO_CLUSTER)
        .map(member -> mutation("member-" + member, it -> it.member = member));
  }

  private static Mutation<Recipe> mutation(String name, Consumer<Recipe> change) {
    return new Mutation<>("bad-" + name.toLowerCase(Locale.ROOT).replace('_', '-'), change);
  }

  /// The good evidence that long after its instance was started.
  Recipe shown(Duration fromStart) {
    var recipe = good("good-as-aws-sends-it");
    recipe.now = STARTED.plus(fromStart);
    return recipe;
  }

  private static String twice(String document) {
    return document.replaceFirst("\\{", "{\"accountId\":\"210987654321\",");
  }

  private static Ec2Instance instance(String rootDeviceType, int volumeSecondsLater) {
    return new Ec2Instance(
        INSTANCE,
        ACCOUNT,
        "running",
        rootDeviceType,
        "/dev/xvda",
        Map.of("/dev/xvda", STARTED.plusSeconds(volumeSecondsLater)),
        List.of(new NetworkInterface(1, Instant.EPOCH), new NetworkInterface(0, STARTED)),
        List.of(new SecurityGroup("sg-1", "web")),
        Map.of("Name", "node-1"),
        Optional.of("arn:aws:iam::" + ACCOUNT + ":instance-profile/team/node-role"));
  }

  private static Ec2Instance renamed(Ec2Instance it, String id, String owner, String state) {
    return new Ec2Instance(
        id,
        owner,
        state,
        it.rootDeviceType(),
        it.rootDeviceName(),
        it.volumes(),
        it.interfaces(),
        it.securityGroups(),
        it.tags(),
        it.profileArn());
  }

  private static Ec2Instance stripped(Ec2Instance it, List<NetworkInterface> interfaces) {
    return new Ec2Instance(
        it.instanceId(),
        it.ownerId(),
        it.state(),
        it.rootDeviceType(),
        it.rootDeviceName(),
        Map.of(),
        interfaces,
        it.securityGroups(),
        it.tags(),
        it.profileArn());
  }

  private IdentityCertificates certificates() {
    try {
      var directory = Files.createTempDirectory("aws-iid");
      write(directory, REGION, west);
      write(directory, "af-south-1", south);
      return IdentityCertificates.with(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void write(Path directory, String region, TestIdentityDocuments signer)
      throws IOException {
    var file = directory.resolve(region + ".pem");
    Files.writeString(file, Pem.encodeCertificates(List.of(signer.certificate())));
    file.toFile().deleteOnExit();
  }
}
