package dev.entente.runtime;

/// One thing wrong with a configuration file, in the form an editor can jump to.
///
/// @param source the file's name as the user gave it
/// @param line the line, counted from 1
/// @param key the full key, such as `svid.x509-ttl`; empty when the file as a whole is meant
/// @param message what is wrong, with the value got and the limit; never a secret
public record ConfigProblem(String source, int line, String key, String message) {
  @Override
  public String toString() {
    var place = source + ":" + line + ": ";
    return key.isEmpty() ? place + message : place + key + ": " + message;
  }
}
