-- What an invoice's lines say beside money, as its charges say it: how many sessions the rows of a
-- month are of, and their runs. A session's own count goes on after its rows are written, and is
-- of its first month alone; a line counts what its appendix lists.

-- Charged before rows kept what they say of their session: an invoice of such rows keeps its
-- sessions itself. No row is added to it.
CREATE INDEX charges_without_snapshot ON charges (account_id, period) WHERE key IS NULL;

ALTER TABLE month_sums
    ADD COLUMN entries      bigint NOT NULL DEFAULT 0,  -- sessions whose rows are not nothing
    ADD COLUMN charged_runs bigint NOT NULL DEFAULT 0;  -- that the rows tell of

DROP VIEW recomputed_month_sums;
DROP VIEW session_sums;
CREATE VIEW session_sums AS
    SELECT *, min(period) FILTER (WHERE stands)
                  OVER (PARTITION BY account_id, session_id) = period AND stands AS is_first,
           status = 'unpriced' OR charged_runs <> 0 OR used_seconds <> 0 OR seconds <> 0 OR
           gb_seconds <> 0 OR amount <> 0 AS is_entry
    FROM (SELECT *, status <> 'free' OR seconds <> 0 AS stands
          FROM (SELECT account_id, session_id, period, plan, currency, min(upstream) AS upstream,
                       min(model) AS model, (array_agg(status ORDER BY revision DESC))[1] AS status,
                       sum(seconds) AS seconds, sum(used_seconds) AS used_seconds,
                       sum(rounding_seconds) AS rounding_seconds,
                       sum(minimum_seconds) AS minimum_seconds,
                       sum(spin_down_seconds) AS spin_down_seconds,
                       coalesce(sum(gb_seconds), 0) AS gb_seconds,
                       coalesce(sum(amount), 0) AS amount, sum(runs)::bigint AS charged_runs
                FROM charges GROUP BY account_id, session_id, period, plan, currency) sums) known;

CREATE VIEW recomputed_month_sums AS
    SELECT c.period, c.account_id, c.model, c.upstream, c.plan, c.currency,
           count(*) FILTER (WHERE c.stands) AS sessions,
           count(*) FILTER (WHERE c.stands AND c.status = 'unpriced') AS unpriced_sessions,
           coalesce(sum(s.runs) FILTER (WHERE c.is_first), 0)::bigint AS runs,
           sum(c.seconds) AS seconds, sum(c.used_seconds) AS used_seconds,
           sum(c.rounding_seconds) AS rounding_seconds, sum(c.minimum_seconds) AS minimum_seconds,
           sum(c.spin_down_seconds) AS spin_down_seconds, sum(c.gb_seconds) AS gb_seconds,
           sum(c.amount) AS amount, count(*) FILTER (WHERE c.is_entry) AS entries,
           sum(c.charged_runs)::bigint AS charged_runs
    FROM session_sums c LEFT JOIN sessions s ON s.account_id = c.account_id AND s.id = c.session_id
    GROUP BY c.period, c.account_id, c.model, c.upstream, c.plan, c.currency;

UPDATE month_sums m SET entries = r.entries, charged_runs = r.charged_runs
    FROM recomputed_month_sums r
    WHERE (m.period, m.account_id, m.model, m.upstream, m.plan, m.currency) =
          (r.period, r.account_id, r.model, r.upstream, r.plan, r.currency);

GRANT SELECT ON session_sums, recomputed_month_sums TO tollgate_service;
