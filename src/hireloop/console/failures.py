"""What failed, by cause, newest first; and for admins: send one again, or all of one cause, counted beforehand."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID

from litestar import Response
from litestar.params import FromPath

from hireloop import db, errors
from hireloop.access.roles import actor_of
from hireloop.console import booking, render
from hireloop.console.cards import path_of
from hireloop.console.gate import pressed
from hireloop.notify import parties
from hireloop.notify.deliveries import deliveries, failures, replay
from hireloop.notify.deliveries.replay import ReplayFilter
from hireloop.notify.deliveries.skips import ReplayResult
from hireloop.web.audit_notes import replay_note
from hireloop.web.context import AnyRequest, context_of
from hireloop.web.forms import uuid_of

PATH = "/console/failures/"
_A_PAGE = 50
_AT_ONCE = 1_000
_COUNTED = 20_000  # at most, for a page; where more failed, it says so
_LOOKED_BACK = timedelta(days=30)
_LONGEST_REASON = 200


async def page(request: AnyRequest) -> Response[bytes]:
    """List what was rejected, came back or ran out of time, by one reason or by any."""
    reason = _reason(request.query_params.get("reason"))
    context, after = context_of(request), uuid_of(request.query_params.get("after"))
    async with db.snapshot():
        found = await failures.failed(context.channels, reason=reason, limit=_A_PAGE + 1, after=after)
        slots = await parties.bookings_in([one.slot for one in found if one.slot is not None])
        reasons = await failures.reasons(since=datetime.now(UTC) - _LOOKED_BACK)
    return render.show(
        request,
        "failures",
        here="failures",
        reason=reason,
        reasons=reasons if reason is None or reason in reasons else {reason: 0, **reasons},
        failed=found[:_A_PAGE],
        slot_bookings=slots,
        after=found[_A_PAGE - 1].id if len(found) > _A_PAGE else None,
        goes_on=after is not None,
    )


async def replay_one(request: AnyRequest, delivery_id: FromPath[UUID]) -> Response[bytes]:
    """Send one delivery again that has ended, as it is: the same link, in the same trace."""
    await pressed(request)
    context = context_of(request)
    delivery, _ = await deliveries.find(delivery_id, context.channels)
    schedule_id = delivery.schedule
    if delivery.slot is not None:
        schedule_id = (await parties.bookings_in([delivery.slot])).get(delivery.slot)
    try:
        by = actor_of(request)
        behalf = context.on_behalf_of(by)
        did = await replay.one(delivery_id, context.channels, note=replay_note(by), behalf=behalf)
    except (errors.NotReplayable, errors.LimitReached) as refused:
        if schedule_id is None:
            raise
        return await booking.refuse(request, schedule_id, refused)
    if did:
        context.wakeups.send_soon()
    path = path_of(schedule_id) if schedule_id else PATH
    return render.see_other(path, done="replayed" if did else "not-replayed")


async def ask_to_replay(request: AnyRequest) -> Response[bytes]:
    """Count what one press would send again, and what it would leave and why. Changes nothing."""
    reason = _reason(request.query_params.get("reason"))
    if reason is None:
        return render.see_other(PATH)
    results = await _replay(request, reason, dry_run=True, look_at=_COUNTED)
    skipped = Counter(result.skip for result in results if result.skip is not None)
    return render.show(
        request,
        "replay",
        here="failures",
        reason=reason,
        count=_replayed(results),
        skipped=[(skip.sentence, count) for skip, count in skipped.most_common()],
        at_once=_AT_ONCE,
        counted=len(results) if len(results) >= _COUNTED else None,
        days=_LOOKED_BACK.days,
    )


async def replay_all(request: AnyRequest) -> Response[bytes]:
    """Send again what failed by one reason, the oldest first."""
    form = await pressed(request)
    reason = _reason(form.get("reason"))
    if reason is None:
        return render.see_other(PATH)
    count = _replayed(await _replay(request, reason, dry_run=False))
    return render.see_other(PATH, done="replayed-some" if count == _AT_ONCE else "replayed-all", n=count)


async def _replay(request: AnyRequest, reason: str, *, dry_run: bool, look_at: int | None = None) -> list[ReplayResult]:
    """Replay the oldest that failed by this reason; a dry run ends once it has looked at `look_at`."""
    context = context_of(request)
    only = ReplayFilter(reason=reason, since=datetime.now(UTC) - _LOOKED_BACK)
    results: list[ReplayResult] = []
    by = actor_of(request)
    note, behalf = replay_note(by), context.on_behalf_of(by)
    async for batch in replay.walk(only, context.channels, at_most=_AT_ONCE, dry_run=dry_run, note=note, behalf=behalf):
        results += batch
        if not dry_run:
            context.wakeups.send_soon()
        if look_at is not None and len(results) >= look_at:
            break
    return results


def _replayed(results: list[ReplayResult]) -> int:
    return sum(result.skip is None for result in results)


def _reason(text: str | None) -> str | None:
    """Return the reason that was asked for, None if there is none or it could not be stored."""
    return text if text and len(text) <= _LONGEST_REASON and text.isprintable() else None
