"""Chat through Apprise, against real servers: what each answer, drop and silence comes to."""

import http.client
import logging
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
import requests
from msgspec import json, structs

from hireloop.errors import SettingsError
from hireloop.notify.diagnosis import reach
from hireloop.notify.diagnosis.findings import Level
from hireloop.notify.reasons import Reason
from hireloop.notify.transport import Evidence, Held, Outcome, Parcel, Phase, Rejected, Retry, Sent
from hireloop.notify.transports.chat import apprise
from hireloop.notify.transports.chat.apprise import AppriseTransport
from processes import free_port
from sample_settings import settings_for
from servers.certificates import Certificate
from servers.chat import NGIRCD, IrcReader, IrcServer, Synapse
from servers.http import INFORMATIONAL, Does, Endless, Raw, Reply, ScriptedHttpServer
from servers.smtp import Drop, Hang

TOKEN = "canary-token-of-the-tests"
PARCEL = Parcel(
    recipient="json-1a2b3c4d",
    kind="recruiter_copy",
    subject="Booked: Asha Rao",
    text="Asha Rao, Backend Engineer at Example Labs\nTue 1 December 2026, 10:00 IST",
    html="<p>Asha Rao</p>",
    message_id="<1@hire.example>",
)


def transport(url: str, **settings: Any) -> AppriseTransport:  # noqa: ANN401 (each setting has its own type)
    return AppriseTransport(url, settings_for("postgresql://nowhere/db", **{"email_timeout": 5, **settings}))


def json_url(server: ScriptedHttpServer, options: str = "") -> str:
    return f"json{'s' if server.tls else ''}://127.0.0.1:{server.port}/{TOKEN}{options}"


def evidence(outcome: Outcome) -> Evidence:
    return outcome.evidence


def reason(outcome: Outcome) -> str | None:
    return None if isinstance(outcome, Sent) else outcome.reason


# --- What an HTTP endpoint answers -----------------------------------------------------------------------------


def test_what_is_taken_is_sent_with_the_endpoints_own_words() -> None:
    with ScriptedHttpServer(Reply(202, b"thank you")) as server:
        outcome = transport(json_url(server)).send(PARCEL)
    assert outcome == Sent(
        evidence=Evidence(phase=Phase.HTTP, code=202, reply="thank you", host="127.0.0.1", port=server.port)
    )
    (asked,) = server.received
    assert asked.path == f"/{TOKEN}"
    said = json.decode(asked.body)
    assert (said["title"], said["message"]) == (PARCEL.subject, PARCEL.text)


@pytest.mark.parametrize(
    ("status", "kind", "why"),
    [
        (302, Held, Reason.REDIRECTED),
        (400, Retry, Reason.ADDRESS_REFUSED),
        (401, Held, Reason.ENDPOINT_REFUSED),
        (402, Held, Reason.ENDPOINT_REFUSED),
        (403, Retry, Reason.ENDPOINT_REFUSED),
        (404, Retry, Reason.ENDPOINT_MISSING),
        (405, Held, Reason.ENDPOINT_MISSING),
        (410, Held, Reason.ENDPOINT_GONE),
        (413, Rejected, Reason.MESSAGE_TOO_LARGE),
        (422, Rejected, Reason.MESSAGE_REFUSED),
        (429, Retry, Reason.RATE_LIMITED),
        (500, Retry, Reason.ENDPOINT_BROKEN),
        (503, Retry, Reason.ENDPOINT_BROKEN),
    ],
)
def test_each_status_is_whose_fault_it_is(status: int, kind: type[Outcome], why: Reason) -> None:
    with ScriptedHttpServer(Reply(status, b"so it is", {"Location": "/elsewhere"})) as server:
        outcome = transport(json_url(server)).send(PARCEL)
    assert isinstance(outcome, kind)
    assert reason(outcome) == why
    assert (evidence(outcome).code, evidence(outcome).reply) == (status, "so it is")
    assert len(server.received) == 1
    assert not isinstance(outcome, Retry) or not outcome.maybe_accepted


