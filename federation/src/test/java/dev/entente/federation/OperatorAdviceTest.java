package dev.entente.federation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// What only operators can weigh has to be said to them.
final class OperatorAdviceTest {
  @Test
  @Tag("+FED-96")
  void thePageOnFederationSaysToAskHowTheEndpointsCertificateIsIssued() throws IOException {
    var page = Files.readString(Path.of("../docs/operating/federation.md")).replaceAll("\\s+", " ");

    assertThat(page)
        .contains("ask how the certificate is issued")
        .contains("an ACME challenge over HTTP or DNS proves control of the network or the zone");
  }
}
