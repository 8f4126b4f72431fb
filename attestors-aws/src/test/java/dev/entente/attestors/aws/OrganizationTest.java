package dev.entente.attestors.aws;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.testkit.MapSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What an operator may say of the organisation, and what becomes of it.
class OrganizationTest {
  private static final Pattern ROLE = Pattern.compile("[a-z-]+");

  @TempDir private Path directory;

  private static MapSettings settings(Map<String, String> said) {
    var values = new HashMap<String, Object>();
    said.forEach((key, text) -> values.put("verify-organization/" + key, text));
    return MapSettings.of(values);
  }

  @Test
  void asksAwsAboutTheAccountThatManages() {
    var settings =
        settings(
            Map.of(
                "management-account-id", "999999999999",
                "assume-org-role", "org",
                "org-account-map-ttl", "PT60S"));

    assertThat(Organization.read(settings, ROLE))
        .contains(
            new Organization.Asked("999999999999", "org", "us-west-2", Duration.ofMinutes(1)));
    assertThat(settings.problems()).isEmpty();
    assertThat(Organization.read(MapSettings.of(Map.of()), ROLE)).isEmpty();
  }

  @Test
  void goesOnWithTheUsualTimeInPlaceOfOneThatIsTooShort() {
    var settings =
        settings(
            Map.of(
                "management-account-id", "999999999999",
                "assume-org-role", "org",
                "org-account-map-ttl", "PT59S"));

    assertThat(Organization.read(settings, ROLE).map(it -> (Organization.Asked) it))
        .hasValueSatisfying(it -> assertThat(it.ttl()).isEqualTo(Organization.TTL));
    assertThat(settings.problems()).containsExactly("org-account-map-ttl: PT59S is less than PT1M");
  }

  @ParameterizedTest
  @CsvSource({"management-account-id, 999999999999", "assume-org-role, org"})
  void wantsAFileOrAnAccountAndNotBoth(String key, String value) throws Exception {
    var file = Files.writeString(directory.resolve("accounts.json"), "[]");
    var alone = settings(Map.of("account-list-file", file.toString()));
    assertThat(Organization.read(alone, ROLE))
        .isEqualTo(Optional.of(new Organization.Listed(file, Organization.TTL)));
    assertThat(alone.problems()).isEmpty();

    var both = settings(Map.of("account-list-file", file.toString(), key, value));
    Organization.read(both, ROLE);
    assertThat(both.problems())
        .containsExactly(
            "account-list-file: goes without management-account-id and assume-org-role");
  }

  @Test
  void wantsAFileThatCanBeRead() {
    var settings = settings(Map.of("account-list-file", "/no/such/file"));

    Organization.read(settings, ROLE);

    assertThat(settings.problems())
        .singleElement()
        .asString()
        .startsWith("account-list-file: accounts not read from /no/such/file");
  }
}
