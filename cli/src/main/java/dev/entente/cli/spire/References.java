package dev.entente.cli.spire;

import dev.entente.cli.hcl.HclValue;
import dev.entente.cli.hcl.HclValue.Block;
import dev.entente.cli.hcl.HclValue.Items;
import dev.entente.cli.hcl.HclValue.Member;
import dev.entente.cli.hcl.HclValue.Plain;
import dev.entente.cli.hcl.HclValue.Text;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Writes references to the environment our way.
///
/// SPIRE replaces `$NAME` and `${NAME}` only when it is started with `-expandEnv`; otherwise they
/// are plain text, in which our `${` needs a second sign.
final class References {
  private static final Pattern VARIABLE =
      Pattern.compile("\\$(?:\\{([A-Za-z_][A-Za-z0-9_]*)\\}|([A-Za-z_][A-Za-z0-9_]*))");

  private final boolean expandEnv;

  References(boolean expandEnv) {
    this.expandEnv = expandEnv;
  }

  Block rewrite(Block block) {
    var members =
        block.members().stream()
            .map(member -> new Member(member.line(), member.name(), rewrite(member.value())))
            .toList();
    return new Block(block.line(), members);
  }

  private HclValue rewrite(HclValue value) {
    return switch (value) {
      case Block block -> rewrite(block);
      case Items(var line, var items) ->
          new Items(line, items.stream().map(this::rewrite).toList());
      case Text(var line, var text) -> new Text(line, rewrite(text));
      case Plain plain -> plain;
    };
  }

  private String rewrite(String text) {
    if (!expandEnv) {
      return text.replace("${", "$${");
    }
    return VARIABLE
        .matcher(text)
        .replaceAll(match -> {
          var braced = match.group(1);
          var name = braced == null ? match.group(2) : braced;
          return Matcher.quoteReplacement("${env:" + name + "}");
        });
  }
}
