package dev.entente.broker.api;

import dev.entente.broker.authority.IssuanceRefusal;
import dev.entente.broker.authority.TokenDecision;
import dev.entente.broker.authority.X509Decision;

/// What an issuer's refusal means to whoever asked.
final class IssuanceRefusals {
  private IssuanceRefusals() {}

  static Refusal of(X509Decision.Refused refused) {
    return Refusal.of(kind(refused.code()), refused.detail());
  }

  static Refusal of(TokenDecision.Refused refused) {
    return Refusal.of(kind(refused.code()), refused.detail());
  }

  private static RefusalKind kind(IssuanceRefusal code) {
    return switch (code) {
      case NO_AUTHORITY, SUSPENDED -> RefusalKind.UNAVAILABLE;
      case FOREIGN_TRUST_DOMAIN,
          ID_WITHOUT_PATH,
          KEY_NOT_ALLOWED,
          BAD_TTL,
          BAD_SERIAL,
          BAD_DNS_NAME,
          BAD_SUBJECT,
          NO_AUDIENCE,
          TOO_LARGE ->
          RefusalKind.INVALID;
    };
  }
}
