"""Sample channels, as values: they need no database and lead nowhere."""

from typing import Any

from msgspec import structs

from hireloop.notify.messages import INTERVIEWER_KINDS, PARTY_KINDS
from hireloop.notify.transport import Channel

EMAIL = Channel(
    name="email",
    transport_name="email",
    fingerprint="f",
    required=True,
    personal=True,
    kinds=frozenset({"invitation", "rescheduled", "cancelled"}) | INTERVIEWER_KINDS,
    concurrency=4,
)
MAIL = structs.replace(EMAIL, kinds=PARTY_KINDS)  # for everything that candidates and interviewers are told
WITH_FALLBACK = structs.replace(EMAIL, url="mailtos://one", fallback_url="mailtos://two", fallback_fingerprint="f2")


def chat(*kinds: str, **facts: Any) -> Channel:  # noqa: ANN401 (each field has its own type)
    """Return a chat channel for messages of these kinds: nobody in person, and nobody depends on it."""
    channel = Channel(
        name="chat",
        transport_name="apprise",
        fingerprint="c",
        required=False,
        personal=False,
        kinds=frozenset(kinds),
        concurrency=1,
    )
    return structs.replace(channel, **facts)
