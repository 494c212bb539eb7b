-- What an unanswered load began, how clocks of an hour are joined, which instance took a long run and
-- which one is gone are told otherwise than before: every session is folded anew by its first fact,
-- so that `verify`, which folds from the facts, finds the books as they should be. What that changes
-- of a month that was invoiced becomes an adjustment.
INSERT INTO pending_instances (account_id, upstream, model, earliest, due_at)
SELECT account_id, upstream, model, min(facts_from), now() FROM sessions
GROUP BY account_id, upstream, model
ON CONFLICT (account_id, upstream, model) DO UPDATE SET
earliest = least(pending_instances.earliest, excluded.earliest), due_at = now();