@pytest.mark.parametrize("before", INFORMATIONAL)
@pytest.mark.parametrize(
    ("final", "kind", "code"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nthanks", Sent, 200),
        (b"HTTP/1.0 200\r\n\r\nthanks", Sent, 200),
        (b"HTTP/1.1 401 \r\nTransfer-Encoding: chunked\r\n\r\n6\r\nthanks\r\n0\r\n\r\n", Held, 401),
        (b"HTTP/1.1 503 Later\r\nRetry-After: 7\r\n\r\nthanks", Retry, 503),
    ],
)
def test_informational_answers_are_read_past(before: bytes, final: bytes, kind: type[Outcome], code: int) -> None:
    with ScriptedHttpServer(Raw(before + final)) as server:
        outcome = transport(json_url(server)).send(PARCEL)
        assert len(server.received) == 1
    assert isinstance(outcome, kind)
    assert (evidence(outcome).code, evidence(outcome).reply) == (code, "thanks")
    assert not isinstance(outcome, Retry) or (outcome.after_seconds, outcome.maybe_accepted) == (7, False)


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_honoured_in_seconds_and_as_a_date(status: int) -> None:
    at = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    with ScriptedHttpServer(
        Reply(status, b"", {"Retry-After": "7"}), Reply(status, b"", {"Retry-After": at})
    ) as server:
        there = transport(json_url(server))
        seconds, date = there.send(PARCEL), there.send(PARCEL)
    assert isinstance(seconds, Retry)
    assert seconds.after_seconds == 7
    assert isinstance(date, Retry)
    assert date.after_seconds is not None
    assert 3500 < date.after_seconds <= 3600


@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_long_reply_is_cut_to_a_kibibyte(status: int, chunked: bool) -> None:  # noqa: FBT001 (a parameter of the test)
    body, headers = b"x" * 5000, {}
    if chunked:
        body, headers = b"1388\r\n" + body + b"\r\n0\r\n\r\n", {"Transfer-Encoding": "chunked"}
    answer = f"HTTP/1.1 {status} So\r\n".encode()
    sizes = headers or {"Content-Length": "5000"}
    answer += "".join(f"{name}: {value}\r\n" for name, value in sizes.items()).encode() + b"\r\n" + body
    with ScriptedHttpServer(Raw(answer)) as server:
        outcome = transport(json_url(server)).send(PARCEL)
    assert evidence(outcome).code == status
    assert evidence(outcome).reply == "x" * 1024


def test_an_endless_answer_is_cut_off_and_was_an_answer() -> None:
    start = b"HTTP/1.1 200 OK\r\n\r\n"
    with ScriptedHttpServer(Endless(start, b"x" * 65_536)) as server:
        outcome = transport(json_url(server)).send(PARCEL)
    assert isinstance(outcome, Sent)
    assert evidence(outcome).reply == "x" * 1024


# --- No answer -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("does", "why"),
    [
        (Hang(60), Reason.TIMED_OUT),
        (Drop(), Reason.CONNECTION_DROPPED),
        (Raw(b"what?\r\n\r\n"), Reason.UNEXPECTED_REPLY),
        (Raw(b"HTTP/1.1 101 Switching Protocols\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"), Reason.UNEXPECTED_REPLY),
        (Raw(b"HTTP/1.1 103 Early\r\n\r\n"), Reason.CONNECTION_DROPPED),
        (Raw(b"HTTP/1.1 103 Early\r\n\r\nwhat?\r\n"), Reason.UNEXPECTED_REPLY),
        (Endless(b"", b"HTTP/1.1 102 Processing\r\n\r\n" * 50), Reason.UNEXPECTED_REPLY),
        (Endless(b"HTTP/1.1 200 OK\r\n", b"X-More: yes\r\n" * 200), Reason.UNEXPECTED_REPLY),
        (Raw(b"HTTP/1.1 200 OK\r\n" + (b"X-More: " + b"x" * 60_000 + b"\r\n") * 5 + b"\r\n"), Reason.UNEXPECTED_REPLY),
    ],
)
def test_without_an_answer_the_message_may_have_been_accepted(does: Does, why: Reason) -> None:
    with ScriptedHttpServer(does) as server:
        outcome = transport(json_url(server, "?rto=0.2")).send(PARCEL)
    assert isinstance(outcome, Retry)
    assert (outcome.reason, outcome.maybe_accepted, outcome.evidence.phase) == (why, True, Phase.HTTP)
    assert outcome.evidence.port == server.port


