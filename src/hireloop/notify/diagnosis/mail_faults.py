"""What can go wrong between us and a mail server: the exact cause of each fault and how to fix it."""

import ssl
from collections.abc import Callable, Mapping
from typing import NamedTuple

import msgspec

from hireloop.notify.diagnosis.findings import of_reason
from hireloop.notify.reasons import Reason, sentence_of
from hireloop.notify.transport import Held, Phase, Rejected, Retry
from hireloop.notify.transports.mail.rehearsal import Rehearsal
from hireloop.notify.transports.mail.smtp import MailServer, Security
from hireloop.settings import Settings

# OpenSSL's errors about a certificate (X509_V_ERR_…, x509_vfy.h)
_NOT_YET_VALID = 9
_EXPIRED = 10
_SIGNED_BY_ITSELF = frozenset({18, 19})
_UNKNOWN_AUTHORITY = frozenset({2, 20, 21, 27})
_OTHER_NAME = frozenset({62, 64})

_LATER = "Try again in a few minutes. Deliveries are retried automatically."


class Advice(NamedTuple):
    """A cause and how to fix it, each in one sentence."""

    cause: str
    fix: str
    passes: bool = False  # it may pass within minutes: a warning


class SettingNames(NamedTuple):
    """The names of this provider's settings, so that the advice names the right one."""

    check: str
    host: str
    port: str
    address: str
    sign_in: str
    password: str
    starttls: str
    tls: str
    url: str = ""  # the one that holds them all, if there is one


class FailedConversation(msgspec.Struct, frozen=True, kw_only=True):
    """An SMTP conversation in which the server did not accept our sender."""

    outcome: Held | Retry | Rejected
    server: MailServer
    rehearsal: Rehearsal
    patience: float  # seconds for each phase
    other_tls: bool = False  # the server expects implicit TLS and we did not use it, or the other way round

    @property
    def where(self) -> str:
        """The server's name and port."""
        return f"{self.server.host} port {self.server.port}"


def called(settings: Settings, *, url: str) -> SettingNames:
    """Return the names of the settings in use; one Apprise URL may hold all of them."""
    if url or settings.email_url is not None:
        name = "EMAIL_FALLBACK_URL" if url else "EMAIL_URL"
        return SettingNames(
            check="mail_fallback" if url else "mail",
            host=f"the host in {name}",
            port=f"the port in {name}",
            address=f"host and port in {name}",
            sign_in=f"user name and password in {name}",
            password=f"the password in {name}",
            starttls=f"mode=starttls in {name}",
            tls=f"mode=ssl in {name}",
            url=name,
        )
    return SettingNames(
        check="mail",
        host="EMAIL_HOST",
        port="EMAIL_PORT",
        address="EMAIL_HOST and EMAIL_PORT",
        sign_in="EMAIL_HOST_USER and EMAIL_HOST_PASSWORD",
        password="EMAIL_HOST_PASSWORD",  # noqa: S106 (the setting's name)
        starttls="EMAIL_USE_TLS",
        tls="EMAIL_USE_SSL",
    )


def advice(met: FailedConversation, name: SettingNames) -> Advice:
    """Return the cause of the failed conversation, and how to fix it."""
    if met.other_tls:
        return _other_tls(met, name)
    reason = met.outcome.reason
    if reason in _BY_WHAT_WAS_MET:
        return _BY_WHAT_WAS_MET[reason](met, name)
    if reason in _IN_WORDS:
        found, step = _IN_WORDS[reason], _STEPS.get(met.outcome.evidence.phase)
        cause, fix = (words.format(met=met, name=name, step=step) for words in (found.cause, found.fix))
        return Advice(cause, fix, found.passes)
    return Advice(f"{met.where}: {sentence_of(reason)}", f"Check {name.address}.")


def _other_tls(met: FailedConversation, name: SettingNames) -> Advice:
    if met.server.security is Security.TLS:
        return Advice(f"{met.where} does not use implicit TLS.", f"Set {name.starttls} instead of {name.tls}.")
    return Advice(f"{met.where} expects implicit TLS.", f"Set {name.tls}, usually with port 465.")


def _timed_out(met: FailedConversation, name: SettingNames) -> Advice:
    within = f"within {met.patience:g} s"
    if not met.rehearsal.connected:
        return Advice(
            f"{met.where} could not be reached {within}, usually because a firewall drops the packets.",
            f"Allow outgoing connections to port {met.server.port}, or set {name.port} to 587.",
        )
    if met.outcome.evidence.phase is Phase.CONNECT:
        return Advice(
            f"{met.where} accepted the connection but sent nothing {within}.",
            f"Check that {name.port} is a mail server's port, and check the server's log.",
        )
    return Advice(
        f"{met.where} did not respond {within} ({_STEPS[met.outcome.evidence.phase]}).",
        "Check the mail server's log.",
    )


def _certificate(met: FailedConversation, name: SettingNames) -> Advice:
    failure = met.rehearsal.failure
    code = failure.verify_code if isinstance(failure, ssl.SSLCertVerificationError) else 0
    whose = f"The certificate of {met.where}"
    if code == _EXPIRED:
        return Advice(f"{whose} has expired.", "Renew it on the mail server.")
    if code == _NOT_YET_VALID:
        return Advice(f"{whose} is not valid yet.", "Correct the clock of this machine or of the mail server.")
    if code in _OTHER_NAME:
        return Advice(f"{whose} is for a different name.", f"Set {name.host} to the name in the certificate.")
    if code in _SIGNED_BY_ITSELF or code in _UNKNOWN_AUTHORITY:
        who = "self-signed" if code in _SIGNED_BY_ITSELF else "signed by an authority that this machine does not trust"
        return Advice(
            f"{whose} is {who}.", "Use a certificate from a public authority, or add its authority to SSL_CERT_FILE."
        )
    return Advice(f"{whose} is not trusted (OpenSSL error {code}).", "Renew it on the mail server.")


