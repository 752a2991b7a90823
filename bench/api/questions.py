"""What is asked of the API: every list with every filter, as it is usual and where it is at its worst."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import msgspec

from bench.api.past import HistoryEntry
from bench.parts import Database

_SCHEDULES, _SLOTS, _INTERVIEWS, _CANDIDATES, _DELIVERIES = (
    "/api/interviews/schedules/",
    "/api/interviews/slots/",
    "/api/interviews/",
    "/api/candidates/",
    "/api/notifications/deliveries/",
)

_FEW = {"limit": 1}  # as among a thousand bookings there are hardly more such ones


class Question(msgspec.Struct, frozen=True):
    """One thing to ask, by a name that is the same at every size."""

    name: str
    path: str


def questions(database: Database, past: HistoryEntry, **of_all: object) -> list[Question]:
    """Return everything that is asked at this size; `of_all` lists, what they don't say otherwise."""
    return [
        Question(f"{of} {name}".strip(), f"{path}?{urlencode(of_all | filters)}")
        for of, path, asked in (
            ("schedules", _SCHEDULES, _of_schedules(database, past)),
            ("slots", _SLOTS, _of_slots(database, past)),
            ("interviews", _INTERVIEWS, _of_interviews(database, past)),
            ("candidates", _CANDIDATES, _of_candidates()),
            ("deliveries", _DELIVERIES, _of_deliveries(database)),
        )
        for name, filters in asked
    ] + [Question("one schedule", f"{_SCHEDULES}{_deep(database, 'schedule', 'starts_at DESC, id DESC')}/")]


Asked = Iterator[tuple[str, dict[str, object]]]


def _of_schedules(database: Database, past: HistoryEntry) -> Asked:
    yield "", {}
    yield "limit 200", {"limit": 200}
    yield "deep page", {"after": _deep(database, "schedule", "starts_at DESC, id DESC")}
    for state in ("pending", "confirmed", "cancelled"):
        yield f"state={state}", {"state": state}
    for state in ("sent", "none"):
        yield f"invitation_state={state}", {"invitation_state": state}
    for state in ("pending", "at_risk", "failed"):
        yield f"invitation_state={state}", {"invitation_state": state, **_FEW}
    yield "two months to come", {"from": _moment(1), "to": _moment(61)}
    yield "two months long ago", {"from": _moment(-600), "to": _moment(-540)}
    yield "before all", {"to": _moment(-2000)}
    yield "all but the future", {"to": _moment(0)}
    yield "candidate", {"candidate": past.candidate}
    yield "candidate without bookings", {"candidate": past.idle_candidate}
    yield "busy job", {"job": past.busy_job}
    yield "rare job", {"job": past.rare_job}
    yield "job without bookings", {"job": past.idle_job}
    yield "busy job, state=cancelled (none)", {"job": past.busy_job, "state": "cancelled"}
    yield "busy job, a year ago", {"job": past.busy_job, "from": _moment(-700), "to": _moment(-330)}
    yield "busy job, invitation_state=sent", {"job": past.busy_job, "invitation_state": "sent"}
    yield "rare job, invitation_state=sent", {"job": past.rare_job, "invitation_state": "sent"}
    yield "busy job, invitation_state=failed", {"job": past.busy_job, "invitation_state": "failed", **_FEW}
    yield "rare job, invitation_state=failed", {"job": past.rare_job, "invitation_state": "failed"}
    yield "state=confirmed, invitation_state=failed", {"state": "confirmed", "invitation_state": "failed", **_FEW}
    yield "state=cancelled, to come", {"state": "cancelled", "from": _moment(0), **_FEW}
    yield "candidate, state=pending", {"candidate": past.candidate, "state": "pending"}
    yield "failed, deep page", {"invitation_state": "failed", "after": _deep_failed(database), **_FEW}


def _of_slots(database: Database, past: HistoryEntry) -> Asked:
    yield "", {}
    yield "deep page", {"after": _deep(database, "slot", "starts_at, id")}
    yield "two months to come", {"from": _moment(1), "to": _moment(61)}
    yield "available", {"available": "true", **_FEW}
    yield "available, two months to come", {"available": "true", "from": _moment(1), "to": _moment(61), **_FEW}
    yield "taken, to come", {"available": "false", "from": _moment(0)}
    yield "busy job, to come", {"job": past.busy_job, "from": _moment(0)}
    yield "job without slots of its own", {"job": past.idle_job}
    yield "interviewer, to come", {"interviewer": past.interviewer, "from": _moment(0), **_FEW}
    yield "interviewer without slots", {"interviewer": past.idle_interviewer}
    yield "an hour long (none)", {"min_minutes": 60}


def _of_interviews(database: Database, past: HistoryEntry) -> Asked:
    yield "", {}
    yield "deep page", {"after": _deep(database, "interview", "id DESC")}
    for state in ("open", "no_show", "in_progress"):
        yield f"state={state}", {"state": state}
    yield "candidate", {"candidate": past.candidate}
    yield "busy job", {"job": past.busy_job}
    yield "rare job", {"job": past.rare_job}
    yield "busy job, state=cancelled (none)", {"job": past.busy_job, "state": "cancelled"}
    yield "two months to come", {"from": _moment(1), "to": _moment(61)}
    yield "two months long ago", {"from": _moment(-600), "to": _moment(-540)}


def _of_candidates() -> Asked:
    yield "", {}
    yield "email", {"email": "asha.7@example.com"}
    yield "q, all of them", {"q": "asha"}
    yield "q, one of them", {"q": "nobody yet"}
    yield "q, nobody", {"q": "zacharias"}


def _of_deliveries(database: Database) -> Asked:
    yield "", {}
    yield "deep page", {"after": _deep(database, "delivery", "id DESC")}
    for state in ("sent", "superseded"):
        yield f"state={state}", {"state": state}
    for state in ("pending", "bounced"):
        yield f"state={state}", {"state": state, **_FEW}
    yield "channel=chat-team", {"channel": "chat-team"}
    yield "unknown channel", {"channel": "webhook-none"}
    for kind in ("reminder", "alert"):
        yield f"kind={kind}", {"kind": kind}
    yield "kind=reminder over chat (none)", {"kind": "reminder", "channel": "chat-team"}
    yield "reason=timeout", {"reason": "timeout", **_FEW}
    yield "reason=timeout, state=bounced (none)", {"reason": "timeout", "state": "bounced"}
    yield "since a month ago", {"since": _moment(-30)}
    yield "since now (none)", {"since": _moment(0)}
    yield "since long ago, state=exhausted", {"since": _moment(-700), "state": "exhausted", **_FEW}


def _moment(days: float) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat(timespec="seconds")


def _deep(database: Database, table: str, order: str) -> object:
    """Return the id of the row in the middle of a list."""
    return database.fetch(
        f"SELECT id FROM {table} ORDER BY {order} LIMIT 1 OFFSET (SELECT count(*) / 2 FROM {table})"  # noqa: S608 (our own words)
    )[0]["id"]


def _deep_failed(database: Database) -> object:
    return database.fetch(
        """
        WITH failed AS (SELECT * FROM invitation WHERE state IN ('bounced', 'rejected', 'exhausted'))
        SELECT schedule FROM failed ORDER BY starts_at DESC OFFSET (SELECT count(*) / 2 FROM failed)
        """
    )[0]["schedule"]
