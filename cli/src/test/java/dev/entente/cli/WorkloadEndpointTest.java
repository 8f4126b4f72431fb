package dev.entente.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// SPIFFE_Workload_Endpoint §4.
class WorkloadEndpointTest {
  @Test
  @Tag("+WEP-11")
  void prefersAnExplicitEndpointToTheEnvironment() {
    var chosen =
        WorkloadEndpoint.choose(
            Optional.of("unix:///a.sock"), Map.of("SPIFFE_ENDPOINT_SOCKET", "unix:///b.sock"));

    assertThat(chosen).isEqualTo(new WorkloadEndpoint.Unix(Path.of("/a.sock")));
  }

  @Test
  @Tag("+WEP-12")
  void usesTheEnvironmentOtherwise() {
    var chosen =
        WorkloadEndpoint.choose(
            Optional.empty(), Map.of("SPIFFE_ENDPOINT_SOCKET", "tcp://127.0.0.1:8000"));

    assertThat(chosen).isEqualTo(new WorkloadEndpoint.Tcp("127.0.0.1", 8000));
  }

  @Test
  @Tag("-WEP-12")
  void saysWhatToSetWhenNeitherIsThere() {
    assertThatThrownBy(() -> WorkloadEndpoint.choose(Optional.empty(), Map.of()))
        .isInstanceOfSatisfying(
            Failure.class,
            failure -> {
              assertThat(failure.exitCode()).isEqualTo(ExitCode.USAGE);
              assertThat(failure.fix()).contains("SPIFFE_ENDPOINT_SOCKET");
            });
  }

  @ParameterizedTest
  @Tag("+WEP-14")
  @Tag("+WEP-15")
  @CsvSource({"unix:///run/x.sock,/run/x.sock", "unix:/run/x.sock,/run/x.sock"})
  @Tag("Q-16")
  void readsUnixEndpoints(String text, Path path) {
    assertThat(WorkloadEndpoint.parse(text)).isEqualTo(new WorkloadEndpoint.Unix(path));
  }

  @ParameterizedTest
  @Tag("+WEP-17")
  @CsvSource({"tcp://127.0.0.1:8000,127.0.0.1,8000", "tcp://[::1]:8000,::1,8000"})
  void readsTcpEndpoints(String text, String address, int port) {
    assertThat(WorkloadEndpoint.parse(text)).isEqualTo(new WorkloadEndpoint.Tcp(address, port));
  }

  @ParameterizedTest(name = "{0}")
  @Tag("-WEP-13")
  @Tag("-WEP-14")
  @Tag("-WEP-15")
  @Tag("-WEP-16")
  @Tag("-WEP-17")
  @Tag("-WEP-18")
  @Tag("-WEP-19")
  @CsvSource({
    "http://127.0.0.1:8000,'its scheme is http, not unix or tcp'",
    "unix-abstract:x,'its scheme is unix-abstract, not unix or tcp'",
    "/run/x.sock,'it has no scheme, unix or tcp'",
    "unix://host/path,'a unix endpoint has no host, write unix:///path'",
    "unix://u@h/path,'a unix endpoint has no host, write unix:///path'",
    "unix:relative,a unix endpoint needs the absolute path of the socket",
    "unix:///,a unix endpoint needs the absolute path of the socket",
    "unix:///x.sock?a=b,a query or fragment is not allowed",
    "unix:///x.sock#f,a query or fragment is not allowed",
    "tcp://localhost:8000,the host of a tcp endpoint is an IP address",
    "tcp://256.0.0.1:8000,the host of a tcp endpoint is an IP address",
    "tcp://1.2.3:8000,the host of a tcp endpoint is an IP address",
    "tcp://127.0.0.1,a tcp endpoint needs a port from 1 to 65535",
    "tcp://127.0.0.1:0,a tcp endpoint needs a port from 1 to 65535",
    "tcp://127.0.0.1:65536,a tcp endpoint needs a port from 1 to 65535",
    "tcp://127.0.0.1:8000/foo,'a tcp endpoint is an address and a port, nothing else'",
    "tcp://127.0.0.1:8000/,'a tcp endpoint is an address and a port, nothing else'",
    "tcp://u@127.0.0.1:8000,'a tcp endpoint is an address and a port, nothing else'",
    "tcp://127.0.0.1:8000?a=b,a query or fragment is not allowed",
    "tcp://127.0.0.1:8000#f,a query or fragment is not allowed"
  })
  @Tag("Q-16")
  void refusesEverythingElse(String text, String rule) {
    assertThatThrownBy(() -> WorkloadEndpoint.parse(text)).hasMessage(rule);
  }
}
