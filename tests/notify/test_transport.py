"""How transports are found: installed packages of the tests' own, broken in every way that one can be."""

import asyncio
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from factories import outbox_of, soon
from hireloop import db
from hireloop.cli.work import _found
from hireloop.notify import channels as former
from hireloop.notify import transport
from hireloop.notify.channels import health
from hireloop.notify.deliveries import deliveries
from hireloop.notify.messages import AlertCause, AlertMessage, Message
from hireloop.notify.testing import sample_parcel
from hireloop.notify.transport import (
    Channel,
    InstalledTransport,
    Parcel,
    Sent,
    TransportBroken,
    TransportMissing,
    installed_transports,
    open_transport,
)
from hireloop.notify.transports.mail.email import EmailTransport
from hireloop.notify.worker.worker import Worker
from hireloop.settings import Settings
from sample_channels import EMAIL, chat

CHAT = chat("alert", url="good://T0KEN")
_GOOD = """
from hireloop.notify.transport import Evidence, Phase, Sent

class Good:
    def __init__(self, url, settings):
        self.url = url
    def send(self, parcel):
        return Sent(evidence=Evidence(phase=Phase.HTTP, reply=self.url[:4]))
"""
# What is wrong with a package, and the kind of error that this comes to when it is imported, if it does.
_BROKEN = {
    "raises_when_imported": ("raise RuntimeError('good://T0KEN')", "RuntimeError"),
    "imports_what_is_not_there": ("import no_such_module", "ModuleNotFoundError"),
    "has_a_typing_mistake": ("def (:", "SyntaxError"),
    "ends_the_process": ("import sys; sys.exit('good://T0KEN')", "SystemExit"),
    "has_no_such_name": ("", "AttributeError"),
    "names_no_factory": ("Good = 1", "NotCallable"),
    "raises_when_opened": ("def Good(url, settings): raise ValueError(url)", None),
    "ends_the_process_when_opened": ("def Good(url, settings): raise SystemExit(url)", None),
    "takes_no_settings": ("def Good(url): return None", None),
    "gives_nothing": ("def Good(url, settings): return None", None),
    "cannot_send": ("class Good:\n  def __init__(self, url, settings): self.send = 'x'", None),
    "raises_when_looked_at": (
        "class Good:\n  def __init__(self, *_): pass\n  @property\n  def send(self): raise ValueError",
        None,
    ),
}


