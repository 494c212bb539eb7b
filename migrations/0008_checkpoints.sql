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

-- Where the account's chains stood when the invoice was issued.
CREATE TABLE invoice_chain_heads (
    number        text NOT NULL REFERENCES invoices (number),
    gateway       text NOT NULL,
    head          bytea NOT NULL CHECK (octet_length(head) = 32),
    count         bigint NOT NULL CHECK (count > 0),
    last_sequence bigint NOT NULL CHECK (last_sequence > 0),
    PRIMARY KEY (number, gateway)
);

CREATE FUNCTION refuse_change_of_invoice_heads() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the heads of an invoice are never changed'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER invoice_chain_heads_stay BEFORE UPDATE OR DELETE ON invoice_chain_heads
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_invoice_heads();
CREATE TRIGGER invoice_chain_heads_are_not_emptied BEFORE TRUNCATE ON invoice_chain_heads
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_invoice_heads();

-- Whose invoice is being issued in this transaction; null: none of this number.
CREATE FUNCTION account_of_invoice_being_issued(wanted text) RETURNS text
    LANGUAGE sql SECURITY DEFINER SET search_path = tollgate, pg_temp AS $$
    SELECT account_id FROM invoices
    WHERE number = wanted AND xmin = pg_current_xact_id()::xid
$$;
CREATE FUNCTION require_invoice_being_issued() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF tollgate.account_of_invoice_being_issued(NEW.number) IS NULL THEN
        RAISE EXCEPTION 'invoice % is not being issued', NEW.number
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER invoice_chain_heads_come_with_it BEFORE INSERT ON invoice_chain_heads
    FOR EACH ROW EXECUTE FUNCTION require_invoice_being_issued();

GRANT SELECT, INSERT ON invoice_chain_heads TO tollgate_service;
