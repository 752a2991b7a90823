"""What stands between us and a mail server, each fault with its exact cause and the mend that ends it."""

import ssl
from collections.abc import Callable, Mapping
from typing import NamedTuple

import msgspec

from hireloop.notify.reasons import Reason, sentence_of
from hireloop.notify.transport import Held, Phase, Rejected, Retry
from hireloop.notify.transports.mail.rehearsal import Rehearsal
from hireloop.notify.transports.mail.smtp import MailServer, Security
from hireloop.settings import Settings

# OpenSSL's verdicts on a certificate (X509_V_ERR_…, x509_vfy.h)
_NOT_YET_VALID = 9
_EXPIRED = 10
_SIGNED_BY_ITSELF = frozenset({18, 19})
_UNKNOWN_AUTHORITY = frozenset({2, 20, 21, 27})
_OTHER_NAME = frozenset({62, 64})

_SIGN_IN_FIRST = 530  # RFC 4954, 6; and RFC 3207, 4
_LATER = "Try again in a few minutes; deliveries do so by themselves."
_APP_PASSWORDS = "https://myaccount.google.com/apppasswords"


class Advice(NamedTuple):
    """A cause and its mend, a sentence each."""

    cause: str
    fix: str
    passes: bool = False  # it may be over in a minute: a warning


class SettingNames(NamedTuple):
    """What the settings of this provider are called, so that a mend names the right one."""

    check: str
    host: str
    port: str
    address: str
    sign_in: str
    password: str
    starttls: str
    tls: str
    url: str = ""  # the one that holds them all, where there is one


