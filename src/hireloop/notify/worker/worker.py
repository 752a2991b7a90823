"""The worker: leases what is due, has it tried in threads, settles the outcome. Any number of them may run.

Nothing here is a promise that a crash could break: a lease that is not settled runs out, and another worker takes
the row. LISTEN only makes it quicker than the poll.
"""

import asyncio
import os
import socket
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import timedelta

from hireloop import db
from hireloop.db import FailureKind
from hireloop.notify import ends
from hireloop.notify.channels import health, providers
from hireloop.notify.channels.health import Availability
from hireloop.notify.channels.providers import LeaseRequest, Route
from hireloop.notify.decisions import due
from hireloop.notify.deliveries import deadlines, leases
from hireloop.notify.deliveries.leases import Lease, Settlement
from hireloop.notify.messages import KNOWN_KINDS
from hireloop.notify.transport import Channel, Evidence, Held, Outcome, Parcel, Phase, Transport
from hireloop.notify.worker import attempts, circuit, heartbeat, wakeup
from hireloop.notify.worker.attempts import AttemptResult, MessageRenderer
from hireloop.notify.worker.channel_sender import GATHER_SECONDS, ChannelSender
from hireloop.notify.worker.heartbeat import WorkerStatus
from hireloop.notify.worker.sweeps import Chore, Sweeps, name_of
from hireloop.telemetry import events, spans
from hireloop.telemetry.logs import log

POLL_SECONDS = 2.0
RENEW_SECONDS = 10.0
HEARTBEAT_SECONDS = 5.0
DRAIN_SECONDS = 25.0
_SETTLE_TOGETHER = 200
_AFTER_ERROR_SECONDS = 0.5
_DECIDE_SECONDS = 0.1  # at least, between two looks for what is undecided


class MissingTransport:
    """Stands in for a transport that could not be opened: every try says so, and the channel is held."""

    def __init__(self, reason: str) -> None:
        self._reason = reason

    def send(self, parcel: Parcel) -> Outcome:  # noqa: ARG002 (the protocol's signature)
        """Hold the channel."""
        return Held(reason=self._reason, evidence=Evidence(phase=Phase.CONFIGURE))


