package dev.entente.attestor.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.spiffe.TrustDomain;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AgentPathTemplateTest {
  private static final TrustDomain DOMAIN = TrustDomain.parse("example.org");
  private static final Set<String> VARIABLES =
      Set.of("Region", "InstanceID", "Tags.", "Path/", "Subject.Name");
  private static final Map<String, String> VALUES =
      Map.of(
          "Region", "us-west-2",
          "InstanceID", "i-1",
          "Tags.Name", "web",
          "Tags.Path", "a/b",
          "Path", "rack-1/node-1",
          "Subject.Name", "n");

  @ParameterizedTest
  @CsvSource({
    "/{{ .PluginName }}/{{ .Region }}/{{ .InstanceID }}, /spire/agent/cloud/us-west-2/i-1",
    "/{{.PluginName}}/{{.InstanceID}}, /spire/agent/cloud/i-1",
    "/cloud/n-{{ .InstanceID }}-x/{{ .Tags.Name }}, /spire/agent/cloud/n-i-1-x/web",
    "/cloud/fixed, /spire/agent/cloud/fixed",
    "/cloud/{{ .Path }}/{{ .Subject.Name }}, /spire/agent/cloud/rack-1/node-1/n"
  })
  void rendersWhatSpireRenders(String template, String path) {
    assertThat(AgentPathTemplate.parse("cloud", template, VARIABLES).render(DOMAIN, VALUES))
        .hasToString("spiffe://example.org" + path);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/other/{{ .InstanceID }}",
        "cloud/{{ .InstanceID }}",
        "/{{ .InstanceID }}/cloud/",
        "/cloudy/x",
        "/cloud/{{ .Zone }}",
        "/cloud/{{ .Labels.x }}",
        "/cloud/{{ .Region.x }}",
        "/cloud/{{ .Subject.Other }}",
        "/cloud/{{ .Subject }}",
        "/cloud/{{ lower .Region }}",
        "/cloud/{{ .Region",
        "/cloud/a b"
      })
  void refusesATemplateItWouldRenderOtherwiseThanSpire(String template) {
    assertThatThrownBy(() -> AgentPathTemplate.parse("cloud", template, VARIABLES))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/cloud/{{ .Tags.Missing }}",
        "/cloud/{{ .Tags.Path }}",
        "/cloud/../{{ .InstanceID }}",
        "/cloud/{{ .InstanceID }}/"
      })
  void refusesAValueThatIsNotPartOfOneSegmentAndAPathThatIsNone(String template) {
    var read = AgentPathTemplate.parse("cloud", template, VARIABLES);

    assertThatThrownBy(() -> read.render(DOMAIN, VALUES))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
