package dev.entente.attestors.aws;

import dev.entente.attestor.spi.AttestorSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Pattern;

/// The organisation whose accounts may have nodes, and how they are known; checked.
sealed interface Organization {
  /// How long a list of accounts is used.
  Duration ttl();

  /// AWS Organizations is asked, through a role of the management account.
  record Asked(String managementAccountId, String role, String region, Duration ttl)
      implements Organization {}

  /// An operator keeps the list.
  record Listed(Path file, Duration ttl) implements Organization {}

  /// SPIRE's default.
  Duration TTL = Duration.ofMinutes(3);

  /// SPIRE's; the calls count against a limit that the whole organisation shares.
  Duration TTL_MIN = Duration.ofMinutes(1);

  /// Reads the section `verify-organization`, if it is there; mistakes are reported there.
  static Optional<Organization> read(AttestorSettings attestor, Pattern role) {
    return attestor
        .section("verify-organization")
        .map(section -> read(section, ttl(section), role));
  }

  private static Organization read(AttestorSettings section, Duration ttl, Pattern rolePattern) {
    var file = section.path("account-list-file");
    var account = section.text("management-account-id").orElse("");
    var role = section.text("assume-org-role").orElse("");
    var region = section.text("management-account-region").orElse("us-west-2");
    if (file.isPresent()) {
      if (!account.isEmpty() || !role.isEmpty()) {
        section.problem(
            "account-list-file", "goes without management-account-id and assume-org-role");
      }
      readable(section, file.get());
      return new Listed(file.get(), ttl);
    }
    if (!InstanceIdentity.ACCOUNT_ID.matcher(account).matches()) {
      section.problem("management-account-id", "not twelve digits: \"" + account + "\"");
    }
    if (!rolePattern.matcher(role).matches()) {
      section.problem("assume-org-role", "not a role's name: \"" + role + "\"");
    }
    if (!InstanceIdentity.NAME.matcher(region).matches()) {
      section.problem("management-account-region", "not a region: \"" + region + "\"");
    }
    return new Asked(account, role, region, ttl);
  }

  private static Duration ttl(AttestorSettings section) {
    var ttl = section.duration("org-account-map-ttl", TTL);
    if (ttl.compareTo(TTL_MIN) < 0) {
      section.problem("org-account-map-ttl", ttl + " is less than " + TTL_MIN);
      return TTL;
    }
    return ttl;
  }

  private static void readable(AttestorSettings section, Path file) {
    try {
      AccountFile.read(file);
    } catch (IOException e) {
      section.problem("account-list-file", String.valueOf(e.getMessage()));
    }
  }
}
