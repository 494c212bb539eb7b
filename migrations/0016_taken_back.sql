-- An issued invoice stays; it is taken back by a document of the same amounts with the other sign.
-- What it held is free for the next invoice; that it once held it stays written.

CREATE TABLE invoice_voids (
    number      text PRIMARY KEY REFERENCES invoices,
    credit_note text NOT NULL UNIQUE REFERENCES invoices,  -- what takes it back
    author      text NOT NULL CHECK (author <> ''),
    reason      text NOT NULL CHECK (reason <> ''),
    CHECK (number <> credit_note)
);

CREATE FUNCTION require_note_being_issued() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF tollgate.account_of_invoice_being_issued(NEW.credit_note) IS DISTINCT FROM
       (SELECT account_id FROM tollgate.invoices WHERE number = NEW.number) THEN
        RAISE EXCEPTION 'invoice % is taken back while its credit note is issued', NEW.number
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF EXISTS (SELECT FROM tollgate.invoice_voids WHERE credit_note = NEW.number) THEN
        RAISE EXCEPTION 'document % takes another one back itself', NEW.number
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER invoice_voids_come_with_their_note BEFORE INSERT ON invoice_voids
    FOR EACH ROW EXECUTE FUNCTION require_note_being_issued();
CREATE TRIGGER invoice_voids_stay BEFORE UPDATE OR DELETE ON invoice_voids
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_invoice();
CREATE TRIGGER invoice_voids_are_not_emptied BEFORE TRUNCATE ON invoice_voids
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_invoice();

-- Released: by the document that took the invoice back. Each charge is on one standing invoice at
-- most.
ALTER TABLE invoice_charges
    ADD COLUMN released_by text REFERENCES invoice_voids (credit_note),
    DROP CONSTRAINT invoice_charges_pkey,
    ADD PRIMARY KEY (account_id, session_id, period, revision, number);
CREATE UNIQUE INDEX invoice_charges_stand_once
    ON invoice_charges (account_id, session_id, period, revision) WHERE released_by IS NULL;
ALTER TABLE invoice_corrections
    ADD COLUMN released_by text REFERENCES invoice_voids (credit_note),
    DROP CONSTRAINT invoice_corrections_pkey,
    ADD PRIMARY KEY (account_id, sequence, number);
CREATE UNIQUE INDEX invoice_corrections_stand_once
    ON invoice_corrections (account_id, sequence) WHERE released_by IS NULL;

-- The one change there is: once, by the document that takes the row's invoice back.
CREATE FUNCTION allow_release_alone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.released_by IS NOT NULL OR NEW.released_by IS NULL
       OR to_jsonb(NEW) - 'released_by' <> to_jsonb(OLD) - 'released_by'
       OR tollgate.account_of_invoice_being_issued(NEW.released_by) IS NULL
       OR NOT EXISTS (SELECT FROM tollgate.invoice_voids v
                      WHERE v.number = OLD.number AND v.credit_note = NEW.released_by) THEN
        RAISE EXCEPTION 'an issued invoice is never changed'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER invoice_charges_stay ON invoice_charges;
CREATE TRIGGER invoice_charges_stay BEFORE DELETE ON invoice_charges
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_invoice();
CREATE TRIGGER invoice_charges_are_released BEFORE UPDATE ON invoice_charges
    FOR EACH ROW EXECUTE FUNCTION allow_release_alone();
DROP TRIGGER invoice_corrections_stay ON invoice_corrections;
CREATE TRIGGER invoice_corrections_stay BEFORE DELETE ON invoice_corrections
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_invoice();
CREATE TRIGGER invoice_corrections_are_released BEFORE UPDATE ON invoice_corrections
    FOR EACH ROW EXECUTE FUNCTION allow_release_alone();

-- What standing invoices hold.
CREATE VIEW standing_charges AS
    SELECT account_id, session_id, period, revision, number, runs
    FROM invoice_charges WHERE released_by IS NULL;
CREATE VIEW standing_corrections AS
    SELECT account_id, sequence, number FROM invoice_corrections WHERE released_by IS NULL;

-- What the operator has recorded as paid. A row of the other sign takes one back. The sum lies
-- between nothing and the invoice's total.
CREATE TABLE invoice_payments (
    number      text NOT NULL REFERENCES invoices,
    sequence    integer NOT NULL CHECK (sequence > 0),
    amount      numeric NOT NULL CHECK (amount <> 0),
    paid_on     date NOT NULL,
    reference   text NOT NULL CHECK (reference <> ''),
    author      text NOT NULL CHECK (author <> ''),
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (number, sequence),
    UNIQUE (number, reference)
);

CREATE FUNCTION bound_payments() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wanted numeric;
    paid numeric;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('tollgate.payments.' || NEW.number, 0));
    SELECT total INTO wanted FROM tollgate.invoices WHERE number = NEW.number;
    SELECT coalesce(sum(amount), 0), coalesce(max(sequence), 0) + 1 INTO paid, NEW.sequence
        FROM tollgate.invoice_payments WHERE number = NEW.number;
    paid := paid + NEW.amount;
    IF paid * sign(wanted) < 0 OR abs(paid) > abs(wanted) THEN
        RAISE EXCEPTION 'the payments of an invoice lie between nothing and its total'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER invoice_payments_are_bounded BEFORE INSERT ON invoice_payments
    FOR EACH ROW EXECUTE FUNCTION bound_payments();

CREATE FUNCTION refuse_change_of_payment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a payment is never changed: record one of the other sign'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER invoice_payments_stay BEFORE UPDATE OR DELETE ON invoice_payments
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_payment();
CREATE TRIGGER invoice_payments_are_not_emptied BEFORE TRUNCATE ON invoice_payments
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_payment();

GRANT SELECT, INSERT ON invoice_voids, invoice_payments TO tollgate_service;
GRANT SELECT ON standing_charges, standing_corrections TO tollgate_service;
GRANT UPDATE (released_by) ON invoice_charges, invoice_corrections TO tollgate_service;
GRANT UPDATE (retired_at) ON gateways TO tollgate_service;
