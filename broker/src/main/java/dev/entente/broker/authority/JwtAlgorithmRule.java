package dev.entente.broker.authority;

import java.util.List;

/// Decides which key of a generation signs a token.
///
/// Azure accepts RS256 only, and an RSA signature costs some eighteen times what a P-256 one does,
/// so RSA signs only what goes where nothing else is read.
///
/// @param choice whether the audience decides
/// @param rs256Audiences audiences that get RS256 under [Choice#BY_AUDIENCE]: a whole name, or a
///   beginning followed by `*`
public record JwtAlgorithmRule(Choice choice, List<String> rs256Audiences) {
  /// What Azure's token exchange asks for, in all its clouds.
  public static final String AZURE_TOKEN_EXCHANGE = "api://AzureADTokenExchange*";

  /// By audience, with Azure's token exchange as the only rule.
  public static final JwtAlgorithmRule DEFAULT =
      new JwtAlgorithmRule(Choice.BY_AUDIENCE, List.of(AZURE_TOKEN_EXCHANGE));

  /// Which key signs.
  public enum Choice {
    /// RS256 if any audience matches a rule, ES256 otherwise.
    BY_AUDIENCE,
    /// Always ES256.
    ES256,
    /// Always RS256.
    RS256
  }

  /// Copies the rules and refuses one with a `*` elsewhere than at its end.
  public JwtAlgorithmRule {
    rs256Audiences = List.copyOf(rs256Audiences);
    for (var rule : rs256Audiences) {
      var star = rule.indexOf('*');
      if (rule.isEmpty() || (star >= 0 && star != rule.length() - 1)) {
        throw new IllegalArgumentException(
            "audience rule \"" + rule + "\" is empty or has a * that is not its last character");
      }
    }
  }

  /// Whether a token for this audience is signed with RS256.
  boolean wantsRs256(List<String> audience) {
    return switch (choice) {
      case ES256 -> false;
      case RS256 -> true;
      case BY_AUDIENCE -> audience.stream().anyMatch(this::matches);
    };
  }

  private boolean matches(String audience) {
    for (var rule : rs256Audiences) {
      var matches =
          rule.endsWith("*")
              ? audience.startsWith(rule.substring(0, rule.length() - 1))
              : audience.equals(rule);
      if (matches) {
        return true;
      }
    }
    return false;
  }
}
