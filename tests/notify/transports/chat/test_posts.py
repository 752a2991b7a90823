"""What arrives at each service over HTTP: our words and our links, whatever strangers are called."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
import requests
from apprise.apprise import Apprise
from apprise.common import NotifyFormat

from hireloop.notify.messages import (
    KINDS,
    PARTY_KINDS,
    AlertCause,
    AlertMessage,
    CopiedChange,
    LateRequestMessage,
    Message,
    RecruiterCopyMessage,
)
from hireloop.notify.no_show import NoShowCause
from hireloop.notify.rendering.render import Renderer
from hireloop.notify.transport import Parcel
from hireloop.notify.transports.chat import http
from hireloop.notify.transports.chat.apprise import AppriseTransport
from notify.news import booking_news, interviewer_unreachable, missed, no_show
from notify.transports.chat import services
from notify.transports.chat.services import SERVICES, Service
from notify.transports.chat.strangers import NAMES, PAYLOADS
from sample_settings import settings_for
from servers.http import Received, Reply, ScriptedHttpServer

STARTS_AT = datetime(2026, 12, 1, 4, 30, tzinfo=UTC)
SCHEDULE = UUID("0193ae6c-0000-7000-8000-000000000001")
BOOKING = f"https://hire.example/console/bookings/{SCHEDULE}/"
TRACE = "https://jaeger.example/trace/4bf92f3577b34da6a3ce929d0e0e4736"
RENDERER = Renderer(
    secret="s" * 32,
    base_url="https://hire.example",
    sender="interviews@hire.example",
    zone=ZoneInfo("Asia/Kolkata"),
    locale="en",
    trace_ui_url="https://jaeger.example",
)
# What any service says to any request: signed in, joined, taken.
TAKEN = (
    b'{"ok":true,"code":0,"id":"1","room_id":"!r:h","access_token":"t","user_id":"@u:h","event_id":"e","status":"success",'
    b'"data":{"authToken":"t","userId":"u"},"result":{"id":1},"joined_rooms":["!r:h"],"flows":[]}'
)


@pytest.fixture
def everywhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Received]]:
    """Have every request of a plugin go to a server of ours, and return what comes in."""
    send = http._send  # noqa: SLF001 (what the watch sends with)
    with ScriptedHttpServer(Reply(200, TAKEN)) as server:

        def here(adapter: Any, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # noqa: ANN401
            path = request.path_url
            request.url = f"{server.url}{path}"
            return send(adapter, request, **options)

        monkeypatch.setattr(http, "_send", here)
        yield server.received


class Sender:
    """One channel to a service, and what the service got."""

    def __init__(self, service: Service, received: list[Received]) -> None:
        self._transport = AppriseTransport(service.url, settings_for("postgresql://nowhere/db", email_timeout=60))
        self._service, self._received = service, received

    def posted(self, parcel: Parcel) -> list[bytes]:
        """Send a parcel, and return the bodies of the requests that say something."""
        self._received.clear()
        outcome = self._transport.send(parcel)
        bodies = [request.body for request in self._received if services.words_of(request.body)]
        assert bodies, outcome
        return bodies


def parcel_of(message: Message) -> Parcel:
    return RENDERER.render(message, recipient="chat", message_id="<1@hire.example>", invitation_state="sent")


def messages_about(names: list[str]) -> list[Message]:
    """Return a message of each kind for chats, every field of which is somebody else's words."""
    one, two, three, four = names
    who = {"candidate_name": one, "job_title": two, "company": three, "schedule_id": SCHEDULE, "revision": 1}
    when = {"starts_at": STARTS_AT, "ends_at": STARTS_AT + timedelta(hours=1)}
    person = {
        "candidate_email": "asha@example.com",
        "time_zone": None,
        "locale": None,
        "recruiter_email": "r@acme.example",
    }
    booking: dict[str, Any] = who | when | person
    alert: dict[str, Any] = who | {
        "channel": four, "reason": four, "send_to": None, "about": four, "subject": four, "starts_at": STARTS_AT,
    }  # fmt: skip
    traced = alert | {"trace_id": TRACE.rpartition("/")[2], "reason": "app_password_required"}
    return [
        *(RecruiterCopyMessage(change=change, by=four, **booking) for change in CopiedChange),
        LateRequestMessage(asked_at=STARTS_AT, **booking),
        *booking_news(four, booking),
        interviewer_unreachable(four, booking),
        no_show(booking, missed(booking)),
        no_show(booking, missed(booking), missed(booking, NoShowCause.NOT_DELIVERED, failure=four), more=1),
        *(AlertMessage(cause=cause, **alert) for cause in AlertCause),
        AlertMessage(cause=AlertCause.FAILED, **traced),
    ]


def test_every_kind_for_chats_is_tried() -> None:
    tried = {type(message) for message in messages_about(["x"] * 4)}
    assert tried == {kind for name, kind in KINDS.items() if name not in PARTY_KINDS}


@pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
def test_nothing_of_a_stranger_works(service: Service, everywhere: list[Received]) -> None:
    sender, kinds = Sender(service, everywhere), len(messages_about(["x"] * 4))
    for number, first in enumerate(range(0, len(PAYLOADS), 4)):
        names = [PAYLOADS[(first + more) % len(PAYLOADS)] for more in range(4)]
        parcel = parcel_of(messages_about(names)[number % kinds])
        bodies = sender.posted(parcel)
        assert [hit for body in bodies for hit in services.alive(service, body, parcel.links)] == [], names


@pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
def test_names_and_our_links_arrive(service: Service, everywhere: list[Received]) -> None:
    sender = Sender(service, everywhere)
    for first in range(0, len(NAMES), 4):
        names = [NAMES[(first + more) % len(NAMES)] for more in range(4)]
        for message in messages_about(names)[3:5]:
            shown = services.shown(service, sender.posted(parcel_of(message))[-1])
            assert [name for name in names[:3] if name not in shown.replace("\u2068", "").replace("\u2069", "")] == []
            assert BOOKING in shown.split() or f"[{BOOKING}]({BOOKING})" in shown.split()


@pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
def test_no_picture_comes_from_a_third_party(service: Service, everywhere: list[Received]) -> None:
    for body in Sender(service, everywhere).posted(parcel_of(messages_about(["x"] * 4)[0])):
        assert b"github" not in body.lower()
        assert not any(ending in body.lower() for ending in (b".png", b".jpg", b".gif", b".ico"))


def test_attacks_worked_as_plain_text_of_the_plugins(everywhere: list[Received]) -> None:
    """What a plugin makes of the text itself, so that the readers above are known to see it."""
    parcel = parcel_of(messages_about(["[Payroll](http://evil.example)", "@here", "<b>x</b>", "x"])[0])
    for service in SERVICES.values():
        everywhere.clear()
        apprise = Apprise()
        apprise.add(service.url)
        apprise.notify(title=parcel.subject, body=parcel.text, body_format=NotifyFormat.TEXT)
        posts = [request.body for request in everywhere if services.words_of(request.body)]
        assert any(services.alive(service, body, parcel.links) for body in posts), service.url
