package dev.entente.federation;

import static dev.entente.federation.Bundles.OWN;
import static dev.entente.federation.Bundles.PARTNER;
import static dev.entente.federation.Bundles.authority;
import static dev.entente.federation.Bundles.bundle;
import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.spiffe.JwtAuthority;
import dev.entente.spiffe.SpiffeBundle;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class BundleReviewTest {
  private static final JwtAuthority KEY = authority("one");
  private static final JwtAuthority OTHER = authority("two");
  private static final SpiffeBundle OURS = bundle(OWN, OptionalLong.of(9), authority("ours"));

  @Test
  void takesTheFirstBundleOfAPartner() {
    var fetched = bundle(PARTNER, OptionalLong.of(1), KEY);

    assertThat(BundleReview.of(fetched, Optional.empty(), OURS))
        .isEqualTo(new BundleReview.Replace(fetched));
  }

  @Test
  @Tag("-FED-12")
  @Tag("Q-34")
  void takesANewerBundleAndReportsAnOlderOne() {
    var older = bundle(PARTNER, OptionalLong.of(4), KEY);
    var newer = bundle(PARTNER, OptionalLong.of(5), OTHER);

    assertThat(BundleReview.of(newer, Optional.of(older), OURS))
        .isEqualTo(new BundleReview.Replace(newer));
    assertThat(BundleReview.of(older, Optional.of(newer), OURS))
        .isInstanceOfSatisfying(
            BundleReview.Refuse.class,
            refusal -> {
              assertThat(refusal.code()).isEqualTo("federation/rollback");
              assertThat(refusal.detail()).contains("sequence 4 is lower than 5");
            });
  }

  @Test
  @Tag("+FED-13")
  void takesTheNewestRetrievalWhereOneSideHasNoSequence() {
    var numbered = bundle(PARTNER, OptionalLong.of(5), KEY);
    var unnumbered = bundle(PARTNER, OptionalLong.empty(), OTHER);

    assertThat(BundleReview.of(unnumbered, Optional.of(numbered), OURS))
        .isEqualTo(new BundleReview.Replace(unnumbered));
    assertThat(BundleReview.of(numbered, Optional.of(unnumbered), OURS))
        .isEqualTo(new BundleReview.Replace(numbered));
  }

  @Test
  void keepsWhatIsHeldWhenNothingChanged() {
    var held = bundle(PARTNER, OptionalLong.of(5), KEY);

    assertThat(BundleReview.of(bundle(PARTNER, OptionalLong.of(5), KEY), Optional.of(held), OURS))
        .isEqualTo(new BundleReview.Keep());
  }

  @Test
  @Tag("+BND-19")
  @Tag("-BND-20")
  void takesAnEmptyBundleBecauseItRevokesEverything() {
    var held = bundle(PARTNER, OptionalLong.of(5), KEY);
    var empty = bundle(PARTNER, OptionalLong.of(6));

    assertThat(BundleReview.of(empty, Optional.of(held), OURS))
        .isEqualTo(new BundleReview.Replace(empty));
  }

  @Test
  @Tag("-BND-01")
  @Tag("-FED-15")
  void neverTakesOneOfOurOwnAuthoritiesUnderAForeignName() {
    var echoed = bundle(PARTNER, OptionalLong.of(6), KEY, OURS.jwtAuthorities().getFirst());

    assertThat(BundleReview.of(echoed, Optional.empty(), OURS))
        .isInstanceOfSatisfying(
            BundleReview.Refuse.class,
            refusal -> assertThat(refusal.code()).isEqualTo("federation/our-own-authority"));
  }
}
