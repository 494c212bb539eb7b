-- Sessions and charges of meter.cpp's facts by set, for nothing but these facts: no gateway's clock
-- differs, no credential is shared, every end is exact, one plan holds.
SET search_path = tollgate;
SET work_mem = '1GB';
SET max_parallel_workers_per_gather = 2;
SET jit = off;
SET timezone = 'UTC';

CREATE TABLE peer_sessions (LIKE sessions INCLUDING ALL,
    FOREIGN KEY (account_id) REFERENCES accounts, FOREIGN KEY (plan) REFERENCES plans);
CREATE TABLE peer_charges (LIKE charges INCLUDING ALL, FOREIGN KEY (plan) REFERENCES plans);

CREATE UNLOGGED TABLE peer_folded AS
WITH told AS (
    SELECT f.gateway, f.sequence, f.account_id, f.upstream, f.model, f.key, f.kind, f.occurred_at,
           b.*,
           sum(CASE WHEN b.accepted AND f.kind = 'load_answered' THEN 1 ELSE 0 END)
               OVER (PARTITION BY f.account_id, f.upstream, f.model
                     ORDER BY f.occurred_at, f.sequence) AS life
    FROM (SELECT gateway, sequence, account_id, upstream, model, key, kind, occurred_at, body
          FROM facts WHERE kind IN ('load_answered', 'instance_seen', 'runs', 'delete_answered')
          OFFSET 0) f
    CROSS JOIN LATERAL (
        SELECT call->>'boot' AS boot, call->>'number' AS number, gb::numeric,
               (options->>'concurrency')::bigint AS asked_concurrency,
               (options->>'expiration_seconds')::bigint AS period,
               CASE f.kind WHEN 'load_answered' THEN accepted = 'true' END AS accepted,
               CASE f.kind WHEN 'runs' THEN accepted::bigint END AS runs,
               status, state, inferences, created, modified, expires_at, last_accepted_end
        FROM json_to_record(f.body::json) AS r(call json, gb text, options json, accepted text,
            status int, state text, inferences bigint, created bigint, modified bigint,
            expires_at bigint, last_accepted_end bigint)) b
)
SELECT account_id, upstream, model,
       min(gateway || '-' || boot || '-' || number) AS id,
       min(key) AS key,
       min(gb) AS gb,
       min(asked_concurrency) AS concurrency,
       min(period) AS period,
       min(created) AS created,
       min(occurred_at) FILTER (WHERE kind = 'load_answered') AS loaded_at,
       min(expires_at) FILTER (WHERE state = 'RUNNING' AND inferences = 0)
           - min(period) * 1000000 AS running,
       greatest(max(expires_at) FILTER (WHERE state = 'RUNNING'),
                max(last_accepted_end) + min(period) * 1000000) AS expires,
       min(modified) FILTER (WHERE state = 'STOPPED') AS stopped,
       min(occurred_at) FILTER (WHERE status BETWEEN 200 AND 299 AND kind = 'delete_answered')
           AS deleted,
       coalesce(sum(runs), 0) AS runs,
       max(last_accepted_end) AS last_run,
       min(occurred_at) AS facts_from,
       max(occurred_at) AS facts_until
FROM told
GROUP BY account_id, upstream, model, life;

INSERT INTO peer_sessions (account_id, id, upstream, model, key, gb, concurrency,
    expiration_seconds, discovered, created, loaded_at, running_at, running_evidence, expires_at,
    ended_at, end_reason, end_evidence, estimated, last_proof_of_life, runs, last_run_at, adjusted,
    plan, facts_from, facts_until)
SELECT account_id, id, upstream, model, key, gb, concurrency, period, false,
       timestamptz 'epoch' + created * interval '1 us', loaded_at, timestamptz 'epoch' + running * interval '1 us', 'expiry_clock', timestamptz 'epoch' + expires * interval '1 us',
       coalesce(deleted, timestamptz 'epoch' + stopped * interval '1 us'),
       CASE WHEN deleted IS NULL THEN 'expired' ELSE 'deleted' END,
       CASE WHEN deleted IS NULL THEN 'upstream_report' ELSE 'delete_answer' END,
       false, timestamptz 'epoch' + greatest(running, last_run) * interval '1 us', runs, timestamptz 'epoch' + last_run * interval '1 us', false, 'p', facts_from,
       facts_until
FROM peer_folded;

INSERT INTO peer_charges (account_id, session_id, period, revision, upstream, model, plan, currency,
    status, estimated, seconds, used_seconds, rounding_seconds, minimum_seconds, spin_down_seconds,
    gb_seconds, amount)
WITH p AS MATERIALIZED (
    SELECT name, d->>'currency' AS currency, (d->>'rate_per_gb_second')::numeric AS rate,
           (d->>'minimum_seconds')::numeric AS minimum,
           (d->>'increment_seconds')::numeric AS increment,
           (d->>'shutdown_grace_seconds')::numeric * interval '1 second' AS grace
    FROM plans, LATERAL (SELECT document::jsonb AS d OFFSET 0) d
), timed AS (
    SELECT s.account_id, s.id, s.upstream, s.model, s.gb * s.concurrency AS gb, a.timezone, p.*,
           s.running_at AS start, s.expires_at,
           greatest(s.running_at, least(s.ended_at, s.expires_at + p.grace)) AS stop
    FROM peer_sessions s JOIN accounts a ON a.id = s.account_id JOIN p ON p.name = s.plan
), priced AS (
    SELECT t.*, extract(epoch FROM stop - start) AS used,
           ceil(extract(epoch FROM stop - start) / increment) * increment AS ceiled,
           greatest(0, extract(epoch FROM stop - greatest(start, expires_at))) AS spin_down
    FROM timed t
)
SELECT account_id, id, to_char(month, 'YYYY-MM'), 1, upstream, model, name, currency, 'rated',
       false, seconds, slice_used, CASE WHEN is_last THEN ceiled - used ELSE 0 END,
       CASE WHEN is_last THEN greatest(minimum, ceiled) - ceiled ELSE 0 END,
       CASE WHEN is_last THEN least(spin_down, slice_used)
            ELSE greatest(0, least(slice_used, extract(epoch FROM slice_end
                 - greatest(slice_start, expires_at)))) END,
       gb * seconds, gb * seconds * rate
FROM priced CROSS JOIN LATERAL (
    SELECT month, slice_start, slice_end, slice_end = stop AS is_last,
           extract(epoch FROM slice_end - slice_start) AS slice_used,
           extract(epoch FROM slice_end - slice_start)
               + CASE WHEN slice_end = stop THEN greatest(minimum, ceiled) - used ELSE 0 END
               AS seconds
    FROM (SELECT month, greatest(start, month AT TIME ZONE timezone) AS slice_start,
                 least(stop, (month + interval '1 month') AT TIME ZONE timezone) AS slice_end
          FROM generate_series(date_trunc('month', start AT TIME ZONE timezone),
                               stop AT TIME ZONE timezone, interval '1 month') AS month) cut
    WHERE slice_start < slice_end) slices;
