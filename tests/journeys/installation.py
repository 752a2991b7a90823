"""A whole installation in real processes."""

from dataclasses import dataclass

import httpx

from collector import Collector
from hireloop.local.mailbox import Mailbox
from processes import Server, WorkerProcess


@dataclass(frozen=True)
class Installation:
    """Where everything is, and a client that may schedule."""

    api: httpx.AsyncClient
    key: str
    server: Server
    worker: WorkerProcess
    mailbox: Mailbox
    collector: Collector

    @property
    def url(self) -> str:
        return self.server.url
