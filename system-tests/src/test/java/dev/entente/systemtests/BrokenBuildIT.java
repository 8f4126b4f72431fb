package dev.entente.systemtests;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// A check that never failed shows nothing: builds of the broker that break one promise each are
/// caught by the checks that hold for the shipped one.
///
/// `-Dentente.crash-points=all` for all of them; without it two.
@DisplayName("A build that breaks a promise")
final class BrokenBuildIT {
  private static final String CHOICE = "entente.crash-points";
  private static final String REASON = "slow: runs with -Dentente.crash-points=all";

  @RegisterExtension private final Sandbox sandbox = Sandbox.perTest();

  @ParameterizedTest
  @EnumSource(names = {"SPENDS_THE_TOKEN_FIRST", "SIGNS_WITH_A_KEY_NOT_IN_THE_BUNDLE"})
  void isCaught(BrokenBuild build) {
    requireCaught(build);
  }

  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {"SPENDS_THE_TOKEN_FIRST", "SIGNS_WITH_A_KEY_NOT_IN_THE_BUNDLE"})
  @EnabledIfSystemProperty(named = CHOICE, matches = "all", disabledReason = REASON)
  void isCaughtWhateverThePromise(BrokenBuild build) {
    requireCaught(build);
  }

  /// The same check passes on what is shipped.
  @ParameterizedTest
  @EnumSource
  @EnabledIfSystemProperty(named = CHOICE, matches = "all", disabledReason = REASON)
  void isWhatTheShippedOneIsNot(BrokenBuild build) {
    requireTrace(build);
    build.check(new BrokerProcess(sandbox, "broker"), sandbox);
  }

  private void requireCaught(BrokenBuild build) {
    requireTrace(build);
    var home = sandbox.subdirectory("broken");
    build.assemble(home);
    var broker = new BrokerProcess(sandbox, "broker").distribution(home);

    assertThatThrownBy(() -> build.check(broker, sandbox))
        .as(build.name())
        .hasMessageContaining(build.symptom())
        .satisfies(caught -> System.out.println(build + " is caught: " + caught.getMessage()));
  }

  private static void requireTrace(BrokenBuild build) {
    assumeTrue(
        !build.isTraced() || SyscallTrace.isPossible(), "strace is missing or may not trace here");
  }
}
