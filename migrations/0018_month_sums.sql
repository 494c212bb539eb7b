-- What each account's month has come to, summed as charges are added: reports and closings read
-- this and not the charges. One row per model and plan; verify recomputes it from the charges.

CREATE TABLE month_sums (
    period            text NOT NULL,
    account_id        text NOT NULL REFERENCES accounts,
    model             text NOT NULL,
    upstream          text NOT NULL,
    plan              text NOT NULL REFERENCES plans,
    currency          text NOT NULL,
    sessions          bigint NOT NULL,   -- that owe something here
    unpriced_sessions bigint NOT NULL,   -- of them
    runs              bigint NOT NULL,   -- of the sessions whose first month it is
    seconds           numeric NOT NULL,  -- billable: used + rounding + minimum
    used_seconds      numeric NOT NULL,
    rounding_seconds  numeric NOT NULL,
    minimum_seconds   numeric NOT NULL,
    spin_down_seconds numeric NOT NULL,
    gb_seconds        numeric NOT NULL,  -- of priced sessions
    amount            numeric NOT NULL,  -- the same
    PRIMARY KEY (period, account_id, model, upstream, plan, currency)
);

-- What one session owes for one month under one plan: the sum of its rows; the highest revision
-- says how it stands. What was charged back is nothing.
CREATE VIEW session_sums AS
    SELECT *, min(period) FILTER (WHERE stands)
                  OVER (PARTITION BY account_id, session_id) = period AND stands AS is_first
    FROM (SELECT *, status <> 'free' OR seconds <> 0 AS stands
          FROM (SELECT account_id, session_id, period, plan, currency, min(upstream) AS upstream,
                       min(model) AS model, (array_agg(status ORDER BY revision DESC))[1] AS status,
                       sum(seconds) AS seconds, sum(used_seconds) AS used_seconds,
                       sum(rounding_seconds) AS rounding_seconds,
                       sum(minimum_seconds) AS minimum_seconds,
                       sum(spin_down_seconds) AS spin_down_seconds,
                       coalesce(sum(gb_seconds), 0) AS gb_seconds,
                       coalesce(sum(amount), 0) AS amount
                FROM charges GROUP BY account_id, session_id, period, plan, currency) sums) known;

CREATE VIEW recomputed_month_sums AS
    SELECT c.period, c.account_id, c.model, c.upstream, c.plan, c.currency,
           count(*) FILTER (WHERE c.stands) AS sessions,
           count(*) FILTER (WHERE c.stands AND c.status = 'unpriced') AS unpriced_sessions,
           coalesce(sum(s.runs) FILTER (WHERE c.is_first), 0)::bigint AS runs,
           sum(c.seconds) AS seconds, sum(c.used_seconds) AS used_seconds,
           sum(c.rounding_seconds) AS rounding_seconds, sum(c.minimum_seconds) AS minimum_seconds,
           sum(c.spin_down_seconds) AS spin_down_seconds, sum(c.gb_seconds) AS gb_seconds,
           sum(c.amount) AS amount
    FROM session_sums c LEFT JOIN sessions s ON s.account_id = c.account_id AND s.id = c.session_id
    GROUP BY c.period, c.account_id, c.model, c.upstream, c.plan, c.currency;

INSERT INTO month_sums SELECT * FROM recomputed_month_sums;

GRANT SELECT, INSERT, UPDATE ON month_sums TO tollgate_service;
GRANT SELECT ON session_sums, recomputed_month_sums TO tollgate_service;
