"""`GET /api/notifications/channels/`: what is configured, what is held, what is installed."""

from importlib.metadata import version

import httpx
import pytest
from litestar import Litestar
from msgspec import structs

from api.clients import as_role, ok, problem
from hireloop.access.tables import Role
from hireloop.notify.channels import configured, health, providers
from hireloop.notify.channels.providers import Route
from hireloop.notify.messages import PARTY_KINDS
from hireloop.settings import Settings
from hireloop.web.context import STATE_NAME, Context
from sample_channels import FOR_CHATS, TO_ACT_ON

PATH = "/api/notifications/channels/"
CHAT = "json://chat.example/canary-token"


async def test_a_channel_is_listed_with_what_goes_over_it_and_whether_it_is_held(
    api: httpx.AsyncClient, settings: Settings
) -> None:
    answer = await ok(api, PATH)
    assert answer["next"] is None
    assert answer["items"] == [
        {
            "name": "email",
            "title": "email",
            "transport": "email",
            "state": "open",
            "reason": None,
            "since": None,
            "fallback": None,
            "required": True,
            "kinds": sorted(PARTY_KINDS | TO_ACT_ON | {"alert"}),
        }
    ]
    (channel,) = configured.channels(settings)
    await health.hold(channel, "no_mail_host")
    (item,) = (await ok(api, PATH))["items"]
    assert (item["state"], item["reason"]) == ("held", "no_mail_host")
    assert item["since"].endswith("+05:30")


async def test_the_installed_transports_are_listed(api: httpx.AsyncClient) -> None:
    listed = {transport["name"]: transport for transport in (await ok(api, PATH))["transports"]}
    assert listed.keys() >= {"apprise", "email", "webhook"}
    for name in ("apprise", "email", "webhook"):
        assert listed[name] == {
            "name": name,
            "package": "hireloop",
            "version": version("hireloop"),
            "error": None,
            "hidden_by": None,
        }


class TestWithFallback:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        url = "mailto://u:canary@second.example"
        return Settings.read(_env_file=None, **settings.model_dump(exclude_unset=True) | {"email_fallback_url": url})

    async def test_a_fallback_is_open_or_held_by_itself(self, api: httpx.AsyncClient, settings: Settings) -> None:
        (item,) = (await ok(api, PATH))["items"]
        assert item["fallback"] == {"state": "open", "reason": None, "since": None}
        (channel,) = configured.channels(settings)
        await health.hold(providers.provider(channel, Route.FALLBACK), "auth_refused")
        (item,) = (await ok(api, PATH))["items"]
        assert (item["state"], item["reason"], item["since"]) == ("open", None, None)
        assert (item["fallback"]["state"], item["fallback"]["reason"]) == ("held", "auth_refused")
        assert item["fallback"]["since"].endswith("+05:30")


class TestWithChat:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return Settings.read(_env_file=None, **settings.model_dump(exclude_unset=True) | {"chat_urls": CHAT})

    async def test_no_answer_holds_the_token_of_a_chat(self, api: httpx.AsyncClient) -> None:
        answered = await api.get(PATH)
        mail, chat = answered.json()["items"]
        assert (chat["transport"], chat["required"]) == ("apprise", False)
        assert chat["kinds"] == sorted(FOR_CHATS)
        assert mail["kinds"] == sorted(PARTY_KINDS | {"alert"})
        assert "canary" not in answered.text


async def test_channels_want_a_key(user: httpx.AsyncClient) -> None:
    problem(await user.get(PATH), 401, "not-signed-in")
    assert (await (await as_role(user, Role.VIEWER)).get(PATH)).status_code == 200


async def test_channels_are_paged_like_every_list(api: httpx.AsyncClient, application: Litestar) -> None:
    context: Context = application.state[STATE_NAME]
    (email,) = context.channels
    several = tuple(structs.replace(email, name=name) for name in ("email", "chat-1", "chat-2", "webhook-1"))
    application.state[STATE_NAME] = structs.replace(context, channels=several)
    assert len((await ok(api, f"{PATH}?limit=200"))["items"]) == 4
    names: list[str] = []
    page = await ok(api, f"{PATH}?limit=2")
    names += [item["name"] for item in page["items"]]
    page = await ok(api, f"{PATH}?limit=2&after={page['next']}")
    names += [item["name"] for item in page["items"]]
    assert page["next"] is None
    assert names == [channel.name for channel in several]
    problem(await api.get(f"{PATH}?after=nobody"), 400, "bad-input", "after")
    problem(await api.get(f"{PATH}?limit=0"), 400, "bad-input", "limit")
