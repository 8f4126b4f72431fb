-- The first schema. A change is a new file with the next number; the last statement of each sets
-- user_version to that number, which is how a start knows without asking Flyway that nothing is due.

-- One row: which history this is, and how far it has come.
CREATE TABLE head (
  one          INTEGER PRIMARY KEY CHECK (one = 1),
  epoch        TEXT    NOT NULL,
  trust_domain TEXT    NOT NULL,
  revision     INTEGER NOT NULL,
  -- The newest revision that was compacted away; a reader that stands below it loads everything.
  low_water    INTEGER NOT NULL,
  created_at   INTEGER NOT NULL
) STRICT;

-- Gap-free in commit order. Both parents, so that a delete needs no look-up.
CREATE TABLE change_log (
  revision   INTEGER PRIMARY KEY,
  kind       INTEGER NOT NULL,
  id         TEXT    NOT NULL,
  old_parent TEXT,
  new_parent TEXT,
  at         INTEGER NOT NULL
) STRICT;

-- selectors: sorted, deduplicated, each with its length before it; the digest is over that text.
-- federates_with and dns_names: separated by commas, which neither can contain.
-- flags: 1 admin, 2 downstream, 4 store_svid, 8 disable_x509_svid_prefetch, 16 jwt_svid_include_jti.
CREATE TABLE entries (
  row              INTEGER PRIMARY KEY AUTOINCREMENT,
  id               TEXT    NOT NULL UNIQUE,
  spiffe_id        TEXT    NOT NULL,
  parent_id        TEXT    NOT NULL,
  selectors        TEXT    NOT NULL,
  selectors_digest BLOB    NOT NULL,
  x509_svid_ttl    INTEGER NOT NULL,
  jwt_svid_ttl     INTEGER NOT NULL,
  flags            INTEGER NOT NULL,
  federates_with   TEXT    NOT NULL,
  dns_names        TEXT    NOT NULL,
  hint             TEXT    NOT NULL,
  expires_at       INTEGER,
  created_at       INTEGER NOT NULL,
  revision_number  INTEGER NOT NULL,
  UNIQUE (parent_id, spiffe_id, selectors_digest)
) STRICT;
CREATE INDEX entries_by_spiffe_id ON entries (spiffe_id);
CREATE INDEX entries_by_hint ON entries (hint) WHERE hint <> '';
CREATE INDEX entries_by_expiry ON entries (expires_at) WHERE expires_at IS NOT NULL;

-- For filters only: what the entry's own row says counts.
CREATE TABLE entry_selectors (
  selector TEXT    NOT NULL,
  entry    INTEGER NOT NULL,
  PRIMARY KEY (selector, entry)
) STRICT, WITHOUT ROWID;
CREATE TABLE entry_federation (
  trust_domain TEXT    NOT NULL,
  entry        INTEGER NOT NULL,
  PRIMARY KEY (trust_domain, entry)
) STRICT, WITHOUT ROWID;

-- A banned node has no serials.
CREATE TABLE nodes (
  row               INTEGER PRIMARY KEY AUTOINCREMENT,
  agent_id          TEXT    NOT NULL UNIQUE,
  attestation_type  TEXT    NOT NULL,
  selectors         TEXT    NOT NULL,
  serial            TEXT,
  not_after         INTEGER NOT NULL,
  pending_serial    TEXT,
  pending_not_after INTEGER,
  banned            INTEGER NOT NULL,
  can_reattest      INTEGER NOT NULL,
  agent_version     TEXT    NOT NULL,
  attested_at       INTEGER NOT NULL,
  last_seen         INTEGER,
  claims            TEXT    NOT NULL,
  CHECK (banned = 0 OR (serial IS NULL AND pending_serial IS NULL))
) STRICT;
CREATE INDEX nodes_by_expiry ON nodes (not_after);

-- digest: SHA-256 of the token; the token itself is nowhere.
CREATE TABLE join_tokens (
  row        INTEGER PRIMARY KEY AUTOINCREMENT,
  digest     TEXT    NOT NULL UNIQUE,
  expires_at INTEGER NOT NULL,
  alias_id   TEXT,
  used_at    INTEGER,
  used_key   TEXT,
  used_by    TEXT,
  CHECK ((used_at IS NULL) = (used_key IS NULL) AND (used_at IS NULL) = (used_by IS NULL))
) STRICT;
CREATE INDEX join_tokens_by_node ON join_tokens (used_by) WHERE used_by IS NOT NULL;

-- Evidence that others hand out and that counts once.
CREATE TABLE spent_evidence (
  kind     TEXT    NOT NULL,
  digest   TEXT    NOT NULL,
  used_at  INTEGER NOT NULL,
  used_key TEXT    NOT NULL,
  used_by  TEXT    NOT NULL,
  PRIMARY KEY (kind, digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX spent_evidence_by_node ON spent_evidence (used_by);

CREATE TABLE bundles (
  row          INTEGER PRIMARY KEY AUTOINCREMENT,
  trust_domain TEXT    NOT NULL UNIQUE,
  sequence     INTEGER NOT NULL,
  document     TEXT    NOT NULL,
  updated_at   INTEGER NOT NULL
) STRICT;

CREATE TABLE relationships (
  row          INTEGER PRIMARY KEY AUTOINCREMENT,
  trust_domain TEXT    NOT NULL UNIQUE,
  endpoint_url TEXT    NOT NULL,
  -- Present exactly for the profile https_spiffe.
  endpoint_id  TEXT
) STRICT;

CREATE TABLE journal_epochs (
  member TEXT    PRIMARY KEY,
  epoch  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE journal_rows (
  member    TEXT    NOT NULL REFERENCES journal_epochs (member) ON DELETE CASCADE,
  kind      TEXT    NOT NULL,
  slot      TEXT    NOT NULL,
  not_after INTEGER NOT NULL,
  document  TEXT    NOT NULL,
  PRIMARY KEY (member, kind, slot)
) STRICT, WITHOUT ROWID;

CREATE TABLE settings (
  name  TEXT PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 1;
