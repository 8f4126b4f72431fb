package dev.entente.agent.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.MethodDescriptor;
import dev.entente.wire.spiffe.broker.APIGrpcService;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The wire of the SPIFFE Broker API as the standard numbers it (SPIFFE_Broker_API §3).
class SpiffeBrokerContractTest {
  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "WorkloadReference, reference=1 Any",
    "WorkloadPIDReference, pid=1 int32",
    "KubernetesObjectType, plural=1 string; group=2 string",
    "KubernetesObjectKey, namespace=1 string; name=2 string",
    "KubernetesObjectReference, type=1 KubernetesObjectType; key=2 KubernetesObjectKey;"
        + " uid=3 string",
    "SubscribeToX509SVIDRequest, reference=1 WorkloadReference",
    "SubscribeToX509SVIDResponse, svids=1 X509SVID*; crl=2 bytes*;"
        + " federated_bundles=3 map string bytes",
    "X509SVID, spiffe_id=1 string; x509_svid=2 bytes; x509_svid_key=3 bytes; bundle=4 bytes;"
        + " hint=5 string",
    "SubscribeToX509BundlesRequest, reference=1 WorkloadReference",
    "SubscribeToX509BundlesResponse, crl=1 bytes*; bundles=2 map string bytes",
    "FetchJWTSVIDRequest, reference=1 WorkloadReference; audience=2 string*; spiffe_id=3 string",
    "FetchJWTSVIDResponse, svids=1 JWTSVID*",
    "JWTSVID, spiffe_id=1 string; svid=2 string; hint=3 string",
    "SubscribeToJWTBundlesRequest, reference=1 WorkloadReference",
    "SubscribeToJWTBundlesResponse, bundles=1 map string bytes",
  })
  void numbersFieldsAsTheStandardDoes(String message, String fields) {
    var file = APIGrpcService.SERVICE_DESCRIPTOR.getFile();

    assertThat(
            file.findMessageTypeByName(message).getFields().stream()
                .map(WorkloadApiContractTest::text)
                .collect(Collectors.joining("; ")))
        .isEqualTo(fields);
  }

  @Test
  void hasTheStandardsMethodsAndNoOther() {
    var service = APIGrpcService.SERVICE_DESCRIPTOR;

    assertThat(service.getFullName()).isEqualTo("spiffe.broker.API");
    assertThat(service.getMethods())
        .extracting(SpiffeBrokerContractTest::text)
        .containsExactlyInAnyOrder(
            "SubscribeToX509SVID(SubscribeToX509SVIDRequest) stream SubscribeToX509SVIDResponse",
            "SubscribeToX509Bundles(SubscribeToX509BundlesRequest)"
                + " stream SubscribeToX509BundlesResponse",
            "FetchJWTSVID(FetchJWTSVIDRequest) FetchJWTSVIDResponse",
            "SubscribeToJWTBundles(SubscribeToJWTBundlesRequest)"
                + " stream SubscribeToJWTBundlesResponse");
    assertThat(service.getFile().getMessageTypes()).hasSize(15);
  }

  private static String text(MethodDescriptor method) {
    return "%s(%s) %s%s"
        .formatted(
            method.getName(),
            method.getInputType().getName(),
            method.isServerStreaming() ? "stream " : "",
            method.getOutputType().getName());
  }
}
