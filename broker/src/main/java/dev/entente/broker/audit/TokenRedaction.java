package dev.entente.broker.audit;

import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Takes join tokens out of what is about to be written.
///
/// The SPIFFE ID of a node that attests with a join token ends in that token, which is good until
/// it is used. Whether it was used is not known where a line is made, so it is taken out of every
/// line. In its place stands the beginning of its SHA-256, as `entente token list` shows it.
final class TokenRedaction {
  /// Enough of a digest to tell tokens apart, and no use to a thief.
  private static final int PREFIX_CHARS = 12;

  private static final String ROOM = "/spire/agent/join_token/";

  /// Wider than what an id allows: text of others, which may hold anything, is searched too.
  private static final Pattern NAMED = Pattern.compile(Pattern.quote(ROOM) + "([^/\\s\",]+)");

  private TokenRedaction() {}

  static String redact(String text) {
    return text.contains(ROOM) ? NAMED.matcher(text).replaceAll(TokenRedaction::standIn) : text;
  }

  private static String standIn(MatchResult found) {
    var digest = AuditLines.digest(found.group(1)).substring(0, PREFIX_CHARS);
    return Matcher.quoteReplacement(ROOM + "<redacted sha256:" + digest + ">");
  }
}
