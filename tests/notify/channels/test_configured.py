"""The channels that the settings make: their names, what goes over them, and what is refused."""

import re
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from hireloop.errors import SettingsError
from hireloop.notify.channels import configured
from hireloop.notify.messages import CANDIDATE_KINDS
from hireloop.notify.transport import Channel, title_of
from sample_channels import FOR_CHATS, FOR_PROGRAMS, FOR_RECRUITERS, TO_ACT_ON
from sample_settings import SECRET, settings_for

YAML = """
urls:
  - json://a.example/canary-one: {tag: recruiters}
  - json://a.example/canary-two: {tag: failures}
"""


def channels(**settings: Any) -> dict[str, Channel]:  # noqa: ANN401 (each setting has its own type)
    found = configured.channels(settings_for("postgresql://nowhere/db", **settings))
    assert found[0].name == "email"
    return {channel.name: channel for channel in found}


def config(folder: Path, text: str = YAML) -> Path:
    file = folder / "apprise.yaml"
    file.write_text(text)
    return file


def test_mail_is_always_a_channel_and_alone_by_default() -> None:
    (mail,) = channels().values()
    assert (mail.transport_name, mail.required, mail.personal, mail.url) == ("email", True, True, "")
    assert mail.kinds == CANDIDATE_KINDS | TO_ACT_ON | {"alert"}
    assert (mail.fallback_url, mail.fallback_fingerprint, mail.rate_per_minute) == ("", "", None)


def test_mail_has_its_fallback_and_its_rate() -> None:
    mail = channels(email_fallback_url="mailtos://u:p@second.example", email_rate_limit=600)["email"]
    assert (mail.fallback_url, mail.rate_per_minute) == ("mailtos://u:p@second.example", 600)
    assert re.fullmatch(r"[0-9a-f]{16}", mail.fallback_fingerprint)
    assert mail.fallback_fingerprint != mail.fingerprint
    other = channels(email_fallback_url="mailtos://u:q@second.example", email_rate_limit=600)["email"]
    assert other.fallback_fingerprint != mail.fallback_fingerprint
    assert other.fingerprint == mail.fingerprint


def test_another_address_for_bounces_is_another_configuration() -> None:
    fallback = {"email_fallback_url": "mailtos://u:p@second.example"}
    with_one, without = (
        channels(bounce_address="bounces@hire.example", **fallback)["email"],
        channels(**fallback)["email"],
    )
    assert with_one.fingerprint != without.fingerprint
    assert with_one.fallback_fingerprint != without.fallback_fingerprint


def test_a_chat_channel_is_named_by_schema_and_digits_that_reveal_nothing() -> None:
    _, *chats = channels(chat_urls="json://a.example/canary jsons://b.example", chat_rate_limit=30).values()
    assert [re.sub(r"-[0-9a-f]{8}$", "-#", chat.name) for chat in chats] == ["json-#", "jsons-#"]
    for chat in chats:
        assert (chat.transport_name, chat.required, chat.personal, chat.rate_per_minute) == (
            "apprise",
            False,
            False,
            30,
        )
        assert chat.kinds == FOR_CHATS
    assert chats[0].url == "json://a.example/canary"
    assert "canary" not in repr(chats)


