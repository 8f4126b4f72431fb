package dev.entente.attestors.aws;

import dev.entente.attestors.aws.Ec2Instance.NetworkInterface;
import dev.entente.attestors.aws.Ec2Instance.SecurityGroup;
import dev.entente.spiffe.Pem;
import dev.entente.testkit.MapSettings;
import dev.entente.testkit.TestIdentityDocuments;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
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

  /// Evidence a broker accepts.
  enum Good {
    AS_AWS_SENDS_IT,
    IN_DER,
    WITH_THE_REGIONS_CERTIFICATE_IN_THE_BAG,
    OF_AN_INSTANCE_STORE_INSTANCE
  }

  /// The parts a mutation can touch.
  enum Part {
    CONTENT,
    BESIDE,
    SIGNING,
    ENCODING,
    NOW,
    FOUND,
    MEMBER
  }

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
    AS_OTHER_TYPE
  }

  /// A recipe of evidence, and the world it is shown in.
  ///
  /// @param content the signed document
  /// @param beside sent as the document, if not the content
  /// @param found what EC2 answers
  /// @param member what Organizations and EKS answer
  record Evidence(
      CmsForge forge,
      String content,
      Optional<String> beside,
      Signing signing,
      MessageEncoding encoding,
      Instant now,
      List<Ec2Instance> found,
      Member member) {
    byte[] payload() {
      byte[] message = encoding.write(forge.sign(content, signing));
      return new AwsIidPayload(beside.orElse(content), "", TestIdentityDocuments.base64(message))
          .toJson();
    }

    Object part(Part part) {
      return switch (part) {
        case CONTENT -> content;
        case BESIDE -> beside;
        case SIGNING -> signing;
        case ENCODING -> encoding;
        case NOW -> now;
        case FOUND -> found;
        case MEMBER -> member;
      };
    }

    List<Part> differencesTo(Evidence other) {
      return Stream.of(Part.values()).filter(part -> !part(part).equals(other.part(part))).toList();
    }

    /// This evidence with one part of another.
    Evidence with(Part part, Evidence other) {
      return new Evidence(
          forge,
          part == Part.CONTENT ? other.content : content,
          part == Part.BESIDE ? other.beside : beside,
          part == Part.SIGNING ? other.signing : signing,
          part == Part.ENCODING ? other.encoding : encoding,
          part == Part.NOW ? other.now : now,
          part == Part.FOUND ? other.found : found,
          part == Part.MEMBER ? other.member : member);
    }
  }

  /// Bad evidence.
  ///
  /// @param mutated the one part that differs from the parent's
  record Bad(String name, Good parent, Part mutated, String code, Evidence evidence) {
    @Override
    public String toString() {
      return name;
    }
  }

  Evidence evidence(Good good) {
    return switch (good) {
      case AS_AWS_SENDS_IT -> plain(Signing.AS_AWS, instance("ebs", 1));
      case IN_DER -> plain(Signing.IN_DER, instance("ebs", 1));
      case WITH_THE_REGIONS_CERTIFICATE_IN_THE_BAG ->
          plain(Signing.WITH_CERTIFICATE, instance("ebs", 60));
      case OF_AN_INSTANCE_STORE_INSTANCE -> plain(Signing.AS_AWS, instance("instance-store", 3600));
    };
  }

  AwsIidConfig config(Evidence evidence) {
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

  Stream<Bad> bad() {
    var all = new ArrayList<Bad>();
    var document = west.document(ACCOUNT, INSTANCE, STARTED);
    for (var other :
        List.of(
            content("account", "account-not-allowed", document.replace(ACCOUNT, "210987654321")),
            content("region", "wrong-region", document.replace(REGION + "\"", "af-south-1\"")),
            content("future", "started-in-the-future", document.replace("T09:", "T11:")),
            content("ancient", "instance-too-old", document.replace("2026", "2016")),
            content("two-accounts", "malformed-document", twice(document)),
            content("no-instance", "malformed-document", document.replace("instanceId", "id")),
            content("not-json", "malformed-document", "accountId=" + ACCOUNT))) {
      all.add(other);
    }
    var swapped = document.replace(INSTANCE, "i-0fffffffff");
    all.add(
        bad(
            "beside-swapped",
            Good.AS_AWS_SENDS_IT,
            Part.BESIDE,
            "document-not-signed",
            it ->
                new Evidence(
                    it.forge,
                    it.content,
                    Optional.of(swapped),
                    it.signing,
                    it.encoding,
                    it.now,
                    it.found,
                    it.member)));
    // Sorted: a case keeps its number from run to run.
    new TreeMap<>(signings()).forEach((signing, code) -> all.add(signed(signing, code)));
    new TreeMap<>(encodings()).forEach((encoding, code) -> all.add(encoded(encoding, code)));
    all.add(
        bad(
            "now-before-the-certificate",
            Good.AS_AWS_SENDS_IT,
            Part.NOW,
            "certificate-not-valid-now",
            it -> at(it, NOW.minus(Duration.ofDays(366)))));
    all.add(now("after-the-certificate", "certificate-not-valid-now", Duration.ofDays(36_501)));
    all.add(now("too-early", "started-in-the-future", EARLIEST.minusSeconds(1)));
    all.add(now("too-late", "instance-too-old", LATEST.plusSeconds(1)));
    new TreeMap<>(finds())
        .forEach((name, found) ->
            all.add(
                bad(
                    "found-" + name,
                    Good.AS_AWS_SENDS_IT,
                    Part.FOUND,
                    name.replaceFirst("^a-", "").replaceFirst("\\+.*", ""),
                    it -> found(it, found))));
    all.add(member(Member.OF_NO_ORGANIZATION, "account-not-in-organization"));
    all.add(member(Member.OF_NO_CLUSTER, "not-in-eks-cluster"));
    return all.stream();
  }

  private Bad member(Member member, String code) {
    return bad(
        "member-" + member,
        Good.AS_AWS_SENDS_IT,
        Part.MEMBER,
        code,
        it ->
            new Evidence(
                it.forge,
                it.content,
                it.beside,
                it.signing,
                it.encoding,
                it.now,
                it.found,
                member));
  }

  private static Map<Signing, String> signings() {
    return Map.of(
        Signing.WITH_FOREIGN_CERTIFICATE, "foreign-certificate",
        Signing.BY_STRANGER, "unknown-signer",
        Signing.BY_STRANGER_IN_OUR_NAME, "wrong-signature",
        Signing.BY_KEY_ID, "unknown-signer",
        Signing.BY_OTHER_REGION, "wrong-region",
        Signing.BY_NOBODY, "no-signer",
        Signing.TWICE, "several-signers",
        Signing.WITH_SHA1, "algorithm-not-allowed",
        Signing.DETACHED, "no-content",
        Signing.AS_OTHER_TYPE, "content-type");
  }

  private static Map<MessageEncoding, String> encodings() {
    return Map.of(
        MessageEncoding.TRAILING_BYTE, "trailing-data",
        MessageEncoding.TRUNCATED, "malformed-signature",
        MessageEncoding.NESTED_DEEPLY, "malformed-signature",
        MessageEncoding.HUGE_LENGTH, "malformed-signature",
        MessageEncoding.HIGH_TAG, "malformed-signature",
        MessageEncoding.NOT_A_MESSAGE, "malformed-signature",
        MessageEncoding.CHANGED_SIGNATURE, "wrong-signature",
        MessageEncoding.CHANGED_CONTENT, "wrong-signature",
        MessageEncoding.TOO_LONG, "signature-too-long",
        MessageEncoding.EMPTY, "no-signature");
  }

  private static Map<String, List<Ec2Instance>> finds() {
    var good = instance("ebs", 1);
    return Map.of(
        "instance-not-found", List.of(),
        "instance-not-found+two", List.of(good, good),
        "other-instance", List.of(renamed(good, "i-0fffffffff", ACCOUNT, "running")),
        "other-instance+owner", List.of(renamed(good, INSTANCE, "210987654321", "running")),
        "instance-not-running", List.of(renamed(good, INSTANCE, ACCOUNT, "terminated")),
        "instance-not-running+stopped", List.of(renamed(good, INSTANCE, ACCOUNT, "stopped")),
        "root-volume-attached-later", List.of(instance("ebs", 61)),
        "no-root-volume", List.of(stripped(good, good.interfaces())),
        "no-primary-interface", List.of(stripped(good, List.of(new NetworkInterface(1, STARTED)))));
  }

  private Bad content(String name, String code, String content) {
    return bad(
        "content-" + name,
        Good.AS_AWS_SENDS_IT,
        Part.CONTENT,
        code,
        it ->
            new Evidence(
                it.forge,
                content,
                it.beside,
                it.signing,
                it.encoding,
                it.now,
                it.found,
                it.member));
  }

  private Bad signed(Signing signing, String code) {
    return bad(
        "signing-" + signing,
        Good.IN_DER,
        Part.SIGNING,
        code,
        it ->
            new Evidence(
                it.forge,
                it.content,
                it.beside,
                signing,
                it.encoding,
                it.now,
                it.found,
                it.member));
  }

  private Bad encoded(MessageEncoding encoding, String code) {
    return bad(
        "encoding-" + encoding,
        encoding.changesWhatIsSigned() ? Good.IN_DER : Good.AS_AWS_SENDS_IT,
        Part.ENCODING,
        code,
        it ->
            new Evidence(
                it.forge,
                it.content,
                it.beside,
                it.signing,
                encoding,
                it.now,
                it.found,
                it.member));
  }

  private Bad now(String name, String code, Duration fromStart) {
    return bad(
        "now-" + name, Good.AS_AWS_SENDS_IT, Part.NOW, code, it -> at(it, STARTED.plus(fromStart)));
  }

  /// The good evidence that long after its instance was started.
  Evidence shown(Duration fromStart) {
    return at(evidence(Good.AS_AWS_SENDS_IT), STARTED.plus(fromStart));
  }

  private static Evidence at(Evidence it, Instant now) {
    return new Evidence(
        it.forge, it.content, it.beside, it.signing, it.encoding, now, it.found, it.member);
  }

  private static Evidence found(Evidence it, List<Ec2Instance> found) {
    return new Evidence(
        it.forge, it.content, it.beside, it.signing, it.encoding, it.now, found, it.member);
  }

  private Bad bad(
      String name, Good parent, Part part, String code, UnaryOperator<Evidence> mutation) {
    return new Bad(
        "bad-" + name.toLowerCase(Locale.ROOT).replace('_', '-'),
        parent,
        part,
        "aws-iid/" + code,
        mutation.apply(evidence(parent)));
  }

  private Evidence plain(Signing signing, Ec2Instance instance) {
    return new Evidence(
        forge,
        west.document(ACCOUNT, INSTANCE, STARTED),
        Optional.empty(),
        signing,
        MessageEncoding.AS_AWS,
        NOW,
        List.of(instance),
        Member.OF_BOTH);
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
