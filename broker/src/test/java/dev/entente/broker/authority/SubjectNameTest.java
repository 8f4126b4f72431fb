package dev.entente.broker.authority;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import javax.security.auth.x500.X500Principal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SubjectNameTest {
  @Test
  void encodesSpiresDefault() {
    assertThat(new X500Principal(SubjectName.SPIRE.toDer()).getName()).isEqualTo("O=SPIRE,C=US");
  }

  @Test
  void writesTypesInOneOrderWhateverTheInput() {
    var name = SubjectName.parse("SERIALNUMBER=7, CN=x, O=b, OU=d, C=DE, L=e, ST=f, STREET=g");

    assertThat(new X500Principal(name.toDer()).getName("RFC1779"))
        .isEqualTo("OID.2.5.4.5=7, CN=x, STREET=g, ST=f, L=e, OU=d, O=b, C=DE");
    assertThat(SubjectName.parseDer(name.toDer())).isEqualTo(name);
  }

  @Test
  void dropsAttributesItDoesNotKnow() {
    var foreign = new X500Principal("CN=x, DC=corp, UID=me, O=Example").getEncoded();

    assertThat(SubjectName.parseDer(foreign)).isEqualTo(SubjectName.parse("CN=x, O=Example"));
  }

  @Test
  void keepsTextBeyondAscii() {
    var name = SubjectName.EMPTY.with(SubjectName.Attribute.ORGANIZATION, "Bücher & Söhne");

    assertThat(SubjectName.parseDer(name.toDer())).isEqualTo(name);
  }

  @Test
  void keepsAllValuesOfAType() {
    var name =
        SubjectName.EMPTY
            .with(SubjectName.Attribute.ORGANIZATION, "Zed")
            .with(SubjectName.Attribute.ORGANIZATION, "Abc");

    var read = SubjectName.parseDer(name.toDer());

    assertThat(read.attributes().get(SubjectName.Attribute.ORGANIZATION))
        .containsExactlyInAnyOrder("Zed", "Abc");
  }

  @ParameterizedTest
  @ValueSource(strings = {"CN=", "nonsense", "XY=1", "CN=a\\00b", "CN=a\\0ab"})
  void refusesWhatNoCertificateShouldCarry(String text) {
    assertThatThrownBy(() -> SubjectName.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void refusesGarbageInsteadOfDer() {
    assertThatThrownBy(() -> SubjectName.parseDer(new byte[] {0x31, 3, 1, 2}))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
