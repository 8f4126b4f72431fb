package dev.entente.cli.quickstart;

import java.nio.file.Path;
import java.util.List;

/// What a person can type while the quickstart runs.
final class NextCommands {
  private NextCommands() {}

  /// Five commands, with the sockets of `place`.
  static List<String> of(String entente, Place place) {
    var api = " --endpoint unix://" + place.workloadSocket();
    var broker = " --socket " + place.brokerSocket();
    return List.of(
        entente + " svid watch" + api,
        entente + " svid fetch jwt --audience me" + api,
        entente + " entry list" + broker,
        entente + " federation list" + broker,
        entente + " authority x509 show" + broker);
  }

  /// How the command is called from `here`: as the README says in a source clone, by its path
  /// elsewhere.
  static String command(Path launcher, Path here) {
    var root = launcher;
    for (var up = 0; up < 6 && root.getParent() != null; up++) {
      root = root.getParent();
      if (root.equals(here) && here.resolve("bin/entente").toFile().canExecute()) {
        return "bin/entente";
      }
    }
    return launcher.toString();
  }
}
