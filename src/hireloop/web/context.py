"""What handlers need, at every door: made once by the composition root, and found on the application."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeAlias, TypeVar

import msgspec
from litestar import Request
from litestar.connection import ASGIConnection

from hireloop import session_keys
from hireloop.access.api_keys import KeyRing
from hireloop.notify.deliveries.outbox import Outbox
from hireloop.notify.deliveries.sending_limits import OnBehalf
from hireloop.notify.diagnosis.pulse import MailPulse
from hireloop.notify.transport import Channel
from hireloop.notify.worker.wakeup import WakeupSender
from hireloop.scheduling.audit import Actor
from hireloop.scheduling.bookings.booking import WindowSettings
from hireloop.scheduling.bookings.bookings import SessionOfSchedule
from hireloop.settings import Settings
from hireloop.web.following import Following
from hireloop.web.slow_down import BadKeyLimiter

STATE_NAME = "context"

AnyRequest: TypeAlias = Request[Any, Any, Any]
AnyConnection: TypeAlias = ASGIConnection[Any, Any, Any, Any]  # a request, or a WebSocket
Details = TypeVar("Details", bound=msgspec.Struct)


class ResponseContext(msgspec.Struct, frozen=True, kw_only=True):
    """What responses depend on besides the database, also where no request asks for them."""

    settings: Settings
    channels: tuple[Channel, ...]
    outbox: Outbox
    warnings: tuple[str, ...]  # what is wrong with this installation, said on every booking

    def local(self, moment: datetime) -> datetime:
        """Return the same moment with the offset of DEFAULT_TIME_ZONE."""
        return moment.astimezone(self.settings.zone)

    def local_or_none(self, moment: datetime | None) -> datetime | None:
        """Return the same moment with the offset of DEFAULT_TIME_ZONE, or None."""
        return None if moment is None else self.local(moment)

    def localized(self, details: Details) -> Details:
        """Return the same details with each of their times at the offset of DEFAULT_TIME_ZONE, nested ones too."""
        localized: Details = self._localized(details)
        return localized

    def _localized(self, value: Any) -> Any:  # noqa: ANN401 (of whatever type)
        if isinstance(value, datetime):
            return self.local(value)
        if isinstance(value, msgspec.Struct):
            values = {name: self._localized(one) for name, one in msgspec.structs.asdict(value).items()}
            return msgspec.structs.replace(value, **values)
        if isinstance(value, list):
            return [self._localized(one) for one in value]
        return value


class Context(ResponseContext, frozen=True, kw_only=True):
    """The settings and the parts that handlers work with."""

    secret: str
    wakeups: WakeupSender
    keys: KeyRing
    bad_keys: BadKeyLimiter
    mail_pulse: MailPulse
    following: Following
    windows: WindowSettings
    spans_dropped: Callable[[], int]  # how many spans this process could not export lately
    database_faults: Callable[[], Awaitable[list[str]]]  # why this code cannot work with its database

    def on_behalf_of(self, actor: Actor) -> OnBehalf:
        """Return on whose behalf something is sent again, with the limits of this installation."""
        return OnBehalf(limits=self.outbox.limits, key=actor.key)

    def session_key(self, session: SessionOfSchedule) -> str:
        """Mint the key that opens this session."""
        return session_keys.mint(self.secret, session.id, session.key_version)


def context_of(connection: AnyConnection) -> Context:
    """Return the context of the application that serves this request."""
    context: Context = connection.app.state[STATE_NAME]
    return context
