-- What an invoice holds, as batches of charges and not as charges: whoever adds a charge puts it
-- into its account's and period's open batch, and the closing that invoices that batch begins the
-- next one. Closing a month then costs what its lines cost, however many sessions they sum.

-- The batch that new charges of a period belong to. Open: it holds charges that no invoice does.
-- Charging holds the row shared until it commits, closing alone: neither sees half of the other.
CREATE TABLE charge_batches (
    account_id text NOT NULL REFERENCES accounts,
    period     text NOT NULL,
    batch      integer NOT NULL DEFAULT 1 CHECK (batch > 0),
    is_open    boolean NOT NULL DEFAULT true,
    PRIMARY KEY (account_id, period)
);

-- What a row says of its session stays as it was when it was charged.
ALTER TABLE charges
    ADD COLUMN batch       integer NOT NULL DEFAULT 1,
    ADD COLUMN runs        bigint NOT NULL DEFAULT 0,  -- of the session, that no earlier row has
    ADD COLUMN key         text,  -- null, as the rest: charged before they were kept
    ADD COLUMN gb          text,
    ADD COLUMN concurrency bigint,
    ADD COLUMN starts_at   timestamptz,  -- of what is billed in the period
    ADD COLUMN ends_at     timestamptz;

-- The charges of a batch are on one standing invoice at most. No foreign keys: a trigger looks at
-- the invoices of all rows of a statement together, and neither invoices nor these rows ever go.
CREATE TABLE invoice_batches (
    number      text NOT NULL,
    account_id  text NOT NULL,
    period      text NOT NULL,
    batch       integer NOT NULL,
    released_by text REFERENCES invoice_voids (credit_note),
    PRIMARY KEY (account_id, period, batch, number)
);
CREATE INDEX invoice_batches_of_invoice ON invoice_batches (number);
CREATE UNIQUE INDEX invoice_batches_stand_once ON invoice_batches (account_id, period, batch)
    WHERE released_by IS NULL;

-- What was marked charge by charge. A charge's batch is by the first invoice that held it.
CREATE TEMPORARY TABLE marked ON COMMIT DROP AS
    SELECT h.account_id, h.session_id, h.period, h.revision, h.runs, h.number,
           dense_rank() OVER (PARTITION BY h.account_id, h.period
                              ORDER BY i.issued_at, i.series, i.year, i.counter) AS batch
    FROM (SELECT DISTINCT ON (x.account_id, x.session_id, x.period, x.revision) x.*
          FROM invoice_charges x JOIN invoices j USING (number)
          ORDER BY x.account_id, x.session_id, x.period, x.revision, j.issued_at, j.series, j.year,
                   j.counter) h JOIN invoices i USING (number);
UPDATE charges c SET batch = m.batch, runs = m.runs FROM marked m
    WHERE (c.account_id, c.session_id, c.period, c.revision) =
          (m.account_id, m.session_id, m.period, m.revision);
INSERT INTO charge_batches (account_id, period, batch, is_open)
    SELECT c.account_id, c.period, coalesce(max(m.batch), 0) + 1,
           bool_or(s.number IS NULL)
    FROM charges c
    LEFT JOIN marked m USING (account_id, session_id, period, revision)
    LEFT JOIN standing_charges s USING (account_id, session_id, period, revision)
    GROUP BY c.account_id, c.period;
UPDATE charges c SET batch = b.batch FROM charge_batches b
    WHERE b.account_id = c.account_id AND b.period = c.period AND NOT EXISTS (
        SELECT FROM marked m WHERE (m.account_id, m.session_id, m.period, m.revision) =
                                   (c.account_id, c.session_id, c.period, c.revision));
INSERT INTO invoice_batches (number, account_id, period, batch, released_by)
    SELECT h.number, h.account_id, h.period, c.batch, min(h.released_by)
    FROM invoice_charges h JOIN charges c USING (account_id, session_id, period, revision)
    GROUP BY h.number, h.account_id, h.period, c.batch;
-- Runs that no invoice has shown yet are the next one's.
UPDATE charges c SET runs = s.runs - known.runs
    FROM (SELECT account_id, session_id, sum(runs) AS runs,
                 (array_agg(period ORDER BY period DESC, revision DESC))[1] AS period,
                 (array_agg(revision ORDER BY period DESC, revision DESC))[1] AS revision
          FROM charges GROUP BY account_id, session_id) known
    JOIN sessions s ON s.account_id = known.account_id AND s.id = known.session_id
    WHERE (c.account_id, c.session_id, c.period, c.revision) =
          (known.account_id, known.session_id, known.period, known.revision)
    AND s.runs > known.runs AND NOT EXISTS (
        SELECT FROM standing_charges m WHERE (m.account_id, m.session_id, m.period, m.revision) =
            (c.account_id, c.session_id, c.period, c.revision));

