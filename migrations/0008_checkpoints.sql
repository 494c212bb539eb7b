-- Signed statements of where every chain stood. Kept longer than facts, and best copied away: who
-- can rewrite the whole ledger still cannot sign. The body is specified in src/proof/checkpoint.h.

CREATE TABLE checkpoints (
    id         bigint PRIMARY KEY CHECK (id > 0),  -- dense
    made_at    timestamptz NOT NULL,
    body       text NOT NULL,
    signature  bytea NOT NULL CHECK (octet_length(signature) = 64),  -- Ed25519, of body
    public_key bytea NOT NULL CHECK (octet_length(public_key) = 32)
);

CREATE FUNCTION refuse_change_of_checkpoint() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a checkpoint is never changed'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER checkpoints_stay BEFORE UPDATE OR DELETE ON checkpoints
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_checkpoint();
CREATE TRIGGER checkpoints_are_not_emptied BEFORE TRUNCATE ON checkpoints
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_checkpoint();

GRANT SELECT, INSERT ON checkpoints TO tollgate_service;
