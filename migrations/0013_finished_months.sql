-- A month that is over gets an index by account too, for what reads one account's chain (its
-- export): while facts still come, it would cost each of them a quarter more. Made one at a time;
-- late facts of that month wait meanwhile. How many were made.

CREATE FUNCTION index_a_finished_month(now timestamptz) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = tollgate, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    partition text;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtext('tollgate.index_a_finished_month')) THEN
        RETURN 0;  -- another gateway is at it
    END IF;
    SELECT c.relname INTO partition FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'tollgate.facts'::regclass
        AND c.relname < 'facts_' || to_char(now - interval '2 days', 'YYYY_MM')
        AND to_regclass('tollgate.' || c.relname || '_by_account') IS NULL
        ORDER BY 1 LIMIT 1;
    IF partition IS NULL THEN
        RETURN 0;
    END IF;
    EXECUTE format('CREATE INDEX %I ON tollgate.%I (account_id, gateway, sequence)',
                   partition || '_by_account', partition);
    RETURN 1;
END $$;
REVOKE EXECUTE ON FUNCTION index_a_finished_month(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION index_a_finished_month(timestamptz) TO tollgate_service;
