package dev.entente.attestors.azure;

import dev.entente.attestor.spi.Members;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/// The id of a resource in Azure Resource Manager: a path that names subscription, resource group
/// and resource. Case does not count in ids; it is kept for selectors.
///
/// @param text the whole id, fit for an address or a query
/// @param type such as `microsoft.network/virtualnetworks/subnets`, in lower case
/// @param names one for each level of the type
record ArmId(
    String text, String subscriptionId, String resourceGroup, String type, List<String> names) {
  static final String VIRTUAL_MACHINE = "microsoft.compute/virtualmachines";
  static final String SCALE_SET = "microsoft.compute/virtualmachinescalesets";
  static final String NETWORK_INTERFACE = "microsoft.network/networkinterfaces";
  static final String SECURITY_GROUP = "microsoft.network/networksecuritygroups";
  static final String SUBNET = "microsoft.network/virtualnetworks/subnets";

  private static final Pattern SHAPE =
      Pattern.compile(
          "/subscriptions/([0-9a-f-]{36})/resourceGroups/([\\w(][\\w.()-]{0,89})"
              + "/providers/(microsoft\\.[a-z]+)((?:/[a-z]+/[\\w(][\\w.()-]{0,89}){1,3})",
          Pattern.CASE_INSENSITIVE);

  ArmId {
    names = List.copyOf(names);
  }

  /// Reads an id of that type; empty if it is anything else.
  static Optional<ArmId> read(String text, String type) {
    var matcher = SHAPE.matcher(text);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    var kind = new StringBuilder(matcher.group(3));
    var names = new ArrayList<String>();
    var levels = matcher.group(4).substring(1).split("/", -1);
    for (int i = 0; i < levels.length; i += 2) {
      kind.append('/').append(levels[i]);
      names.add(levels[i + 1]);
    }
    var id =
        new ArmId(
            text,
            matcher.group(1),
            matcher.group(2),
            kind.toString().toLowerCase(Locale.ROOT),
            names);
    return id.type().equals(type) ? Optional.of(id) : Optional.empty();
  }

  /// The id of that type an answer has under `id`, if it has one.
  static Optional<ArmId> of(Map<?, ?> resource, String type) {
    return read(Members.text(resource, "id"), type);
  }

  /// The resource's own name.
  String name() {
    return names.getLast();
  }
}
