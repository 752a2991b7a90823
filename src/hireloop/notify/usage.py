"""How much of something an API key has used in a day: the SQL of tables that count by the hour. Pure.

A row holds what one key has used in one hour, in one of 16 stripes. A transaction adds to the stripe of its own
connection, so that those of one key seldom wait for each other's commit, and never in a circle. A day is the current
hour and the 23 before it, and so 23 to 24 hours long: what was used in an hour is free again a day after that hour.
"""

from collections.abc import Mapping
from datetime import timedelta

A_DAY = timedelta(hours=24)
STRIPES = 16


def add_fragment(table: str, used: Mapping[str, str], *, key: str, now: str, source: str) -> str:
    """Return the statement that adds to what a key has used, by the table's columns; nothing without a key.

    `used` has an aggregate over the relation `source`, whose rows are what is used.
    """
    names, sums = ", ".join(used), ", ".join(used.values())
    more = ", ".join(f"{name} = known.{name} + excluded.{name}" for name in used)
    return f"""
        INSERT INTO {table} AS known (api_key, hour, stripe, {names})
        SELECT {key}::uuid, date_trunc('hour', {now}, 'UTC'), pg_backend_pid() % {STRIPES}, {sums}
        FROM {source} HAVING {key}::uuid IS NOT NULL AND count(*) > 0
        ON CONFLICT (api_key, hour, stripe) DO UPDATE SET {more}
    """  # noqa: S608 (our own names)


def used_fragment(table: str, column: str, *, key: str, now: str) -> str:
    """Return the expression for what a key has used in a day, as far as it is committed; 0 without a key."""
    return f"""
        (SELECT coalesce(sum({column}), 0)::bigint FROM {table} WHERE api_key = {key}::uuid AND {in_a_day("hour", now)})
    """  # noqa: S608 (our own names)


def in_a_day(hour: str, now: str) -> str:
    """Return the condition that an hour counts."""
    return f"{hour} > date_trunc('hour', {now}, 'UTC') - interval '24 hours'"


def wait_fragment(table: str, column: str, *, key: str, now: str, limit: str) -> str:
    """Return the expression for how long it is until less than `limit` is used, if nothing more is; at most a day.

    Of the hours from which on less than that was used, that is the end of the day of the first.
    """
    return f"""
        (SELECT coalesce(min(hour) + interval '24 hours' - {now}, interval '0') FROM (
            SELECT hour, sum(sum({column})) OVER (ORDER BY hour DESC) - sum({column}) AS later FROM {table}
            WHERE api_key = {key}::uuid AND {in_a_day("hour", now)} GROUP BY hour
        ) AS hours WHERE later < {limit})
    """  # noqa: S608 (our own names)
