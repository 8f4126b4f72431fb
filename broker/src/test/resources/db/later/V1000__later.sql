-- What a later version might add.
CREATE TABLE later (one INTEGER PRIMARY KEY) STRICT;
INSERT INTO later (one) SELECT revision FROM head;
PRAGMA user_version = 1000;
