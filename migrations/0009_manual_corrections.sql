-- What the operator puts on an account by hand: a credit, or a further charge. Append-only for
-- everybody, their owner included. Entries of an account are chained by hash, which the database
-- computes itself, so that nobody enters one with a hash, a place or a predecessor of his own; what
-- is hashed is specified in src/ledger/manual_corrections.h.

CREATE TABLE manual_corrections (
    account_id text NOT NULL REFERENCES accounts,
    sequence   bigint NOT NULL CHECK (sequence > 0),  -- of the account, dense
    reference  text NOT NULL CHECK (length(reference) BETWEEN 1 AND 200),
    amount     numeric NOT NULL -- Negative: a credit. Neither NaN nor infinite.
               CHECK (amount <> 0 AND abs(amount) < 1000000000000),
    currency   text NOT NULL,
    author     text NOT NULL CHECK (length(author) BETWEEN 1 AND 200),
    reason     text NOT NULL CHECK (length(reason) BETWEEN 1 AND 1000),
    entered_at timestamptz NOT NULL,
    hash       bytea NOT NULL CHECK (octet_length(hash) = 32),
    PRIMARY KEY (account_id, sequence),
    UNIQUE (account_id, reference)
);

-- Which invoice brought it: one at most.
CREATE TABLE invoice_corrections (
    account_id text NOT NULL,
    sequence   bigint NOT NULL,
    number     text NOT NULL REFERENCES invoices,
    PRIMARY KEY (account_id, sequence),
    FOREIGN KEY (account_id, sequence) REFERENCES manual_corrections
);
CREATE INDEX invoice_corrections_of_invoice ON invoice_corrections (number);

CREATE FUNCTION frame_of(value text) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT convert_to(octet_length(convert_to(value, 'UTF8')) || ':' || value || ',', 'UTF8')
$$;

CREATE FUNCTION chain_manual_correction() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = tollgate, pg_temp AS $$
DECLARE
    last manual_corrections;
    previous bytea;
BEGIN
    IF NEW.currency <> (SELECT currency FROM accounts WHERE id = NEW.account_id) THEN
        RAISE EXCEPTION 'a correction is in its account''s currency'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('tollgate.corrections.' || NEW.account_id, 0));
    SELECT * INTO last FROM manual_corrections WHERE account_id = NEW.account_id
        ORDER BY sequence DESC LIMIT 1;
    NEW.sequence := coalesce(last.sequence, 0) + 1;
    NEW.amount := trim_scale(NEW.amount);
    previous := coalesce(last.hash, sha256(convert_to(E'tollgate corrections 1\n', 'UTF8') ||
                                           frame_of(NEW.account_id)));
    NEW.hash := sha256(
        convert_to(E'tollgate correction 1\n', 'UTF8') || frame_of(encode(previous, 'hex')) ||
        frame_of(NEW.account_id) || frame_of(NEW.sequence::text) || frame_of(NEW.reference) ||
        frame_of(NEW.amount::text) || frame_of(NEW.currency) || frame_of(NEW.author) ||
        frame_of(NEW.reason) ||
        frame_of((extract(epoch FROM NEW.entered_at) * 1000000)::bigint::text));
    RETURN NEW;
END $$;
CREATE TRIGGER manual_corrections_are_chained BEFORE INSERT ON manual_corrections
    FOR EACH ROW EXECUTE FUNCTION chain_manual_correction();

CREATE FUNCTION refuse_change_of_correction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a correction is never changed: enter another one'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER manual_corrections_stay BEFORE UPDATE OR DELETE ON manual_corrections
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_correction();
CREATE TRIGGER manual_corrections_are_not_emptied BEFORE TRUNCATE ON manual_corrections
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_correction();
CREATE TRIGGER invoice_corrections_stay BEFORE UPDATE OR DELETE ON invoice_corrections
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_invoice();
CREATE TRIGGER invoice_corrections_are_not_emptied BEFORE TRUNCATE ON invoice_corrections
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_invoice();

-- What an invoice brings is said while it is issued, and of its own account: an entry that is put
-- on another one would be billed nowhere.
CREATE FUNCTION require_own_invoice_being_issued() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF tollgate.account_of_invoice_being_issued(NEW.number) IS DISTINCT FROM NEW.account_id THEN
        RAISE EXCEPTION 'no invoice % is being issued to account %', NEW.number, NEW.account_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER invoice_corrections_come_with_it BEFORE INSERT ON invoice_corrections
    FOR EACH ROW EXECUTE FUNCTION require_own_invoice_being_issued();

GRANT SELECT, INSERT ON manual_corrections, invoice_corrections TO tollgate_service;
