-- A boot of an agent: everything up to the floor is booked (or will never come); what is booked above it, behind a gap, is
-- in reports_ahead. Together they are the memory that makes a duplicate a duplicate.
CREATE TABLE node_boots (
    node        TEXT NOT NULL,
    boot_id     TEXT NOT NULL,
    floor       INTEGER NOT NULL,
    booked      INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    PRIMARY KEY (node, boot_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE reports_ahead (
    node     TEXT NOT NULL,
    boot_id  TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    PRIMARY KEY (node, boot_id, sequence)
) STRICT, WITHOUT ROWID;

-- The latest report of each node, as it came.
CREATE TABLE node_state (
    node        TEXT NOT NULL PRIMARY KEY,
    boot_id     TEXT NOT NULL,
    sequence    INTEGER NOT NULL,
    phase       TEXT NOT NULL,
    generation  INTEGER,
    bundle      TEXT,
    received_at INTEGER NOT NULL,
    report      BLOB NOT NULL
) STRICT;

CREATE TABLE node_events (
    id          INTEGER PRIMARY KEY,
    node        TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    time        INTEGER NOT NULL,
    code        TEXT NOT NULL,
    unit        TEXT,
    message     TEXT NOT NULL
) STRICT;

CREATE INDEX node_events_by_node ON node_events (node, id);
