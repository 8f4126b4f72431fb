package dev.entente.spiffe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Locale;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class SpiffeIdTest {
  private static final TrustDomain EXAMPLE = TrustDomain.parse("example.org");

  @ParameterizedTest
  @Tag("+ID-01")
  @Tag("+ID-02")
  @Tag("+ID-03")
  @Tag("+ID-08")
  @Tag("+ID-09")
  @Tag("+ID-11")
  @Tag("+ID-12")
  @Tag("+ID-18")
  @Tag("+ID-19")
  @Tag("+ID-20")
  @Tag("+ID-21")
  @DisplayName("ID-01…ID-21 what the standard allows is accepted as it stands")
  @ValueSource(
      strings = {
        "spiffe://t",
        "spiffe://example.org",
        "spiffe://example.org/a",
        "spiffe://example.org/a/B.c_d-1",
        "spiffe://example.org/A.b_c-1",
        "spiffe://example.org/...",
        "spiffe://example.org/.a",
        "spiffe://example.org/a..b",
        "spiffe://example.org/..a/.b",
        "spiffe://example.org/ns/x/sa/y",
        "spiffe://example.org/9eeb7df5",
        "spiffe://1.2.3.4/a",
        "spiffe://192.0.2.1/a",
        "spiffe://a_b-c.9/x",
        "spiffe://-a-/x",
        "spiffe://a..b/x",
        "spiffe://../x",
        "spiffe://_"
      })
  void accepts(String text) {
    assertThat(SpiffeId.parse(text)).hasToString(text);
  }

  @ParameterizedTest(name = "{0} {1}")
  @Tag("-ID-01")
  @Tag("-ID-02")
  @Tag("-ID-03")
  @Tag("-ID-04")
  @Tag("-ID-05")
  @Tag("-ID-06")
  @Tag("-ID-07")
  @Tag("-ID-08")
  @Tag("-ID-09")
  @Tag("-ID-10")
  @Tag("-ID-11")
  @Tag("-ID-16")
  @Tag("-ID-17")
  @Tag("-ID-18")
  @Tag("-ID-19")
  @Tag("-ID-20")
  @Tag("+ID-26")
  @DisplayName("ID-01…ID-26 what the standard forbids is refused, never mended")
  @CsvSource({
    "ID-01, ''",
    "ID-01, example.org/a",
    "ID-01, //example.org/a",
    "ID-01, spiffe:example.org",
    "ID-01, spiffe:/example.org",
    "ID-01, free text",
    "ID-02, http://example.org/a",
    "ID-02, spiffes://example.org/a",
    "ID-02, ' spiffe://example.org/a'",
    "ID-26, SPIFFE://example.org/a",
    "ID-26, Spiffe://example.org/a",
    "ID-03, spiffe://",
    "ID-03, spiffe:///a",
    "ID-04, spiffe://example.org/a?x=1",
    "ID-04, spiffe://example.org/a?",
    "ID-04, spiffe://example.org?",
    "ID-05, spiffe://example.org/a#f",
    "ID-05, spiffe://example.org/a#",
    "ID-05, spiffe://example.org#",
    "ID-06, spiffe://user@example.org/a",
    "ID-06, spiffe://user:pw@example.org/a",
    "ID-06, spiffe://@example.org/a",
    "ID-07, spiffe://example.org:80/a",
    "ID-07, spiffe://example.org:/a",
    "ID-08, spiffe://Example.org/a",
    "ID-08, spiffe://EXAMPLE.ORG",
    "ID-09, spiffe://exa mple.org/a",
    "ID-09, spiffe://example!.org/a",
    "ID-09, spiffe://ex~ample.org/a",
    "ID-09, spiffe://*/a",
    "ID-09, spiffe://exämple.org/a",
    "ID-09, spiffe://examp\u0131e.org/a",
    "ID-10, spiffe://ex%61mple.org/a",
    "ID-11, spiffe://[::1]/a",
    "ID-11, spiffe://[2001:db8::1]/a",
    "ID-16, spiffe://example.org/a%20b",
    "ID-16, spiffe://example.org/%61",
    "ID-16, spiffe://example.org/a%2Fb",
    "ID-17, spiffe://example.org//a",
    "ID-17, spiffe://example.org/a//b",
    "ID-18, spiffe://example.org/.",
    "ID-18, spiffe://example.org/./a",
    "ID-18, spiffe://example.org/..",
    "ID-18, spiffe://example.org/a/../b",
    "ID-19, spiffe://example.org/",
    "ID-19, spiffe://example.org/a/",
    "ID-19, spiffe://example.org//",
    "ID-20, spiffe://example.org/a:b",
    "ID-20, spiffe://example.org/a@b",
    "ID-20, spiffe://example.org/a+b",
    "ID-20, spiffe://example.org/a~b",
    "ID-20, spiffe://example.org/a;b",
    "ID-20, spiffe://example.org/a b",
    "ID-20, 'spiffe://example.org/a\n'",
    "ID-20, 'spiffe://example.org/a\0'",
    "ID-20, spiffe://example.org/é",
    "ID-20, spiffe://example.org/\uD83D\uDE00"
  })
  @Tag("Q-02")
  void refuses(String row, String text) {
    assertThatThrownBy(() -> SpiffeId.parse(text)).isInstanceOf(InvalidSpiffeIdException.class);
  }

  @Test
  @Tag("+ID-22")
  @Tag("-ID-23")
  @Tag("+ID-24")
  @Tag("Q-28")
  void acceptsExactly2048BytesAndNotOneMore() {
    var longest = "spiffe://example.org/" + "a".repeat(2048 - "spiffe://example.org/".length());

    assertThat(SpiffeId.parse(longest).toString()).hasSize(2048);
    assertThat(SpiffeId.of(EXAMPLE, SpiffeId.parse(longest).path())).hasToString(longest);
    assertThatThrownBy(() -> SpiffeId.parse(longest + "a"))
        .isInstanceOf(InvalidSpiffeIdException.class)
        .hasMessageContaining("2049");
    assertThatThrownBy(() -> SpiffeId.of(EXAMPLE, SpiffeId.parse(longest).path() + "a"))
        .isInstanceOf(InvalidSpiffeIdException.class);
  }

  @Test
  @Tag("+ID-25")
  @Tag("-ID-25")
  void acceptsATrustDomainOf255BytesAndNotOneMore() {
    var longest = "a".repeat(255);

    assertThat(SpiffeId.parse("spiffe://" + longest + "/x").trustDomain()).hasToString(longest);
    assertThatThrownBy(() -> SpiffeId.parse("spiffe://" + longest + "a/x"))
        .isInstanceOf(InvalidSpiffeIdException.class);
    assertThatThrownBy(() -> TrustDomain.parse(longest + "a"))
        .isInstanceOf(InvalidSpiffeIdException.class);
  }

  @Test
  @Tag("-ID-27")
  void comparesPathsByCase() {
    var lower = SpiffeId.parse("spiffe://example.org/a");
    var upper = SpiffeId.parse("spiffe://example.org/A");

    assertThat(lower).isNotEqualTo(upper).isEqualTo(SpiffeId.of(EXAMPLE, "/a"));
    assertThat(lower.compareTo(upper)).isPositive();
  }

  @Test
  @Tag("+ID-26")
  void judgesTheSameInEveryLocale() {
    var before = Locale.getDefault();
    try {
      Locale.setDefault(Locale.forLanguageTag("tr"));
      assertThat(SpiffeId.parse("spiffe://id.example/i")).hasToString("spiffe://id.example/i");
      assertThatThrownBy(() -> SpiffeId.parse("SPIFFE://id.example/i"))
          .isInstanceOf(InvalidSpiffeIdException.class);
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void givesItsParts() {
    var id = SpiffeId.parse("spiffe://example.org/ns/a");

    assertThat(id.trustDomain()).isEqualTo(EXAMPLE);
    assertThat(id.path()).isEqualTo("/ns/a");
    assertThat(id.hasPath()).isTrue();
    assertThat(id.isMemberOf(EXAMPLE)).isTrue();
    assertThat(id.isMemberOf(TrustDomain.parse("example.com"))).isFalse();
    assertThat(EXAMPLE.id().hasPath()).isFalse();
    assertThat(EXAMPLE.id().path()).isEmpty();
    assertThat(SpiffeId.of(EXAMPLE, "")).isEqualTo(EXAMPLE.id());
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "/", "/a/", "//a", "/a b", "@evil/a", ".evil.org/a"})
  void joinsNoPathThatWouldChangeTheTrustDomainOrBreakARule(String path) {
    assertThatThrownBy(() -> SpiffeId.of(EXAMPLE, path))
        .isInstanceOf(InvalidSpiffeIdException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"example.org", "spiffe://example.org"})
  void readsATrustDomainAsAnAdministratorTypesIt(String text) {
    assertThat(TrustDomain.parseNameOrId(text)).isEqualTo(EXAMPLE);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "spiffe://", "spiffe://example.org/", "spiffe://example.org/a", "Example.org"})
  void refusesAnAdministratorsTextThatNamesNoTrustDomain(String text) {
    assertThatThrownBy(() -> TrustDomain.parseNameOrId(text))
        .isInstanceOf(InvalidSpiffeIdException.class);
  }

  @Test
  @Tag("+BND-31")
  void takesABareNameOnlyWhereOneBelongs() {
    assertThatThrownBy(() -> TrustDomain.parse("spiffe://example.org"))
        .isInstanceOf(InvalidSpiffeIdException.class);
  }

  @Test
  void quotesHostileInputInOneShortPrintableLine() {
    assertThatThrownBy(() -> SpiffeId.parse("x\n\"2026-01-01 forged\u2028" + "y".repeat(9000)))
        .message()
        .hasSizeLessThan(250)
        .contains("x\\u000a\\\"2026-01-01 forged\\u2028yyy")
        .doesNotContain("\n");
  }
}
