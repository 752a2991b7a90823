"""What used to pass in silence: a sentence each, with its fix."""

import pytest

from hireloop.faults import is_loopback, warnings_of
from sample_settings import settings_for

URL = "postgresql://u@h/d"
WHOLE = {
    "email_host": "mail.example",
    "email_port": 587,
    "email_use_tls": True,
    "email_host_user": "u",
    "email_host_password": "p",
}


def test_a_whole_installation_has_no_warning() -> None:
    assert warnings_of(settings_for(URL, **WHOLE)) == ()
    assert warnings_of(settings_for(URL, email_url="mailtos://u:p@mail.example")) == ()


@pytest.mark.parametrize(
    ("fault", "variable", "fix"),
    [
        ({"email_backend": "console"}, "EMAIL_BACKEND", "Set it to smtp"),
        ({"email_backend": "file"}, "EMAIL_BACKEND", "Set it to smtp"),
        ({"email_host": ""}, "EMAIL_HOST", "Set EMAIL_HOST or EMAIL_URL"),
        ({"email_host_user": ""}, "EMAIL_HOST_USER", "Set both or neither"),
        ({"email_host_password": ""}, "EMAIL_HOST_PASSWORD", "Set both or neither"),
        ({"email_port": 465}, "EMAIL_PORT is 465", "Set EMAIL_USE_SSL instead"),
        ({"email_use_tls": False, "email_use_ssl": True}, "EMAIL_PORT is 587", "Set EMAIL_USE_TLS instead"),
        ({"email_use_ssl": True}, "EMAIL_USE_SSL", "Set only the one"),
        ({"email_use_tls": False}, "mail password", "Set EMAIL_USE_TLS or EMAIL_USE_SSL"),
        ({"email_use_tls": False, "email_host": "127.0.0.1"}, "EMAIL_HOST_PASSWORD", "Set EMAIL_USE_TLS"),
        ({"base_url": "http://localhost:8000"}, "BASE_URL", "Set BASE_URL"),
        ({"base_url": "http://127.0.0.1"}, "BASE_URL", "Set BASE_URL"),
        ({"base_url": "http://[::1]:8000"}, "BASE_URL points to localhost", "Set BASE_URL"),
        ({"base_url": "https://127.0.0.2"}, "BASE_URL points to localhost", "Set BASE_URL"),
        ({"base_url": "https://[::]:8000"}, "BASE_URL points to localhost", "Set BASE_URL"),
        ({"base_url": "http://hire.example"}, "BASE_URL", "https"),
    ],
)
def test_each_fault_is_one_warning_with_its_fix(fault: dict[str, object], variable: str, fix: str) -> None:
    (sentence,) = warnings_of(settings_for(URL, **{**WHOLE, **fault}))
    assert variable in sentence
    assert fix in sentence
    assert sentence.endswith(".")


def test_faults_of_the_host_settings_are_not_said_where_email_url_is_used() -> None:
    assert warnings_of(settings_for(URL, email_url="mailtos://u:p@h", email_port=465, email_use_tls=True)) == ()


def test_several_faults_are_several_warnings() -> None:
    assert len(warnings_of(settings_for(URL, email_host_user="u", base_url="http://localhost"))) == 3


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "LOCALHOST", "localhost.", "app.localhost", "127.0.0.1", "127.0.0.2", "127.1", "0.0.0.0"),
        *("::1", "[::1]", "::", "[::]", "::ffff:127.0.0.1"),
    ],
)
def test_every_spelling_of_this_very_machine_is_known(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["", "mail.example", "localhost.example", "10.0.0.1", "128.1", "::2", "a\0b", "notlocalhost"]
)
def test_another_machine_is_not_this_one(host: str) -> None:
    assert not is_loopback(host)
