package dev.entente.agent.node;

/// One broker process that can be dialled: a configured address and one IP address it stands for.
///
/// @param address as configured; its host is the server name sent in the handshake
/// @param ip the IP address in text
record BrokerEndpoint(BrokerAddress address, String ip) {
  @Override
  public String toString() {
    return ip.equals(address.host()) ? address.toString() : address + " (" + ip + ")";
  }
}
