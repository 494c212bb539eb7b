-- The fold weighs evidence otherwise than before (whose instance it is of two accounts that share a
-- credential, looks by gateways whose clocks differ): every instance is folded again. What changes of
-- a month that was invoiced becomes an adjustment.

INSERT INTO pending_instances (account_id, upstream, model, earliest, due_at)
SELECT account_id, upstream, model, min(facts_from), now() FROM sessions
GROUP BY account_id, upstream, model
ON CONFLICT (account_id, upstream, model) DO UPDATE SET
earliest = least(pending_instances.earliest, excluded.earliest), due_at = now();
