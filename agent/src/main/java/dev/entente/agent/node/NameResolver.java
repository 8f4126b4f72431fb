package dev.entente.agent.node;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;

/// Finds the IP addresses a name stands for at the moment; may block.
interface NameResolver {
  /// At least one IP address in text.
  List<String> resolve(String host) throws UnknownHostException;

  /// Asks the operating system.
  static NameResolver system() {
    return host -> {
      var addresses = new ArrayList<String>();
      for (var address : InetAddress.getAllByName(host)) {
        addresses.add(address.getHostAddress());
      }
      return addresses;
    };
  }
}
