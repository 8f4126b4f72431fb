package dev.entente.agent;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/// The arrows inside the agent. Each rule names the place to use instead.
@AnalyzeClasses(packages = "dev.entente.agent", importOptions = DoNotIncludeTests.class)
class AgentArchitectureTest {
  private static final String NODE = "dev.entente.agent.node..";
  private static final String WORKLOAD = "dev.entente.agent.workload..";
  private static final String CACHE = "dev.entente.agent.svidcache..";
  private static final String ENDPOINT = "dev.entente.agent.endpoint..";

  @ArchTest
  static final ArchRule nodeServesAndKnowsNobody =
      noClasses()
          .that()
          .resideInAPackage(NODE)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(WORKLOAD, CACHE, ENDPOINT)
          .because("the rest of the agent sees the node through IdentitySource, never the reverse");

  @ArchTest
  static final ArchRule workloadAttestationKnowsNoIdentities =
      noClasses()
          .that()
          .resideInAPackage(WORKLOAD)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(NODE, CACHE, ENDPOINT)
          .because("it turns processes into selectors; SvidCache turns selectors into SVIDs");

  @ArchTest
  static final ArchRule cacheKnowsNoCallers =
      noClasses()
          .that()
          .resideInAPackage(CACHE)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(WORKLOAD, ENDPOINT)
          .because("callers subscribe to it with selectors");

  @ArchTest
  static final ArchRule messagesStopAtTheEdge =
      noClasses()
          .that()
          .resideOutsideOfPackages(ENDPOINT, NODE)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("dev.entente.wire..", "dev.entente.rpc..", "com.google.protobuf..")
          .because("endpoint and node translate messages into values");

  @ArchTest
  static final ArchRule theNodesFlowsKnowNoMessages =
      noClasses()
          .that()
          .resideInAPackage(NODE)
          .and()
          .haveNameNotMatching(".*\\.(Grpc\\w+|\\w+Codec|DeltaSync|SvidCalls)(\\$.*)?")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("dev.entente.wire..", "dev.entente.rpc..", "com.google.protobuf..")
          .because("BrokerClient is where messages become values");
}
