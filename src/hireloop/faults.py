"""What is wrong with settings that do not keep a process from starting; every message about them is here.

The start, every booking, the reasons of a held channel, `hireloop doctor` and `/health/` show these messages.
"""

import ipaddress
import socket
from collections.abc import Iterator
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from hireloop.settings import EmailBackend, Settings


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong and how to fix it, each in one sentence."""

    about: Literal["mail", "base_url"]
    cause: str
    fix: str
    stops: bool = True  # nobody can be notified while it lasts; otherwise it may still work

    @property
    def sentence(self) -> str:
        """Return the cause, followed by the fix."""
        return f"{self.cause} {self.fix}"


NO_MAIL_HOST = Fault(
    about="mail", cause="EMAIL_HOST is not set, so no mail can be sent.", fix="Set EMAIL_HOST or EMAIL_URL."
)
CONSOLE_BACKEND = Fault(
    about="mail", cause="EMAIL_BACKEND is console, so no mail leaves this machine.", fix="Set it to smtp."
)
FILE_BACKEND = Fault(
    about="mail", cause="EMAIL_BACKEND is file, so no mail leaves this machine.", fix="Set it to smtp."
)
INCOMPLETE_CREDENTIALS = Fault(
    about="mail",
    cause="Only one of EMAIL_HOST_USER and EMAIL_HOST_PASSWORD is set.",
    fix="Set both or neither.",
)
TLS_AND_SSL = Fault(
    about="mail",
    cause="EMAIL_USE_TLS (STARTTLS, port 587) and EMAIL_USE_SSL (implicit TLS, port 465) cannot both be set.",
    fix="Set only the one that the mail server supports.",
)
PASSWORD_WITHOUT_TLS = Fault(
    about="mail",
    cause="The mail password would be sent over the network unencrypted.",
    fix="Set EMAIL_USE_TLS or EMAIL_USE_SSL, or use a mailtos:// URL.",
)
PASSWORD_IN_CLEAR_HERE = Fault(
    about="mail",
    cause="EMAIL_HOST_PASSWORD is sent unencrypted, which is allowed only because the server is on this machine.",
    fix="Set EMAIL_USE_TLS or EMAIL_USE_SSL.",
    stops=False,
)
STARTTLS_ON_465 = Fault(
    about="mail",
    cause="EMAIL_PORT is 465, which expects implicit TLS rather than STARTTLS.",
    fix="Set EMAIL_USE_SSL instead of EMAIL_USE_TLS.",
    stops=False,
)
TLS_ON_587 = Fault(
    about="mail",
    cause="EMAIL_PORT is 587, which expects STARTTLS rather than implicit TLS.",
    fix="Set EMAIL_USE_TLS instead of EMAIL_USE_SSL.",
    stops=False,
)
BASE_URL_ON_LOCALHOST = Fault(
    about="base_url",
    cause="BASE_URL points to localhost, so links in invitations open on this machine only.",
    fix="Set BASE_URL to an address that candidates can reach.",
)
BASE_URL_WITHOUT_TLS = Fault(
    about="base_url",
    cause="BASE_URL uses plain http, where browsers do not allow access to the camera.",
    fix="Set BASE_URL to an https address.",
    stops=False,
)


def warnings_of(settings: Settings) -> tuple[str, ...]:
    """Return what is wrong with an installation that starts all the same: each cause with its fix.

    These faults would otherwise go unnoticed, so they are reported at the start and on every booking.
    """
    return tuple(fault.sentence for fault in faults_of(settings))


def faults_of(settings: Settings) -> tuple[Fault, ...]:
    """Return the same faults as values; those about mail come first."""
    return (*_mail_faults(settings), *_base_url_faults(settings))


def _mail_faults(settings: Settings) -> Iterator[Fault]:
    if settings.email_backend is not EmailBackend.SMTP:
        yield CONSOLE_BACKEND if settings.email_backend is EmailBackend.CONSOLE else FILE_BACKEND
    elif settings.email_url is None:
        yield from _mail_host_faults(settings)


def _mail_host_faults(settings: Settings) -> Iterator[Fault]:
    password = bool(settings.email_host_password.get_secret_value())
    starttls, tls = settings.email_use_tls, settings.email_use_ssl
    if not settings.email_host:
        yield NO_MAIL_HOST
    if bool(settings.email_host_user) != password:
        yield INCOMPLETE_CREDENTIALS
    elif password and not (starttls or tls):
        yield PASSWORD_IN_CLEAR_HERE if is_loopback(settings.email_host) else PASSWORD_WITHOUT_TLS
    if starttls and tls:
        yield TLS_AND_SSL
    elif starttls and settings.email_port == _IMPLICIT_TLS_PORT:
        yield STARTTLS_ON_465
    elif tls and settings.email_port == _SUBMISSION_PORT:
        yield TLS_ON_587


def _base_url_faults(settings: Settings) -> Iterator[Fault]:
    base = urlsplit(settings.base_url)
    if is_loopback(base.hostname or ""):
        yield BASE_URL_ON_LOCALHOST
    elif base.scheme == "http":
        yield BASE_URL_WITHOUT_TLS


def is_loopback(host: str) -> bool:
    """Return whether a host name or address, however it is written, is this machine (RFC 6761, 6.3)."""
    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = _address(name)
    except (OSError, ValueError):
        return False
    return address.is_loopback or address.is_unspecified


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    if ":" not in host:
        return ipaddress.IPv4Address(socket.inet_aton(host))  # 127.1 too, as the resolver reads it
    address = ipaddress.IPv6Address(host)
    return address.ipv4_mapped or address


_IMPLICIT_TLS_PORT = 465
_SUBMISSION_PORT = 587
