package dev.entente.runtime;

/// The names of log fields: whatever varies in a log line is a field, and a field has one name.
///
/// Use: `log.atInfo().addKeyValue(Fields.AGENT_ID, id).log("Attested node")`. Selectors, tokens and
/// key material have no field, because they are not logged.
public final class Fields {
  /// The SPIFFE ID of an agent.
  public static final String AGENT_ID = "agent_id";

  /// A network address, ours or a peer's.
  public static final String ADDRESS = "address";

  /// An audience of a JWT-SVID.
  public static final String AUDIENCE = "audience";

  /// Our id of a signing authority.
  public static final String AUTHORITY_ID = "authority_id";

  /// How many.
  public static final String COUNT = "count";

  /// How long it took, in milliseconds.
  public static final String DURATION_MILLIS = "duration_ms";

  /// A registration entry's id.
  public static final String ENTRY_ID = "entry_id";

  /// What failed, in words.
  public static final String ERROR = "error";

  /// When something ends to be valid.
  public static final String EXPIRES_AT = "expires_at";

  /// What is served or asked: a listener block, a surface.
  public static final String KIND = "kind";

  /// The log level.
  public static final String LEVEL = "level";

  /// A limit that was reached or passed.
  public static final String LIMIT = "limit";

  /// The gRPC or HTTP method.
  public static final String METHOD = "method";

  /// A node attestor's or workload attestor's name.
  public static final String ATTESTOR = "attestor";

  /// A file or directory.
  public static final String PATH = "path";

  /// Who is at the other end: an address, a user, a SPIFFE ID.
  public static final String PEER = "peer";

  /// A process id.
  public static final String PID = "pid";

  /// Why something was refused.
  public static final String REASON = "reason";

  /// A revision of the change log.
  public static final String REVISION = "revision";

  /// A bundle's sequence number.
  public static final String SEQUENCE = "sequence";

  /// A certificate's serial number, hexadecimal.
  public static final String SERIAL = "serial";

  /// A SPIFFE ID that is not an agent's.
  public static final String SPIFFE_ID = "spiffe_id";

  /// A gRPC or HTTP status.
  public static final String STATUS = "status";

  /// A trust domain.
  public static final String TRUST_DOMAIN = "trust_domain";

  /// A user id.
  public static final String UID = "uid";

  /// A URL.
  public static final String URL = "url";

  /// A program's version.
  public static final String VERSION = "version";

  private Fields() {}
}
