"""What is held, a channel's own provider and its fallback apart."""

from datetime import UTC, datetime

import pytest

from hireloop.notify.channels import health, providers
from hireloop.notify.channels.held import held
from hireloop.notify.channels.providers import Route
from sample_channels import EMAIL, WITH_FALLBACK

pytestmark = pytest.mark.usefixtures("database")

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


async def test_nothing_is_held_at_first() -> None:
    assert await held([WITH_FALLBACK]) == []


async def test_a_held_fallback_is_told_apart_from_the_channels_own_provider() -> None:
    await health.hold(providers.provider(WITH_FALLBACK, Route.FALLBACK), "auth_refused", now=NOON)
    [second] = await held([WITH_FALLBACK])
    assert (second.route, second.reason) == (Route.FALLBACK, "auth_refused")
    assert second.sentence == (
        "The fallback of the channel email has been held since 2026-12-01 12:00:00 UTC. "
        "The server refused the user name or the password."
    )
    await health.hold(WITH_FALLBACK, "no_mail_host", now=NOON)
    assert [one.route for one in await held([WITH_FALLBACK])] == [Route.PRIMARY, Route.FALLBACK]


async def test_a_fallback_that_is_no_longer_configured_is_not_told() -> None:
    await health.hold(providers.provider(WITH_FALLBACK, Route.FALLBACK), "auth_refused", now=NOON)
    assert await held([EMAIL]) == []