@pytest.mark.parametrize(
    ("host", "why"), [("127.0.0.1", Reason.CONNECTION_REFUSED), ("nowhere.invalid", Reason.NAME_NOT_FOUND)]
)
def test_where_nobody_is_nothing_was_accepted(host: str, why: Reason) -> None:
    outcome = transport(f"json://{host}:{free_port()}/").send(PARCEL)
    assert isinstance(outcome, Retry)
    assert (outcome.reason, outcome.maybe_accepted, outcome.evidence.phase) == (why, False, Phase.CONNECT)
    assert outcome.evidence.host == host


@pytest.mark.parametrize(
    "does",
    [
        Endless(b"HTTP/1.1 ", b"2", 0.05),
        Endless(b"HTTP/1.1 200 OK\r\nX-More: ", b"x", 0.05),
        Endless(b"", b"HTTP/1.1 102 Processing\r\n\r\n", 0.05),
    ],
)
def test_an_answer_that_comes_a_byte_at_a_time_ends_with_the_try(does: Endless) -> None:
    with ScriptedHttpServer(does) as server:
        outcome = transport(json_url(server), email_timeout=0.4).send(PARCEL)
        assert len(server.received) == 1
    assert isinstance(outcome, Retry)
    assert (outcome.reason, outcome.maybe_accepted) == (Reason.TIMED_OUT, True)


def test_email_timeout_bounds_what_the_url_leaves_open() -> None:
    with ScriptedHttpServer(Hang(60)) as server:
        outcome = transport(json_url(server, "?rto=3600"), email_timeout=2).send(PARCEL)
    assert reason(outcome) == Reason.TIMED_OUT


def test_a_certificate_that_nobody_vouches_for_holds_the_channel(certificate: Certificate) -> None:
    with ScriptedHttpServer(certificate=certificate) as server:
        outcome = transport(json_url(server)).send(PARCEL)
    assert isinstance(outcome, Held)
    assert (outcome.reason, outcome.evidence.phase) == (Reason.CERTIFICATE_INVALID, Phase.TLS)
    assert server.received == []


@pytest.mark.parametrize(("name", "is_used"), [("SSL_CERT_FILE", True), ("REQUESTS_CA_BUNDLE", False)])
def test_chat_trusts_whom_mail_and_the_doctor_trust(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch, name: str, *, is_used: bool
) -> None:
    monkeypatch.setenv(name, str(certificate.cert))
    with ScriptedHttpServer(certificate=certificate) as server:
        outcome = transport(json_url(server)).send(PARCEL)
        found = reach.check("chat", "127.0.0.1", server.port, secure=True, setting="CHAT_URLS")
    assert isinstance(outcome, Sent) is is_used
    assert (found.level is Level.OK) is is_used


# --- What a plugin makes of it ---------------------------------------------------------------------------------


def test_a_refusal_inside_a_good_status_is_tried_again_with_the_services_words() -> None:
    with ScriptedHttpServer(Reply(200, b'{"status": "error", "message": "Unauthorized"}')) as server:
        outcome = transport(f"rocket://user:secret-word@127.0.0.1:{server.port}/%23room").send(PARCEL)
    assert isinstance(outcome, Retry)
    assert (outcome.reason, outcome.maybe_accepted, outcome.evidence.code) == (Reason.CHAT_FAILED, True, 200)
    assert "Unauthorized" in outcome.evidence.reply


