package dev.entente.attestors.aws;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.ec2.model.Ec2Exception;

/// What is said of AWS's troubles, and of what is asked of it.
class AwsCallsTest {
  @Test
  void callsAnErrorByItsCodeOrElseByItsStatus() {
    var coded = AwsErrorDetails.builder().errorCode("Throttling").build();
    var nameless = AwsErrorDetails.builder().build();

    assertThat(AwsCalls.code(error(Optional.of(coded)))).isEqualTo("Throttling");
    assertThat(AwsCalls.code(error(Optional.of(nameless)))).isEqualTo("status 418");
    assertThat(AwsCalls.code(error(Optional.empty()))).isEqualTo("status 418");
  }

  private static AwsServiceException error(Optional<AwsErrorDetails> details) {
    var builder = Ec2Exception.builder().statusCode(418);
    details.ifPresent(builder::awsErrorDetails);
    return builder.build();
  }

  @Test
  void endsALongAnswerOnceItsTimeIsOver() {
    long hour = TimeUnit.HOURS.toNanos(1);

    assertThatCode(() -> SdkClients.requireTime(System.nanoTime() + hour, "late"))
        .doesNotThrowAnyException();
    assertThatThrownBy(() -> SdkClients.requireTime(System.nanoTime() - hour, "late"))
        .isInstanceOf(SdkClientException.class)
        .hasMessageContaining("late");
  }

  @Test
  void givesNoNodeANameThatIsNoPartOfAPath() {
    assertThat(WebIdentityAudience.of("a", "n", Optional.of("x"))).isEqualTo("a/n/x");
    assertThat(WebIdentityAudience.of("a", "n", Optional.empty())).isEqualTo("a/n");
    assertThatThrownBy(() -> WebIdentityAudience.of("a", "n", Optional.of("x/y")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("x/y");
  }
}
