package dev.entente.broker.authority;

/// Why an SVID is not issued.
public enum IssuanceRefusal {
  /// No authority is active, or it is too close to its end: trying later may help.
  NO_AUTHORITY,
  /// This process was paused and must look at the store first: trying later helps.
  SUSPENDED,
  /// The id belongs to another trust domain.
  FOREIGN_TRUST_DOMAIN,
  /// The id has no path, so it names the trust domain and not a workload.
  ID_WITHOUT_PATH,
  /// The key is of a kind or size nobody should trust.
  KEY_NOT_ALLOWED,
  /// A lifetime below zero or over the longest allowed.
  BAD_TTL,
  /// The chosen serial is not from 1 to 2^128-1.
  BAD_SERIAL,
  /// A DNS name, or the set of them, cannot be certified.
  BAD_DNS_NAME,
  /// A subject attribute cannot be certified.
  BAD_SUBJECT,
  /// A token was asked for without an audience.
  NO_AUDIENCE,
  /// What would be issued is larger than its readers accept.
  TOO_LARGE
}
