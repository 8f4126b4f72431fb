package dev.entente.attestors.host;

import dev.entente.attestor.spi.Refusal;
import java.util.regex.Pattern;

/// The shapes of names in Kubernetes, before they become part of an address or of an id.
final class K8sNames {
  /// RFC 1123 label: what a namespace is called by.
  static final String LABEL = "[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?";

  /// RFC 1123 subdomain: what pods, nodes and service accounts are called by.
  static final String SUBDOMAIN = "[a-z0-9](?:[-.a-z0-9]{0,251}[a-z0-9])?";

  static final Pattern NAME = Pattern.compile(SUBDOMAIN);

  /// UUIDs, or 32 hex digits for a pod the kubelet made by itself.
  static final Pattern UID = Pattern.compile("[A-Za-z0-9-]{1,64}");

  private static final Pattern USER =
      Pattern.compile("system:serviceaccount:(" + LABEL + "):(" + SUBDOMAIN + ")");

  private K8sNames() {}

  /// A service account.
  record Account(String namespace, String name) {
    @Override
    public String toString() {
      return namespace + ":" + name;
    }
  }

  /// Reads the name of a user that is a service account.
  static Account account(String username) throws Refusal {
    var matcher = USER.matcher(username);
    Refusal.unless(
        matcher.matches(), "not-a-service-account", "the token is of \"" + username + "\"");
    return new Account(matcher.group(1), matcher.group(2));
  }
}
