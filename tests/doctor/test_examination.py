"""The doctor on real servers: each fault alone is exactly one line, with its cause and its fix."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from unittest.mock import AsyncMock
from urllib.parse import urlsplit

import asyncpg
import pytest

from factories import book
from hireloop import db
from hireloop.access import api_keys
from hireloop.access.tables import Role
from hireloop.doctor import database
from hireloop.doctor.examination import examine
from hireloop.faults import warnings_of
from hireloop.local.traces.spans import SpanReceiver
from hireloop.notify.channels import configured, health, providers
from hireloop.notify.channels.providers import Route
from hireloop.notify.diagnosis.findings import Finding, Level
from hireloop.notify.reasons import Reason
from hireloop.notify.transport import Evidence, Phase, Retry, Sent
from hireloop.notify.worker import heartbeat
from hireloop.settings import Settings
from notify.factories import LIMIT, alerted, attempt, invite
from processes import free_port
from sample_settings import as_application, settings_for
from servers.certificates import Certificate, expired, self_signed
from servers.databases import as_owner
from servers.smtp import Drop, Hang, ScriptedSmtpServer, Step

SIGNED_IN = {"email_host_user": "me@hire.example", "email_host_password": "a canary of a password"}
GMAIL = (
    "535-5.7.8 Username and Password not accepted. For more information, go to\r\n"
    "535 5.7.8  https://support.google.com/mail/?p=BadCredentials 4fb4d7f45d1cf-5a3 - gsmtp"
)
SERVER = "localhost port {port}"


def split(reason: Reason) -> tuple[str, str]:
    """Return the cause and the fix in a reason's sentence, which the booking and the held channel show as well."""
    cause, _, fix = reason.sentence.partition(". ")
    return f"{cause}.", fix


