"""The audit is blanked by a function of its owner, and only where it is about a person who has been erased."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from hireloop import db

ID = "2026-11-29T22:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "blanking the audit of an erased person"

# Names are written with the schema in which the tables are, wherever that is, and the search path is fixed: a caller
# can put no table of its own in the place of ours. Whom an entry is about is what the entry itself says: who gives an
# erased person's interview the id of an API key opens no entry about that key. 0.1.0 sets `hireloop.erasing` before its
# UPDATE; that is not read any more, as anybody can set it. Its UPDATE passes all the same, because the person is erased
# by then.
STATEMENTS = (
    """
    DO $migration$
    DECLARE
        here text := (SELECT quote_ident(nspname) FROM pg_catalog.pg_class
            JOIN pg_catalog.pg_namespace ON pg_namespace.oid = relnamespace
            WHERE pg_class.oid = 'audit_entry'::regclass);
        trusted text;
    BEGIN
        EXECUTE replace($sql$
            CREATE OR REPLACE FUNCTION @.audit_is_append_only() RETURNS trigger LANGUAGE plpgsql
            SET search_path = pg_catalog, pg_temp AS $$
            BEGIN
                IF TG_OP = 'UPDATE' AND OLD.action <> 'candidate.erased' AND NEW.details = '{}'
                    AND to_jsonb(NEW) - 'details' = to_jsonb(OLD) - 'details'
                    AND EXISTS (SELECT FROM @.candidate WHERE id = OLD.candidate AND erased_at IS NOT NULL) THEN
                    RETURN NEW;
                END IF;
                RAISE EXCEPTION 'the audit is append-only' USING ERRCODE = 'integrity_constraint_violation';
            END
            $$
        $sql$, '@', here);
        EXECUTE replace($sql$
            CREATE FUNCTION @.blank_audit_of_erased(person uuid) RETURNS void LANGUAGE plpgsql
            SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
            BEGIN
                IF NOT EXISTS (SELECT FROM @.candidate WHERE id = person AND erased_at IS NOT NULL) OR NOT EXISTS (
                    SELECT FROM @.audit_entry WHERE candidate = person AND action = 'candidate.erased'
                ) THEN
                    RAISE EXCEPTION 'the audit says nothing of the erasure of this person'
                        USING ERRCODE = 'integrity_constraint_violation';
                END IF;
                UPDATE @.audit_entry SET details = '{}'
                WHERE candidate = person AND action <> 'candidate.erased' AND details <> '{}';
            END
            $$
        $sql$, '@', here);
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s.blank_audit_of_erased(uuid) FROM PUBLIC', here);
        -- Roles that could blank the audit by themselves until now.
        FOR trusted IN
            SELECT DISTINCT quote_ident(rolname) FROM pg_catalog.pg_class, aclexplode(relacl) AS granted
            JOIN pg_catalog.pg_roles ON pg_roles.oid = grantee
            WHERE pg_class.oid = 'audit_entry'::regclass AND privilege_type = 'UPDATE' AND grantee <> relowner
        LOOP
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s.blank_audit_of_erased(uuid) TO %s', here, trusted);
        END LOOP;
    END
    $migration$
    """,
)


async def forwards() -> MigrationManager:
    """Replace the trigger's function and create the other in Piccolo's transaction."""
    return db.migration("scheduling", ID, DESCRIPTION, STATEMENTS)