class Worker:
    """Sends what the outbox holds, until it is stopped."""

    def __init__(
        self,
        senders: Sequence[tuple[Channel, Transport]],
        *,
        renderer: MessageRenderer,
        listen_url: str,
        base_url: str = "",
        concurrency: int | None = None,
        fallbacks: Mapping[str, Transport] | None = None,
        chores: Sequence[Chore] = (),
        spans_dropped: Callable[[], int] = int,
    ) -> None:
        """Take what to send over, and the chores to run beside it; nothing runs before `run`.

        `fallbacks` holds the transports of the route `fallback`, by the channels' names. `spans_dropped` says how many
        spans could not be exported lately.
        """
        second = fallbacks or {}
        self._senders = [
            ChannelSender(channel, transport, second.get(channel.name), concurrency or channel.concurrency)
            for channel, transport in senders
        ]
        self._renderer = renderer
        self._chores, self._spans_dropped = tuple(chores), spans_dropped
        self._listen_url, self._base_url = listen_url, base_url
        self.id = db.new_id()
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self._wake = asyncio.Event()
        self._stopping = asyncio.Event()
        self._settlements: asyncio.Queue[Settlement] = asyncio.Queue()
        self._jobs: set[asyncio.Task[None]] = set()
        self._sweeps = Sweeps()
        self._decided_at = -_DECIDE_SECONDS  # by the monotonic clock
        self._broken: list[str] = []  # why this worker cannot go on, in sentences for people

    @property
    def has_broken_down(self) -> bool:
        """Whether this worker ended by itself, as it could not go on."""
        return bool(self._broken)

    def stop(self) -> None:
        """Lease nothing more, settle what is under way, then let `run` return."""
        self._stopping.set()
        self._wake.set()

    async def run(self) -> bool:
        """Work until `stop`; return whether everything under way was settled within `DRAIN_SECONDS`.

        A worker that cannot go on stops by itself, returns False and `has_broken_down`: its supervisor starts another.
        """
        log.info("worker.started", worker=self.name, channels=[sender.channel.name for sender in self._senders])
        helpers = [
            self._helper("listen", wakeup.listen(self._listen_url, self._wake.set)),
            self._helper("renew", self._renew_for_ever()),
            settling := self._helper("settle", self._settle_for_ever()),
            *(
                self._helper(name, self._sweeps.keep(name, seconds, work))
                for name, seconds, work in (
                    ("heartbeat", HEARTBEAT_SECONDS, self._report),
                    ("deadlines", POLL_SECONDS, self._expire),
                    *((name_of(chore), seconds, chore) for seconds, chore in self._chores),
                )
            ),
        ]
        while not self._stopping.is_set():
            await self._lease_what_is_due()
        drained = await self._drain(settling)
        for helper in helpers:
            helper.cancel()
        await asyncio.gather(*helpers, return_exceptions=True)
        for sender in self._senders:
            sender.threads.shutdown(wait=drained, cancel_futures=True)
        log.info("worker.stopped", worker=self.name, drained=drained)
        return drained and not self.has_broken_down

    def _helper(self, doing: str, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        """Start what runs beside the leasing for as long as this worker lives."""

        def ended(task: asyncio.Task[None]) -> None:
            if not task.cancelled() and (error := task.exception()) is not None:
                self._break_down(doing, error)

        task = asyncio.create_task(work)
        task.add_done_callback(ended)
        return task

    def _break_down(self, doing: str, error: BaseException) -> None:
        """Stop, as this worker cannot do what it is for: it says why in its log and in its last sign of life."""
        described, sqlstate = db.described(error), db.sqlstate_of(error)
        log.error(
            "worker.broke_down", worker=self.name, doing=doing, cause=described, sqlstate=sqlstate, exc_info=error
        )
        fix = db.fix_of(error) if isinstance(error, db.UNAVAILABLE) else "Check its log."
        self._broken.append(f"A worker has stopped, because it could not {doing} ({described}). {fix}")
        self.stop()

    def _failed(self, doing: str, error: BaseException) -> None:
        """Break down over what the database refuses until somebody repairs it, and take note of any other failure."""
        match db.kind_of(error):
            case FailureKind.TRANSIENT:
                log.warning("worker.database_failed", doing=doing, error=db.described(error))
            # Another worker would meet the same, such as a plugin's impossible reason: this one goes on, and says so.
            case FailureKind.UNKNOWN | FailureKind.UNWRITABLE:
                log.error("worker.database_refuses", doing=doing, error=db.described(error))
            case FailureKind.PERMANENT:
                self._break_down(doing, error)

    async def _lease_what_is_due(self) -> None:
        self._wake.clear()
        wait = await self._decide()
        for sender in self._senders:
            try:
                wait = min(wait, await self._lease(sender))
            except db.UNAVAILABLE as error:
                self._failed("lease", error)
                if self.has_broken_down:
                    return
                await asyncio.sleep(_AFTER_ERROR_SECONDS)
        if wait > 0:
            try:
                async with asyncio.timeout(wait):
                    await self._wake.wait()
            except TimeoutError:
                return  # the poll, which is the promise

    async def _decide(self) -> float:
        """Decide what is due and undecided, if that was not done just now; return in how many seconds to do so next."""
        just_now = self._decided_at + _DECIDE_SECONDS - time.monotonic()
        if just_now > 0:
            return just_now
        self._decided_at = time.monotonic()
        try:
            await due.decide()
        except db.UNAVAILABLE as error:
            self._failed("decide", error)
        return POLL_SECONDS

    async def _lease(self, sender: ChannelSender) -> float:
        """Lease for one channel what it can start now; return in how many seconds there may be more for it."""
        if sender.free == 0:
            return POLL_SECONDS  # a finished job wakes us
        if sender.rate_limited_seconds > 0:
            return sender.rate_limited_seconds
        if sender.gathers:
            return GATHER_SECONDS
        more, holds = False, sender.holds
        for request in providers.lease_requests(*await self._claims(sender)):
            if sender.holds != holds and not request.probing:  # a probe is for one that is held
                return 0  # a provider has been held since: what may be leased is asked for once more
            more |= await self._take_next(sender, request)
        if sender.rate_limited_seconds > 0:
            return sender.rate_limited_seconds
        return 0 if more else POLL_SECONDS

    @staticmethod
    async def _claims(sender: ChannelSender) -> tuple[Availability, Availability | None]:
        """Say what may be leased by the primary, and by the fallback; None if the channel has none."""

        async def by(route: Route) -> Availability:
            return await health.claim(providers.provider(sender.channel, route), may_probe=sender.may_probe(route))

        return await by(Route.PRIMARY), await by(Route.FALLBACK) if Route.FALLBACK in sender.transports else None

    async def _take_next(self, sender: ChannelSender, request: LeaseRequest) -> bool:
        """Lease what `request` allows; return whether there may be more of it."""
        limit = min(sender.free, 1) if request.probing else sender.free
        asked = time.monotonic()
        taken = []
        if limit and not self._stopping.is_set():  # while the claims were asked for, somebody may have said so
            kinds = sorted(KNOWN_KINDS)
            taken = await leases.take(
                sender.channel.name,
                limit=limit,
                worker=self.name,
                kinds=kinds,
                request=request,
                fingerprints=providers.fingerprints(sender.channel),
                rate_limit=sender.rate_limit,
            )
        if request.probing and request.route and not taken:
            await health.give_back(providers.provider(sender.channel, request.route))
            sender.nothing_to_probe(request.route, for_seconds=POLL_SECONDS)
        sender.took(taken, asked=asked, ours_for=leases.LEASE_SECONDS)
        for lease in taken:
            job = asyncio.create_task(self._try(sender, lease, asked, probing=request.probing))
            self._jobs.add(job)
            job.add_done_callback(self._jobs.discard)
        sender.has_backlog = len(taken) == limit and not request.probing
        return sender.has_backlog and sender.free > 0

    async def _try(self, sender: ChannelSender, lease: Lease, asked: float, *, probing: bool) -> None:
        try:
            self._settlements.put_nowait(await self._tried(sender, lease, asked, probing=probing))
        except Exception:  # noqa: BLE001 (a fault of ours in one try must neither pass in silence nor stop the others)
            ids = spans.said_of(lease.traceparent)
            log.exception("worker.try_crashed", delivery=str(lease.id), number=lease.number, **ids)
            sender.ended(lease.token)  # renewed no more: its lease runs out, and the try counts as lost
            self._wake.set()

    async def _tried(self, sender: ChannelSender, lease: Lease, asked: float, *, probing: bool) -> Settlement:
        result = await asyncio.get_running_loop().run_in_executor(sender.threads, self._attempt, sender, lease)
        try:  # before the delivery is free again, so that a held channel is not tried at once
            result = await circuit.judged(sender.channel, lease, result, probing=probing)
            await circuit.after_try(sender.channel, lease.route, result.outcome, probing=probing)
            sender.holds += isinstance(result.outcome, Held)
        except db.UNAVAILABLE as error:  # the next try notes it
            self._failed("settle", error)
        elapsed = timedelta(seconds=time.monotonic() - asked)
        return attempts.settlement(lease, result, elapsed=elapsed)

    def _attempt(self, sender: ChannelSender, lease: Lease) -> AttemptResult:
        return attempts.attempt(
            lease,
            transport=sender.transports[lease.route],
            transport_name=sender.channel.transport_name,
            renderer=self._renderer,
            still_ours=lambda: not self._stopping.is_set() and sender.is_ours(lease),
        )

    async def _settle_for_ever(self) -> None:
        while True:
            batch = [await self._settlements.get()]
            while len(batch) < _SETTLE_TOGETHER and not self._settlements.empty():
                batch.append(self._settlements.get_nowait())
            await self._settle(batch)

    async def _settle(self, batch: list[Settlement]) -> None:
        batch.sort(key=lambda settlement: settlement.delivery_id)
        await self._write(batch)
        for sender in self._senders:
            try:
                await circuit.after_settling(sender.channel, sender.under_way, batch)
            except db.UNAVAILABLE as error:  # the next block counts these too
                self._failed("settle", error)
            for settlement in batch:
                sender.ended(settlement.token)
        for _ in batch:
            self._settlements.task_done()
        self._wake.set()

    async def _write(self, batch: list[Settlement]) -> None:
        """Write the batch, again and again until the database takes it: what happened is known here alone.

        What it can never take, such as a plugin's impossible status, is left to its lease and keeps nobody waiting.
        Raises one of `db.UNAVAILABLE` if it takes none at all until somebody repairs it.
        """
        while True:
            try:
                ours = await leases.settle(batch)
            except db.UNAVAILABLE as error:
                match db.kind_of(error):
                    case FailureKind.PERMANENT:
                        raise
                    case FailureKind.UNWRITABLE:
                        await self._write_one_by_one(batch, error)
                        return
                    case FailureKind.UNKNOWN:
                        self._failed("settle", error)
                    case FailureKind.TRANSIENT:
                        log.warning("worker.not_settled_yet", error=db.described(error), settlements=len(batch))
                await asyncio.sleep(_AFTER_ERROR_SECONDS)
            else:
                under_way = {token: lease for sender in self._senders for token, lease in sender.under_way.items()}
                for end in attempts.ends_of(batch, under_way, ours):
                    ends.say(end)
                return

    async def _write_one_by_one(self, batch: list[Settlement], error: BaseException) -> None:
        if len(batch) == 1:
            (one,) = batch
            ids = {"trace_id": one.trace_id, "span_id": one.span_id}
            log.error("worker.unwritable", delivery=str(one.delivery_id), error=db.described(error), **ids)
            return
        for settlement in batch:
            await self._write([settlement])

    async def _drain(self, settling: asyncio.Task[None]) -> bool:
        async def settled() -> None:
            while self._jobs:
                await asyncio.wait(set(self._jobs))
            all_written = asyncio.ensure_future(self._settlements.join())
            await asyncio.wait({settling, all_written}, return_when=asyncio.FIRST_COMPLETED)
            all_written.cancel()  # if it is `settling` that has ended, nobody writes what is left

        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                await settled()
            await (self._report_last() if self.has_broken_down else heartbeat.remove(self.id))
        except (TimeoutError, *db.UNAVAILABLE) as error:
            log.error("worker.not_drained", error=db.described(error), under_way=len(self._jobs))
            return False
        return not settling.done()

    async def _report(self) -> None:
        status = WorkerStatus(
            failing=(*self._broken, *self._sweeps.failing),
            has_broken_down=self.has_broken_down,
            ledger_age=events.ledger_age(),
            spans_dropped=self._spans_dropped(),
        )
        names = [sender.channel.name for sender in self._senders]
        kinds = sorted(KNOWN_KINDS)
        await heartbeat.record(self.id, self.name, channels=names, kinds=kinds, base_url=self._base_url, status=status)

    async def _report_last(self) -> None:
        """Say why this worker has ended, as well as that is possible: what broke may be just this."""
        try:
            await self._report()
        except Exception as error:  # noqa: BLE001 (the log has said it)
            log.warning("worker.not_reported", worker=self.name, error=db.described(error))

    async def _renew_for_ever(self) -> None:
        while True:
            try:
                await self._renew()
            except db.UNAVAILABLE as error:
                self._failed("renew", error)
            await asyncio.sleep(RENEW_SECONDS)

    async def _renew(self) -> None:
        for sender in self._senders:
            asked = time.monotonic()
            mine = list(sender.under_way.values())
            if mine:
                renewed = await leases.renew(mine)
                for lease in mine:
                    sender.renewed(lease, until=asked + leases.LEASE_SECONDS if lease.token in renewed else 0)

    async def _expire(self) -> int:
        ended = await deadlines.expire([sender.channel for sender in self._senders])
        return ended + await deadlines.close_abandoned()
