-- A property of a device behind a node; without a property: the device as a whole.
CREATE TABLE series (
    id       INTEGER PRIMARY KEY,
    node     TEXT NOT NULL,
    device   TEXT NOT NULL,
    property TEXT NOT NULL,
    UNIQUE (node, device, property)
) STRICT;

CREATE INDEX series_by_device ON series (device, property);

-- Times are microseconds since 1970. Numbers are kept as they were said, digit by digit.
CREATE TABLE samples (
    series      INTEGER NOT NULL REFERENCES series (id),
    at          INTEGER NOT NULL,
    value       TEXT,
    minimum     TEXT,
    maximum     TEXT,
    mean        TEXT,
    count       INTEGER,
    interval_ms INTEGER,
    quality     TEXT,
    lost        INTEGER,
    PRIMARY KEY (series, at)
) STRICT, WITHOUT ROWID;
