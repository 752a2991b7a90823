"""One mailbox is one person, however its address is written: each address gets a key (docs/decisions/0063)."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from hireloop import db

ID = "2026-11-29T21:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "keys of addresses"

# The key is generated, so that rows which the version before writes have it too. It must be one function with nothing
# but PostgreSQL's own in it: `pg_dump` restores with an empty search path.
STATEMENTS = (
    # In small letters, in NFC, and the domain in its own script: labels in punycode are decoded (RFC 3492, 6.2). Those
    # that cannot be decoded stay as they are. U+3002 is the full stop of East Asia, which separates labels as well. Of
    # U+0130, the dotted I, some collations make a plain i, which is another letter.
    r"""
    CREATE FUNCTION address_key(address text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT AS $$
    DECLARE
        folded text := lower(address);
        mailbox text;
        label text;
        labels text[] := '{}';
        points integer[];
        rest text;
        n bigint; i bigint; old_i bigint; bias bigint; w bigint; k bigint; t bigint; digit bigint; delta bigint;
    BEGIN
        IF address ~ '^[\x01-\x7f]*$' AND strpos(folded, 'xn--') = 0 OR getdatabaseencoding() <> 'UTF8' THEN
            RETURN folded;
        END IF;
        folded := lower(replace(address, chr(304), 'i' || chr(775)));
        mailbox := substring(folded from '^(.*)@');
        IF mailbox IS NULL THEN
            RETURN normalize(folded, NFC);
        END IF;
        rest := lower(normalize(substring(folded from '[^@]*$'), NFKC));
        FOREACH label IN ARRAY string_to_array(replace(rest, chr(12290), '.'), '.') LOOP
            BEGIN
                IF label ~ '^xn--[a-z0-9-]{1,59}$' THEN
                    rest := substr(label, 5);
                    points := ARRAY(SELECT ascii(c) FROM regexp_split_to_table(
                        coalesce(substring(rest from '^(.+)-'), ''), '') WITH ORDINALITY AS basic(c, nth)
                        WHERE c <> '' ORDER BY nth);
                    rest := substring(rest from '[^-]*$');
                    n := 128; i := 0; bias := 72;
                    WHILE rest <> '' LOOP
                        old_i := i; w := 1; k := 36;
                        LOOP
                            digit := strpos('abcdefghijklmnopqrstuvwxyz0123456789', left(rest, 1)) - 1;
                            IF rest = '' OR digit < 0 THEN
                                RAISE invalid_text_representation;
                            END IF;
                            rest := substr(rest, 2);
                            i := i + digit * w;
                            t := least(greatest(k - bias, 1), 26);
                            EXIT WHEN digit < t;
                            w := w * (36 - t);
                            k := k + 36;
                        END LOOP;
                        delta := (i - old_i) / CASE WHEN old_i = 0 THEN 700 ELSE 2 END;
                        delta := delta + delta / (cardinality(points) + 1);
                        k := 0;
                        WHILE delta > 455 LOOP
                            delta := delta / 35;
                            k := k + 36;
                        END LOOP;
                        bias := k + 36 * delta / (delta + 38);
                        n := n + i / (cardinality(points) + 1);
                        i := i % (cardinality(points) + 1);
                        points := points[:i] || n::integer || points[i + 1:];
                        i := i + 1;
                    END LOOP;
                    label := lower(normalize((SELECT string_agg(chr(point), '' ORDER BY nth)
                        FROM unnest(points) WITH ORDINALITY AS decoded(point, nth)), NFC));
                END IF;
            EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
                NULL;
            END;
            labels := labels || label;
        END LOOP;
        RETURN normalize(mailbox, NFC) || '@' || normalize(array_to_string(labels, '.'), NFC);
    END
    $$
    """,
    "ALTER TABLE candidate ADD COLUMN address_key text NOT NULL GENERATED ALWAYS AS (address_key(email)) STORED",
    # Those who were here when keys came, and share a mailbox with somebody who was here before them, count as another
    # person: 1, 2 and so on. Nobody else does.
    "ALTER TABLE candidate ADD COLUMN address_twin integer NOT NULL DEFAULT 0",
    """
    UPDATE candidate SET address_twin = twins.nth FROM (
        SELECT id, row_number() OVER (PARTITION BY address_key ORDER BY created_at, id) - 1 AS nth FROM candidate
    ) AS twins
    WHERE twins.id = candidate.id AND twins.nth > 0
    """,
    "CREATE INDEX candidates_with_a_twin ON candidate (address_key) WHERE address_twin > 0",
    # By its name the version before knows what a violation means.
    "DROP INDEX one_candidate_per_address",
    "CREATE UNIQUE INDEX one_candidate_per_address ON candidate (address_key, address_twin)",
    """
    ALTER TABLE slot ADD COLUMN interviewer_key text GENERATED ALWAYS AS (address_key(interviewer_email)) STORED,
        ADD COLUMN overlaps_since_before boolean NOT NULL DEFAULT false
    """,
    """
    UPDATE slot SET overlaps_since_before = true
    WHERE withdrawn_at IS NULL AND interviewer_email IS NOT NULL AND interviewer_key <> interviewer_email_lower
        AND EXISTS (
            SELECT FROM slot other
            WHERE other.id <> slot.id AND other.interviewer_key = slot.interviewer_key
                AND other.withdrawn_at IS NULL AND other.starts_at < slot.ends_at AND other.ends_at > slot.starts_at
        )
    """,
    "ALTER TABLE slot DROP CONSTRAINT interviewer_has_one_slot_at_a_time",
    """
    ALTER TABLE slot ADD CONSTRAINT interviewer_has_one_slot_at_a_time EXCLUDE USING gist (
        textrange(interviewer_key, interviewer_key, '[]') WITH &&, tstzrange(starts_at, ends_at) WITH &&
    ) WHERE (withdrawn_at IS NULL AND interviewer_email IS NOT NULL AND NOT overlaps_since_before)
    """,
    "DROP INDEX slots_of_an_interviewer",
    "CREATE INDEX slots_of_an_interviewer ON slot (interviewer_key, starts_at, id)",
    "ALTER TABLE slot ALTER COLUMN interviewer_key SET (n_distinct = -0.1)",
)


async def forwards() -> MigrationManager:
    """Add the columns in Piccolo's transaction."""
    return db.migration("scheduling", ID, DESCRIPTION, STATEMENTS)
