package dev.entente.cli.spire;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Carries the value of one setting into the draft of our file.
@FunctionalInterface
interface Rule {
  /// Carries it.
  ///
  /// @return what became of it, if this value makes it other than the row says
  /// @throws IllegalArgumentException if the value cannot be carried, with the reason
  Optional<Outcome> apply(Use use);

  /// One use of a rule.
  ///
  /// @param names what the stars of the row's key stand for
  record Use(Setting setting, Row row, List<String> names, Draft draft) {
    /// Puts a value at the row's key of ours.
    Optional<Outcome> put(Object value) {
      draft.put(ours(), value, setting);
      return Optional.empty();
    }

    /// Keeps a value that makes sense only together with others.
    Optional<Outcome> part(String name, String value) {
      draft.part(name, value, setting);
      return Optional.empty();
    }

    /// The row's key of ours, its stars replaced.
    List<String> ours() {
      var path = new ArrayList<String>();
      var star = 0;
      for (var name : row.ours().split("\\.", -1)) {
        path.add(name.equals("*") ? names.get(star++) : name);
      }
      return path;
    }

    Optional<Outcome> otherwise(Fate fate, String note) {
      var ours = fate == Fate.NOT_CARRIED ? "" : row.ours();
      return Optional.of(new Outcome(setting.key(), setting.line(), fate, ours, note));
    }
  }
}