@pytest.mark.parametrize(
    ("url", "reply", "kind", "why"),
    [
        (
            "telegram",
            Reply(400, b'{"ok":false,"error_code":400,"description":"Bad Request: chat not found"}'),
            Retry,
            Reason.ADDRESS_REFUSED,
        ),
        (
            "telegram",
            Reply(400, b'{"ok":false,"error_code":400,"description":"Bad Request: message is too long"}'),
            Rejected,
            Reason.MESSAGE_REFUSED,
        ),
        ("rocket", Reply(200, b'{"success":false,"error":"error-room-not-found"}'), Retry, Reason.ADDRESS_REFUSED),
        ("rocket", Reply(200, b'{"success":false,"error":"channel_not_found"}'), Retry, Reason.ADDRESS_REFUSED),
        ("rocket", Reply(200, b'{"ok":false,"error":"invalid_auth"}'), Held, Reason.ENDPOINT_REFUSED),
        ("json", Reply(422, b'{"error": "no such room: Unknown Channel"}'), Retry, Reason.ADDRESS_REFUSED),
    ],
)
def test_the_services_words_say_whose_fault_it_is(url: str, reply: Reply, kind: type[Outcome], why: Reason) -> None:
    with ScriptedHttpServer(reply) as server:
        where = f"127.0.0.1:{server.port}"
        addresses = {
            "telegram": f"json://{where}/",
            "rocket": f"rocket://user:secret-word@{where}/%23room",
            "json": f"json://{where}/",
        }
        outcome = transport(addresses[url]).send(PARCEL)
    assert isinstance(outcome, kind)
    assert reason(outcome) == why
    assert not isinstance(outcome, Retry) or not outcome.maybe_accepted


def test_after_a_429_a_plugin_that_would_sleep_and_ask_again_does_not() -> None:
    with ScriptedHttpServer(Reply(429, b'{"retry_after_ms": 3600000}', {"Retry-After": "9"})) as server:
        outcome = transport(f"matrix://user:secret-word@127.0.0.1:{server.port}/!room:localhost").send(PARCEL)
    assert isinstance(outcome, Retry)
    assert (outcome.reason, outcome.after_seconds) == (Reason.RATE_LIMITED, 9)
    assert len(server.received) == 1


def test_a_chat_that_says_how_long_to_wait_in_its_body_is_heard() -> None:
    with ScriptedHttpServer(Reply(429, b'{"ok": false, "parameters": {"retry_after": 35}}')) as server:
        outcome = transport(json_url(server)).send(PARCEL)
    assert isinstance(outcome, Retry)
    assert (outcome.reason, outcome.after_seconds) == (Reason.RATE_LIMITED, 35)


