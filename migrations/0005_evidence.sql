-- What a session rests on, and who shared it.

ALTER TABLE sessions
    -- upstream's clock minus the gateway's, as its instants were moved, and by how much that may be
    -- wrong to either side (null: no answer told a Date, the clocks are taken to agree).
    ADD COLUMN clock_shift_micros       bigint NOT NULL DEFAULT 0,
    ADD COLUMN clock_uncertainty_micros bigint CHECK (clock_uncertainty_micros >= 0),
    -- Its first and its last fact by the gateway's clock, on which facts are stored: upstream time
    -- may be any distance from it.
    ADD COLUMN facts_from               timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN facts_until              timestamptz NOT NULL DEFAULT now(),
    -- Runs of other accounts: [{"key", "runs", "first_at", "last_at"}, …].
    ADD COLUMN kept_warm_by             text NOT NULL DEFAULT '[]',
    -- What an upstream accepts and runs is a fact, however absurd; it has no price (metering.md).
    DROP CONSTRAINT sessions_concurrency_check;

UPDATE sessions SET facts_from = loaded_at,
    facts_until = greatest(loaded_at, ended_at, first_denial, last_run_at);

CREATE INDEX sessions_by_facts ON sessions (account_id, upstream, model, facts_from);

-- An instance that keys of several accounts see is one session, its loader's. These saw it too.
CREATE TABLE instance_sharers (
    upstream   text NOT NULL,
    model      text NOT NULL,
    created    timestamptz NOT NULL,
    account_id text NOT NULL REFERENCES accounts,
    key        text NOT NULL,
    PRIMARY KEY (upstream, model, created, account_id)
);
CREATE INDEX instance_sharers_of_account ON instance_sharers (account_id, upstream, model);

-- Accounts whose runs may have gone to instances of others: where one is named, folds of the same
-- upstream and model look at its runs.
CREATE TABLE instance_guests (
    upstream    text NOT NULL,
    model       text NOT NULL,
    account_id  text NOT NULL REFERENCES accounts,
    facts_from  timestamptz NOT NULL,  -- its runs that are not its own sessions', gateway clock
    facts_until timestamptz NOT NULL,
    PRIMARY KEY (upstream, model, account_id)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON instance_sharers, instance_guests TO tollgate_service;
