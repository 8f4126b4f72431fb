package dev.entente.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DefaultPlacesTest {
  private static List<String> all(DefaultPlaces places) {
    return List.of(
        places.dataDir("broker").toString(),
        places.dataDir("agent").toString(),
        places.brokerSocket().toString(),
        places.workloadSocket().toString(),
        places.agentSocket().toString());
  }

  @Test
  void areTheSystemsForRootWhateverTheEnvironmentSays() {
    var places = new DefaultPlaces(true, Map.of("XDG_STATE_HOME", "/x", "XDG_RUNTIME_DIR", "/y"));

    assertThat(all(places))
        .containsExactly(
            "/var/lib/entente/broker",
            "/var/lib/entente/agent",
            "/run/entente/broker/broker.sock",
            "/run/entente/agent/public/api.sock",
            "/run/entente/agent/private/admin.sock");
  }

  @Test
  void areTheUsersOtherwise() {
    var places = new DefaultPlaces(false, Map.of("XDG_STATE_HOME", "/x", "XDG_RUNTIME_DIR", "/y"));

    assertThat(all(places))
        .containsExactly(
            "/x/entente/broker",
            "/x/entente/agent",
            "/y/entente/broker/broker.sock",
            "/y/entente/agent/public/api.sock",
            "/y/entente/agent/private/admin.sock");
  }

  @Test
  void areBelowTheHomeAndTheTemporaryDirectoryWithoutVariables() {
    var places = new DefaultPlaces(false, Map.of("XDG_STATE_HOME", ""));

    assertThat(places.dataDir("agent"))
        .hasToString(System.getProperty("user.home") + "/.local/state/entente/agent");
    assertThat(places.brokerSocket())
        .hasToString(System.getProperty("java.io.tmpdir") + "/entente/broker/broker.sock");
  }
}
