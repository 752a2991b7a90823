"""The mail check behind a health endpoint: asked seldom, and never waited for long."""

import asyncio
import time

import pytest

from hireloop.notify.diagnosis import pulse
from hireloop.notify.diagnosis.findings import Level
from hireloop.notify.diagnosis.latest import Latest
from hireloop.notify.diagnosis.pulse import MailPulse
from hireloop.settings import Settings
from sample_settings import settings_for
from servers.smtp import Hang, ScriptedSmtpServer


def settings(server: ScriptedSmtpServer, **more: object) -> Settings:
    values = {"email_host": "localhost", "email_port": server.port, "email_timeout": 5, **more}
    return settings_for("postgresql://nowhere/d", **values)


async def test_a_server_that_says_nothing_is_not_waited_for_and_its_finding_comes_later() -> None:
    with ScriptedSmtpServer({"banner": Hang(0.5)}) as server:
        mail_pulse = MailPulse(settings(server))
        assert await mail_pulse.findings(patience=0.01) == ()
        found: tuple[object, ...] = ()
        async with asyncio.timeout(30):
            while not found:
                found = await mail_pulse.findings(patience=1)
        [finding] = await mail_pulse.findings(patience=0.01)
        assert finding.level is Level.FAILURE
        assert server.connection_count <= 2  # the second is a look whether it speaks TLS


async def test_what_was_found_is_kept_for_its_time_and_then_asked_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedSmtpServer({"banner": ["554 5.7.1 Go away"]}) as server:
        mail_pulse = MailPulse(settings(server))
        [bad] = await mail_pulse.findings(patience=10)
        assert bad.level is Level.FAILURE
        [still_bad] = await mail_pulse.findings(patience=10)
        assert still_bad == bad
        assert server.connection_count == 1
        monkeypatch.setattr(pulse, "SECONDS_BETWEEN", 0)
        for _ in range(2):
            [good] = await mail_pulse.findings(patience=10)
            assert good.level is Level.OK
        assert server.connection_count == 3


async def test_a_finding_that_workers_contradict_since_is_asked_for_anew_and_never_returned() -> None:
    with ScriptedSmtpServer({"banner": ["554 5.7.1 Go away"]}) as server:
        mail_pulse = MailPulse(settings(server))
        [bad] = await mail_pulse.findings(patience=10)
        assert (bad.level, bad.reason) == (Level.FAILURE, "server_refused")
        before = Latest(at=time.monotonic() - 60, reason=None)
        same = Latest(at=time.monotonic(), reason="server_refused")
        for seen in (before, same):
            assert await mail_pulse.findings({"mail": seen}, patience=10) == (bad,)
        assert server.connection_count == 1
        since = Latest(at=time.monotonic(), reason=None)
        [good] = await mail_pulse.findings({"mail": since}, patience=10)
        assert good.level is Level.OK
        assert await mail_pulse.findings({"mail": since}, patience=10) == (good,)
        assert server.connection_count == 2


@pytest.mark.parametrize("reason", [None, "connection_refused"])
async def test_a_contradicted_finding_is_left_out_where_the_new_one_takes_long(reason: str | None) -> None:
    with ScriptedSmtpServer({"banner": ["554 5.7.1 Go away", Hang(60)]}) as server:
        mail_pulse = MailPulse(settings(server))
        assert len(await mail_pulse.findings(patience=10)) == 1
        since = Latest(at=time.monotonic(), reason=reason)
        assert await mail_pulse.findings({"mail": since}, patience=0.05) == ()


async def test_what_the_settings_alone_say_is_contradicted_by_nothing() -> None:
    mail_pulse = MailPulse(settings_for("postgresql://nowhere/d", email_host=""))
    [found] = await mail_pulse.findings(patience=10)
    since = Latest(at=time.monotonic() + 60, reason=None)
    assert await mail_pulse.findings({"mail": since}, patience=10) == (found,)


async def test_a_finding_of_an_hour_ago_is_not_returned(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedSmtpServer({"banner": ["554 5.7.1 Go away", Hang(60)]}) as server:
        mail_pulse = MailPulse(settings(server))
        assert len(await mail_pulse.findings(patience=10)) == 1
        monkeypatch.setattr(pulse, "LOOK_BACK_SECONDS", 0.0)
        assert await mail_pulse.findings(patience=0.05) == ()


async def test_the_fallback_is_asked_too() -> None:
    with ScriptedSmtpServer() as server, ScriptedSmtpServer({"banner": "554 5.7.1 Go away"}) as second:
        url = f"mailto://localhost:{second.port}?from=jobs@hire.example"
        mail_pulse = MailPulse(
            settings_for(
                "postgresql://nowhere/d", email_host="localhost", email_port=server.port, email_fallback_url=url
            )
        )
        found: dict[str, Level] = {}
        async with asyncio.timeout(30):
            while len(found) < 2:
                found = {finding.check: finding.level for finding in await mail_pulse.findings(patience=1)}
    assert found == {"mail": Level.OK, "mail_fallback": Level.FAILURE}
