-- Accounts, plans, facts, and what is derived from facts. Instants are timestamptz: 64-bit
-- microseconds inside, exactly our instants, and readable, comparable and usable in ranges by
-- whoever looks at the tables. Money and quantities are numeric without a scale: every digit kept.
-- account_id leads every key that belongs to an account, for the day the tables are spread over
-- several servers by it.

CREATE TABLE accounts (
    id          text PRIMARY KEY DEFAULT 'acc_' || replace(gen_random_uuid()::text, '-', ''),
    name        text NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 200),
    timezone    text NOT NULL DEFAULT 'UTC',
    currency    text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    passthrough boolean NOT NULL DEFAULT false,  -- made by the first call of an unknown key
    created_at  timestamptz NOT NULL DEFAULT now(),
    archived_at timestamptz
);

-- A key is known by its fingerprint alone: half of its SHA-256. The key itself is nowhere.
CREATE TABLE keys (
    fingerprint text PRIMARY KEY CHECK (fingerprint ~ '^[0-9a-f]{32}$'),
    account_id  text NOT NULL REFERENCES accounts,
    label       text NOT NULL DEFAULT '' CHECK (length(label) <= 200),
    managed     boolean NOT NULL,  -- made by us, rather than seen to be taken by the upstream
    created_at  timestamptz NOT NULL DEFAULT now(),
    revoked_at  timestamptz
);
CREATE INDEX keys_of_account ON keys (account_id);

CREATE FUNCTION tell_of_keys() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('tollgate_keys', '');
    RETURN NULL;
END $$;
CREATE TRIGGER keys_changed AFTER INSERT OR UPDATE OR DELETE ON keys
    FOR EACH STATEMENT EXECUTE FUNCTION tell_of_keys();

-- A plan's name is its version: its document never changes.
CREATE TABLE plans (
    name     text PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 200),
    document text NOT NULL,
    added_at timestamptz NOT NULL DEFAULT now()
);

-- Which plan holds for loads from an instant on; the latest added row of an instant counts.
CREATE TABLE plan_assignments (
    account_id     text NOT NULL REFERENCES accounts,
    effective_from timestamptz NOT NULL,
    revision       integer NOT NULL,
    plan           text NOT NULL REFERENCES plans,
    assigned_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, effective_from, revision)
);

-- The same for accounts without an assignment.
CREATE TABLE default_plans (
    effective_from timestamptz NOT NULL,
    revision       integer NOT NULL,
    plan           text NOT NULL REFERENCES plans,
    assigned_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (effective_from, revision)
);

-- `sequence` is the high-water mark: the last record of this gateway that is in facts. A batch
-- moves it from its first record − 1 to its last in the transaction that inserts its facts.
CREATE TABLE gateways (
    id              text PRIMARY KEY,
    upstream        text NOT NULL DEFAULT '',
    sequence        bigint NOT NULL DEFAULT 0 CHECK (sequence >= 0),
    shipped_through timestamptz,  -- all that it recorded before this instant is in facts
    registered_at   timestamptz NOT NULL DEFAULT now(),
    heartbeat_at    timestamptz NOT NULL DEFAULT now(),
    retired_at      timestamptz
);

-- Append-only. Identity is (gateway, sequence), unique by the high-water mark rather than by an
-- index. account_id is null where nobody's key acted: catalogue facts, and keys that the upstream
-- never accepted.
CREATE TABLE facts (
    gateway     text NOT NULL,
    sequence    bigint NOT NULL,
    account_id  text,
    upstream    text NOT NULL,  -- empty: whichever
    kind        text NOT NULL,
    key         text,
    model       text,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    shipped_at  timestamptz NOT NULL DEFAULT now(),
    body        text NOT NULL
) PARTITION BY RANGE (recorded_at);
CREATE INDEX facts_of_instance ON facts (model, account_id, occurred_at);

CREATE FUNCTION make_fact_partition(at timestamptz) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = tollgate, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    first timestamptz := date_trunc('month', at);
    partition text := 'facts_' || to_char(first, 'YYYY_MM');
BEGIN
    IF to_regclass('tollgate.' || partition) IS NOT NULL THEN
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('tollgate.make_fact_partition'));
    IF to_regclass('tollgate.' || partition) IS NULL THEN
        EXECUTE format('CREATE TABLE tollgate.%I PARTITION OF tollgate.facts '
                       'FOR VALUES FROM (%L) TO (%L)',
                       partition, first, first + interval '1 month');
    END IF;
END $$;

-- What the catalogue, or the operator, last said of a model.
CREATE TABLE models (
    upstream text NOT NULL,  -- empty: whichever, as the operator sets it
    model    text NOT NULL,
    gb       numeric CHECK (gb > 0 AND gb < 1000000000),
    source   text NOT NULL CHECK (source IN ('catalogue', 'operator')),
    since    timestamptz NOT NULL,
    PRIMARY KEY (upstream, model)
);

