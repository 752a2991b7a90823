"""What one API key may send: so many messages a day, and so many re-invitations of a booking an hour.

They bound what somebody can do who has found a key (docs/decisions/0061). Messages are counted in the statement that
puts them. Until few are left, bookings of one key do not wait for each other; from then on they are counted one after
the other, so that not one more is sent than is allowed, but for the rest of the last act.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import ClassVar, Self
from uuid import UUID

import msgspec

from hireloop import db, errors
from hireloop.notify import usage
from hireloop.notify.rate_limit import whole_seconds
from hireloop.settings import Settings
from hireloop.statements import Statement
from hireloop.telemetry import events
from hireloop.telemetry.logs import log
from hireloop.wording.phrases import phrase

_WARNED_FROM_PERCENT = 80
_UNSEEN = 1_000  # messages that others may be putting just now, and that are not seen before they are committed
_AN_HOUR = timedelta(hours=1)


class KeyUse(msgspec.Struct, frozen=True, kw_only=True):
    """How many messages a key has sent in a day, of how many."""

    CAUSE: ClassVar[str] = phrase(
        "The API key %(key)s has sent %(used)s of the %(limit)s messages that it may send in a day."
    )
    FIX: ClassVar[str] = phrase(
        "If you do not know why, revoke it with `hireloop keys revoke %(key)s`; otherwise raise "
        "MESSAGES_PER_KEY_AND_DAY."
    )

    key: UUID
    used: int
    limit: int

    @property
    def facts(self) -> dict[str, object]:
        """What the two sentences are about."""
        return {"key": self.key, "used": self.used, "limit": self.limit}

    @property
    def cause(self) -> str:
        """What has happened; whose key it is, `hireloop keys list` says."""
        return self.CAUSE % self.facts

    @property
    def fix(self) -> str:
        """What to do about it."""
        return self.FIX % self.facts

    @property
    def sentence(self) -> str:
        """What is said of it to operators."""
        return f"{self.cause} {self.fix}"


class SendingLimits(msgspec.Struct, frozen=True, kw_only=True):
    """The limits of an installation; 0 is none."""

    messages_a_day: int = 0
    reinvitations_an_hour: int = 0

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return the limits that the settings ask for."""
        return cls(
            messages_a_day=settings.messages_per_key_and_day,
            reinvitations_an_hour=settings.reinvitations_per_booking_and_hour,
        )

    def counted(self, key: UUID | None) -> UUID | None:
        """Return the key that messages count for; None if they count for none."""
        return key if self.messages_a_day else None

    @property
    def warned_from(self) -> int:
        """How many messages are so many that somebody should know."""
        return -(-self.messages_a_day * _WARNED_FROM_PERCENT // 100)

    def is_close(self, used: int) -> bool:
        """Return whether a key that has sent so many must be counted exactly, or be spoken of; pure."""
        return bool(self.messages_a_day) and used >= min(self.warned_from, self.messages_a_day - _UNSEEN)

    async def check(self, key: UUID | None, *, new: int, now: datetime, refuses: bool) -> None:
        """Raise TooManyMessages if the limit was reached before the `new` messages that this transaction has put.

        Without `refuses` nothing is raised. If many are sent, that is said once a day, when it is committed. Another
        one that refuses waits until the end of the caller's transaction: what is put next sees what was put before.
        """
        if key is None or not self.messages_a_day:
            return
        if refuses and new:
            await _ONE_AT_A_TIME.run(key=key)
        [(used, warned_at, wait)] = await _USED.rows(key=key, now=now, limit=self.messages_a_day + new)
        if refuses and used - new >= self.messages_a_day:
            events.record_limit("messages", "refused")
            raise errors.TooManyMessages(whole_seconds(wait), self.messages_a_day)
        is_said = warned_at is not None and warned_at > now - usage.A_DAY
        if used >= self.warned_from and not is_said and await _WARN.value(key=key, now=now):
            db.after_commit(partial(_warn, key, used, self.messages_a_day))

    async def take(self, key: UUID | None, count: int, *, now: datetime) -> int:
        """Count so many messages that a key sends again, or as many as it still may, and return how many it may.

        In the caller's transaction, which makes others who refuse wait until its end.
        """
        if key is None or not self.messages_a_day or not count:
            return count
        await _ADD.run(key=key, now=now, count=count)
        await _ONE_AT_A_TIME.run(key=key)
        used: int = await _USED.value(key=key, now=now, limit=self.messages_a_day)
        taken = max(0, count - max(0, used - self.messages_a_day))
        await self.give_back(key, count - taken, now=now)
        await self.check(key, new=0, now=now, refuses=False)
        return taken

    async def give_back(self, key: UUID | None, count: int, *, now: datetime) -> None:
        """Do not count so many messages that were taken and are not sent."""
        if key is not None and self.messages_a_day and count:
            await _ADD.run(key=key, now=now, count=-count)

    async def record_reinvitations(
        self, schedule_ids: Sequence[UUID], *, key: UUID | None, now: datetime
    ) -> frozenset[UUID]:
        """Record that these bookings' candidates are invited again on behalf of a key; return those that may not be.

        In the caller's transaction, which holds them; of those that may not be, nothing is recorded.
        """
        if key is None or not self.reinvitations_an_hour or not schedule_ids:
            return frozenset()
        asked = sorted(set(schedule_ids))
        rows = await _REINVITE.rows(schedules=asked, now=now, limit=self.reinvitations_an_hour)
        return frozenset(asked) - {row["schedule"] for row in rows}

    async def refuse_reinvitation(self, schedule_id: UUID, *, now: datetime) -> None:
        """Raise TooManyReinvitations, with the seconds until the candidate of this booking may be invited again."""
        since: datetime | None = await _FIRST_OF.value(schedule=schedule_id, limit=self.reinvitations_an_hour)
        events.record_limit("reinvitations", "refused")
        wait = since + _AN_HOUR - now if since else timedelta()
        raise errors.TooManyReinvitations(whole_seconds(wait), self.reinvitations_an_hour)

    async def keys_running_out(self, *, now: datetime | None = None) -> list[KeyUse]:
        """Return the keys that have sent 80 % or more of what they may send in a day, the busiest first.

        After the limit was lowered, a key is among them once it sends something.
        """
        if not self.messages_a_day:
            return []
        rows = await _RUNNING_OUT.rows(now=now, least=self.warned_from)
        return [KeyUse(key=row["api_key"], used=row["used"], limit=self.messages_a_day) for row in rows]


class OnBehalf(msgspec.Struct, frozen=True, kw_only=True):
    """The API key on whose behalf something is sent again, and its limits; the command line has none."""

    limits: SendingLimits = SendingLimits()
    key: UUID | None = None


def used_fragment(*, key: str, now: str) -> str:
    """Return the expression for how many messages a key has sent in a day."""
    return usage.used_fragment("message_use", "messages", key=key, now=now)


def add_fragment(*, key: str, now: str, source: str) -> str:
    """Return the statement that counts the rows of `source` as messages of a key."""
    return usage.add_fragment("message_use", {"messages": "count(*)"}, key=key, now=now, source=source)


# So many messages more, or fewer, are counted for a key: those of a replay, which puts no new ones.
_ADD = Statement(
    usage.add_fragment(
        "message_use",
        {"messages": "max(more)"},
        key=":key",
        now=":now::timestamptz",
        source="(SELECT :count::bigint AS more) AS counted",
    )
)
# Those who refuse, one after the other for one key.
_ONE_AT_A_TIME = Statement("SELECT pg_advisory_xact_lock(hashtextextended('messages of ' || :key::uuid::text, 0))")
# What a key has sent, when it was last warned of, and how long it would have to wait.
_USED = Statement(f"""
    SELECT {used_fragment(key=":key", now=":now::timestamptz")} AS used,
        (SELECT warned_at FROM message_warning WHERE api_key = :key) AS warned_at,
        {usage.wait_fragment("message_use", "messages", key=":key", now=":now::timestamptz", limit=":limit")} AS wait
""")  # noqa: S608 (our own names)
# It is said now that a key's messages are running out, unless somebody else has just said so.
_WARN = Statement("""
    INSERT INTO message_warning AS known (api_key, warned_at) VALUES (:key, :now)
    ON CONFLICT (api_key) DO UPDATE SET warned_at = excluded.warned_at
    WHERE known.warned_at <= excluded.warned_at - interval '24 hours'
    RETURNING api_key
""")
_OF_AN_HOUR = "ARRAY(SELECT at FROM unnest(known.times) AS at WHERE at > :now::timestamptz - interval '1 hour')"
# Bookings whose candidates are invited again, but for those with as many in an hour as may be.
_REINVITE = Statement(f"""
    INSERT INTO reinvitation AS known (schedule, times)
    SELECT schedule, ARRAY[:now::timestamptz] FROM unnest(:schedules::uuid[]) AS schedule
    ON CONFLICT (schedule) DO UPDATE SET times = {_OF_AN_HOUR} || excluded.times
    WHERE cardinality({_OF_AN_HOUR}) < :limit
    RETURNING schedule
""")  # noqa: S608 (our own words)
# The re-invitation of a booking after which one more is allowed: of the latest so many, the first.
_FIRST_OF = Statement("""
    SELECT at FROM reinvitation, unnest(times) AS at WHERE schedule = :schedule ORDER BY at DESC
    OFFSET :limit - 1 LIMIT 1
""")
# Keys that have sent many messages in a day: each was warned of within the two days that its messages and the silence
# after a warning last together, so that the counts of others are not read.
_RUNNING_OUT = Statement(f"""
    SELECT api_key, used FROM (
        SELECT api_key, {used_fragment(key="warned.api_key", now="coalesce(:now, now())")} AS used
        FROM message_warning AS warned WHERE warned_at > coalesce(:now, now()) - interval '48 hours'
    ) AS summed
    WHERE used >= :least ORDER BY used DESC, api_key LIMIT 20
""")  # noqa: S608 (our own words)
# What no limit asks for any more.
_FORGET = Statement("""
    WITH forgotten AS (
        DELETE FROM message_use WHERE hour < coalesce(:now, now()) - interval '2 days' RETURNING 1
    ), past AS (
        DELETE FROM reinvitation
        WHERE times[cardinality(times)] <= coalesce(:now, now()) - interval '1 hour' RETURNING 1
    )
    SELECT (SELECT count(*) FROM forgotten) + (SELECT count(*) FROM past)
""")


async def forget_old(*, now: datetime | None = None) -> int:
    """Delete the counts that are older than any limit looks back, and return how many there were."""
    forgotten: int = await _FORGET.value(now=now)
    return forgotten


def _warn(key: UUID, used: int, limit: int) -> None:
    log.warning("key.messages_running_out", key_id=str(key), used=used, limit=limit)
    events.record_limit("messages", "close")
