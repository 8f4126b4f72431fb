package dev.entente.agent.endpoint;

import com.google.rpc.Status;
import dev.entente.runtime.Fields;
import java.time.Duration;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Logs what the client of one stream could not use, now and then: a client may reject as often as
/// it likes.
final class Rejections {
  private static final Logger LOG = LoggerFactory.getLogger(Rejections.class);

  private static final Duration PAUSE = Duration.ofMinutes(1);
  private static final int REASON_CHARS_MAX = 300;

  private OptionalLong lastNanos = OptionalLong.empty();

  void note(Status error) {
    long now = System.nanoTime();
    if (lastNanos.isPresent() && now - lastNanos.getAsLong() < PAUSE.toNanos()) {
      return;
    }
    lastNanos = OptionalLong.of(now);
    var reason = error.getMessage();
    LOG.atWarn()
        .addKeyValue(
            Fields.REASON, reason.substring(0, Math.min(reason.length(), REASON_CHARS_MAX)))
        .log("Envoy refused its secrets");
  }
}
