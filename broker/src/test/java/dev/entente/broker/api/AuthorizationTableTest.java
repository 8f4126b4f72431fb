package dev.entente.broker.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.ServiceDescriptor;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class AuthorizationTableTest {
  /// Served by libraries; their descriptors are not ours.
  private static final Set<String> LIBRARY_METHODS =
      Set.of(
          "grpc.health.v1.Health/Check",
          "grpc.health.v1.Health/List",
          "grpc.health.v1.Health/Watch",
          "grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
          "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo");

  static Stream<String> everyMethod() {
    return ServiceFiles.DESCRIPTORS.stream()
        .flatMap(file -> file.getServices().stream())
        .flatMap(AuthorizationTableTest::methodsOf);
  }

  private static Stream<String> methodsOf(ServiceDescriptor service) {
    return service.getMethods().stream().map(m -> service.getFullName() + "/" + m.getName());
  }

  @ParameterizedTest
  @MethodSource("everyMethod")
  void everyMethodOfEveryServiceHasARow(String method) {
    assertThat(AuthorizationTable.grants(method)).as(method).isNotEmpty();
  }

  /// A service in a file of its own would otherwise be missed by both walks over all methods.
  @Test
  void noServiceOfTheBrokerIsLeftOut() throws IOException {
    var walked =
        ServiceFiles.DESCRIPTORS.stream()
            .flatMap(file -> file.getServices().stream())
            .map(ServiceDescriptor::getFullName)
            .toList();

    assertThat(walked).containsExactlyInAnyOrderElementsOf(ServiceFiles.declared());
  }

  /// Written twice, so that a slip in one of them shows.
  @Test
  void saysWhatTheOperatorsPageSays() throws IOException {
    var page = AuthorizationPage.read();

    assertThat(page.keySet()).isEqualTo(AuthorizationTable.methods());
    assertThat(page)
        .allSatisfy((method, grants) ->
            assertThat(AuthorizationTable.grants(method)).as(method).isEqualTo(grants));
  }

  @Test
  void noRowNamesAMethodThatDoesNotExist() {
    var known = new HashSet<>(LIBRARY_METHODS);
    everyMethod().forEach(known::add);

    assertThat(AuthorizationTable.methods()).isSubsetOf(known);
  }

  @Test
  void aMethodWithoutARowIsClosed() {
    assertThat(AuthorizationTable.grants("spire.api.server.agent.v1.Agent/NewMethod")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "spire.api.server.agent.v1.Agent/AttestAgent, ANYONE",
    "spire.api.server.bundle.v1.Bundle/GetBundle, ANYONE",
    "spire.api.server.agent.v1.Agent/RenewAgent, AGENT",
    "spire.api.server.svid.v1.SVID/BatchNewX509SVID, AGENT",
    "spire.api.server.entry.v1.Entry/SyncAuthorizedEntries, AGENT",
    "spire.api.server.svid.v1.SVID/NewDownstreamX509CA, DOWNSTREAM",
    "spire.api.server.bundle.v1.Bundle/PublishJWTAuthority, DOWNSTREAM",
    "spire.api.server.debug.v1.Debug/GetInfo, LOCAL",
    "spire.api.server.logger.v1.Logger/SetLogLevel, LOCAL",
    "entente.api.broker.v1.Operations/Backup, LOCAL",
    "entente.api.broker.v1.Push/Subscribe, AGENT",
  })
  void someRowsHaveOneGrant(String method, Grant grant) {
    assertThat(AuthorizationTable.grants(method)).containsExactly(grant);
  }

  @Test
  void nothingButAttestationAndTheBundleIsOpenToAnyone() {
    assertThat(AuthorizationTable.methods().stream())
        .filteredOn(m -> AuthorizationTable.grants(m).contains(Grant.ANYONE))
        .containsExactlyInAnyOrder(
            "spire.api.server.agent.v1.Agent/AttestAgent",
            "spire.api.server.bundle.v1.Bundle/GetBundle");
  }
}
