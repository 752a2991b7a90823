"""Wake-ups: a NOTIFY after a booking, and a worker that LISTENs. They save time; polling is what is relied on."""

from collections.abc import Callable

from hireloop.db import notifications
from hireloop.db.notifications import NotificationSender
from hireloop.statements import Statement

CHANNEL = "hireloop_delivery"
# The wake-up says that something is due, and not what.
NOTIFY = Statement(f"NOTIFY {CHANNEL}")


class WakeupSender(NotificationSender):
    """Sends wake-ups, and what else a server process tells others."""

    def send_soon(self) -> None:
        """Wake the workers soon; returns at once."""
        self.notify_soon(CHANNEL)


async def listen(url: str, wake: Callable[[], None]) -> None:
    """Call `wake` at every wake-up, for ever, and after each connect (`notifications.listen_to`)."""
    await notifications.listen_to(CHANNEL, url, lambda _: wake(), name="worker-listen")
