package dev.entente.attestors.aws;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.Turns;
import java.util.function.Supplier;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;

/// Makes calls to AWS, few at once, and turns its troubles into faults. Safe for use by many
/// threads.
final class AwsCalls {
  private final Turns turns = new Turns("AWS");

  /// Makes a call, or several for one answer.
  ///
  /// @param undone what is not done if it fails, for the message
  /// @throws AttestationFault if there is no turn in time, or AWS fails or says no
  <T> T make(String undone, Supplier<T> call) throws AttestationFault {
    return turns.take(
        undone,
        () -> {
          try {
            return call.get();
          } catch (AwsServiceException e) {
            throw new AttestationFault(undone + ": AWS answered " + code(e), e);
          } catch (SdkException e) {
            throw new AttestationFault(undone + ": " + e.getMessage(), e);
          }
        });
  }

  /// AWS's name of an error.
  static String code(AwsServiceException e) {
    var details = e.awsErrorDetails();
    return details == null || details.errorCode() == null
        ? "status " + e.statusCode()
        : details.errorCode();
  }
}
