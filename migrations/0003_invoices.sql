-- Invoices: issued once, never changed. Numbers are gapless by construction: the counter's row is
-- locked from the taking of a number to the commit of its invoice, and a commit that raised the
-- counter without an invoice is refused.

CREATE TABLE invoice_counters (
    series text NOT NULL,
    year   integer NOT NULL,
    last   bigint NOT NULL CHECK (last > 0),
    PRIMARY KEY (series, year)
);

-- The whole invoice is in `document` (issuer, customer, lines, sessions, as they were); the columns
-- are for finding it. Changes of its standing (paid, void) will be rows of other tables.
CREATE TABLE invoices (
    number      text PRIMARY KEY,
    series      text NOT NULL CHECK (series ~ '^[A-Z0-9-]{1,16}$'),
    year        integer NOT NULL,
    counter     bigint NOT NULL CHECK (counter > 0),
    account_id  text NOT NULL REFERENCES accounts,
    month       text NOT NULL CHECK (month ~ '^[0-9]{4}-[0-9]{2}$'),
    timezone    text NOT NULL,
    currency    text NOT NULL,
    issued_at   timestamptz NOT NULL,
    total       numeric NOT NULL,
    total_exact numeric NOT NULL,
    digest      text NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'),
    document    text NOT NULL,
    UNIQUE (series, year, counter)
);
CREATE INDEX invoices_of_account ON invoices (account_id, month);

-- Which charges an invoice holds: each row of charges is on one invoice at most.
CREATE TABLE invoice_charges (
    account_id text NOT NULL,
    session_id text NOT NULL,
    period     text NOT NULL,
    revision   integer NOT NULL,
    number     text NOT NULL REFERENCES invoices,
    runs       bigint NOT NULL,  -- of the session, that this invoice shows
    PRIMARY KEY (account_id, session_id, period, revision),
    FOREIGN KEY (account_id, session_id, period, revision) REFERENCES charges
);
CREATE INDEX invoice_charges_of_invoice ON invoice_charges (number);

CREATE FUNCTION take_invoice_number(wanted_series text, wanted_year integer) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = tollgate, pg_temp AS $$
    INSERT INTO invoice_counters AS c (series, year, last) VALUES (wanted_series, wanted_year, 1)
    ON CONFLICT (series, year) DO UPDATE SET last = c.last + 1
    RETURNING last
$$;

CREATE FUNCTION require_invoice_of_number() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = tollgate, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM invoices i WHERE i.series = NEW.series AND i.year = NEW.year
                   AND i.counter = NEW.last) THEN
        RAISE EXCEPTION 'invoice number % % % was taken without an invoice',
            NEW.series, NEW.year, NEW.last USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER numbers_have_invoices AFTER INSERT OR UPDATE ON invoice_counters
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION require_invoice_of_number();

-- An invoice's number is the counter's: nobody invents one.
CREATE FUNCTION require_number_of_counter() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = tollgate, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM invoice_counters c WHERE c.series = NEW.series AND c.year = NEW.year
                   AND c.last = NEW.counter) THEN
        RAISE EXCEPTION 'invoice number % was not taken from the counter', NEW.number
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER invoices_take_their_number BEFORE INSERT ON invoices
    FOR EACH ROW EXECUTE FUNCTION require_number_of_counter();

CREATE FUNCTION refuse_change_of_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an issued invoice is never changed'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER invoices_stay BEFORE UPDATE OR DELETE ON invoices
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_invoice();
CREATE TRIGGER invoices_are_not_emptied BEFORE TRUNCATE ON invoices
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_invoice();
CREATE TRIGGER invoice_charges_stay BEFORE UPDATE OR DELETE ON invoice_charges
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_invoice();
CREATE TRIGGER invoice_charges_are_not_emptied BEFORE TRUNCATE ON invoice_charges
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_invoice();

GRANT SELECT, INSERT ON invoices, invoice_charges TO tollgate_service;
GRANT SELECT ON invoice_counters TO tollgate_service;
REVOKE EXECUTE ON FUNCTION take_invoice_number(text, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION take_invoice_number(text, integer) TO tollgate_service;
