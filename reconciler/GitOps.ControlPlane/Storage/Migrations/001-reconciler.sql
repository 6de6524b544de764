-- Scripts are numbered and never change once released. 001 to 099 belong to the reconciler, 100 to 199 to distribution.
-- Times are Unix milliseconds, UTC.

-- The newest row of a revision replaces older ones: it may be judged again after an upgrade.
CREATE TABLE revision (
    sequence   INTEGER PRIMARY KEY AUTOINCREMENT,
    id         TEXT NOT NULL UNIQUE,
    seen_ms    INTEGER NOT NULL,
    outcome    TEXT NOT NULL CHECK (outcome IN ('pending', 'published', 'rejected', 'held')),
    settled_ms INTEGER,
    hold       TEXT,
    findings   TEXT NOT NULL DEFAULT '[]'
);

CREATE TABLE publication (
    generation INTEGER PRIMARY KEY,
    revision   TEXT NOT NULL,
    time_ms    INTEGER NOT NULL,
    nodes      INTEGER NOT NULL
);

-- The units of each node in the published revision: by these, removals are counted. Which bundle a node is pointed at is
-- in the store.
CREATE TABLE published_node (
    node  TEXT PRIMARY KEY,
    units TEXT NOT NULL
) WITHOUT ROWID;

-- One JSON document per name: the rollout under way, the guards of the last published revision.
CREATE TABLE document (
    name       TEXT PRIMARY KEY,
    body       TEXT NOT NULL,
    written_ms INTEGER NOT NULL
) WITHOUT ROWID;
