package dev.entente.cli.hcl;

import java.util.List;

/// A value of an HCL file and the line it begins on.
public sealed interface HclValue {
  int line();

  /// Text in quotes, or a heredoc, with its escapes resolved.
  record Text(int line, String text) implements HclValue {}

  /// A number or a truth, as it is written.
  record Plain(int line, String text) implements HclValue {}

  /// `[…]`.
  record Items(int line, List<HclValue> items) implements HclValue {
    public Items {
      items = List.copyOf(items);
    }
  }

  /// `{…}`, or the whole file. A name may occur more than once.
  record Block(int line, List<Member> members) implements HclValue {
    public Block {
      members = List.copyOf(members);
    }
  }

  /// A name and what it stands for; `a "b" {…}` is a member `a` whose block has one member `b`.
  record Member(int line, String name, HclValue value) {}
}
