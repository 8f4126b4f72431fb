package dev.entente.agent.workload.systemd;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/// Finds the system bus (D-Bus Specification, "Server Addresses").
final class BusAddress {
  /// What the specification names.
  static final Path USUAL = Path.of("/var/run/dbus/system_bus_socket");

  private static final String UNIX_PATH = "unix:path=";
  private static final int HEX = 16;

  private BusAddress() {}

  /// The first path of a Unix socket among `addresses`, which are separated by semicolons.
  ///
  /// @param addresses the value of `DBUS_SYSTEM_BUS_ADDRESS`
  static Optional<Path> parse(String addresses) {
    for (var address : addresses.split(";", -1)) {
      if (address.startsWith(UNIX_PATH)) {
        var path = address.substring(UNIX_PATH.length()).split(",", -1)[0];
        return unescape(path).map(Path::of).filter(Path::isAbsolute);
      }
    }
    return Optional.empty();
  }

  private static Optional<String> unescape(String text) {
    var bytes = new ByteArrayOutputStream();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c != '%') {
        bytes.writeBytes(String.valueOf(c).getBytes(StandardCharsets.UTF_8));
      } else if (text.length() - i > 2 && isHex(text.substring(i + 1, i + 3))) {
        bytes.write(Integer.parseInt(text.substring(i + 1, i + 3), HEX));
        i += 2;
      } else {
        return Optional.empty();
      }
    }
    var path = bytes.toString(StandardCharsets.UTF_8);
    return path.indexOf(0) < 0 ? Optional.of(path) : Optional.empty();
  }

  private static boolean isHex(String pair) {
    return pair.toLowerCase(Locale.ROOT)
        .chars()
        .allMatch(c -> (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
  }
}
