-- Schema 3. Keys, names and indexed texts are BLOBs of UTF-8: compared byte by byte, and exact though they hold NUL.

-- One counter for versions and receipts. It only ever rises, so what it numbered is never numbered again.
CREATE TABLE sequence (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    value INTEGER NOT NULL
) STRICT;
INSERT INTO sequence (id, value) VALUES (1, 0);

CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Documents.

-- `feed` marks a collection whose changes are kept; `forgotten` is the last of them that no longer is.
CREATE TABLE collections (
    id        INTEGER PRIMARY KEY,
    name      TEXT NOT NULL UNIQUE,
    feed      INTEGER,
    forgotten INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE indexes (
    id              INTEGER PRIMARY KEY,
    collection      INTEGER NOT NULL REFERENCES collections (id),
    name            TEXT NOT NULL,
    partition_field TEXT NOT NULL,
    sort_field      TEXT NOT NULL,
    UNIQUE (collection, name)
) STRICT;

-- A body can be as long as 256 KiB: too long for a WITHOUT ROWID table, whose inner nodes would hold it.
CREATE TABLE documents (
    id         INTEGER PRIMARY KEY,
    collection INTEGER NOT NULL REFERENCES collections (id),
    partition  BLOB NOT NULL,
    sort       BLOB NOT NULL,
    body       TEXT NOT NULL,
    version    INTEGER NOT NULL,
    expires_at INTEGER,
    UNIQUE (collection, partition, sort)
) STRICT;
CREATE INDEX documents_by_expiry ON documents (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE index_entries (
    index_id   INTEGER NOT NULL REFERENCES indexes (id),
    equals     BLOB NOT NULL,
    sort_value BLOB NOT NULL,
    partition  BLOB NOT NULL,
    sort       BLOB NOT NULL,
    document   INTEGER NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    PRIMARY KEY (index_id, equals, sort_value, partition, sort)
) STRICT, WITHOUT ROWID;
CREATE INDEX index_entries_by_document ON index_entries (document);

-- What became of documents, in the order of ids, none of which is given twice. Without a body, it was deleted. What is
-- looked at alone comes before the body, which may be long.
CREATE TABLE changes (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    collection INTEGER NOT NULL REFERENCES collections (id),
    made_at    INTEGER NOT NULL,
    partition  BLOB NOT NULL,
    sort       BLOB NOT NULL,
    version    INTEGER,
    expires_at INTEGER,
    body       TEXT
) STRICT;
CREATE INDEX changes_by_collection ON changes (collection, id);

-- Messages.

CREATE TABLE topics (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE subscriptions (
    id           INTEGER PRIMARY KEY,
    topic        INTEGER NOT NULL REFERENCES topics (id),
    name         TEXT NOT NULL,
    max_attempts INTEGER NOT NULL,
    UNIQUE (topic, name)
) STRICT;

CREATE TABLE messages (
    id    INTEGER PRIMARY KEY,
    event TEXT NOT NULL
) STRICT;

-- A message as one subscription sees it. `available_at` is the end of its delay or of its lease; `receipt` names the
-- delivery that may still settle it, and outlives its lease until the next delivery.
CREATE TABLE deliveries (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    subscription INTEGER NOT NULL REFERENCES subscriptions (id),
    message      INTEGER NOT NULL REFERENCES messages (id),
    dead         INTEGER NOT NULL DEFAULT 0,
    available_at INTEGER NOT NULL,
    attempt      INTEGER NOT NULL DEFAULT 0,
    receipt      INTEGER,
    reason       TEXT
) STRICT;
CREATE INDEX deliveries_by_due ON deliveries (subscription, dead, available_at, id);
CREATE INDEX deliveries_by_message ON deliveries (message);

-- Blobs. The bytes are files named by `object`, written once and never changed.

CREATE TABLE buckets (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE blobs (
    bucket       INTEGER NOT NULL REFERENCES buckets (id),
    name         BLOB NOT NULL,
    object       TEXT NOT NULL,
    length       INTEGER NOT NULL,
    etag         TEXT NOT NULL,
    content_type TEXT NOT NULL,
    metadata     TEXT NOT NULL,
    modified_at  INTEGER NOT NULL,
    PRIMARY KEY (bucket, name)
) STRICT;
CREATE INDEX blobs_by_object ON blobs (object);

CREATE TABLE uploads (
    id            TEXT PRIMARY KEY,
    bucket        INTEGER NOT NULL REFERENCES buckets (id),
    name          BLOB NOT NULL,
    content_type  TEXT NOT NULL,
    metadata      TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE parts (
    upload TEXT NOT NULL REFERENCES uploads (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    object TEXT NOT NULL,
    length INTEGER NOT NULL,
    PRIMARY KEY (upload, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX parts_by_object ON parts (object);
