"""Which channels there are, and which message kinds go over them."""

import hashlib
import hmac

from hireloop import links
from hireloop.notify.channels import Channel
from hireloop.notify.messages import CANDIDATE_KINDS
from hireloop.settings import Settings

EMAIL = "email"
_PURPOSE = b"hireloop channel fingerprint 1"

# What a channel's behaviour hangs on: a change of any of these is another configuration, and starts open.
_EMAIL_SETTINGS = (
    "email_backend",
    "email_host",
    "email_port",
    "email_use_tls",
    "email_use_ssl",
    "email_host_user",
    "email_host_password",
    "email_url",
    "default_from_email",
)


def channels(settings: Settings) -> tuple[Channel, ...]:
    """Return the configured channels; e-mail is always one, also where its settings are bad: it is then held."""
    return (
        Channel(
            name=EMAIL,
            transport_name="email",
            fingerprint=_fingerprint(settings),
            required=True,
            personal=True,
            kinds=CANDIDATE_KINDS,
            concurrency=settings.email_concurrency,
        ),
    )


def _fingerprint(settings: Settings) -> str:
    """Return a keyed hash of the channel's settings: it tells configurations apart and reveals no password."""
    plain = repr([_plain(getattr(settings, name)) for name in _EMAIL_SETTINGS])
    return hmac.digest(links.derive(settings.secrets[0], _PURPOSE), plain.encode(), hashlib.sha256).hex()[:16]


def _plain(value: object) -> str:
    reveal = getattr(value, "get_secret_value", None)
    return str(reveal() if reveal else value)
