-- Enrolment tokens, by the hash of what was printed once. May be lost: then tokens are made again.
CREATE TABLE enrolment_token (
    id         TEXT PRIMARY KEY,
    node       TEXT NOT NULL,
    hash       TEXT NOT NULL UNIQUE,
    origin     TEXT NOT NULL,
    replaces   INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL,
    used_ms    INTEGER,
    used_key   TEXT,
    revoked_ms INTEGER
) STRICT;

CREATE INDEX enrolment_token_node ON enrolment_token (node);

-- Nodes whose identity two machines seem to have, until they have another one.
CREATE TABLE identity_alarm (
    node     TEXT PRIMARY KEY,
    since_ms INTEGER NOT NULL,
    what     TEXT NOT NULL
) STRICT;