DROP VIEW standing_charges;
DROP TABLE invoice_charges;
CREATE VIEW invoice_charges AS
    SELECT c.account_id, c.session_id, c.period, c.revision, b.number, c.runs, b.released_by
    FROM invoice_batches b JOIN charges c USING (account_id, period, batch);
CREATE VIEW standing_charges AS
    SELECT account_id, session_id, period, revision, number, runs
    FROM invoice_charges WHERE released_by IS NULL;

-- Thousands come in one statement: they are looked at together.
CREATE FUNCTION require_own_invoices_being_issued() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = tollgate, pg_temp AS $$
DECLARE
    stray record;
BEGIN
    SELECT a.number, a.account_id INTO stray FROM added a LEFT JOIN invoices i
        ON i.number = a.number AND i.account_id = a.account_id
        AND i.xmin = pg_current_xact_id()::xid WHERE i.number IS NULL LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'no invoice % is being issued to account %', stray.number, stray.account_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER invoice_batches_come_with_it AFTER INSERT ON invoice_batches
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION require_own_invoices_being_issued();
CREATE TRIGGER invoice_batches_stay BEFORE DELETE ON invoice_batches
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_invoice();
CREATE TRIGGER invoice_batches_are_not_emptied BEFORE TRUNCATE ON invoice_batches
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_invoice();
CREATE TRIGGER invoice_batches_are_released BEFORE UPDATE ON invoice_batches
    FOR EACH ROW EXECUTE FUNCTION allow_release_alone();

-- Many numbers at once: the closing of many accounts takes them in one statement.
CREATE FUNCTION take_invoice_numbers(wanted_series text, wanted_year integer, count integer)
    RETURNS bigint  -- the last one
    LANGUAGE sql SECURITY DEFINER SET search_path = tollgate, pg_temp AS $$
    INSERT INTO invoice_counters AS c (series, year, last)
    SELECT wanted_series, wanted_year, count WHERE count > 0
    ON CONFLICT (series, year) DO UPDATE SET last = c.last + excluded.last
    RETURNING last
$$;
REVOKE EXECUTE ON FUNCTION take_invoice_numbers(text, integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION take_invoice_numbers(text, integer, integer) TO tollgate_service;
DROP FUNCTION take_invoice_number(text, integer);

CREATE OR REPLACE FUNCTION require_invoice_of_number() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = tollgate, pg_temp AS $$
DECLARE
    before bigint := CASE TG_OP WHEN 'UPDATE' THEN OLD.last ELSE 0 END;
BEGIN
    IF (SELECT count(*) FROM invoices i WHERE i.series = NEW.series AND i.year = NEW.year
        AND i.counter > before AND i.counter <= NEW.last) <> NEW.last - before THEN
        RAISE EXCEPTION 'an invoice number up to % % % was taken without an invoice',
            NEW.series, NEW.year, NEW.last USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER invoices_take_their_number ON invoices;
DROP FUNCTION require_number_of_counter();
CREATE FUNCTION require_numbers_of_counter() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = tollgate, pg_temp AS $$
DECLARE
    stray text;
BEGIN
    SELECT a.number INTO stray FROM added a LEFT JOIN invoice_counters c
        ON c.series = a.series AND c.year = a.year AND c.last >= a.counter
        WHERE c.series IS NULL LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'invoice number % was not taken from the counter', stray
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER invoices_take_their_number AFTER INSERT ON invoices
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION require_numbers_of_counter();

-- The faster compression, where this server has it.
DO $$
BEGIN
    ALTER TABLE invoices ALTER COLUMN document SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
    NULL;
END $$;

CREATE INDEX sessions_without_plan ON sessions (account_id) WHERE plan IS NULL;

GRANT SELECT, INSERT, UPDATE ON charge_batches TO tollgate_service;
GRANT SELECT, INSERT, UPDATE (released_by) ON invoice_batches TO tollgate_service;
GRANT SELECT ON invoice_charges, standing_charges TO tollgate_service;
