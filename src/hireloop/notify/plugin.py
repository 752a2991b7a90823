"""The hub as a Litestar plugin: an application that has it can put messages, and wakes its workers."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

from litestar import Litestar
from litestar.config.app import AppConfig
from litestar.plugins import InitPlugin

from hireloop.notify.deliveries.outbox import MOVE_QUIET, Outbox
from hireloop.notify.deliveries.sending_limits import SendingLimits
from hireloop.notify.transport import Channel
from hireloop.notify.worker.wakeup import WakeupSender


class NotificationHub(InitPlugin):
    """Holds the outbox over the configured channels, and sends wake-ups while the application runs."""

    def __init__(
        self,
        channels: Sequence[Channel],
        *,
        listen_url: str,
        message_id_domain: str,
        limits: SendingLimits = SendingLimits(),  # noqa: B008 (frozen)
        move_quiet: timedelta = MOVE_QUIET,
    ) -> None:
        self.outbox = Outbox(
            channels=tuple(channels), message_id_domain=message_id_domain, limits=limits, move_quiet=move_quiet
        )
        self.wakeups = WakeupSender(listen_url)

    def on_app_init(self, app_config: AppConfig) -> AppConfig:
        """Start and stop the wake-ups with the application."""
        app_config.lifespan.append(self._sending_wakeups)
        return app_config

    @asynccontextmanager
    async def _sending_wakeups(self, _app: Litestar) -> AsyncIterator[None]:
        await self.wakeups.start()
        try:
            yield
        finally:
            await self.wakeups.stop()
