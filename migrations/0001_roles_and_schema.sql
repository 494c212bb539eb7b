-- The two roles and the schema. The only migration that runs as the user who migrates; all later
-- ones run as tollgate_owner. The service runs as tollgate_service, which owns nothing.

DO $$
DECLARE
    role_name text;
BEGIN
    FOREACH role_name IN ARRAY ARRAY['tollgate_owner', 'tollgate_service'] LOOP
        BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
                EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
            END IF;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;  -- another database of this cluster is migrated at this moment
        END;
        IF NOT pg_has_role(current_user, role_name, 'MEMBER') THEN
            EXECUTE format('GRANT %I TO CURRENT_USER', role_name);
        END IF;
    END LOOP;
END $$;

CREATE SCHEMA tollgate AUTHORIZATION tollgate_owner;
GRANT USAGE ON SCHEMA tollgate TO tollgate_service;

-- The exclusion constraint on sessions compares text inside a gist index.
CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA tollgate;

CREATE TABLE tollgate.schema_migrations (
    version    integer PRIMARY KEY,
    name       text NOT NULL,
    checksum   text NOT NULL,  -- SHA-256 of the file, hex
    applied_at timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE tollgate.schema_migrations OWNER TO tollgate_owner;
GRANT SELECT ON tollgate.schema_migrations TO tollgate_service;
