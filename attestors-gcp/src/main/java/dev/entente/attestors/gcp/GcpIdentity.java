package dev.entente.attestors.gcp;

import dev.entente.attestor.spi.PlatformToken;
import dev.entente.attestor.spi.Refusal;
import java.util.Map;
import java.util.regex.Pattern;

/// What Google says of an instance in its identity token.
///
/// @param instanceId the number Google gives an instance once; its name can be used again
/// @param serviceAccount the email address of the account the token is of
record GcpIdentity(
    String projectId,
    long projectNumber,
    String zone,
    String instanceId,
    String instanceName,
    long createdAtSeconds,
    String serviceAccount) {
  private static final Pattern NAME = Pattern.compile("[a-z0-9.:-]{1,128}");
  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,20}");
  private static final Pattern EMAIL = Pattern.compile("[A-Za-z0-9._+-]{1,128}@[a-z0-9.-]{1,253}");

  /// Reads the claims of a verified token. Those under `google.compute_engine` must be there: a
  /// token anybody may have made for the service account has none.
  static GcpIdentity read(PlatformToken token) throws Refusal {
    var google = token.claims().get("google") instanceof Map<?, ?> map ? map : Map.of();
    if (!(google.get("compute_engine") instanceof Map<?, ?> engine)) {
      throw new Refusal("no-instance", "the token speaks of no Compute Engine instance");
    }
    return new GcpIdentity(
        text(engine, "project_id", NAME),
        number(engine, "project_number"),
        text(engine, "zone", NAME),
        text(engine, "instance_id", NUMBER),
        text(engine, "instance_name", NAME),
        number(engine, "instance_creation_timestamp"),
        token.text("email", EMAIL));
  }

  private static String text(Map<?, ?> claims, String name, Pattern shape) throws Refusal {
    if (claims.get(name) instanceof String text && shape.matcher(text).matches()) {
      return text;
    }
    throw new Refusal("malformed-claims", "\"" + name + "\" is not like " + shape);
  }

  private static long number(Map<?, ?> claims, String name) throws Refusal {
    if (claims.get(name) instanceof Long number && number >= 0) {
      return number;
    }
    throw new Refusal("malformed-claims", "\"" + name + "\" is not a number");
  }

  /// Names the instance in all of Google Cloud, for ever.
  String globalName() {
    return projectId + "/" + instanceId;
  }
}
