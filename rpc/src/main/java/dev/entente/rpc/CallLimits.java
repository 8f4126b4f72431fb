package dev.entente.rpc;

import java.time.Duration;

/// What one call of a method may cost.
///
/// @param requestBytesMax largest message accepted, in bytes
/// @param timeLimit longest a call may take, whatever the peer asked; zero for none
public record CallLimits(int requestBytesMax, Duration timeLimit) {

  /// 4 MiB, as grpc-go's default, and 30 s: longer than the slowest step of a unary call.
  public static final CallLimits UNARY = new CallLimits(4 << 20, Duration.ofSeconds(30));

  /// 4 MiB a message and no time limit: a stream lives as long as its peer.
  public static final CallLimits STREAM = new CallLimits(4 << 20, Duration.ZERO);

  public CallLimits {
    if (requestBytesMax < 1) {
      throw new IllegalArgumentException("request limit not positive: " + requestBytesMax);
    }
    if (timeLimit.isNegative()) {
      throw new IllegalArgumentException("time limit negative: " + timeLimit);
    }
  }

  /// These limits with another size.
  public CallLimits withRequestBytesMax(int bytes) {
    return new CallLimits(bytes, timeLimit);
  }

  /// These limits with another time.
  public CallLimits withTimeLimit(Duration limit) {
    return new CallLimits(requestBytesMax, limit);
  }
}
