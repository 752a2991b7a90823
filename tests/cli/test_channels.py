"""`hireloop channels`: the same as the API, also where no database answers."""

import subprocess

import pytest

from hireloop.notify.channels import configured, health, providers
from hireloop.notify.channels.providers import Route
from hireloop.notify.messages import PARTY_KINDS
from hireloop.settings import Settings
from processes import environment
from sample_channels import FOR_RECRUITERS
from sample_settings import SECRET
from test_cli import hireloop

CHAT = "json://chat.example/canary-token"


def channels(env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return hireloop("channels", env=env, seconds=60)


@pytest.mark.usefixtures("database")
async def test_the_command_says_the_same_and_why_a_channel_is_held(database_url: str) -> None:
    env = environment(database_url, CHAT_URLS=CHAT, MESSAGE_ROUTES="alert=none")
    ours = Settings.read(
        _env_file=None, secret_key=SECRET, chat_urls=CHAT, default_from_email=env["DEFAULT_FROM_EMAIL"]
    )
    await health.hold(configured.channels(ours)[1], "endpoint_refused")
    ran = channels(env)
    assert ran.returncode == 0, ran.stderr
    mail, chat, title, why, *transports = ran.stdout.splitlines()
    assert mail.split() == ["email", "open", "email", "required", *sorted(PARTY_KINDS)]
    assert chat.split()[1:] == ["held", "apprise", "optional", *sorted(FOR_RECRUITERS)]
    assert title == f"  {configured.channels(ours)[1].title}"
    assert "endpoint_refused: The endpoint denied access" in why
    assert [line.split()[:2] for line in transports][:2] == [["transport", "apprise"], ["transport", "email"]]
    assert all(line.endswith("loaded") for line in transports)
    assert "canary" not in ran.stdout + ran.stderr


@pytest.mark.usefixtures("database")
async def test_the_command_says_that_a_fallback_is_held(database_url: str) -> None:
    url = "mailto://u:canary@second.example"
    env = environment(database_url, EMAIL_FALLBACK_URL=url)
    ours = Settings.read(
        _env_file=None, secret_key=SECRET, email_fallback_url=url, default_from_email=env["DEFAULT_FROM_EMAIL"]
    )
    assert channels(env).stdout.splitlines()[1] == "  fallback: open"
    (channel,) = configured.channels(ours)
    await health.hold(providers.provider(channel, Route.FALLBACK), "auth_refused")
    ran = channels(env)
    mail, second, *_ = ran.stdout.splitlines()
    assert mail.split()[1] == "open"
    assert second.startswith("  fallback: held since ")
    assert second.endswith(": auth_refused: The server refused the user name or the password.")
    assert "canary" not in ran.stdout + ran.stderr


def test_the_command_works_where_no_database_answers() -> None:
    ran = channels(environment("postgresql://u:canary@127.0.0.1:1/nowhere"))
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines()[0].split()[:2] == ["email", "unknown"]
    assert ran.stderr.startswith("hireloop: warning: The database cannot be reached")
    assert "canary" not in ran.stderr


def test_the_command_refuses_a_bad_chat_url_with_one_sentence() -> None:
    ran = channels(environment("postgresql://127.0.0.1:1/nowhere", CHAT_URLS="json://canary.example/?retry=2"))
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith("hireloop: CHAT_URLS: address 1 (json://) has `retry=`. Remove it")
    assert "canary" not in ran.stderr
