-- The same rule, on 128 bits of hash of the instance's name instead of three texts: a fifth of the
-- time per session, half the size; and the planner does not take it for a way to find sessions.

ALTER TABLE sessions
    DROP CONSTRAINT sessions_do_not_overlap,
    ADD CONSTRAINT sessions_do_not_overlap EXCLUDE USING gist (
        (hashtextextended(account_id || chr(10) || upstream || chr(10) || model, 0)) WITH =,
        (hashtextextended(account_id || chr(10) || upstream || chr(10) || model, 1)) WITH =,
        tstzrange(loaded_at,
                  CASE WHEN end_reason IS NULL THEN NULL
                       ELSE coalesce(ended_at, greatest(expires_at, loaded_at)) END) WITH &&
    ) DEFERRABLE INITIALLY DEFERRED;

-- The meter takes those that wait longest; of those that wait alike neighbours, whose rows lie
-- together.
CREATE INDEX pending_by_due ON pending_instances (due_at, account_id, upstream, model);
