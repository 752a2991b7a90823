"""What of a service's words is kept: never a token of the channel's URL, in whatever place it is quoted."""

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
    said = without_secrets(f'{{"{name}" : "canary", "error": "none"}}', ())
    assert said == f'{{"{name}" : "<secret>", "error": "none"}}'


def test_an_answer_that_quotes_nothing_is_kept_as_it_is() -> None:
    said = '{"errcode":"M_NOT_FOUND","error":"No known servers"}'
    assert without_secrets(said, secrets_of("matrix://user:password@chat.example/%23room")) == said
