-- Facts are chained by hash per (gateway, account), and append-only for everybody, their owner
-- included. What is hashed is specified in src/proof/chain.h.

ALTER TABLE facts ADD COLUMN chain bytea CHECK (octet_length(chain) = 32);

-- Where each chain stands; moved in the transaction that brings the facts. account_id is empty for
-- facts that are no account's. Kept longer than facts.
CREATE TABLE chain_heads (
    gateway       text NOT NULL,
    account_id    text NOT NULL,
    head          bytea NOT NULL CHECK (octet_length(head) = 32),
    count         bigint NOT NULL CHECK (count > 0),
    last_sequence bigint NOT NULL CHECK (last_sequence > 0),
    PRIMARY KEY (gateway, account_id)
);

-- Facts from before there were chains are chained as they are found now.
CREATE FUNCTION chain_frame(value text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT octet_length(convert_to(coalesce(value, ''), 'UTF8')) || ':' || coalesce(value, '') || ','
$$;
CREATE FUNCTION chain_micros(at timestamptz) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT (extract(epoch FROM at) * 1000000)::bigint::text
$$;
DO $$
DECLARE
    f record;
    chain_gateway text;
    chain_account text;
    hash bytea;
BEGIN
    FOR f IN SELECT tableoid AS place, ctid AS row_place, *, coalesce(account_id, '') AS account
             FROM facts ORDER BY gateway, account, sequence LOOP
        IF (chain_gateway, chain_account) IS DISTINCT FROM (f.gateway, f.account) THEN
            chain_gateway := f.gateway;
            chain_account := f.account;
            hash := sha256(convert_to(E'tollgate chain 1\n' || chain_frame(f.gateway) ||
                                      chain_frame(f.account), 'UTF8'));
        END IF;
        hash := sha256(convert_to(
            E'tollgate fact 1\n' || chain_frame(encode(hash, 'hex')) || chain_frame(f.gateway) ||
            chain_frame(f.sequence::text) || chain_frame(f.account) || chain_frame(f.upstream) ||
            chain_frame(f.kind) || chain_frame(f.key) || chain_frame(f.model) ||
            chain_frame(chain_micros(f.occurred_at)) || chain_frame(chain_micros(f.recorded_at)) ||
            chain_frame(f.body), 'UTF8'));
        UPDATE facts SET chain = hash WHERE tableoid = f.place AND ctid = f.row_place;
    END LOOP;
END $$;
DROP FUNCTION chain_frame(text);
DROP FUNCTION chain_micros(timestamptz);
INSERT INTO chain_heads (gateway, account_id, head, count, last_sequence)
    SELECT DISTINCT ON (gateway, coalesce(account_id, '')) gateway, coalesce(account_id, ''), chain,
           count(*) OVER (PARTITION BY gateway, coalesce(account_id, '')), sequence
    FROM facts ORDER BY gateway, coalesce(account_id, ''), sequence DESC;
ALTER TABLE facts ALTER COLUMN chain SET NOT NULL;

CREATE FUNCTION refuse_change_of_fact() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a fact is never changed'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
-- For each row, so that the partitions have it too. What is for a statement they must get one by
-- one.
CREATE TRIGGER facts_stay BEFORE UPDATE OR DELETE ON facts
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_fact();
CREATE TRIGGER facts_are_not_emptied BEFORE TRUNCATE ON facts
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_fact();
DO $$
DECLARE
    partition regclass;
BEGIN
    FOR partition IN SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'facts'::regclass
    LOOP
        EXECUTE format('CREATE TRIGGER facts_are_not_emptied BEFORE TRUNCATE ON %s '
                       'FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_fact()', partition);
    END LOOP;
END $$;

CREATE OR REPLACE FUNCTION make_fact_partition(at timestamptz) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = tollgate, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    first timestamptz := date_trunc('month', at);
    partition text := 'facts_' || to_char(first, 'YYYY_MM');
BEGIN
    IF to_regclass('tollgate.' || partition) IS NOT NULL THEN
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('tollgate.make_fact_partition'));
    IF to_regclass('tollgate.' || partition) IS NULL THEN
        EXECUTE format('CREATE TABLE tollgate.%I PARTITION OF tollgate.facts '
                       'FOR VALUES FROM (%L) TO (%L)',
                       partition, first, first + interval '1 month');
        EXECUTE format('CREATE TRIGGER facts_are_not_emptied BEFORE TRUNCATE ON tollgate.%I '
                       'FOR EACH STATEMENT EXECUTE FUNCTION tollgate.refuse_change_of_fact()',
                       partition);
    END IF;
END $$;

CREATE FUNCTION require_advance_of_chain() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' OR NEW.gateway <> OLD.gateway OR NEW.account_id <> OLD.account_id
       OR NEW.count <= OLD.count OR NEW.last_sequence <= OLD.last_sequence THEN
        RAISE EXCEPTION 'the head of a chain only moves on'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER chain_heads_move_on BEFORE UPDATE OR DELETE ON chain_heads
    FOR EACH ROW EXECUTE FUNCTION require_advance_of_chain();
CREATE TRIGGER chain_heads_are_not_emptied BEFORE TRUNCATE ON chain_heads
    FOR EACH STATEMENT EXECUTE FUNCTION require_advance_of_chain();

GRANT SELECT, INSERT, UPDATE ON chain_heads TO tollgate_service;
