-- Which reports of ended months have been written, each once: who announces or lists them reads
-- here. Files are named below the directory that the writer was told; none: the month had nothing.
CREATE TABLE written_reports (
    account_id text NOT NULL REFERENCES accounts,
    month      text NOT NULL CHECK (month ~ '^[0-9]{4}-[0-9]{2}$'),
    kind       text NOT NULL CHECK (kind IN ('usage')),
    files      text[] NOT NULL,
    digests    text[] NOT NULL,  -- SHA-256 of each file, hex
    written_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, month, kind),
    CHECK (cardinality(files) = cardinality(digests))
);
GRANT SELECT, INSERT ON written_reports TO tollgate_service;
