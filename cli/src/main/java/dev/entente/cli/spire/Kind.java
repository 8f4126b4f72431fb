package dev.entente.cli.spire;

/// The two kinds of file.
public enum Kind {
  /// `server.conf`, which becomes a broker's.
  SERVER("server", "broker", "broker.tsv"),
  /// `agent.conf`.
  AGENT("agent", "agent", "agent.tsv");

  private final String section;
  private final String daemon;
  private final String table;

  Kind(String section, String daemon, String table) {
    this.section = section;
    this.daemon = daemon;
    this.table = table;
  }

  /// The section by which the kind is known.
  String section() {
    return section;
  }

  /// Our daemon that reads the result: `broker` or `agent`.
  public String daemon() {
    return daemon;
  }

  String table() {
    return table;
  }
}