class Site:
    """A folder on the import path into which packages are put as an installer does."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def install(self, package: str, module: str, **transports: str) -> None:
        name = package.replace("-", "_")
        (self._folder / f"{name}.py").write_text(module)
        info = self._folder / f"{name}-1.2.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.2\n")
        lines = [f"{transport} = {name}:{factory}" for transport, factory in transports.items()]
        (info / "entry_points.txt").write_text("\n".join(["[hireloop.transports]", *lines]))


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.syspath_prepend(tmp_path)
    return Site(tmp_path)


def using(transport_name: str) -> Channel:
    return msgspec.structs.replace(CHAT, name=f"over-{transport_name}", transport_name=transport_name)


def settings() -> Settings:
    return Settings.read(_env_file=None)


def test_the_built_in_transports_come_through_the_same_door() -> None:
    listed = {found.name: found for found in installed_transports()}
    assert {"apprise", "email", "webhook"} <= listed.keys()
    assert {(found.package, found.error, found.hidden_by) for found in listed.values()} == {("hireloop", None, None)}
    assert isinstance(open_transport(EMAIL, settings()), EmailTransport)


def test_a_transport_of_another_package_is_listed_and_opened(site: Site) -> None:
    site.install("some-package", _GOOD, good="Good")
    assert InstalledTransport(name="good", package="some-package", version="1.2") in installed_transports()
    assert isinstance(open_transport(using("good"), settings()).send(sample_parcel()), Sent)


def test_a_transport_that_nobody_offers_is_missing() -> None:
    with pytest.raises(TransportMissing, match="'pigeon'"):
        open_transport(using("pigeon"), settings())


@pytest.mark.parametrize("case", list(_BROKEN))
def test_a_broken_transport_is_reported_by_its_package_and_without_what_it_said(site: Site, case: str) -> None:
    module, error = _BROKEN[case]
    package = case.replace("_", "-")
    site.install(package, module, broken="Good")
    with pytest.raises(TransportBroken, match=f"'broken' of {package} 1.2 ") as raised:
        open_transport(using("broken"), settings())
    assert "T0KEN" not in str(raised.value)
    listed = {found.name: found for found in installed_transports()}
    assert listed["broken"].error == error
    assert listed["email"].error is None


def test_of_two_transports_with_one_name_our_own_is_taken_and_the_other_one_reported(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = Said()
    monkeypatch.setattr(transport, "log", said)
    site.install("a-better-mail", _GOOD, email="Good")
    assert isinstance(open_transport(EMAIL, settings()), EmailTransport)
    assert said.lines == [
        ("channel.transport_ambiguous", {"transport": "email", "used": "hireloop", "ignored": ["a-better-mail"]})
    ]
    listed = [(found.package, found.hidden_by) for found in installed_transports() if found.name == "email"]
    assert listed == [("hireloop", None), ("a-better-mail", "hireloop")]


def test_of_two_strangers_with_one_name_the_order_is_that_of_the_packages(site: Site) -> None:
    site.install("zz-second", "Good = 1", twice="Good")
    site.install("aa-first", _GOOD, twice="Good")
    assert isinstance(open_transport(using("twice"), settings()).send(sample_parcel()), Sent)
    listed = [(found.package, found.hidden_by) for found in installed_transports() if found.name == "twice"]
    assert listed == [("aa-first", None), ("zz-second", "aa-first")]


@pytest.mark.usefixtures("database")
async def test_a_broken_and_a_missing_transport_hold_their_channels_and_the_others_go_on(
    site: Site, database_url: str
) -> None:
    site.install("good-one", _GOOD, good="Good")
    site.install("broken-one", "raise RuntimeError", broken="Good")
    site.install("useless-one", _GOOD.replace("return Sent", "Sent"), useless="Good")
    site.install("lying-one", _GOOD.replace("Phase.HTTP", "'nowhere'"), lying="Good")
    site.install("quitting-one", _GOOD.replace("return Sent", "raise SystemExit(1)\n        Sent"), quitting="Good")
    several = [using(name) for name in ("broken", "missing", "useless", "lying", "quitting", "good")]
    alert = AlertMessage(cause=AlertCause.HELD, subject="email", channel="email", reason="auth_refused", send_to=None)
    put = await outbox_of(*several).put([alert], now=soon())
    posts = [(channel, _found(channel, settings())) for channel in several]
    worker = Worker(posts, renderer=Plain(), listen_url=database_url)
    running = asyncio.create_task(worker.run())
    try:
        await asyncio.wait_for(all_tried([delivery.id for delivery in put]), 30)
    finally:
        worker.stop()
        assert await asyncio.wait_for(running, 30)
    came = {}
    for delivery in put:
        found, tries = await deliveries.find(delivery.id, several)
        came[delivery.channel] = (found.state, found.last_reason, tries[0].outcome, tries[0].maybe_accepted)
    assert came == {
        "over-broken": ("pending", "transport_broken", "held", False),
        "over-missing": ("pending", "transport_missing", "held", False),
        "over-useless": ("pending", "transport_crashed", "retry", True),
        "over-lying": ("pending", "transport_crashed", "retry", True),
        "over-quitting": ("pending", "transport_crashed", "retry", True),
        "over-good": ("sent", None, "sent", False),
    }
    held = {one.channel: one.reason for one in await health.held(several)}
    assert held == {"over-broken": "transport_broken", "over-missing": "transport_missing"}


async def all_tried(put: list[UUID]) -> None:
    query = "SELECT count(DISTINCT delivery) FROM attempt WHERE finished_at IS NOT NULL AND delivery = ANY($1::uuid[])"
    while await db.fetch_value(query, put) < len(put):  # noqa: ASYNC110 (the worker writes it on its own connection)
        await asyncio.sleep(0.02)


class Said:
    """Notes what is logged."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, dict[str, object]]] = []

    def warning(self, event: str, **more: object) -> None:
        self.lines.append((event, more))


class Plain:
    """Renders nothing but the headers."""

    def render(
        self,
        message: Message,  # noqa: ARG002 (the protocol's signature)
        *,
        recipient: str,
        message_id: str,
        **_: object,
    ) -> Parcel:
        return sample_parcel(recipient=recipient, message_id=message_id)


def test_every_name_of_this_module_is_handed_on_by_the_one_it_was_before_with_a_warning() -> None:
    own = {name for name, value in vars(transport).items() if getattr(value, "__module__", "") == transport.__name__}
    since = {"title_of"}  # was never imported from there
    named = {name for name in own if not name.startswith("_")} - since
    assert set(former.__all__) == named | {"ENTRY_POINT_GROUP", "Outcome"}
    for name in former.__all__:
        with pytest.warns(DeprecationWarning, match=f"import {name} from hireloop.notify.transport") as told:
            assert getattr(former, name) is getattr(transport, name)
        assert told[0].filename == __file__
    assert not hasattr(former, "log")
    assert not hasattr(former, "_package")
