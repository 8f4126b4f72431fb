package dev.entente.agent;

import dev.entente.agent.node.Bootstrap;
import dev.entente.agent.node.Bootstrap.Format;
import dev.entente.runtime.ConfigSection;
import java.util.ArrayList;
import java.util.List;

/// Turns the `bootstrap` section into a [Bootstrap].
final class BootstrapReader {
  private static final String FILE = "trust-bundle-file";
  private static final String URL = "trust-bundle-url";
  private static final String SOCKET = "trust-bundle-socket";
  private static final String INSECURE = "insecure-bootstrap";

  private final ConfigSection section;

  private BootstrapReader(ConfigSection section) {
    this.section = section;
  }

  static Bootstrap read(ConfigSection root) {
    return new BootstrapReader(root.sectionOrEmpty("bootstrap")).read();
  }

  /// Whether the first broker that answers is believed.
  static boolean isInsecure(ConfigSection root) {
    return root.sectionOrEmpty("bootstrap").flag(INSECURE, false);
  }

  private Bootstrap read() {
    var format = section.parse("format", BootstrapReader::format).orElse(Format.PEM);
    var found = new ArrayList<Bootstrap>();
    section.path(FILE).ifPresent(file -> found.add(new Bootstrap.BundleFile(file, format)));
    url(format, found);
    if (section.flag(INSECURE, false)) {
      found.add(new Bootstrap.Insecure());
    }
    requireOne(found);
    return found.isEmpty() ? new Bootstrap.Insecure() : found.getFirst();
  }

  private void url(Format format, List<Bootstrap> found) {
    var socket = section.path(SOCKET);
    var present = section.has(URL);
    section
        .uri(URL)
        .ifPresent(url -> {
          try {
            found.add(new Bootstrap.BundleUrl(url, socket, format));
          } catch (IllegalArgumentException e) {
            section.problem(URL, String.valueOf(e.getMessage()));
          }
        });
    if (socket.isPresent() && !present) {
      section.problem(SOCKET, "has no meaning without " + URL);
    }
  }

  private void requireOne(List<Bootstrap> found) {
    var named = List.of(FILE, URL, INSECURE).stream().filter(section::has).count();
    if (found.size() > 1 || (found.isEmpty() && named == 0)) {
      section.problem(
          FILE, "exactly one of " + FILE + ", " + URL + " and " + INSECURE + " is needed");
    } else if (found.isEmpty() && section.has(INSECURE) && named == 1) {
      section.problem(INSECURE, "is false and no trust bundle is named");
    }
  }

  private static Format format(String text) {
    return switch (text) {
      case "pem" -> Format.PEM;
      case "spiffe" -> Format.SPIFFE;
      default -> throw new IllegalArgumentException("\"" + text + "\" is none of pem, spiffe");
    };
  }
}