class FailedConversation(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation that did not end with our sender accepted."""

    outcome: Held | Retry | Rejected
    server: MailServer
    rehearsal: Rehearsal
    patience: float  # seconds for each phase
    other_tls: bool = False  # the server speaks TLS from the start and we did not, or the other way round

    @property
    def where(self) -> str:
        """The server's name and port."""
        return f"{self.server.host} port {self.server.port}"


def called(settings: Settings, *, url: str) -> SettingNames:
    """Return what the settings in use are called: one Apprise URL holds all of them."""
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
    """Return the one cause of what was met, and its mend."""
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
        return Advice(f"{met.where} does not speak TLS from the start.", f"Set {name.starttls} instead of {name.tls}.")
    return Advice(f"{met.where} speaks TLS from the start.", f"Set {name.tls}, with port 465 as a rule.")


def _timed_out(met: FailedConversation, name: SettingNames) -> Advice:
    within = f"within {met.patience:g} s"
    if not met.rehearsal.connected:
        return Advice(
            f"{met.where} cannot be reached {within}: a firewall drops the packets, as a rule.",
            f"Let this machine out to port {met.server.port}, or set {name.port} to 587.",
        )
    if met.outcome.evidence.phase is Phase.CONNECT:
        return Advice(
            f"{met.where} took the connection and said nothing {within}.",
            f"Check that {name.port} is a mail server's port, and look into the server's log.",
        )
    return Advice(
        f"{met.where} did not answer {within} ({_STEPS[met.outcome.evidence.phase]}).",
        "Look into the mail server's log.",
    )


def _certificate(met: FailedConversation, name: SettingNames) -> Advice:
    failure = met.rehearsal.failure
    code = failure.verify_code if isinstance(failure, ssl.SSLCertVerificationError) else 0
    whose = f"The certificate of {met.where}"
    if code == _EXPIRED:
        return Advice(f"{whose} has expired.", "Renew it on the mail server.")
    if code == _NOT_YET_VALID:
        return Advice(f"{whose} is not valid yet.", "Set the clock of this machine, or of the mail server.")
    if code in _OTHER_NAME:
        return Advice(f"{whose} is for another name.", f"Set {name.host} to the name that the certificate is for.")
    if code in _SIGNED_BY_ITSELF or code in _UNKNOWN_AUTHORITY:
        who = "signed by itself" if code in _SIGNED_BY_ITSELF else "signed by an authority unknown here"
        return Advice(
            f"{whose} is {who}.", "Give the server one of a public authority, or name its authority in SSL_CERT_FILE."
        )
    return Advice(f"{whose} is not to be trusted (OpenSSL's error {code}).", "Renew it on the mail server.")


def _no_sign_in(met: FailedConversation, name: SettingNames) -> Advice:
    if met.server.security is Security.NONE:
        return Advice(f"{met.where} offers no sign-in without TLS.", f"Set {name.starttls}, with port 587 as a rule.")
    return Advice(
        f"{met.where} offers no sign-in with a password.",
        f"Use the server's submission port (mostly 587), or leave {name.sign_in} empty.",
    )


def _sign_in_refused(met: FailedConversation, name: SettingNames) -> Advice:
    reply = met.outcome.evidence.reply.lower()
    if met.server.host.lower().endswith(("gmail.com", "googlemail.com")) or "support.google.com" in reply:
        return Advice(
            "Gmail refused the sign-in: it takes an app password, not the account's own.",
            f"Make one at {_APP_PASSWORDS} and set {name.password} to its 16 letters.",
        )
    if "application-specific password" in reply or "app password" in reply:
        return Advice(
            f"{met.server.host} refused the sign-in: it takes an app password, not the account's own.",
            f"Make one in the account's security settings and set {name.password} to it.",
        )
    return Advice(
        f"{met.server.host} refused the user name or the password.",
        f"Correct {name.sign_in}; with two-step sign-in it must be an app password.",
    )


def _sender_refused(met: FailedConversation, name: SettingNames) -> Advice:
    if met.outcome.evidence.code == _SIGN_IN_FIRST:
        if met.server.security is Security.NONE and "STARTTLS" in met.rehearsal.extensions:
            return Advice(f"{met.where} wants TLS before it takes mail.", f"Set {name.starttls}.")
        return Advice(f"{met.where} wants a sign-in before it takes mail.", f"Set {name.sign_in}.")
    return Advice(
        f"{met.server.host} does not take mail from our sender's address.",
        "Set DEFAULT_FROM_EMAIL (and BOUNCE_ADDRESS) to an address that this account may send from.",
    )


_STEPS: Mapping[Phase, str] = {
    Phase.CONNECT: "before its greeting was over",
    Phase.TLS: "as TLS was to begin",
    Phase.AUTH: "at the sign-in",
    Phase.SENDER: "at MAIL FROM",
}

# What needs no more than the words: `met`, `name` and `step` are filled in.
_IN_WORDS: Mapping[str, Advice] = {
    Reason.NAME_NOT_FOUND: Advice(
        "There is no server named {met.server.host}.", "Correct {name.host}, or mend this machine's DNS."
    ),
    Reason.CONNECTION_REFUSED: Advice(
        "Nothing listens at {met.where}.", "Correct {name.address}, or start the mail server."
    ),
    Reason.CONNECTION_FAILED: Advice(
        "There is no way to {met.where} from here.", "Mend the network, or correct {name.host}."
    ),
    Reason.CONNECTION_DROPPED: Advice(
        "{met.where} closed the connection without a word ({step}).",
        "Check that {name.port} is a mail server's port, and that the server lets this machine in.",
    ),
    Reason.UNEXPECTED_REPLY: Advice("What answers at {met.where} is no mail server.", "Correct {name.address}."),
    Reason.SERVER_BUSY: Advice("{met.where} takes no mail right now.", _LATER, passes=True),
    Reason.SERVER_REFUSED: Advice(
        "{met.where} turns this machine away before any mail.",
        "Have the server's operator let this machine's address in, or correct {name.host}.",
    ),
    Reason.STARTTLS_MISSING: Advice(
        "{met.where} does not offer STARTTLS.",
        "Use the server's submission port (mostly 587), or {name.tls} with port 465.",
    ),
    Reason.STARTTLS_REFUSED: Advice(
        "{met.where} offers STARTTLS and refuses to begin it.",
        "Mend the mail server's certificate, or use {name.tls} with port 465.",
    ),
    Reason.TLS_FAILED: Advice(
        "{met.where} and this machine agree on no TLS: the server's is outdated, as a rule.",
        "Bring the mail server to TLS 1.2 or later, or correct {name.port}.",
    ),
    Reason.AUTH_DEFERRED: Advice("{met.server.host} cannot check sign-ins right now.", _LATER, passes=True),
    Reason.SENDER_DEFERRED: Advice(
        "{met.server.host} does not take mail from our sender's address right now.",
        "Try again in a few minutes; if it stays, check DEFAULT_FROM_EMAIL.",
        passes=True,
    ),
}

_BY_WHAT_WAS_MET: Mapping[str, Callable[[FailedConversation, SettingNames], Advice]] = {
    Reason.TIMED_OUT: _timed_out,
    Reason.CERTIFICATE_INVALID: _certificate,
    Reason.AUTH_MISSING: _no_sign_in,
    Reason.AUTH_REFUSED: _sign_in_refused,
    Reason.SENDER_REFUSED: _sender_refused,
}
