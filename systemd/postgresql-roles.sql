-- Who may do what in the results database on PostgreSQL. Run as a superuser in that database, once before and once
-- after `inboxray db upgrade`, and after each later one; running it again changes nothing:
--     createdb --template=template0 --encoding=UTF8 --locale=C inboxray
--     psql -d inboxray -f postgresql-roles.sql
--
--   inboxray_owner     makes and changes the tables: only `inboxray db upgrade` and `inboxray db copy` are this user
--   inboxray_writer    the daemon: adds rows, changes none but the end of its own run
--   inboxray_reader    people and their tools: see the view `results`, and nothing else
--   inboxray_page      `inboxray page`: sees each row, and changes none
--   inboxray_reviewer  `inboxray page --reviewer ...` and `inboxray review`: the same, and adds reviews
--
-- Give each a password (\password inboxray_writer) or a certificate; who logs in how is for pg_hba.conf to say.

DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY[
        'inboxray_owner', 'inboxray_writer', 'inboxray_reader', 'inboxray_page', 'inboxray_reviewer'
    ] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE', wanted);
        END IF;
    END LOOP;
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format(
        'GRANT CONNECT ON DATABASE %I'
        ' TO inboxray_owner, inboxray_writer, inboxray_reader, inboxray_page, inboxray_reviewer',
        current_database()
    );
END
$$;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO inboxray_owner;
GRANT USAGE ON SCHEMA public TO inboxray_writer, inboxray_reader, inboxray_page, inboxray_reviewer;

DO $$
BEGIN
    IF to_regclass('public.scans') IS NULL THEN
        RAISE NOTICE 'no tables yet: run `inboxray db upgrade` as inboxray_owner, then this again';
        RETURN;
    END IF;
    GRANT SELECT ON alembic_version, runs, models, scans, predictions, reviews, results TO inboxray_writer;
    GRANT INSERT ON runs, models, scans, predictions, reviews TO inboxray_writer;
    GRANT UPDATE (ended_at) ON runs TO inboxray_writer;
    GRANT UPDATE ON models TO inboxray_writer; -- to lock the table while a model is registered; it changes none
    GRANT SELECT ON results TO inboxray_reader;
    GRANT SELECT ON alembic_version, runs, models, scans, predictions, reviews, results
        TO inboxray_page, inboxray_reviewer;
    GRANT INSERT ON reviews TO inboxray_reviewer;
END
$$;
