"""What earlier code signed, and the hashes that it stored: each text is accepted, or made, as it was.

They are in mails, in browsers, in bounces and in databases: nobody can make them anew.
"""

import subprocess
import sys
from datetime import UTC, datetime
from uuid import UUID

import pytest
from litestar.testing import RequestFactory

from hireloop import app, migrate, session_keys
from hireloop.console import tickets
from hireloop.local.mailbox import gate as mailbox_gate
from hireloop.notify.bounces.return_path import ReturnPath
from hireloop.notify.channels import configured
from hireloop.web.csrf import form_token
from sample_settings import settings_for

SECRET = "the secret of these recorded texts, as long as one is"
SETTINGS = settings_for(
    "postgresql://nowhere/db",
    secret_key=SECRET,
    chat_urls="json://chat.example/one",
    webhook_urls="https://ats.example/hooks/one",
    webhook_secret="whsec_" + "A" * 32,
)
IDENT = UUID("01990000-0000-7000-8000-0000000000a1")
KEY_HASH = b"h" * 32
NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
FAR_OFF = datetime(9000, 1, 1, tzinfo=UTC)  # the gate of the mailbox reads the clock itself

SESSION_KEYS = {
    0: "AZkAAAAAcACAAAAAAAAAoQ.0.9rHmESx_4jZ1dqMe-5UJ3EVD6ko2I6t7LnJ86SygAmI",
    1: "AZkAAAAAcACAAAAAAAAAoQ.1.RaHhfQju_Uk61H7eO3gqBzM39XMU-lLCzvE0YnroqbE",
    2: "AZkAAAAAcACAAAAAAAAAoQ.2.iK0OPaIqtTAu5cpawx_SQgkokUfuNZj3YbiodJo81FY",
    2**31 - 1: "AZkAAAAAcACAAAAAAAAAoQ.2147483647.AVRyaSPKnnixbbvUaa9Juamoau-8uaZ6CmO3Mp27brI",
}
CONSOLE_TICKET = "AZkAAAAAcACAAAAAAAAAoQ.1796169600.MsoRLR43ouApkLNChdo7B4f66GOuzWgBKjdhHB42mho"
MAILBOX_TICKET = "221845435200.f9THkFxAKjbfRzGhkrxu18Ac1AA8r-W-UGG4fODyo9w"
MAILBOX_COOKIE = "221845392000.qqG1f4K42A6-3vlNFLfP6GvWv8IZW-KrNPDnrKpMcNg"
RETURN_PATH = "bounces+agmqaaaaabyabaaaaaaaaaaaued2bzhucirnfvtu@hire.example"


@pytest.mark.parametrize(("version", "key"), SESSION_KEYS.items())
def test_a_link_that_was_sent_opens_its_session(version: int, key: str) -> None:
    assert session_keys.mint(SECRET, IDENT, version) == key
    assert session_keys.check(key, [SECRET]) == (IDENT, version)


def test_the_ticket_of_a_sign_in_to_the_console_goes_on_opening_it() -> None:
    assert tickets.issue(SECRET, IDENT, KEY_HASH, now=NOON) == CONSOLE_TICKET
    claim = tickets.parse(CONSOLE_TICKET)
    assert claim is not None
    assert claim.sign_in == IDENT
    assert tickets.is_genuine(CONSOLE_TICKET, claim, KEY_HASH, [SECRET], now=NOON)


async def test_a_ticket_and_a_cookie_of_the_mailbox_go_on_opening_it() -> None:
    assert mailbox_gate.ticket_of(SETTINGS, now=FAR_OFF) == MAILBOX_TICKET
    asking = RequestFactory(app=app.build(SETTINGS), port=8000)
    request = asking.get("/", cookies=f"hireloop-mailbox-8000={MAILBOX_COOKIE}")
    assert mailbox_gate.takes(request, MAILBOX_TICKET)
    assert await mailbox_gate.is_open_to(request)


def test_a_page_that_is_open_in_a_browser_keeps_its_token() -> None:
    assert form_token(SESSION_KEYS[1]) == "JYcZrD-qu0SbECNrGm1VwHFDKtAP3qsvst0Vid7kYAY"
    assert form_token(CONSOLE_TICKET) == "Twb6uo0BC9JfVrLnGLsmEQOIVwr_XSjsTchWu-NuJVw"


def test_a_mail_that_is_on_its_way_comes_back_to_its_delivery() -> None:
    path = ReturnPath("bounces@hire.example", [SECRET])
    assert path.address(IDENT) == RETURN_PATH
    assert list(path.deliveries(f"To: {RETURN_PATH}")) == [IDENT]


def test_the_database_knows_the_secret_again() -> None:
    assert migrate.fingerprint(SETTINGS) == "514583e48906bdab0cd7712afafd5e6d"


def test_a_channel_keeps_its_name_and_its_fingerprint() -> None:
    assert {(channel.name, channel.fingerprint) for channel in configured.channels(SETTINGS)} == {
        ("email", "d4447e54dd29629e"),
        ("json-a1d19edb", "184c1aed2596e45c"),
        ("webhook-f3065a53", "64b53573e7d35b6f"),
    }


def test_an_address_is_found_in_old_traces_by_its_hash() -> None:
    # A process of its own: the secret that addresses are hashed with is the whole process's.
    program = (
        "from hireloop.telemetry import redaction\n"
        f"redaction.use_secret({SECRET!r})\n"
        "print(redaction.address_hash('Asha@example.com '))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["809e19e1bc70"]
