package dev.entente.cli.spire;

import static java.util.Objects.requireNonNull;

import dev.entente.cli.hcl.HclValue;
import dev.entente.cli.hcl.HclValue.Block;
import dev.entente.cli.hcl.HclValue.Items;
import dev.entente.cli.hcl.HclValue.Member;
import dev.entente.cli.spire.Rule.Use;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The rules for attestors of clouds.
final class CloudRules {
  /// Those that carry a value of `aws_iid` if its section is carried at all.
  private static final List<String> OF_AWS = List.of("text", "flag", "list", "duration");

  private CloudRules() {}

  static Map<String, Rule> all() {
    var common = CommonRules.all();
    var rules = new LinkedHashMap<String, Rule>();
    rules.put("aws-iid", CloudRules::awsIid);
    OF_AWS.forEach(name -> rules.put("aws-" + name, ifAws(requireNonNull(common.get(name)))));
    return rules;
  }

  /// SPIRE believes every account; we want to know which, and an organisation says it.
  private static Optional<Outcome> awsIid(Use use) {
    if (!names(use.setting().value(), "plugin_data", "verify_organization")) {
      return use.otherwise(
          Fate.NOT_CARRIED,
          "our attestor takes named accounts or those of an organisation, SPIRE's file has neither:"
              + " add attestors.aws_iid with account-ids or verify-organization, and the keys"
              + " below");
    }
    use.draft().section(use.ours());
    return Optional.empty();
  }

  private static Rule ifAws(Rule rule) {
    return use ->
        use.draft().has(use.ours().subList(0, 2))
            ? rule.apply(use)
            : use.otherwise(Fate.NOT_CARRIED, use.row().ours());
  }

  /// Whether a block has a block of that name inside, and so on.
  private static boolean names(HclValue value, String... path) {
    var at = value;
    for (var name : path) {
      var inside =
          at instanceof Block block
              ? block.members().stream().filter(member -> member.name().equals(name)).findFirst()
              : Optional.<Member>empty();
      if (inside.isEmpty()) {
        return false;
      }
      at =
          inside.get().value() instanceof Items(_, var items) && !items.isEmpty()
              ? items.getFirst()
              : inside.get().value();
    }
    return true;
  }
}
