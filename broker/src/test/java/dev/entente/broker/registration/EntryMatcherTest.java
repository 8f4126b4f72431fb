package dev.entente.broker.registration;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EntryMatcherTest {
  @ParameterizedTest(name = "record {0}, asked {1}")
  @CsvSource({
    "a b, a b, true,  true,  true,  true",
    "a,   a b, false, true,  false, true",
    "a b, a,   false, false, true,  true",
    "a c, a b, false, false, false, true",
    "c,   a b, false, false, false, false",
    "'',  a b, false, false, false, false",
  })
  void matches(
      String present, String asked, boolean exact, boolean subset, boolean superset, boolean any) {
    assertThat(matches(present, asked, MatchBehavior.EXACT)).isEqualTo(exact);
    assertThat(matches(present, asked, MatchBehavior.SUBSET)).isEqualTo(subset);
    assertThat(matches(present, asked, MatchBehavior.SUPERSET)).isEqualTo(superset);
    assertThat(matches(present, asked, MatchBehavior.ANY)).isEqualTo(any);
  }

  private static boolean matches(String present, String asked, MatchBehavior behavior) {
    return EntryMatcher.matches(set(present), set(asked), behavior);
  }

  private static Set<String> set(String letters) {
    var set = new HashSet<>(Arrays.asList(letters.split(" ", -1)));
    set.remove("");
    return set;
  }
}
