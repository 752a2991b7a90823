"""A whole installation in real processes, and what a frontend does with it over the generated client."""

import asyncio
import time
from dataclasses import dataclass
from typing import TypeVar

import httpx

from hireloop.local.mailbox.mailbox import Mailbox
from hireloop_client import AuthenticatedClient
from hireloop_client.api.notifications import get_delivery
from hireloop_client.models import (
    DeliveryState,
    DeliveryWithAttempts,
    Problem,
    ScheduleResponse,
)
from processes import Server, WorkerProcess
from servers.collector import Collector

T = TypeVar("T")


@dataclass(frozen=True)
class Installation:
    """Where everything is, and two clients that may schedule: by hand, and the generated one."""

    api: httpx.AsyncClient
    key: str
    server: Server
    worker: WorkerProcess
    mailbox: Mailbox
    collector: Collector
    client: AuthenticatedClient

    @property
    def url(self) -> str:
        return self.server.url


def done(answer: T | Problem | None) -> T:
    """Return what was answered; an AssertionError says which problem it is."""
    assert answer is not None
    assert not isinstance(answer, Problem), f"{answer.type_}: {answer.detail}"
    return answer


async def sent(client: AuthenticatedClient, schedule: ScheduleResponse) -> DeliveryWithAttempts:
    """Return the invitation's delivery once it is not pending any more."""
    ident = schedule.invitation.deliveries[0].id
    until = time.monotonic() + 20
    while True:
        delivery = done(await get_delivery.asyncio(ident, client=client))
        if delivery.state is not DeliveryState.PENDING or time.monotonic() > until:
            return delivery
        await asyncio.sleep(0.1)