-- Derived from facts by the fold, and rebuildable from nothing else.
CREATE TABLE sessions (
    account_id         text NOT NULL REFERENCES accounts,
    id                 text NOT NULL,
    upstream           text NOT NULL,
    model              text NOT NULL,
    key                text NOT NULL,
    gb                 numeric,
    concurrency        bigint NOT NULL,
    expiration_seconds bigint NOT NULL,
    discovered         boolean NOT NULL,
    created            timestamptz,
    loaded_at          timestamptz NOT NULL,
    running_at         timestamptz,
    running_evidence   text NOT NULL,
    expires_at         timestamptz,
    ended_at           timestamptz,
    end_reason         text,
    end_evidence       text NOT NULL,
    estimated          boolean NOT NULL,
    last_proof_of_life timestamptz,
    first_denial       timestamptz,
    runs               bigint NOT NULL,
    last_run_at        timestamptz,
    adjusted           boolean NOT NULL,
    plan               text REFERENCES plans,  -- in force when it was loaded; null: none was
    changed_at         timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, id),
    CHECK (gb > 0 AND gb < 1000000000),
    CHECK (concurrency BETWEEN 1 AND 1000000),
    CHECK (running_at >= loaded_at),
    CHECK (ended_at >= loaded_at),
    CHECK (ended_at IS NULL OR end_reason IS NOT NULL),
    -- An instance is one session at a time. Deferred, because a refold moves the end of one session
    -- and the start of the next in any order.
    CONSTRAINT sessions_do_not_overlap EXCLUDE USING gist (
        account_id WITH =, upstream WITH =, model WITH =,
        tstzrange(loaded_at,
                  CASE WHEN end_reason IS NULL THEN NULL
                       ELSE coalesce(ended_at, greatest(expires_at, loaded_at)) END) WITH &&
    ) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX sessions_by_load ON sessions (account_id, loaded_at);
CREATE INDEX sessions_open ON sessions (account_id, upstream, model) WHERE end_reason IS NULL;
CREATE INDEX sessions_unpriced ON sessions (model) WHERE gb IS NULL;

-- Signed and append-only: what a session owes for a month is the sum of its rows for that month; the
-- row of the highest revision says its status. period is a month of the account's zone.
CREATE TABLE charges (
    account_id         text NOT NULL,
    session_id         text NOT NULL,
    period             text NOT NULL CHECK (period ~ '^[0-9]{4}-[0-9]{2}$'),
    revision           integer NOT NULL CHECK (revision > 0),
    upstream           text NOT NULL,
    model              text NOT NULL,
    plan               text NOT NULL REFERENCES plans,
    currency           text NOT NULL,
    status             text NOT NULL CHECK (status IN ('open', 'rated', 'unpriced', 'free')),
    estimated          boolean NOT NULL,
    seconds            numeric NOT NULL,  -- billable: used + rounding + minimum
    used_seconds       numeric NOT NULL,
    rounding_seconds   numeric NOT NULL,
    minimum_seconds    numeric NOT NULL,
    spin_down_seconds  numeric NOT NULL,  -- a part of used
    gb_seconds         numeric,           -- null: the model's GB is not known
    amount             numeric,           -- null: the same
    as_of              timestamptz,       -- an open session's finished months were charged by it
    charged_at         timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, session_id, period, revision)
);
CREATE INDEX charges_of_period ON charges (account_id, period);

-- Instances with facts that are not folded yet: written with the facts, taken by the meter.
CREATE TABLE pending_instances (
    account_id text NOT NULL,
    upstream   text NOT NULL,
    model      text NOT NULL,
    earliest   timestamptz NOT NULL,  -- the first instant that the new facts speak of
    due_at     timestamptz NOT NULL,  -- runs alone can wait for more of them
    PRIMARY KEY (account_id, upstream, model)
);

-- Instances whose facts do not fold into storable sessions: they wait for a person, the rest goes on.
CREATE TABLE parked_instances (
    account_id text NOT NULL,
    upstream   text NOT NULL,
    model      text NOT NULL,
    reason     text NOT NULL,
    parked_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, upstream, model)
);

-- The credentials with which the watcher asks about open sessions, sealed under the gateways' key
-- file; erased when the session ends.
CREATE TABLE watch_credentials (
    upstream  text NOT NULL,
    key       text NOT NULL,
    model     text NOT NULL,
    sealed    bytea NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (upstream, key, model)
);

GRANT SELECT ON ALL TABLES IN SCHEMA tollgate TO tollgate_service;
GRANT INSERT, UPDATE (name, timezone, archived_at) ON accounts TO tollgate_service;
GRANT INSERT, UPDATE (label, revoked_at) ON keys TO tollgate_service;
GRANT INSERT ON plans, plan_assignments, default_plans, facts, charges TO tollgate_service;
GRANT INSERT, UPDATE ON gateways, models TO tollgate_service;
GRANT INSERT, UPDATE, DELETE ON sessions, pending_instances, parked_instances, watch_credentials
    TO tollgate_service;
REVOKE EXECUTE ON FUNCTION make_fact_partition(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION make_fact_partition(timestamptz) TO tollgate_service;
