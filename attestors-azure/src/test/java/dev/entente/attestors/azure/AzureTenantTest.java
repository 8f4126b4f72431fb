package dev.entente.attestors.azure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestors.azure.AzureTenant.Credentials;
import dev.entente.attestors.azure.AzureTenant.OfTheEnvironment;
import dev.entente.attestors.azure.AzureTenant.Secret;
import dev.entente.attestors.azure.AzureTenant.TokenFile;
import dev.entente.testkit.FakeAzure;
import dev.entente.testkit.MapSettings;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What an operator may say of a tenant, and what becomes of it.
class AzureTenantTest {
  private static final String APP = "app-id";
  private static final String SECRET = "app-secret";
  private static final String TOKEN = "token-path";

  /// @param credentials what is read; the environment's as well if it was a mistake
  record Row(Map<String, String> said, Credentials credentials, boolean good) {}

  static Stream<Row> rows() {
    return Stream.of(
        new Row(Map.of(), new OfTheEnvironment(), true),
        new Row(Map.of(APP, "a", SECRET, "s"), new Secret("a", "s"), true),
        new Row(Map.of(APP, "a", TOKEN, "/t"), new TokenFile("a", Path.of("/t")), true),
        new Row(Map.of(APP, "a"), new OfTheEnvironment(), false),
        new Row(Map.of(SECRET, "s"), new OfTheEnvironment(), false),
        new Row(Map.of(TOKEN, "/t"), new OfTheEnvironment(), false),
        new Row(Map.of(SECRET, "s", TOKEN, "/t"), new OfTheEnvironment(), false),
        new Row(Map.of(APP, "a", SECRET, "s", TOKEN, "/t"), new Secret("a", "s"), false));
  }

  @ParameterizedTest
  @MethodSource("rows")
  void readsWhomTheBrokerIsToAzure(Row row) {
    var settings = MapSettings.of(row.said());

    assertThat(AzureTenant.read(FakeAzure.TENANT, settings).credentials())
        .isEqualTo(row.credentials());
    assertThat(settings.problems())
        .hasSize(row.good() ? 0 : 1)
        .allMatch(it -> it.startsWith("app-id: "));
  }

  @Test
  void allowsAllSubscriptionsOrThoseNamedWhateverTheirCase() {
    var upper = FakeAzure.SUBSCRIPTION.toUpperCase(Locale.ROOT);
    var any = AzureTenant.read(FakeAzure.TENANT, MapSettings.of(Map.of()));
    var one =
        AzureTenant.read(
            FakeAzure.TENANT, MapSettings.of(Map.of("restrict-to-subscriptions", List.of(upper))));

    assertThat(any.allows(FakeAzure.VM)).isTrue();
    assertThat(one.allows(FakeAzure.SUBSCRIPTION)).isTrue();
    assertThat(one.allows(upper)).isTrue();
    assertThat(one.allows(FakeAzure.VM)).isFalse();
  }

  @Test
  void saysWhyATokenFileGaveNoToken(@TempDir Path directory) throws Exception {
    var cloud =
        new AzureCloud(
            URI.create("https://management.azure.com"), URI.create("https://127.0.0.1:1"));
    var file = directory.resolve("token");
    var tenant = new AzureTenant(FakeAzure.TENANT, new TokenFile("app", file), Set.of());

    assertThatThrownBy(() -> new IdentityTokens(cloud).token(tenant))
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining("token not read from " + file);
    Files.writeString(file, "assertion");
    assertThatThrownBy(() -> new IdentityTokens(cloud).token(tenant))
        .isInstanceOf(AttestationFault.class)
        .hasMessageContaining("no token for https://management.azure.com")
        .hasMessageNotContaining("not read from");
  }
}