def test_names_and_fingerprints_are_keyed_and_the_same_in_every_process() -> None:
    url = "json://a.example/canary"
    program = (
        "from hireloop.settings import Settings; from hireloop.notify.channels import configured\n"
        f"s = Settings(_env_file=None, secret_key={SECRET!r}, chat_urls={url!r})\n"
        "print(*[(c.name, c.fingerprint) for c in configured.channels(s)][1])"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    _, ours = channels(chat_urls=url).values()
    assert ran.stdout.split() == [ours.name, ours.fingerprint]
    _, theirs = channels(chat_urls=url, secret_key="another secret of the tests, of another house").values()
    assert ours.name != theirs.name
    assert ours.fingerprint != theirs.fingerprint


def test_a_tag_names_its_channel_and_says_what_it_hears(tmp_path: Path) -> None:
    found = channels(apprise_config=config(tmp_path))
    assert list(found) == ["email", "recruiters", "failures"]
    assert found["email"].kinds == CANDIDATE_KINDS | {"alert"}
    assert found["recruiters"].kinds == FOR_RECRUITERS
    assert found["failures"].kinds == {"alert"}


def test_two_channels_under_one_tag_have_names_of_their_own_and_both_hear(tmp_path: Path) -> None:
    file = config(tmp_path, YAML.replace("tag: failures", "tag: recruiters"))
    _, first, second = channels(apprise_config=file, message_routes="alert=recruiters").values()
    assert first.name != second.name
    for channel in (first, second):
        assert re.fullmatch(r"recruiters-[0-9a-f]{8}", channel.name)
        assert channel.kinds == FOR_CHATS


def test_a_channel_with_several_tags_is_each_of_them(tmp_path: Path) -> None:
    file = config(tmp_path, "urls:\n  - json://a.example:\n      tag: [recruiters, failures]\n")
    _, both = channels(apprise_config=file).values()
    assert both.name == "failures-recruiters"
    assert both.kinds == FOR_CHATS


def test_a_webhook_is_a_channel_that_hangs_on_its_address_and_secret() -> None:
    settings = {"webhook_urls": ["https://ats.example/hook"], "webhook_secret": "whsec_" + "a" * 32}
    _, hook = channels(**settings).values()
    assert re.fullmatch(r"webhook-[0-9a-f]{8}", hook.name)
    assert (hook.transport_name, hook.url, hook.personal) == ("webhook", "https://ats.example/hook", False)
    assert hook.kinds == FOR_PROGRAMS
    _, other = channels(**settings | {"webhook_secret": "whsec_" + "b" * 32}).values()
    assert other.name == hook.name
    assert other.fingerprint != hook.fingerprint


def test_a_route_names_a_service_or_the_webhooks() -> None:
    found = channels(
        webhook_urls=["https://a.example/1", "https://b.example/2"],
        chat_urls="json://a.example",
        message_routes="alert=webhook recruiter_copy=email late_request=json",
    )
    heard = {name.partition("-")[0]: channel.kinds for name, channel in found.items()}
    usual = {"no_show", "interviewer_unreachable"}
    assert heard == {
        "email": CANDIDATE_KINDS | {"recruiter_copy", "declined"},
        "json": {"late_request"} | usual,
        "webhook": {"alert", "confirmed", "entered", "finished"} | usual,
    }


def test_another_packages_transport_is_used_by_its_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    pigeon = EntryPoint("pigeon", "loft.pigeons:PigeonTransport", "hireloop.transports")
    monkeypatch.setattr(configured, "entry_points", lambda **_: [pigeon])
    _, bird = channels(chat_urls="pigeon://loft.example/canary").values()
    assert re.fullmatch(r"pigeon-[0-9a-f]{8}", bird.name)
    assert (bird.transport_name, bird.url) == ("pigeon", "pigeon://loft.example/canary")


def test_another_packages_transport_may_have_a_tag(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pigeon = EntryPoint("pigeon", "loft.pigeons:PigeonTransport", "hireloop.transports")
    monkeypatch.setattr(configured, "entry_points", lambda **_: [pigeon])
    file = config(tmp_path, "urls:\n  - pigeon://loft.example/canary:\n      tag: failures\n")
    _, bird = channels(apprise_config=file).values()
    assert (bird.name, bird.transport_name, bird.url) == ("failures", "pigeon", "pigeon://loft.example/canary")
    assert bird.kinds == {"alert"}


@pytest.mark.parametrize(
    ("settings", "variable"),
    [
        ({"chat_urls": "json://a.example/canary?retry=3"}, "CHAT_URLS"),
        ({"chat_urls": "pigeon://canary"}, "CHAT_URLS"),
        ({"chat_urls": "json://a.example/canary json://a.example/canary"}, "CHAT_URLS"),
        ({"webhook_urls": ["https://a.example/canary", "https://a.example/canary"]}, "WEBHOOK_URLS"),
        ({"apprise_config": "/nowhere/apprise.yaml"}, "APPRISE_CONFIG"),
        ({"message_routes": "invitation=none"}, "MESSAGE_ROUTES"),
    ],
)
def test_what_cannot_work_stops_the_start_with_a_sentence_that_names_its_variable(
    settings: dict[str, Any], variable: str
) -> None:
    with pytest.raises(SettingsError, match=variable) as refused:
        channels(**settings)
    assert "canary" not in str(refused.value)
    assert str(refused.value).count(". ") <= 1  # what is wrong, and how to fix it


@pytest.mark.parametrize("tag", ["email", "none", "webhook"])
def test_a_tag_that_is_a_name_of_our_own_is_refused(tag: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=f"the tag {tag} "):
        channels(apprise_config=config(tmp_path, f"urls:\n  - json://a.example:\n      tag: {tag}\n"))


def test_apprise_is_imported_for_chat_alone() -> None:
    program = (
        "import sys; from hireloop.settings import Settings; from hireloop.notify.channels import configured\n"
        f"configured.channels(Settings(_env_file=None, secret_key={SECRET!r}, webhook_urls=['https://a.example/x']))\n"
        "print('apprise' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"


def test_people_call_a_channel_by_its_tag_or_by_its_service_and_room(tmp_path: Path) -> None:
    """Its name stays what it was, so that what waits under it is sent."""
    text = """
urls:
  - json://a.example/canary-one: {tag: recruiters}
  - json://a.example/canary-two: {tag: failures}
  - json://b.example/canary-three: {tag: failures}
"""
    urls = "mmosts://chat.example/canary?channel=hiring discord://1/canary-one-two discord://2/canary-one-two"
    hooks = {"webhook_urls": "https://hooks.example/canary", "webhook_secret": "whsec_" + "A" * 32}
    found = channels(chat_urls=urls, apprise_config=config(tmp_path, text), **hooks)
    titles = {re.sub(r"[0-9a-f]{8}$", "#", channel.title) for channel in found.values()}
    assert titles == {
        "email",
        "Mattermost chat.example/hiring",
        "Discord #",
        "recruiters",
        "failures (JSON a.example)",
        "failures (JSON b.example)",
        "webhook hooks.example",
    }
    assert len({channel.title for channel in found.values()}) == len(found) == 8
    assert all(channel.title.endswith(name[-8:]) for name, channel in found.items() if "Discord" in channel.title)
    assert "canary" not in str([channel.title for channel in found.values()])
    assert title_of("gone-1a2b3c4d", found.values()) == "gone-1a2b3c4d"
