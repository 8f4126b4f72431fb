package dev.entente.attestors.azure;

import dev.entente.attestor.spi.Refusal;
import dev.entente.spiffe.Json;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/// What Azure says of a machine in its attested document.
///
/// @param vmId the number Azure gives a machine once
/// @param nonce the broker's, if the document was made for it
record AttestedDocument(
    String subscriptionId, String vmId, String nonce, Instant createdOn, Instant expiresOn) {
  /// Of machines, subscriptions, tenants and principals.
  static final Pattern UUID = Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");

  private static final Pattern NONCE = Pattern.compile(".{1,64}");
  private static final Pattern TIME = Pattern.compile(".{1,40}");

  /// `11/28/18 00:16:17 -0000`, always in UTC.
  private static final DateTimeFormatter TIMES =
      DateTimeFormatter.ofPattern("MM/dd/yy HH:mm:ss xx", Locale.ROOT);

  /// The clocks of two machines, both kept by NTP or worse.
  private static final Duration CLOCK_SKEW = Duration.ofMinutes(5);

  /// Reads a document; the caller has verified its signature.
  static AttestedDocument parse(byte[] signed) throws Refusal {
    try {
      var members = Json.parseObject(signed);
      var times = members.get("timeStamp") instanceof Map<?, ?> map ? map : Map.of();
      return new AttestedDocument(
          text(members, "subscriptionId", UUID),
          text(members, "vmId", UUID),
          text(members, "nonce", NONCE),
          time(times, "createdOn"),
          time(times, "expiresOn"));
    } catch (IllegalArgumentException | DateTimeException e) {
      throw new Refusal("malformed-document", String.valueOf(e.getMessage()));
    }
  }

  private static String text(Map<?, ?> members, String name, Pattern shape) {
    if (members.get(name) instanceof String text && shape.matcher(text).matches()) {
      return text;
    }
    throw new IllegalArgumentException("\"" + name + "\" is not like " + shape);
  }

  private static Instant time(Map<?, ?> members, String name) {
    return TIMES.parse(text(members, name, TIME), Instant::from);
  }

  /// Refuses unless it was made for that nonce, and is in force.
  void requireFresh(String expected, Instant now) throws Refusal {
    Refusal.unless(nonce.equals(expected), "wrong-nonce", "made for another nonce");
    Refusal.unless(
        !createdOn.isAfter(now.plus(CLOCK_SKEW)), "made-in-the-future", "made at " + createdOn);
    Refusal.unless(now.isBefore(expiresOn.plus(CLOCK_SKEW)), "expired", "expired at " + expiresOn);
  }

  /// Names the machine in all of Azure, for ever, however its id is spelled.
  String globalName() {
    return subscriptionId.toLowerCase(Locale.ROOT) + "/" + vmId.toLowerCase(Locale.ROOT);
  }
}