def _no_sign_in(met: FailedConversation, name: SettingNames) -> Advice:
    if offered := met.rehearsal.sign_ins:
        return Advice(
            f"{met.where} offers {' and '.join(offered)}, but no password sign-in (PLAIN or LOGIN).",
            "Enable password sign-in at the provider, or use another provider.",
        )
    if met.server.security is Security.NONE:
        return Advice(
            f"{met.where} does not offer sign-in without TLS.", f"Set {name.starttls}, usually with port 587."
        )
    return Advice(
        f"{met.where} does not offer password sign-in.",
        f"Use the server's submission port (usually 587), or leave {name.sign_in} empty.",
    )


def _sign_in_refused(met: FailedConversation, name: SettingNames) -> Advice:
    return Advice(
        f"{met.server.host} refused the user name or the password.",
        f"Correct {name.sign_in}. With two-step verification, use an app password.",
    )


def _sign_in_first(met: FailedConversation, name: SettingNames) -> Advice:
    if met.server.security is Security.NONE and "STARTTLS" in met.rehearsal.extensions:
        return Advice(f"{met.where} requires TLS before it accepts mail.", f"Set {name.starttls}.")
    return Advice(f"{met.where} requires a sign-in before it accepts mail.", f"Set {name.sign_in}.")


def _as_listed(met: FailedConversation, name: SettingNames) -> Advice:
    """Return what the booking and the held channel say of this reason, too."""
    listed = of_reason(name.check, met.outcome.reason)
    return Advice(listed.cause, listed.fix)


_STEPS: Mapping[Phase, str] = {
    Phase.CONNECT: "before the end of its greeting",
    Phase.TLS: "when TLS was to start",
    Phase.AUTH: "at the sign-in",
    Phase.SENDER: "at MAIL FROM",
}

# What needs no more than the words: `met`, `name` and `step` are filled in.
_IN_WORDS: Mapping[str, Advice] = {
    Reason.NAME_NOT_FOUND: Advice(
        "The host name {met.server.host} cannot be resolved.", "Correct {name.host}, or fix this machine's DNS."
    ),
    Reason.CONNECTION_REFUSED: Advice(
        "Nothing is listening at {met.where}.", "Correct {name.address}, or start the mail server."
    ),
    Reason.CONNECTION_FAILED: Advice(
        "{met.where} cannot be reached from this machine.", "Fix the network, or correct {name.host}."
    ),
    Reason.CONNECTION_DROPPED: Advice(
        "{met.where} closed the connection without a reply ({step}).",
        "Check that {name.port} is a mail server's port, and that the server allows this machine to connect.",
    ),
    Reason.UNEXPECTED_REPLY: Advice("{met.where} is not a mail server.", "Correct {name.address}."),
    Reason.SERVER_BUSY: Advice("{met.where} is not accepting mail right now.", _LATER, passes=True),
    Reason.SERVER_REFUSED: Advice(
        "{met.where} refuses connections from this machine.",
        "Ask the server's operator to allow this machine's IP address, or correct {name.host}.",
    ),
    Reason.STARTTLS_MISSING: Advice(
        "{met.where} does not offer STARTTLS.",
        "Use the server's submission port (usually 587), or {name.tls} with port 465.",
    ),
    Reason.STARTTLS_REFUSED: Advice(
        "{met.where} offers STARTTLS but refuses to start it.",
        "Fix the mail server's certificate, or use {name.tls} with port 465.",
    ),
    Reason.TLS_FAILED: Advice(
        "{met.where} and this machine have no TLS version in common, usually because the server's is outdated.",
        "Upgrade the mail server to TLS 1.2 or later, or correct {name.port}.",
    ),
    Reason.SENDER_REFUSED: Advice(
        "{met.server.host} does not accept mail from our sender's address.",
        "Set DEFAULT_FROM_EMAIL (and BOUNCE_ADDRESS) to an address that this account may send from.",
    ),
    Reason.AUTH_DEFERRED: Advice("{met.server.host} cannot check sign-ins right now.", _LATER, passes=True),
    Reason.SENDER_DEFERRED: Advice(
        "{met.server.host} does not accept mail from our sender's address right now.",
        "Try again in a few minutes. If the problem persists, check DEFAULT_FROM_EMAIL.",
        passes=True,
    ),
}

_BY_WHAT_WAS_MET: Mapping[str, Callable[[FailedConversation, SettingNames], Advice]] = {
    Reason.TIMED_OUT: _timed_out,
    Reason.CERTIFICATE_INVALID: _certificate,
    Reason.AUTH_MISSING: _no_sign_in,
    Reason.AUTH_REFUSED: _sign_in_refused,
    Reason.AUTH_REQUIRED: _sign_in_first,
    Reason.APP_PASSWORD_REQUIRED: _as_listed,
    Reason.PASSWORD_SIGN_IN_DISABLED: _as_listed,
    Reason.BROWSER_SIGN_IN_REQUIRED: _as_listed,
    Reason.ACCOUNT_SUSPENDED: _as_listed,
    Reason.SENDING_LIMIT: _as_listed,
    Reason.RELAY_REFUSED: _as_listed,
}
