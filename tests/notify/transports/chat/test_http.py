"""When requests is wrapped, and what of a service's words is kept: never a token of the URL, wherever it is quoted."""

import subprocess
import sys
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hireloop.notify.transports.chat.http import secrets_of, without_secrets

TOKENS = st.text("abcdefXYZ0189-_.~!$ %ü", min_size=6, max_size=40).filter(lambda token: token == token.strip(" ."))


@given(user=TOKENS, password=TOKENS, path=TOKENS, value=TOKENS, before=st.text(), after=st.text())
def test_no_piece_of_a_url_is_quoted(user: str, password: str, path: str, value: str, before: str, after: str) -> None:
    pieces = [quote(piece, safe="") for piece in (user, password, path, value)]
    url = "json://{}:{}@chat.example/{}?to={}".format(*pieces)
    for secret in (user, password, path, value, *pieces):
        assert secret not in without_secrets(f"{before}{secret}{after}", secrets_of(url)).replace("<secret>", "\0")


@pytest.mark.parametrize("name", ["access_token", "token", "client_secret", "apiKey", "session", "password"])
def test_a_fresh_token_in_an_answer_is_left_out(name: str) -> None:
    said = without_secrets(f'{{"{name}" : "canary", "error": "none"}}', frozenset())
    assert said == f'{{"{name}" : "<secret>", "error": "none"}}'


def test_an_answer_that_quotes_nothing_is_kept_as_it_is() -> None:
    said = '{"errcode":"M_NOT_FOUND","error":"No known servers"}'
    assert without_secrets(said, secrets_of("matrix://user:password@chat.example/%23room")) == said


def test_requests_is_as_it_is_until_a_chat_transport_is_made() -> None:
    program = """
from requests.adapters import HTTPAdapter
before = HTTPAdapter.send, HTTPAdapter.cert_verify
from hireloop.notify.channels.configured import channels
from hireloop.notify.transport import open_transport
from hireloop.settings import Settings
settings = Settings(_env_file=None, secret_key="x" * 32, chat_urls="json://chat.example")
_, chat = channels(settings)
assert (HTTPAdapter.send, HTTPAdapter.cert_verify) == before
open_transport(chat, settings)
wrapped = HTTPAdapter.send, HTTPAdapter.cert_verify
assert wrapped[0] is not before[0] and wrapped[1] is not before[1]
open_transport(chat, settings)
assert (HTTPAdapter.send, HTTPAdapter.cert_verify) == wrapped
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
