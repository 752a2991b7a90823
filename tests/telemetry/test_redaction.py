import time
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hireloop import session_keys
from hireloop.secret_patterns import WHOLE_SESSION_KEY
from hireloop.telemetry.redaction import address_hash, printable, redact, without

SECRET = "a secret of the tests, which opens nothing"
API_KEY = "hl_AZkAAAAAcACAAAAAAAAAAQ" + "x" * 43

ATEXT = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$&*+-/?^_`|~üßж"
LOCAL = st.text(ATEXT, min_size=1, max_size=20)
LABEL = st.text("abcdefghijklmnopqrstuvwxyz0123456789äж", min_size=1, max_size=10)
ADDRESSES = st.tuples(LOCAL, LABEL, LABEL).map(lambda parts: f"{parts[0]}@{parts[1]}.{parts[2]}")
AROUND = st.sampled_from([" ", "\n", "<>", "()", "''", '""', "=,", ":;", "[]", "{}", "«»", ": .", ": !", "\t?"])


@pytest.mark.parametrize(
    "text",
    [
        "550 5.1.1 <asha@example.com>: Recipient address rejected: User unknown in local recipient table",
        "450 4.7.1 <asha@example.com>: Recipient address rejected: Greylisted",
        "Key (lower(email))=(asha@example.com) already exists.",
        "Failing row contains (0199, Asha Rao, asha@example.com, null).",
        'invalid input syntax: "asha@example.com"',
        "to=<asha@example.com>, orig_to=<asha@example.com>, relay=none",
        "no mailbox asha@example.com.",
        "who is 'asha@example.com'?",
        "mailto:asha@example.com",
        "RCPT TO:<ASHA@EXAMPLE.COM> SIZE=1",
        "email=asha@example.com&x=1",
        "user=asha@example.com",
    ],
)
def test_a_mail_address_is_hashed_wherever_it_stands(text: str) -> None:
    shown = redact(text)
    assert "asha@" not in shown.lower()
    assert "example.com" not in shown.lower()
    assert f"<address:{address_hash('asha@example.com')}>" in shown  # so that one can be searched for


@pytest.mark.parametrize(
    "address",
    [
        "jürgen@exämple.de",
        "用户@例子.公司",
        "asha+interviews@example.co.in",
        "o'brien@example.com",
        "asha|~!#$%&*/?^_`-@example.com",
        "asha@localhost",
        "asha@xn--exmple-cua.de",
    ],
)
def test_unusual_addresses_are_hashed_whole(address: str) -> None:
    assert redact(f"to <{address}>.") == f"to <<address:{address_hash(address)}>>."


@pytest.mark.parametrize(
    "text",
    [
        'RCPT TO:<"asha rao"@example.com>',
        "to asha@[192.0.2.1]",
        "/unsubscribe/asha%40example.com/",
        "/unsubscribe/asha%2540example.com/",
        "/unsubscribe/asha%252540example.com/",
        "bounces+asha=example.com@hire.example",
    ],
)
def test_odd_spellings_of_an_address_do_not_leak_either(text: str) -> None:
    assert "asha" not in redact(text)


@given(ADDRESSES, AROUND)
def test_no_address_passes(address: str, around: str) -> None:
    shown = redact(f"x {around[0]}{address}{around[-1]} y")
    assert address not in shown
    assert "@" not in shown
    assert shown.startswith("x ")


@given(st.uuids(), st.integers(1, 2**31 - 1), st.text(max_size=20), st.text(max_size=20))
def test_no_session_key_passes(session_id: UUID, version: int, before: str, after: str) -> None:
    key = session_keys.mint(SECRET, session_id, version)
    assert key.rpartition(".")[2] not in redact(f"{before}{key}{after}")


@pytest.mark.parametrize("dot", ["%2E", "%2e", "%252E", "%25252e"])
def test_no_session_key_passes_whose_dots_are_encoded(dot: str) -> None:
    key = session_keys.mint(SECRET, UUID(int=7), 1).replace(".", dot)
    assert redact(f"/x/{key}/y") == "/x/<session key>/y"


@pytest.mark.parametrize("secret", ["asha.rao@example.com", API_KEY, "AAAAAAAAAAAAAAAAAAAAAA.1." + "B" * 43])
def test_what_is_cut_is_redacted_before(secret: str) -> None:
    for longest in range(2, len(secret)):
        assert secret[:longest] not in printable(f"/{secret}", longest + 1)


@given(st.uuids(), st.integers(1, 2**31 - 1))
def test_a_whole_session_key_is_known_as_one(session_id: UUID, version: int) -> None:
    assert WHOLE_SESSION_KEY.fullmatch(session_keys.mint(SECRET, session_id, version))


def test_a_known_secret_is_left_out_whole_where_another_is_a_part_of_it() -> None:
    assert without("hunter2, said hunter2-and-more", {"hunter2", "hunter2-and-more"}, "…") == "…, said …"


@given(st.text(max_size=20), st.text(max_size=20))
def test_no_api_key_passes(before: str, after: str) -> None:
    assert "x" * 43 not in redact(f"{before}{API_KEY}{after}")


PASSWORDS = st.text(st.characters(codec="ascii", exclude_categories=["Cc", "Zs"]), min_size=9, max_size=20)


@given(PASSWORDS, st.sampled_from(["u", "", "asha@example.com"]))
def test_no_password_in_a_url_passes(password: str, user: str) -> None:
    password = f"hunter2{password}hunter2"
    assert "hunter2" not in redact(f"cannot reach postgresql://{user}:{password}@db.example:5432/hireloop today")


@pytest.mark.parametrize(
    "text",
    [
        "GET /?session_key=whatever-canary HTTP/1.1",
        "https://hire.example/?a=1&session_key=canary&b=2",
        "session_key=canary",
        "mailtos://mail.example?user=u&pass=canary",
        "password=canary host=db.example",
    ],
)
def test_a_secret_that_is_named_is_dropped(text: str) -> None:
    assert "canary" not in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "connection refused",
        "http://localhost:8000/docs",
        "a = b",
        "hl_",
        "01990000-0000-7000-8000-000000000001",
        "@",
    ],
)
def test_what_is_no_secret_stays_as_it_is(text: str) -> None:
    assert redact(text) == text


def test_an_address_has_one_hash_whatever_its_case_and_spaces() -> None:
    assert address_hash(" Asha@Example.com ") == address_hash("asha@example.com") != address_hash("asha@example.org")
    assert len(address_hash("asha@example.com")) == 12


@pytest.mark.parametrize(
    "hostile", ["@ " + "a" * 300_000, "a@" + "." * 8_000, "'a" * 4_000 + "@x", "a@[" * 3_000, "a" * 8_191 + "@"]
)
def test_a_hostile_text_keeps_nobody_busy(hostile: str) -> None:
    # A bound on growth, not on speed: quadratic patterns took seconds to minutes here, linear ones milliseconds.
    began = time.process_time()
    assert len(redact(hostile)) <= 10 * 8_192
    assert time.process_time() - began < 2
