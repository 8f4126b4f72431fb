package dev.entente.cli;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import dev.entente.attestor.spi.EvidenceSource;
import java.util.Arrays;
import java.util.stream.Stream;

/// The arrows between the rooms: what a room may use of ours, and where a technology may stand.
@AnalyzeClasses(packages = "dev.entente", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  private static final String OURS = "dev.entente..";

  /// The room, then what it may use of ours.
  private static ArchRule arrows(String room, String insteadUse, String... mayUse) {
    var allowed =
        Stream.concat(Stream.of("dev.entente." + room + ".."), Arrays.stream(mayUse))
            .toArray(String[]::new);
    return classes()
        .that()
        .resideInAPackage("dev.entente." + room + "..")
        .should()
        .onlyDependOnClassesThat(
            not(resideInAPackage(OURS)).or(resideInAnyPackage(allowed)).as("its own arrows"))
        .because(insteadUse);
  }

  private static String[] rooms(String... names) {
    return Arrays.stream(names).map(name -> "dev.entente." + name + "..").toArray(String[]::new);
  }

  @ArchTest
  static final ArchRule SPIFFE =
      arrows(
          "spiffe", "the nouns know nobody: pass what they need as a value or a small interface");

  @ArchTest
  static final ArchRule WIRE =
      arrows("wire", "it holds what is generated: write conversions in the room that needs them");

  @ArchTest
  static final ArchRule RUNTIME =
      arrows(
          "runtime",
          "it knows no SPIFFE noun: give it a parser, as ConfigSection.parse takes one",
          rooms("attestor.spi"));

  @ArchTest
  static final ArchRule RPC =
      arrows(
          "rpc",
          "it carries calls: what a call means belongs to broker.api, agent.endpoint or cli",
          rooms("runtime", "spiffe", "wire"));

  @ArchTest
  static final ArchRule ATTESTOR_SPI =
      arrows(
          "attestor.spi",
          "an attestor gets its settings as AttestorSettings, not as a configuration file",
          rooms("spiffe"));

  @ArchTest
  static final ArchRule ATTESTORS_AWS =
      arrows(
          "attestors.aws",
          "an attestor sees the SPI only; what two platforms need belongs to attestor-spi",
          rooms("attestor.spi", "spiffe"));

  @ArchTest
  static final ArchRule ATTESTORS_AZURE =
      arrows(
          "attestors.azure",
          "an attestor sees the SPI only; what two platforms need belongs to attestor-spi",
          rooms("attestor.spi", "spiffe"));

  @ArchTest
  static final ArchRule ATTESTORS_GCP =
      arrows(
          "attestors.gcp",
          "an attestor sees the SPI only; what two platforms need belongs to attestor-spi",
          rooms("attestor.spi", "spiffe"));

  @ArchTest
  static final ArchRule ATTESTORS_HOST =
      arrows(
          "attestors.host",
          "an attestor sees the SPI only; state of the broker reaches it through the SPI's records",
          rooms("attestor.spi", "runtime", "spiffe"));

  @ArchTest
  static final ArchRule FEDERATION =
      arrows(
          "federation",
          "it gets bundles through suppliers and hands them to a sink; the store is the broker's",
          rooms("runtime", "spiffe"));

  @ArchTest
  static final ArchRule OIDC =
      arrows("oidc.discovery", "it gets bundles through a supplier", rooms("spiffe"));

  @ArchTest
  static final ArchRule BROKER =
      arrows(
          "broker",
          "what broker and agent share belongs to rpc, runtime or spiffe",
          rooms(
              "attestor.spi", "federation", "oidc.discovery", "rpc", "runtime", "spiffe", "wire"));

  @ArchTest
  static final ArchRule AGENT =
      arrows(
          "agent",
          "what broker and agent share belongs to rpc, runtime or spiffe",
          rooms("attestor.spi", "rpc", "runtime", "spiffe", "wire"));

  @ArchTest
  static final ArchRule NOBODY_IMPORTS_ATTESTORS =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.entente.attestors..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("dev.entente.attestors..")
          .because("ServiceLoader finds attestors: use attestor-spi's NodeAttestor.Provider");

  @ArchTest
  static final ArchRule AN_AGENTS_HALF_NEEDS_NO_CLOUD_SDK =
      noClasses()
          .that()
          .implement(EvidenceSource.class)
          .or()
          .implement(EvidenceSource.Provider.class)
          .or()
          .haveSimpleNameEndingWith("Payload")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("software.amazon.awssdk..", "com.azure..", "com.google.cloud..")
          .because("an agent has the room's own jar only: use BoundedHttp of attestor-spi");

  @ArchTest
  static final ArchRule SQL_STAYS_IN_THE_STORE =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.entente.broker.store..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "java.sql..",
              "javax.sql..",
              "org.jdbi..",
              "org.sqlite..",
              "com.zaxxer..",
              "org.flywaydb..")
          .because("only broker.store speaks SQL: use its EntryStore, NodeStore and the others");

  @ArchTest
  static final ArchRule HAZELCAST_STAYS_IN_THE_CLUSTER =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.entente.broker.cluster..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("com.hazelcast..")
          .because("only broker.cluster knows Hazelcast: use its members, notices and shares");

  @ArchTest
  static final ArchRule SPIFFE_DOES_NO_IO =
      noClasses()
          .that()
          .resideInAPackage("dev.entente.spiffe..")
          .should()
          .dependOnClassesThat(
              resideInAnyPackage(
                      "io.vertx..",
                      "io.netty..",
                      "java.nio.file..",
                      "java.net.http..",
                      "java.nio.channels..",
                      "java.sql..",
                      "org.slf4j..")
                  .or(
                      describe(
                          "java.io.File…", type -> type.getFullName().startsWith("java.io.File"))))
          .because("the nouns are pure: the caller reads the bytes and hands them over");

  @ArchTest
  static final ArchRule ONLY_OUTPUT_PRINTS =
      noClasses()
          .that()
          .resideInAPackage("dev.entente.cli..")
          .and()
          .doNotHaveSimpleName("Output")
          .and(
              not(
                  resideInAnyPackage(
                      "dev.entente.cli.quickstart.workload",
                      "dev.entente.cli.quickstart.stranger")))
          .should()
          .accessField(System.class, "out")
          .orShould()
          .accessField(System.class, "err")
          .because("Output is the one place that prints; programs of their own have their own");

  @ArchTest
  static void knowsEveryRoom(JavaClasses classes) {
    var rooms =
        classes.stream()
            .map(type -> type.getPackageName().replaceFirst("^dev\\.entente\\.?", ""))
            .map(name ->
                name.replaceFirst(
                    "^(attestor\\.spi|attestors\\.[a-z]+|oidc\\.discovery|[a-z]+).*", "$1"))
            .distinct()
            .toList();

    assertThat(rooms)
        .containsExactlyInAnyOrder(
            "agent",
            "attestor.spi",
            "attestors.aws",
            "attestors.azure",
            "attestors.gcp",
            "attestors.host",
            "broker",
            "cli",
            "federation",
            "oidc.discovery",
            "rpc",
            "runtime",
            "spiffe",
            "wire",
            "testkit");
  }
}
