package dev.entente.cli;

import picocli.CommandLine.Option;

/// The option `-o`, the same for every command that answers something.
final class Format {
  /// How an answer is written.
  enum Kind {
    /// For people.
    TEXT,
    /// For programs.
    JSON
  }

  @Option(
      names = {"-o", "--output"},
      paramLabel = "text|json",
      description = "How to write the answer: text for people (default), json for programs.")
  private Kind kind = Kind.TEXT;

  boolean isJson() {
    return kind == Kind.JSON;
  }
}
