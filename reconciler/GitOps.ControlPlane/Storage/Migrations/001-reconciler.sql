-- Scripts are numbered and never change once released. 001 to 099 belong to the reconciler, 100 to 199 to distribution.
-- Times are Unix milliseconds, UTC.

CREATE TABLE revision (
    sequence   INTEGER PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,
    seen_ms    INTEGER NOT NULL,
    outcome    TEXT NOT NULL CHECK (outcome IN ('pending', 'published', 'rejected', 'held')),
    settled_ms INTEGER,
    held_id    TEXT,
    held_why   TEXT,
    findings   TEXT NOT NULL DEFAULT '[]'
);

CREATE TABLE publication (
    generation INTEGER PRIMARY KEY,
    revision   TEXT NOT NULL,
    time_ms    INTEGER NOT NULL,
    nodes      INTEGER NOT NULL
);

-- What each node's pointer names, and the units in it, by which removals are counted.
CREATE TABLE node_pointer (
    node         TEXT PRIMARY KEY,
    generation   INTEGER NOT NULL,
    bundle       TEXT,
    decommission TEXT,
    units        TEXT NOT NULL
) WITHOUT ROWID;

-- One JSON document per name: the rollout under way, the guards of the last published revision.
CREATE TABLE document (
    name       TEXT PRIMARY KEY,
    body       TEXT NOT NULL,
    written_ms INTEGER NOT NULL
) WITHOUT ROWID;
