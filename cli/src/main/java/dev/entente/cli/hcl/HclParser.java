package dev.entente.cli.hcl;

import dev.entente.cli.hcl.HclToken.Kind;
import dev.entente.cli.hcl.HclValue.Block;
import dev.entente.cli.hcl.HclValue.Items;
import dev.entente.cli.hcl.HclValue.Member;
import dev.entente.cli.hcl.HclValue.Plain;
import dev.entente.cli.hcl.HclValue.Text;
import java.util.ArrayList;
import java.util.List;

/// Builds the values of an HCL 1 file, by recursive descent.
///
/// ```
/// file   = { member [ "," ] }
/// member = key ( "=" value | { key } block )
/// key    = identifier | string
/// value  = string | number | "true" | "false" | list | block
/// list   = "[" [ value { "," value } [ "," ] ] "]"
/// block  = "{" { member [ "," ] } "}"
/// ```
final class HclParser {
  private final HclScanner scanner;
  private HclToken token;
  private int values;

  HclParser(HclScanner scanner) {
    this.scanner = scanner;
    this.token = scanner.next();
  }

  /// Reads to the end of the file.
  Block file() {
    var members = new ArrayList<Member>();
    while (token.kind() != Kind.END) {
      members.add(member(1));
    }
    return new Block(1, members);
  }

  private HclToken take() {
    var taken = token;
    token = scanner.next();
    return taken;
  }

  private Member member(int depth) {
    var keys = new ArrayList<HclToken>();
    while (token.kind() == Kind.IDENTIFIER || token.kind() == Kind.STRING) {
      keys.add(take());
      if (keys.size() > Hcl.DEPTH_MAX) {
        throw new HclException(
            token.line(), "more than " + Hcl.DEPTH_MAX + " names before a block");
      }
    }
    if (keys.isEmpty()) {
      throw unexpected("a name");
    }
    var value = memberValue(keys, depth + keys.size() - 1);
    if (token.is(',')) {
      take();
    }
    return nested(keys, value);
  }

  private HclValue memberValue(List<HclToken> keys, int depth) {
    if (token.is('=') && keys.size() == 1) {
      take();
      return value(depth + 1);
    }
    if (token.is('{')) {
      return block(depth + 1);
    }
    throw unexpected(keys.size() == 1 ? "\"=\" or \"{\"" : "\"{\"");
  }

  private static Member nested(List<HclToken> keys, HclValue value) {
    var inner = new Member(keys.getLast().line(), keys.getLast().text(), value);
    for (var i = keys.size() - 2; i >= 0; i--) {
      var line = keys.get(i).line();
      inner = new Member(line, keys.get(i).text(), new Block(line, List.of(inner)));
    }
    return inner;
  }

  private HclValue value(int depth) {
    if (++values > Hcl.VALUES_MAX) {
      throw new HclException(token.line(), "more than " + Hcl.VALUES_MAX + " values");
    }
    if (token.is('{')) {
      return block(depth);
    }
    if (token.is('[')) {
      return items(depth);
    }
    return switch (token.kind()) {
      case STRING -> new Text(token.line(), take().text());
      case NUMBER -> new Plain(token.line(), take().text());
      case IDENTIFIER -> truth();
      case SIGN, END -> throw unexpected("a value");
    };
  }

  private Plain truth() {
    if (!token.text().equals("true") && !token.text().equals("false")) {
      throw unexpected("a value in quotes, a number, true or false");
    }
    return new Plain(token.line(), take().text());
  }

  private Items items(int depth) {
    checkDepth(depth);
    var line = take().line();
    var items = new ArrayList<HclValue>();
    while (!token.is(']')) {
      items.add(value(depth + 1));
      if (token.is(',')) {
        take();
      } else if (!token.is(']')) {
        throw unexpected("\",\" or \"]\"");
      }
    }
    take();
    return new Items(line, items);
  }

  private Block block(int depth) {
    checkDepth(depth);
    var line = take().line();
    var members = new ArrayList<Member>();
    while (!token.is('}')) {
      if (++values > Hcl.VALUES_MAX) {
        throw new HclException(token.line(), "more than " + Hcl.VALUES_MAX + " values");
      }
      members.add(member(depth));
    }
    take();
    return new Block(line, members);
  }

  private void checkDepth(int depth) {
    if (depth > Hcl.DEPTH_MAX) {
      throw new HclException(token.line(), "nested deeper than " + Hcl.DEPTH_MAX + " levels");
    }
  }

  private HclException unexpected(String wanted) {
    return new HclException(token.line(), "expected " + wanted + ", found " + token.shown());
  }
}