@pytest.fixture
async def whole(database_url: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Settings with which nothing is wrong, but for a mail server; a worker is alive."""
    monkeypatch.setattr(database, "SLOW_SECONDS", 60)  # how busy the machine of the tests is does not matter
    async with db.opened(database_url, pool_size=1):
        await heartbeat.record(
            db.new_id(), "w:1", channels=["email"], kinds=["invitation"], base_url="https://hire.example"
        )
    return {
        "database_url": as_application(database_url),
        "email_host": "localhost",
        "email_timeout": 20,  # however busy the machine is, a server that answers does so in time
        "alert_email": "ops@hire.example",
        "bounce_address": "bounces@hire.example",
        "bounce_imap_url": "imaps://bounces:secret@imap.hire.example/INBOX",
    }


def settings_of(values: Mapping[str, Any], **more: Any) -> Settings:  # noqa: ANN401 (each setting has its own type)
    return settings_for("", **{**values, **more})


@contextmanager
def fallback_of(values: Mapping[str, Any], primary: ScriptedSmtpServer) -> Iterator[Settings]:
    """Settings with this primary and a fallback that accepts everything, for a block."""
    with ScriptedSmtpServer() as second:
        url = f"mailto://localhost:{second.port}?from=jobs@hire.example"
        yield settings_of(values, email_port=primary.port, email_fallback_url=url)


async def findings(settings: Settings) -> list[Finding]:
    return [finding async for finding in examine(settings, lambda _: None, database_fault=None)]


def at_level(found: Sequence[Finding], level: Level) -> list[tuple[str, str, str]]:
    return [(finding.check, finding.cause, finding.fix) for finding in found if finding.level is level]


async def test_where_nothing_is_wrong_every_line_is_ok(whole: dict[str, Any]) -> None:
    receiver = SpanReceiver()
    try:
        with ScriptedSmtpServer() as server:
            found = await findings(
                settings_of(
                    whole,
                    email_port=server.port,
                    otel_exporter_otlp_endpoint=receiver.start(),
                    otel_exporter_otlp_protocol="grpc",
                )
            )
    finally:
        receiver.stop()
    assert {finding.level for finding in found} == {Level.OK}, found
    assert {finding.check: finding.cause for finding in found}["mail"] == (
        f"localhost port {server.port} accepts mail from our sender, unencrypted."
    )
    assert server.received == []
    assert [command.split()[0] for command in server.commands()] == ["EHLO", "MAIL", "RSET", "QUIT"]
    assert "MAIL FROM:<bounces@hire.example>" in server.commands()


# --- Mail ------------------------------------------------------------------------------------------------------


class Fault(NamedTuple):
    script: Mapping[str, Step]
    settings: Mapping[str, Any]
    cause: str
    fix: str


@pytest.mark.parametrize(
    "fault",
    [
        Fault(
            {},
            {"email_backend": "console"},
            "EMAIL_BACKEND is console, so no mail leaves this machine.",
            "Set it to smtp.",
        ),
        Fault(
            {}, {"email_backend": "file"}, "EMAIL_BACKEND is file, so no mail leaves this machine.", "Set it to smtp."
        ),
        Fault({}, {"email_host": ""}, "EMAIL_HOST is not set, so no mail can be sent.", "Set EMAIL_HOST or EMAIL_URL."),
        Fault(
            {},
            {"email_host_user": "me@hire.example"},
            "Only one of EMAIL_HOST_USER and EMAIL_HOST_PASSWORD is set.",
            "Set both or neither.",
        ),
        Fault(
            {},
            {"email_host_password": "a canary of a password"},
            "Only one of EMAIL_HOST_USER and EMAIL_HOST_PASSWORD is set.",
            "Set both or neither.",
        ),
        Fault(
            {},
            {"email_use_tls": True, "email_use_ssl": True},
            "EMAIL_USE_TLS (STARTTLS, port 587) and EMAIL_USE_SSL (implicit TLS, port 465) cannot both be set.",
            "Set only the one that the mail server supports.",
        ),
        Fault(
            {},
            {"email_host": "mail.hire.example", **SIGNED_IN},
            "The mail password would be sent over the network unencrypted.",
            "Set EMAIL_USE_TLS or EMAIL_USE_SSL, or use a mailtos:// URL.",
        ),
        Fault(
            {},
            {"email_url": "smtp://me:a-canary@hire.example"},
            "EMAIL_URL is not a mail URL, or has parameters other than smtp, mode, from, name, user and pass.",
            "Set EMAIL_URL to a URL such as mailtos://user:password@host.",
        ),
        Fault(
            {},
            {"email_url": "mailto://mail.hire.example?from=nobody", "default_from_email": ""},
            "DEFAULT_FROM_EMAIL (or `from=` in EMAIL_URL) is not an address that mail can be sent from.",
            "Set DEFAULT_FROM_EMAIL to an address, such as jobs@hire.example.",
        ),
        Fault(
            {},
            {"email_host": f"{'x' * 70}.example"},
            f"The host name {'x' * 70}.example cannot be resolved.",
            "Correct EMAIL_HOST, or fix this machine's DNS.",
        ),
        Fault(
            {"banner": "554 5.7.1 No mail from you"},
            {},
            f"{SERVER} refuses connections from this machine.",
            "Ask the server's operator to allow this machine's IP address, or correct EMAIL_HOST.",
        ),
        Fault(
            {"EHLO": Drop()},
            {},
            f"{SERVER} closed the connection without a reply (before the end of its greeting).",
            "Check that EMAIL_PORT is a mail server's port, and that the server allows this machine to connect.",
        ),
        Fault(
            {"banner": Hang()},
            {"email_timeout": 0.5},
            f"{SERVER} accepted the connection but sent nothing within 0.5 s.",
            "Check that EMAIL_PORT is a mail server's port, and check the server's log.",
        ),
        Fault(
            {"MAIL": Hang()},
            {"email_timeout": 2},
            f"{SERVER} did not respond within 2 s (at MAIL FROM).",
            "Check the mail server's log.",
        ),
        Fault(
            {"banner": "HTTP/1.1 400 Bad Request"},
            {},
            f"{SERVER} is not a mail server.",
            "Correct EMAIL_HOST and EMAIL_PORT.",
        ),
        Fault(
            {},
            {"email_use_tls": True},
            f"{SERVER} does not offer STARTTLS.",
            "Use the server's submission port (usually 587), or EMAIL_USE_SSL with port 465.",
        ),
        Fault(
            {},
            {"email_use_ssl": True},
            f"{SERVER} does not use implicit TLS.",
            "Set EMAIL_USE_TLS instead of EMAIL_USE_SSL.",
        ),
        Fault(
            {"AUTH": "535 5.7.8 Bad credentials"},
            SIGNED_IN,
            "localhost refused the user name or the password.",
            "Correct EMAIL_HOST_USER and EMAIL_HOST_PASSWORD. With two-step verification, use an app password.",
        ),
        Fault(
            {"AUTH": GMAIL},
            SIGNED_IN,
            *split(Reason.APP_PASSWORD_REQUIRED),
        ),
        Fault(
            {"AUTH": "534 5.7.9 Application-specific password required"},
            SIGNED_IN,
            *split(Reason.APP_PASSWORD_REQUIRED),
        ),
        Fault(
            {"AUTH": "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant."},
            SIGNED_IN,
            *split(Reason.PASSWORD_SIGN_IN_DISABLED),
        ),
        Fault(
            {"AUTH": "534 5.7.14 Please log in via your web browser and then try again."},
            SIGNED_IN,
            *split(Reason.BROWSER_SIGN_IN_REQUIRED),
        ),
        Fault(
            {"EHLO": "250-mail.test\r\n250 AUTH XOAUTH2 OAUTHBEARER"},
            SIGNED_IN,
            f"{SERVER} offers XOAUTH2 and OAUTHBEARER, but no password sign-in (PLAIN or LOGIN).",
            "Enable password sign-in at the provider, or use another provider.",
        ),
        Fault(
            {"MAIL": "550 5.4.5 Daily user sending limit exceeded"},
            {},
            *split(Reason.SENDING_LIMIT),
        ),
        Fault(
            {"MAIL": "550 5.7.1 Sender refused"},
            {},
            "localhost does not accept mail from our sender's address.",
            "Set DEFAULT_FROM_EMAIL (and BOUNCE_ADDRESS) to an address that this account may send from.",
        ),
        Fault(
            {"MAIL": "530 5.7.0 Authentication required"},
            {},
            f"{SERVER} requires a sign-in before it accepts mail.",
            "Set EMAIL_HOST_USER and EMAIL_HOST_PASSWORD.",
        ),
    ],
    ids=lambda fault: fault.cause[:60],
)
async def test_a_fault_of_mail_is_one_failure(whole: dict[str, Any], fault: Fault) -> None:
    with ScriptedSmtpServer(fault.script) as server:
        found = await findings(settings_of(whole, **{"email_port": server.port, **fault.settings}))
    assert at_level(found, Level.FAILURE) == [("mail", fault.cause.format(port=server.port), fault.fix)]
    assert "canary" not in repr(found)


@pytest.mark.parametrize("values", [{"email_backend": "console"}, {"email_host": ""}, {"email_host_user": "me"}])
async def test_the_start_says_what_the_doctor_says(whole: dict[str, Any], values: dict[str, Any]) -> None:
    settings = settings_of(whole, **values)
    [(_, cause, fix)] = at_level(await findings(settings), Level.FAILURE)
    assert warnings_of(settings) == (f"{cause} {fix}",)


async def test_nobody_listening_is_one_failure(whole: dict[str, Any]) -> None:
    port = free_port()
    assert at_level(await findings(settings_of(whole, email_port=port)), Level.FAILURE) == [
        (
            "mail",
            f"Nothing is listening at localhost port {port}.",
            "Correct EMAIL_HOST and EMAIL_PORT, or start the mail server.",
        )
    ]


async def test_a_server_that_is_busy_is_a_warning(whole: dict[str, Any]) -> None:
    with ScriptedSmtpServer({"banner": "421 4.3.2 Shutting down"}) as server:
        found = await findings(settings_of(whole, email_port=server.port))
    assert at_level(found, Level.FAILURE) == []
    assert at_level(found, Level.WARNING) == [
        (
            "mail",
            f"localhost port {server.port} is not accepting mail right now.",
            "Try again in a few minutes. Deliveries are retried automatically.",
        )
    ]


async def test_a_fault_of_the_fallback_names_its_own_setting(whole: dict[str, Any]) -> None:
    port = free_port()
    with ScriptedSmtpServer() as server:
        url = f"mailto://localhost:{port}?from=jobs@hire.example"
        found = await findings(settings_of(whole, email_port=server.port, email_fallback_url=url))
    assert at_level(found, Level.FAILURE) == [
        (
            "mail_fallback",
            f"Nothing is listening at localhost port {port}.",
            "Correct host and port in EMAIL_FALLBACK_URL, or start the mail server.",
        )
    ]


# --- Certificates ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Certificate]:
    return {
        "good": self_signed(tmp_path_factory.mktemp("tls"), "localhost"),
        "another name": self_signed(tmp_path_factory.mktemp("tls"), "other.example"),
        "expired": expired(tmp_path_factory.mktemp("tls"), "localhost"),
    }


@pytest.mark.parametrize(
    ("kind", "trusted", "cause", "fix"),
    [
        ("expired", True, "has expired.", "Renew it on the mail server."),
        ("another name", True, "is for a different name.", "Set EMAIL_HOST to the name in the certificate."),
        (
            "good",
            False,
            "is self-signed.",
            "Use a certificate from a public authority, or add its authority to SSL_CERT_FILE.",
        ),
    ],
)
@pytest.mark.parametrize("implicit", [False, True])
async def test_a_bad_certificate_is_one_failure_that_says_how_it_is_bad(
    whole: dict[str, Any],
    certificates: dict[str, Certificate],
    monkeypatch: pytest.MonkeyPatch,
    *,
    kind: str,
    trusted: bool,
    cause: str,
    fix: str,
    implicit: bool,
) -> None:
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificates[kind].cert))
    with ScriptedSmtpServer(certificate=certificates[kind], implicit_tls=implicit) as server:
        values = {"email_port": server.port, "email_use_ssl": implicit, "email_use_tls": not implicit}
        found = await findings(settings_of(whole, **values, email_timeout=5))
    expected = ("mail", f"The certificate of localhost port {server.port} {cause}", fix)
    assert at_level(found, Level.FAILURE) == [expected]


async def test_a_port_that_speaks_tls_from_the_start_is_found_out(
    whole: dict[str, Any], certificates: dict[str, Certificate]
) -> None:
    with ScriptedSmtpServer(certificate=certificates["good"], implicit_tls=True) as server:
        found = await findings(settings_of(whole, email_port=server.port, email_use_tls=True, email_timeout=2))
    assert at_level(found, Level.FAILURE) == [
        (
            "mail",
            f"localhost port {server.port} expects implicit TLS.",
            "Set EMAIL_USE_SSL, usually with port 465.",
        )
    ]


async def test_over_tls_and_signed_in_it_is_ok(
    whole: dict[str, Any], certificates: dict[str, Certificate], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates["good"].cert))
    with ScriptedSmtpServer(certificate=certificates["good"]) as server:
        found = await findings(
            settings_of(whole, email_port=server.port, email_use_tls=True, email_timeout=5, **SIGNED_IN)
        )
    (mail,) = [finding for finding in found if finding.check == "mail"]
    assert (mail.level, mail.cause) == (
        Level.OK,
        f"localhost port {server.port} accepts mail from our sender, over TLSv1.3, signed in.",
    )


# --- The installation ------------------------------------------------------------------------------------------


@pytest.fixture
def mail_server() -> Iterator[ScriptedSmtpServer]:
    with ScriptedSmtpServer() as server:
        yield server


@pytest.mark.parametrize(
    ("values", "check", "cause", "fix"),
    [
        (
            {"base_url": "http://localhost:8000"},
            "base_url",
            "BASE_URL points to localhost, so links in invitations open on this machine only.",
            "Set BASE_URL to an address that candidates can reach.",
        ),
        (
            {"secret_key": "another secret, which is long enough too"},
            "secret",
            "SECRET_KEY differs from the one that signed this database's links, so the links in mails would not work.",
            (
                "Set the same SECRET_KEY everywhere, or change it with `hireloop migrate --accept-secret` "
                "and keep the old one in SECRET_KEY_FALLBACKS."
            ),
        ),
        (
            {"secret_key": None},
            "secret",
            "SECRET_KEY is not set.",
            "Set it to the output of `openssl rand -base64 48`, the same on every machine.",
        ),
        (
            {"otel_exporter_otlp_endpoint": "http://localhost:9"},
            "tracing",
            "Nothing is listening at localhost port 9.",
            "Correct OTEL_EXPORTER_OTLP_ENDPOINT, or start the server there.",
        ),
        (
            {"otel_exporter_otlp_endpoint": "http://localhost:9", "otel_exporter_otlp_protocol": "grpc"},
            "tracing",
            "Nothing is listening at localhost port 9.",
            "Correct OTEL_EXPORTER_OTLP_ENDPOINT, or start the server there.",
        ),
        (
            {"otel_exporter_otlp_endpoint": "collector"},
            "tracing",
            "OTEL_EXPORTER_OTLP_ENDPOINT is not a URL, so nothing is exported to it.",
            "Set it to a URL such as http://collector:4318.",
        ),
        (
            {"webhook_urls": "https://hooks.hire.example/a-canary"},
            "webhook-",
            "WEBHOOK_SECRET is not set, so webhooks cannot be signed.",
            "Set it to the same value here and at the receiver.",
        ),
        (
            {"webhook_urls": "http://localhost:9/a-canary", "webhook_secret": "whsec_" + "A" * 32},
            "webhook-",
            "A webhook's URL must be https://host/path without credentials.",
            "To use http://, set WEBHOOK_ALLOW_PRIVATE.",
        ),
        (
            {"webhook_urls": "https://localhost:9/a-canary", "webhook_secret": "whsec_" + "A" * 32},
            "webhook-",
            "The webhook's host name resolves to a private address.",
            "Set WEBHOOK_ALLOW_PRIVATE if this is intended.",
        ),
        (
            {"chat_urls": "json://localhost:9/a-canary"},
            "json-",
            "Nothing is listening at localhost port 9.",
            "Correct CHAT_URLS or APPRISE_CONFIG, or start the server there.",
        ),
        (
            {"chat_urls": "nonsense://a-canary"},
            "channels",
            "CHAT_URLS: address 1 (nonsense://) has a schema that Apprise does not support.",
            "See the service's page in the Apprise documentation for the format of its URL.",
        ),
    ],
)
async def test_a_fault_of_the_installation_is_one_failure(
    whole: dict[str, Any], mail_server: ScriptedSmtpServer, values: dict[str, Any], check: str, cause: str, fix: str
) -> None:
    found = await findings(settings_of(whole, email_port=mail_server.port, **values))
    [(named, said, fixed)] = at_level(found, Level.FAILURE)
    assert named.startswith(check)
    assert (said, fixed) == (cause, fix) if fix else said == cause
    assert "canary" not in repr(found)


async def test_a_database_that_is_not_there_is_one_failure_and_what_hangs_on_it_is_not_tried(
    whole: dict[str, Any], mail_server: ScriptedSmtpServer
) -> None:
    url = f"postgresql://u:a-canary@localhost:{free_port()}/d"
    found = await findings(settings_of(whole, email_port=mail_server.port, database_url=url))
    assert at_level(found, Level.FAILURE) == [
        (
            "database",
            "Nothing is listening at the host and port in DATABASE_URL.",
            "Start PostgreSQL, or correct the host and port.",
        )
    ]
    not_tried = {finding.check: finding.cause for finding in found if finding.level is Level.SKIPPED}
    after = {"migrations", "role", "tls", "secret", "clock", "workers", "ledger", "keys", "limits"}
    assert not_tried.keys() == after | {"channels"}
    assert not_tried["secret"] == "Skipped: database failed."
    assert "canary" not in repr(found)


async def test_another_database_than_there_is_is_one_failure(
    whole: dict[str, Any], mail_server: ScriptedSmtpServer
) -> None:
    url = urlsplit(whole["database_url"])._replace(path="/nowhere").geturl()
    found = await findings(settings_of(whole, email_port=mail_server.port, database_url=url))
    assert at_level(found, Level.FAILURE) == [
        (
            "database",
            "The server has no database with the name in DATABASE_URL.",
            "Create it, or correct the name in DATABASE_URL.",
        )
    ]


async def test_a_key_that_expires_soon_is_a_warning(whole: dict[str, Any], mail_server: ScriptedSmtpServer) -> None:
    async with db.opened(whole["database_url"], pool_size=1):
        for name, days in (("later", 300), ("the hiring page", 13), ("reports", 14)):
            await api_keys.create(name, Role.VIEWER, expires_at=datetime.now(UTC) + timedelta(days=days))
    found = await findings(settings_of(whole, email_port=mail_server.port))
    [(cause, fix)] = [(cause, fix) for check, cause, fix in at_level(found, Level.WARNING) if check == "keys"]
    assert cause.startswith("The API key the hiring page expires at 20")
    assert cause.endswith(" UTC. 1 other key expires soon.")
    assert fix == "See docs/how-to/replace-an-api-key.md."


async def test_missing_migrations_are_one_failure(
    whole: dict[str, Any], mail_server: ScriptedSmtpServer, database_url: str
) -> None:
    await as_owner(database_url, "DELETE FROM migration WHERE app_name = 'api' AND name LIKE '%T12:%'")
    found = await findings(settings_of(whole, email_port=mail_server.port))
    assert at_level(found, Level.FAILURE) == [
        ("migrations", "The database has 1 pending migration.", "Run `hireloop migrate`.")
    ]
    [channels] = [finding for finding in found if finding.check == "channels"]
    assert channels.cause == "Skipped: there are pending migrations."


@pytest.mark.parametrize(
    ("values", "check", "cause"),
    [
        (
            {"alert_email": ""},
            "alerts",
            "If an invitation fails, nobody but the job's recruiter is notified.",
        ),
        (
            {"bounce_address": "", "bounce_imap_url": None},
            "bounces",
            "BOUNCE_ADDRESS is not set, so mail that bounces later goes unnoticed.",
        ),
        (
            {"base_url": "http://hire.example"},
            "base_url",
            "BASE_URL uses plain http, where browsers do not allow access to the camera.",
        ),
        (
            {"base_url": "https://other.example"},
            "base_url",
            "A worker writes links to https://hire.example, but this process to https://other.example.",
        ),
        (
            SIGNED_IN,
            "mail",
            "EMAIL_HOST_PASSWORD is sent unencrypted, which is allowed only because the server is on this machine.",
        ),
    ],
)
async def test_what_works_and_will_be_regretted_is_a_warning(
    whole: dict[str, Any], mail_server: ScriptedSmtpServer, values: dict[str, Any], check: str, cause: str
) -> None:
    found = await findings(settings_of(whole, email_port=mail_server.port, **values))
    assert at_level(found, Level.FAILURE) == []
    warned = at_level(found, Level.WARNING)
    assert [(named, said) for named, said, _ in warned] == [(check, cause)]
    assert all(fix for *_, fix in warned)


async def test_without_a_worker_it_warns(whole: dict[str, Any], mail_server: ScriptedSmtpServer) -> None:
    async with db.opened(whole["database_url"], pool_size=1):
        await db.fetch("DELETE FROM worker")
    found = await findings(settings_of(whole, email_port=mail_server.port))
    assert at_level(found, Level.WARNING) == [
        ("workers", "No worker has reported recently, so no messages are sent.", "Start `hireloop work`.")
    ]


async def test_a_held_channel_warns_unless_its_own_check_says_why(whole: dict[str, Any]) -> None:
    with ScriptedSmtpServer() as server:
        settings = settings_of(whole, email_port=server.port)
        async with db.opened(whole["database_url"], pool_size=1):
            await health.hold(configured.channels(settings)[0], "auth_refused")
        [(check, cause, _)] = at_level(await findings(settings), Level.WARNING)
    assert check == "channels"
    assert cause.startswith("The channel email has been held since ")
    assert "refused the user name or the password" in cause
    found = await findings(settings)  # the server has gone
    assert [check for check, _, _ in at_level(found, Level.FAILURE)] == ["mail"]
    assert at_level(found, Level.WARNING) == []


async def test_a_held_fallback_warns_too_unless_its_own_check_says_why(
    whole: dict[str, Any], mail_server: ScriptedSmtpServer
) -> None:
    with fallback_of(whole, mail_server) as settings:
        async with db.opened(whole["database_url"], pool_size=1):
            await health.hold(providers.provider(configured.channels(settings)[0], Route.FALLBACK), "auth_refused")
        [(check, cause, _)] = at_level(await findings(settings), Level.WARNING)
    assert check == "channels"
    assert cause.startswith("The fallback of the channel email has been held since ")
    found = await findings(settings)  # the second server has gone
    assert [check for check, _, _ in at_level(found, Level.FAILURE)] == ["mail_fallback"]
    assert at_level(found, Level.WARNING) == []


async def test_a_booking_without_its_delivery_is_one_failure(
    whole: dict[str, Any], mail_server: ScriptedSmtpServer, database_url: str
) -> None:
    async with db.opened(whole["database_url"], pool_size=1):
        await book()
    await as_owner(database_url, "DELETE FROM delivery")
    found = await findings(settings_of(whole, email_port=mail_server.port))
    assert [check for check, _, _ in at_level(found, Level.FAILURE)] == ["ledger"]


NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "level"),
    [
        (0, Level.OK),
        (1.9, Level.OK),
        (-1.9, Level.OK),
        (3, Level.WARNING),
        (-3, Level.WARNING),
        (31, Level.FAILURE),
        (-31, Level.FAILURE),
    ],
)
def test_clocks_that_differ_are_a_warning_and_then_a_failure(seconds: float, level: Level) -> None:
    found = database.clock(NOON, NOON + timedelta(seconds=seconds), NOON)
    assert found.level is level


def test_a_slow_answer_is_no_skew() -> None:
    assert database.clock(NOON, NOON + timedelta(seconds=20), NOON + timedelta(seconds=40)).level is Level.OK


@pytest.mark.parametrize(
    ("seconds", "level", "cause"),
    [
        (0.05, Level.OK, "PostgreSQL 18.4 answers in 50.0 ms."),
        (0.051, Level.WARNING, "PostgreSQL 18.4 takes 51 ms to answer the simplest query."),
    ],
)
def test_a_database_far_away_is_warned_of(seconds: float, level: Level, cause: str) -> None:
    found = database.speed("PostgreSQL 18.4", seconds)
    assert (found.level, found.cause, bool(found.fix)) == (level, cause, level is Level.WARNING)


async def test_one_slow_answer_of_three_is_not_held_against_the_database(
    whole: dict[str, Any], mail_server: ScriptedSmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "SLOW_SECONDS", 0.05)
    monkeypatch.setattr(database, "_answer_seconds", AsyncMock(side_effect=[0.2, 0.01, 0.3]))
    found = await findings(settings_of(whole, email_port=mail_server.port))
    [said] = [finding.cause for finding in found if finding.check == "database"]
    assert said.endswith(" answers in 10.0 ms.")


async def test_a_database_that_only_reads_is_a_failure(database_url: str) -> None:
    owner = await asyncpg.connect(database_url)
    name = await owner.fetchval("SELECT current_database()")
    await owner.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')  # as on a standby
    await owner.close()
    found = (await database.examine(settings_for(database_url), [])).findings["database"]
    assert (found.level, found.cause) == (Level.FAILURE, "The database is read-only, so nothing can be booked.")
    assert found.fix == "Set DATABASE_URL to the primary: this server is a read-only standby."


async def test_an_alert_that_nobody_has_heard_of_is_a_failure_that_says_what_to_do(whole: dict[str, Any]) -> None:
    async with db.opened(whole["database_url"], pool_size=2):
        alert = await alerted()
        await alerted(email="ravi@example.com", minutes_ago=2.5)
    with ScriptedSmtpServer() as server:
        found = {one.check: one for one in await findings(settings_of(whole, email_port=server.port))}
    assert found["alerts"].level is Level.FAILURE
    assert "1 other alert has not reached anyone either." in found["alerts"].cause
    assert f"`hireloop alerts show {alert}`" in found["alerts"].fix


async def test_a_key_that_has_sent_most_of_its_messages_is_a_warning(whole: dict[str, Any]) -> None:
    async with db.opened(whole["database_url"], pool_size=2):
        key, _ = await api_keys.create("The hiring page", Role.RECRUITER)
        await db.fetch("INSERT INTO message_use VALUES ($1, date_trunc('hour', now()), 0, 80)", key.id)
        await db.fetch("INSERT INTO message_warning VALUES ($1, now())", key.id)
    with ScriptedSmtpServer() as server:
        settings = settings_of(whole, email_port=server.port, messages_per_key_and_day=100)
        found = {one.check: one for one in await findings(settings)}
    assert found["limits"].level is Level.WARNING
    assert found["limits"].cause == f"The API key {key.id} has sent 80 of the 100 messages that it may send in a day."
    assert f"`hireloop keys revoke {key.id}`" in found["limits"].fix


async def test_a_refusal_of_our_account_by_the_newest_attempts_fails_although_the_check_passes(
    whole: dict[str, Any], mail_server: ScriptedSmtpServer
) -> None:
    settings = settings_of(whole, email_port=mail_server.port)
    (channel,) = configured.channels(settings)
    async with db.opened(whole["database_url"], pool_size=2):
        await invite()
        for _ in range(20):
            await attempt(LIMIT, channel)
    cause, fix = split(Reason.SENDING_LIMIT)
    failed = ("mail", f"The last attempt to send mail failed. {cause}", fix)
    assert at_level(await findings(settings), Level.FAILURE) == [failed]
    async with db.opened(whole["database_url"], pool_size=2):
        await attempt(Sent(evidence=Evidence(phase=Phase.REPLY, code=250)), channel)
    assert {finding.level for finding in await findings(settings)} == {Level.OK}


async def test_what_a_check_would_find_is_believed_to_the_check_as_it_is_newer(
    whole: dict[str, Any], mail_server: ScriptedSmtpServer
) -> None:
    settings = settings_of(whole, email_port=mail_server.port)
    (channel,) = configured.channels(settings)
    async with db.opened(whole["database_url"], pool_size=2):
        await invite()
        await attempt(Retry(reason="connection_refused", evidence=Evidence(phase=Phase.CONNECT)), channel)
    assert {finding.level for finding in await findings(settings)} == {Level.OK}


async def test_a_provider_that_is_held_over_our_account_is_not_called_one_that_opens_by_itself(
    whole: dict[str, Any], mail_server: ScriptedSmtpServer
) -> None:
    settings = settings_of(whole, email_port=mail_server.port)
    async with db.opened(whole["database_url"], pool_size=1):
        await health.hold(configured.channels(settings)[0], "account_suspended")
    found = await findings(settings)
    cause, fix = split(Reason.ACCOUNT_SUSPENDED)
    assert at_level(found, Level.FAILURE) == [("mail", f"The last attempt to send mail failed. {cause}", fix)]
    assert at_level(found, Level.WARNING) == []


async def test_a_fallback_whose_newest_attempt_was_refused_is_named(
    whole: dict[str, Any], mail_server: ScriptedSmtpServer
) -> None:
    with fallback_of(whole, mail_server) as settings:
        async with db.opened(whole["database_url"], pool_size=2):
            await invite()
            await attempt(LIMIT, configured.channels(settings)[0], route=Route.FALLBACK)
        found = await findings(settings)
    [(check, cause, _)] = at_level(found, Level.FAILURE)
    assert check == "mail_fallback"
    assert cause.startswith("The last attempt to send mail through the fallback failed. ")
