package dev.entente.agent.workload.systemd;

import java.util.List;

/// A method call.
///
/// @param destination name of the one on the bus who is asked
/// @param path the object
/// @param arguments texts or numbers
record BusCall(
    String destination, String path, String iface, String member, List<Argument> arguments) {
  BusCall {
    arguments = List.copyOf(arguments);
  }

  /// The types of argument that are needed.
  sealed interface Argument {
    /// `s`.
    record Text(String value) implements Argument {}

    /// `u`.
    record Uint32(int value) implements Argument {}
  }

  private static char signature(Argument argument) {
    return switch (argument) {
      case Argument.Text _ -> 's';
      case Argument.Uint32 _ -> 'u';
    };
  }

  /// The types of all arguments.
  String signature() {
    var text = new StringBuilder();
    arguments.forEach(argument -> text.append(signature(argument)));
    return text.toString();
  }
}
