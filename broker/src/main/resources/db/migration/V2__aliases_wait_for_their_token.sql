-- The alias of a join token was an entry from the beginning, and its parent id ends in the token,
-- which is good until it is used. Now the token's own row holds the further id until then.

ALTER TABLE join_tokens ADD COLUMN alias TEXT;

UPDATE join_tokens SET alias = (SELECT spiffe_id FROM entries WHERE entries.id = alias_id)
  WHERE used_at IS NULL AND alias_id IS NOT NULL;
DELETE FROM entry_selectors WHERE entry IN (SELECT e.row FROM entries e
  JOIN join_tokens t ON t.alias_id = e.id WHERE t.used_at IS NULL);
DELETE FROM entry_federation WHERE entry IN (SELECT e.row FROM entries e
  JOIN join_tokens t ON t.alias_id = e.id WHERE t.used_at IS NULL);
DELETE FROM entries WHERE id IN (SELECT alias_id FROM join_tokens WHERE used_at IS NULL);
UPDATE join_tokens SET alias_id = NULL WHERE used_at IS NULL;

-- It names parents, too. Readers load everything at a start.
DELETE FROM change_log;
UPDATE head SET low_water = revision;

PRAGMA user_version = 2;
