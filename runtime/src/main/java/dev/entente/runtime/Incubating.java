package dev.entente.runtime;

import java.util.Locale;

/// What is here of the SPIFFE standards' documents that may still change: each is off by default,
/// and says which text it follows.
///
/// Revisions are commits of the repository `spiffe/spiffe`, in which the standards are kept.
public enum Incubating {
  /// SPIFFE_Broker_Endpoint and SPIFFE_Broker_API.
  SPIFFE_BROKER_API("665a28f3253e"),
  /// WIT-SVID, and the profile of the Workload API about it; proofs are of draft-ietf-wimse-wpt-02.
  WIT_SVID("665a28f3253e");

  private final String revision;

  Incubating(String revision) {
    this.revision = revision;
  }

  /// The revision that is followed.
  public String revision() {
    return revision;
  }

  /// Its name for people, such as `spiffe broker api`.
  public String title() {
    return key().replace('_', ' ');
  }

  /// Its name for programs, such as `spiffe_broker_api`.
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }
}
