package dev.entente.spiffe;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import javax.security.auth.x500.X500Principal;
import org.junit.jupiter.api.Test;

final class SubjectNamesTest {
  @Test
  void writesTheSerialNumberOfAnAuthorityAsSpireDoes() {
    var name = new X500Principal("2.5.4.5=#13023132,O=SPIFFE,C=US", Map.of());

    assertThat(SubjectNames.text(name)).isEqualTo("SERIALNUMBER=12,O=SPIFFE,C=US");
  }
}