def test_a_plugin_that_stumbles_over_an_answer_is_a_failed_try(monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(*_: object, **__: object) -> bool:
        raise KeyError("canary")

    monkeypatch.setattr("apprise.plugins.custom_json.NotifyJSON.send", stumble)
    assert transport("json://127.0.0.1/").send(PARCEL) == Retry(
        reason=Reason.CHAT_FAILED, evidence=Evidence(phase=Phase.DATA, reply="KeyError"), maybe_accepted=True
    )


@pytest.mark.parametrize("call", ["@everyone", "@here", "@channel", "@room", "<!channel>", "<@U024BE7LH>"])
def test_nobody_is_called_by_what_a_candidate_is_named(call: str) -> None:
    with ScriptedHttpServer() as server:
        transport(json_url(server)).send(structs.replace(PARCEL, subject=call, text=f"{call} asha@example.com"))
    said = json.decode(server.received[0].body)
    assert call not in said["title"] + said["message"]
    assert said["message"].endswith("asha@\u200bexample\u2024com")  # no mail program opens for a stranger's address


def test_an_alert_is_a_warning() -> None:
    with ScriptedHttpServer() as server:
        there = transport(json_url(server))
        there.send(PARCEL)
        there.send(structs.replace(PARCEL, kind="alert"))
    assert [json.decode(asked.body)["type"] for asked in server.received] == ["info", "warning"]


def test_threads_that_send_at_once_each_have_their_own_answer() -> None:
    threads, tries = 4, 40
    with ScriptedHttpServer(*[Reply(200 + n % 2 * 222, str(n).encode()) for n in range(tries)]) as server:
        there, start = transport(json_url(server)), Barrier(threads)

        def several(_: int) -> list[Outcome]:
            start.wait()
            return [there.send(PARCEL) for _ in range(tries // threads)]

        with ThreadPoolExecutor(threads) as pool:
            outcomes = [outcome for some in pool.map(several, range(threads)) for outcome in some]
    assert sorted(int(evidence(outcome).reply) for outcome in outcomes) == list(range(tries))
    assert all(isinstance(outcome, Rejected) == bool(int(outcome.evidence.reply) % 2) for outcome in outcomes)


def test_requests_that_are_nobodys_try_pass_untouched() -> None:
    with ScriptedHttpServer(Reply(429, b"x" * 5000, {"Retry-After": "7"})) as server:
        answered = requests.post(f"{server.url}/", data=b"", timeout=5)
    assert (answered.status_code, len(answered.content)) == (429, 5000)


# --- Secrets ---------------------------------------------------------------------------------------------------


def test_a_token_is_in_no_outcome_log_line_or_repr(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    body = f'{{"error": "no such path /{TOKEN}", "access_token": "canary-fresh", "user": "canary-user"}}'.encode()
    outcomes: list[Outcome] = []
    seen: list[object] = []
    with ScriptedHttpServer(Reply(200, body), Reply(404, body), Reply(500, body), Drop()) as server:
        there = transport(f"json://canary-user:canary-password@127.0.0.1:{server.port}/{TOKEN}?+X-Key=canary-header")
        outcomes += [there.send(PARCEL) for _ in range(4)]
        assert b"canary" in server.received[0].path.encode()
        seen += [there, apprise.addresses_in(json_url(server))]
    outcomes.append(transport(f"nonsense://{TOKEN}").send(PARCEL))
    outcomes.append(transport(f"json://{TOKEN}.invalid/").send(PARCEL))
    assert [reason(outcome) for outcome in outcomes[-2:]] == [Reason.BAD_CHAT_URL, Reason.NAME_NOT_FOUND]
    without_host = [
        structs.replace(outcome, evidence=structs.replace(outcome.evidence, host=None)) for outcome in outcomes
    ]
    assert "canary" not in repr(without_host) + repr(seen) + caplog.text
    assert "no such path /<secret>" in evidence(outcomes[0]).reply


def test_a_malformed_header_gets_no_line_that_quotes_the_token(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with ScriptedHttpServer(Raw(b"HTTP/1.1 200 OK\r\nno colon\r\nContent-Length: 0\r\n\r\n")) as server:
        outcome = transport(json_url(server)).send(PARCEL)
    assert isinstance(outcome, Sent)
    assert TOKEN not in caplog.text


# --- URLs that are no good -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "fix"),
    [
        ("json://canary.example/?retry=3", "Remove it"),
        ("json://canary.example/?optional=yes", "Remove it"),
        ("jsons://canary.example/?verify=no", "Remove it"),
        ("mailto://user:canary@mail.example", "mailtos://"),
        ("pigeon://canary", "schema"),
        ("hireloopmail://user:canary@mail.example", "schema"),
        ("slack://canary", "the format of its URL"),
        ("windows://[::1", "the format of its URL"),  # Apprise's plugin raises
        ("canary", "schema"),
    ],
)
def test_a_url_that_is_no_good_is_refused_with_the_fix_and_held_if_it_is_used(url: str, fix: str) -> None:
    with pytest.raises(SettingsError, match=fix) as refused:
        apprise.addresses_in(url)
    assert str(refused.value).startswith("CHAT_URLS: address 1 ")
    assert "canary" not in str(refused.value)
    outcome = transport(url).send(PARCEL)
    assert outcome == Held(reason=Reason.BAD_CHAT_URL, evidence=Evidence(phase=Phase.CONFIGURE))


def test_the_default_of_an_option_that_is_refused_is_fine() -> None:
    (found,) = apprise.addresses_in("jsons://hook.example/?retry=0&optional=no&verify=yes")
    assert found.schema == "jsons"


def test_mail_is_a_chat_like_any_other_where_no_password_crosses_in_clear() -> None:
    found = apprise.addresses_in("mailtos://user:word@mail.example, mailto://team@relay.example")
    assert [address.schema for address in found] == ["mailtos", "mailto"]


def test_urls_are_split_as_apprise_splits_them() -> None:
    found = apprise.addresses_in(
        "json://a.example/?format=text,markdown json://b.example, jsons://c.example;json://d.example"
    )
    assert [address.url for address in found][1:] == ["json://b.example", "jsons://c.example", "json://d.example"]
    assert found[0].url.startswith("json://a.example/?format=text")


@pytest.mark.parametrize(
    "urls",
    [
        "json://a.example/one canary.example/services/two",
        "json://a.example/one,\ncanary",
        "canary json://a.example",
        "json://a.example\ncanary\njson://b.example",
        "json://a.example json://b.example, canary",
        "my-pager://canary",
        "canary-pager://x json://a.example",
        "-pager://canary",
    ],
)
def test_nothing_in_chat_urls_is_dropped_in_silence(urls: str) -> None:
    with pytest.raises(SettingsError, match="schema") as refused:
        apprise.addresses_in(urls, {"pager"})
    assert str(refused.value).startswith("CHAT_URLS: ")
    assert "canary" not in str(refused.value)


def test_separators_around_the_urls_are_nothing() -> None:
    found = apprise.addresses_in(" ,\n json://a.example ,; \n" + " " * 40 + "pager://b.example?x=1,2 ;\n", {"pager"})
    assert [address.url for address in found] == ["json://a.example", "pager://b.example?x=1,2"]


def test_a_services_own_https_address_is_named_after_the_service() -> None:
    url = "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
    assert apprise.addresses_in(url)[0].schema == "slack"


def test_another_packages_schema_is_left_to_it() -> None:
    (found,) = apprise.addresses_in("pigeon://loft", {"pigeon"})
    assert (found.schema, found.url) == ("pigeon", "pigeon://loft")


# --- An Apprise YAML file --------------------------------------------------------------------------------------


def config(folder: Path, text: str) -> Path:
    file = folder / "apprise.yaml"
    file.write_text(text)
    return file


def test_a_file_is_read_with_its_tags_and_groups(tmp_path: Path) -> None:
    found = apprise.addresses_of(
        config(
            tmp_path,
            """
            version: 1
            groups:
              - failures: night
            urls:
              - json://a.example/one
              - json://b.example/two:
                  - tag: recruiters
                  - tag: [night, recruiters]
              - jsons://c.example:
                  port: 8443
                  tag: failures
            """,
        )
    )
    assert [address.tags for address in found] == [
        (),
        ("recruiters",),
        ("failures", "night", "recruiters"),
        ("failures",),
    ]
    assert found[0].url == "json://a.example/one"
    assert "8443" in found[3].url
    assert len({address.identity for address in found}) == 4


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("urls: [json://canary.example]\ninclude: other.yaml", "does not support include"),
        ("urls: []", "no list `urls`"),
        ("- json://canary.example", "must be a mapping"),
        ("urls: {", "not valid YAML \\(line"),
        ("urls:\n - json://canary.example\n - pigeon://canary", "entry 2 cannot be used"),
        ("urls:\n - json://canary.example:\n   - tag: a\n   - canary", "entry 1 cannot be used"),
        ("urls:\n - json://canary.example:\n    tag: recruiters:2", "retry count"),
        ("urls:\n - json://canary.example:\n    tag: '1:recruiters'", "priority"),
        ("urls:\n - json://canary.example:\n    tag: 'canäry'", "invalid tag"),
        ("urls:\n - json://canary.example:\n    retry: 2", "`retry=`"),
        ("urls:\n - json://canary.example:\n    optional: yes", "`optional=`"),
        ("urls:\n - jsons://canary.example:\n    verify: no", "`verify=no`"),
    ],
)
def test_a_file_that_is_no_good_is_refused_with_what_is_wrong(tmp_path: Path, text: str, cause: str) -> None:
    with pytest.raises(SettingsError, match=cause) as refused:
        apprise.addresses_of(config(tmp_path, text))
    assert str(refused.value).startswith("APPRISE_CONFIG: ")
    assert "canary" not in str(refused.value)


def test_a_file_may_tag_another_packages_addresses(tmp_path: Path) -> None:
    text = """
        groups: [{failures: night}]
        tag: all
        urls:
          - pager://one
          - pager://two:
              tag: failures
          - PAGER://three?x=1:
              - tag: recruiters
              - tags: [night]
          - json://a.example:
              tag: recruiters
        """
    found = apprise.addresses_of(config(tmp_path, text), {"pager"})
    assert [(address.url.partition("?")[0], address.schema, address.tags) for address in found] == [
        ("pager://one", "pager", ("all",)),
        ("pager://two", "pager", ("all", "failures")),
        ("PAGER://three", "pager", ("all", "recruiters")),
        ("PAGER://three", "pager", ("all", "failures", "night")),
        ("json://a.example/", "json", ("all", "recruiters")),
    ]
    assert len({address.identity for address in found}) == 5


@pytest.mark.parametrize(
    ("entry", "cause"),
    [
        ("pager://canary:\n    to: canary", "may only have tags"),
        ("pager://canary:\n   - tag: a\n     canary: 1", "may only have tags"),
        ("pager://canary:\n   - tag: a\n   - canary", "may only have tags"),
        ("pager://canary:\n    tag: 'canäry'", "invalid tag"),
        ("pager://canary:\n    tag: recruiters:2", "retry count"),
        ("pager://canary: canary", "may only have tags"),
    ],
)
def test_another_packages_address_takes_nothing_but_tags(tmp_path: Path, entry: str, cause: str) -> None:
    with pytest.raises(SettingsError, match=cause) as refused:
        apprise.addresses_of(config(tmp_path, f"urls:\n - {entry}"), {"pager"})
    assert "canary" not in str(refused.value)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        apprise.addresses_of(tmp_path / "missing.yaml")
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\xfa")
    with pytest.raises(SettingsError, match="UTF-8"):
        apprise.addresses_of(tmp_path / "bytes.yaml")


def test_the_examples_of_the_documents_are_good(tmp_path: Path) -> None:
    page = (Path(__file__).parents[4] / "docs/how-to/add-chat-channels.md").read_text("utf-8")
    (urls,) = re.findall(r"^ *CHAT_URLS=(.*)$", page, re.MULTILINE)
    assert [address.schema for address in apprise.addresses_in(urls)] == ["slack", "matrixs"]
    (file,) = re.findall(r"```yaml\n(urls:.*?)```", page, re.DOTALL)
    assert [address.tags for address in apprise.addresses_of(config(tmp_path, file))] == [
        ("recruiters",),
        ("failures",),
    ]


# --- Real chat servers -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def synapse() -> Iterator[Synapse]:
    pytest.importorskip("synapse", reason="there is no Matrix Synapse here")
    with Synapse() as homeserver:
        yield homeserver


def matrix_url(synapse: Synapse, password: str = Synapse.password, room: str = "%23recruiters:localhost") -> str:
    return f"matrix://{synapse.user}:{password.replace(' ', '%20')}@127.0.0.1:{synapse.port}/{room}"


def test_matrix_gets_the_message(synapse: Synapse) -> None:
    there = transport(matrix_url(synapse), email_timeout=30)
    first, second = there.send(PARCEL), there.send(structs.replace(PARCEL, text="A second one: नमस्ते"))
    assert isinstance(first, Sent)
    assert first.evidence.code == 200
    assert "event_id" in first.evidence.reply
    assert isinstance(second, Sent)
    newest, before = synapse.messages()[:2]
    assert "A second one: नमस्ते" in newest
    assert PARCEL.subject in before
    assert PARCEL.text in before


def test_a_wrong_password_for_matrix_is_the_channels_with_its_words(synapse: Synapse) -> None:
    outcome = transport(matrix_url(synapse, "not the password"), email_timeout=30).send(PARCEL)
    assert isinstance(outcome, Retry)
    assert (outcome.reason, outcome.evidence.code) == (Reason.ENDPOINT_REFUSED, http.client.FORBIDDEN)
    assert "M_FORBIDDEN" in outcome.evidence.reply


@pytest.mark.skipif(not NGIRCD.exists(), reason="there is no ngircd here")
def test_irc_gets_the_message_line_by_line() -> None:
    with IrcServer() as server, IrcReader(server.port, "#recruiters") as reader:
        outcome = transport(f"irc://127.0.0.1:{server.port}/%23recruiters?join=yes", email_timeout=30).send(PARCEL)
        assert isinstance(outcome, Sent)
        lines = [reader.read_message() for _ in range(3)]
    assert lines == [PARCEL.subject, *PARCEL.text.splitlines()]


def test_irc_where_nobody_listens_is_tried_again() -> None:
    outcome = transport(f"irc://127.0.0.1:{free_port()}/%23recruiters").send(PARCEL)
    assert isinstance(outcome, Retry)
    assert (outcome.reason, outcome.maybe_accepted) == (Reason.CHAT_FAILED, True)
