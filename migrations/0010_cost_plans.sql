-- What the upstream charges us: which plan holds for loads from an instant on; the latest added row
-- of an instant counts. Beside the plans by which accounts are charged.
CREATE TABLE cost_plans (
    effective_from timestamptz NOT NULL,
    revision       integer NOT NULL,
    plan           text NOT NULL REFERENCES plans,
    assigned_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (effective_from, revision)
);
GRANT SELECT, INSERT ON cost_plans TO tollgate_service;
