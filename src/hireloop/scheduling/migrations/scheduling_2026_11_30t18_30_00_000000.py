"""People are found by any part of their name or address, without an extension of PostgreSQL."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from hireloop import db

ID = "2026-11-30T18:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "search for people"

# What pg_trgm and unaccent do, with PostgreSQL's own functions: neither extension is on every server, nor may every
# owner of a database create it. Each function has nothing but PostgreSQL's own in it, as `pg_dump` restores with an
# empty search path.
STATEMENTS = (
    # Without capitals and accents. NFKD takes the marks off their letters; some letters are no such combination.
    r"""
    CREATE FUNCTION search_text(words text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT COST 1000 AS $$
    DECLARE
        folded text;
    BEGIN
        IF words ~ '^[\x01-\x7f]*$' OR getdatabaseencoding() <> 'UTF8' THEN
            RETURN lower(words);
        END IF;
        folded := lower(regexp_replace(normalize(words, NFKD), '[\u0300-\u036f]', '', 'g'));
        folded := translate(folded, 'øØłŁđĐðÐıħĦŧŦ', 'oollddddihhtt');
        folded := replace(replace(replace(folded, 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe');
        RETURN replace(replace(replace(folded, 'Æ', 'ae'), 'Œ', 'oe'), 'þ', 'th');
    END
    $$
    """,
    # Every three characters that follow each other, and `^` with the first one and the first two of each word: by
    # these a search for one or two letters finds the beginnings of words. Said to be dear, so that the index is used.
    r"""
    CREATE FUNCTION search_keys(folded text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT COST 10000 AS $$
        SELECT ARRAY(
            SELECT substr(folded, at, 3) FROM generate_series(1, length(folded) - 2) AS at
            UNION
            SELECT '^' || left(word, size)
            FROM regexp_split_to_table(folded, '[\s\x01-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]+') AS word,
                generate_series(1, 2) AS size
            WHERE length(word) >= size
        )
    $$
    """,
    """
    CREATE INDEX candidates_by_words ON candidate
    USING gin (search_keys(search_text(full_name || ' ' || email))) WHERE erased_at IS NULL
    """,
)


async def forwards() -> MigrationManager:
    """Create the functions and the index in Piccolo's transaction."""
    return db.migration("scheduling", ID, DESCRIPTION, STATEMENTS)
