"""Mail over SMTP: an Apprise plugin that sends our own MIME over kept connections and hands back each reply.

Apprise's NotifyEmail knows addresses, URLs and providers, but it says only success or failure, makes a new
Message-ID for every try and a new connection for every mail (docs/decisions/0003-apprise-email.md).
"""

import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parseaddr
from functools import cache
from typing import Any
from urllib.parse import quote

from apprise.asset import AppriseAsset
from apprise.exception import AppriseImproperlyConfigured
from apprise.plugins.email import NotifyEmail
from apprise.plugins.email.common import AppriseEmailException
from msgspec import structs
from pydantic import SecretStr

from hireloop import mail_addresses
from hireloop.faults import is_loopback
from hireloop.mail_addresses import Sender
from hireloop.notify.reasons import Reason
from hireloop.notify.transport import Evidence, Held, Outcome, Parcel, Phase, Rejected, Sent
from hireloop.notify.transports.domains import with_ascii_domain
from hireloop.notify.transports.mail import mime
from hireloop.notify.transports.mail.rehearsal import Rehearsal, Watch, rehearse
from hireloop.notify.transports.mail.smtp import Envelope, MailServer, Security
from hireloop.notify.transports.mail.smtp_pool import SmtpPool
from hireloop.settings import EmailBackend, Settings

_APPRISE_SCHEMAS = frozenset({"mailto", "mailtos"})
_URL_PARAMETERS = frozenset({"from", "name", "smtp", "mode", "user", "pass"})
_SECURITY = {"insecure": Security.NONE, "starttls": Security.STARTTLS, "ssl": Security.TLS}
_UNWRITABLE = re.compile(r"[\x00-\x20\x7f<>\ud800-\udfff]")


_LINE_END = re.compile(r"\r\n|\n|\r")


class HireLoopMail(NotifyEmail):
    """Apprise's e-mail plugin under schemas of our own: `send` is Apprise's call, `deliver` the worker's.

    Apprise's manager hears of it from `apprise_plugin` alone: to add one loads the plugins of all services.
    """

    service_name = "HireLoop mail"
    protocol = "hireloopmail"
    secure_protocol = "hireloopmails"

    def __init__(
        self,
        *,
        phase_seconds: float = 30,
        data_seconds: float = 300,
        sender_name: str = "",
        **kwargs: Any,  # noqa: ANN401 (Apprise's)
    ) -> None:
        super().__init__(**kwargs)  # type: ignore[no-untyped-call]  # no types there
        read: Any = self  # what Apprise read has no types
        name, sender = read.from_addr
        self.sender: str = sender
        self._from_header = mime.sender_header(sender_name or name or "", sender)
        self.server = MailServer(
            host=read.smtp_host,
            port=read.port,
            security=_SECURITY[read.secure_mode],
            user=read.user if read.user and read.password else "",
            password=SecretStr(read.password or ""),
            timeout=phase_seconds,
            data_timeout=data_seconds,
            own_name=_own_name(),
        )
        self.tls = None if self.server.security is Security.NONE else ssl.create_default_context()
        self.pool = SmtpPool(self.server, self.tls)

    def deliver(self, parcel: Parcel) -> Outcome:
        """Try once, blocking, from any thread, over a kept connection if there is one."""
        recipient = mailbox(parcel.recipient)
        if recipient is None:
            evidence = Evidence(phase=Phase.RECIPIENT, host=self.server.host, port=self.server.port)
            return Rejected(reason=Reason.BAD_RECIPIENT, evidence=evidence)
        content = mime.to_bytes(parcel, recipient, self._from_header, datetime.now(UTC))
        bounces_to = _bounces_to(parcel.envelope_sender)
        envid = parcel.message_id.strip("<>") if bounces_to else ""
        return self.pool.send(Envelope(bounces_to or self.sender, recipient, content, envid))

    def send(self, *args: Any, **kwargs: Any) -> bool:  # noqa: ANN401 (Apprise's)
        """Send what Apprise was given to the URL's recipients, copies too; true if each of them was accepted."""
        pool = SmtpPool(self.server, self.tls)  # of this call alone: Apprise never says that it is done with a plugin
        try:
            taken = [self._sent(pool, recipient, mail) for recipient, mail in self._mails(*args, **kwargs)]
        except AppriseEmailException:  # such as for an attachment that cannot be read
            return False
        finally:
            pool.close()
        return all(taken)

    def _sent(self, pool: SmtpPool, recipient: str, mail: bytes) -> bool:
        if self.is_delivered(recipient):  # Apprise tries again if the URL has `retry=`
            return True
        address = mailbox(parseaddr(recipient)[1])
        if address is None or not isinstance(pool.send(Envelope(self.sender, address, mail)), Sent):
            return False
        self.mark_delivered(recipient)
        return True

    def _mails(
        self,
        body: str,
        title: str = "",
        *,
        attach: Any = None,  # noqa: ANN401 (Apprise's)
        body_format: Any = None,  # noqa: ANN401 (the same)
        **_: object,
    ) -> Iterator[tuple[str, bytes]]:
        """Yield each recipient and copy with the mail as Apprise writes it; raises AppriseEmailException."""
        read: Any = self  # as above
        for mail in self.prepare_emails(
            subject=title,
            body=body,
            notify_format=self.resolve_format(body_format),
            from_addr=read.from_addr,
            to=read.targets,
            cc=read.cc,
            bcc=read.bcc,
            reply_to=read.reply_to,
            smtp_host=read.smtp_host,
            attach=attach,
            headers={"X-Application": self.app_id, **read.headers},
            names=read.names,
            pgp=read.pgp,
            pgp_mode=read.pgp_mode,
            inline=read.inline,
            tzinfo=read.tzinfo,
        ):
            written = _LINE_END.sub("\r\n", mail.body).encode()
            yield from ((recipient, written) for recipient in mail.to_addrs)


class EmailTransport:
    """The transport `email`: mail through EMAIL_HOST, or through one Apprise URL."""

    def __init__(self, url: str, settings: Settings) -> None:
        """Read where mail goes; no network is touched.

        `url` is an Apprise mailto:// or mailtos:// URL, empty for the settings' own mail. Where the settings
        cannot send, every `send` returns Held with the reason.
        """
        opened = _open(url, settings)
        self._plugin = opened if isinstance(opened, HireLoopMail) else None
        self.refusal = opened if isinstance(opened, Reason) else None  # why these settings can never send
        self._bounces_to = _bounces_to(settings.bounce_address)

    @property
    def server(self) -> MailServer | None:
        """The mail server in use; None if the settings cannot send."""
        return self._plugin.server if self._plugin else None

    @property
    def sender(self) -> str | None:
        """The address of From; None if the settings cannot send."""
        return self._plugin.sender if self._plugin else None

    def watch(self, watch: Watch) -> None:
        """Have `watch` told of every reply of the mail server from now on, for `hireloop send-test`."""
        if self._plugin is not None:
            self._plugin.pool.watch = watch

    def rehearse(self, *, seconds: float) -> Rehearsal:
        """Talk to the mail server up to MAIL FROM and send nothing; blocking, each phase at most `seconds`.

        Raises LookupError if the settings cannot send.
        """
        if self._plugin is None:
            raise LookupError(self.refusal)
        server = structs.replace(self._plugin.server, timeout=min(seconds, self._plugin.server.timeout))
        return rehearse(server, self._plugin.tls, self._bounces_to or self._plugin.sender)

    def send(self, parcel: Parcel) -> Outcome:
        """Try once, blocking, from any thread; Held with Phase.CONFIGURE if the settings cannot send."""
        if self._plugin is None:
            return Held(reason=self.refusal or Reason.NO_MAIL_HOST, evidence=Evidence(phase=Phase.CONFIGURE))
        return self._plugin.deliver(parcel)

    def close(self) -> None:
        """Close the kept connections; sends under way close theirs when they are done."""
        if self._plugin is not None:
            self._plugin.pool.close()


def from_address(settings: Settings, url: str = "") -> str:
    """Return the address that mail through a mail URL is from; by default through EMAIL_URL, if there is one."""
    return EmailTransport(url, settings).sender or settings.mail_sender.address


def _open(url: str, settings: Settings) -> HireLoopMail | Reason:
    if settings.email_backend is EmailBackend.CONSOLE:
        return Reason.CONSOLE_BACKEND
    if settings.email_backend is EmailBackend.FILE:
        return Reason.FILE_BACKEND
    if not url and settings.email_url is not None:
        url = settings.email_url.get_secret_value()
    values = _from_url(url, settings) if url else _from_settings(settings)
    if isinstance(values, Reason):
        return values
    try:
        plugin = HireLoopMail(
            phase_seconds=settings.email_timeout,
            data_seconds=settings.email_data_timeout,
            asset=AppriseAsset(app_id="HireLoop"),
            **values,
        )
    except AppriseImproperlyConfigured:  # with a host and a known mode, only the sender is left to be wrong
        return Reason.BAD_SENDER
    server = plugin.server
    if server.user and server.security is Security.NONE and not is_loopback(server.host):
        return Reason.PASSWORD_WITHOUT_TLS
    return plugin


def _from_settings(settings: Settings) -> Mapping[str, Any] | Reason:
    user, password = settings.email_host_user, settings.email_host_password.get_secret_value()
    if not settings.email_host:
        return Reason.NO_MAIL_HOST
    if settings.email_use_tls and settings.email_use_ssl:
        return Reason.TLS_AND_SSL
    if bool(user) != bool(password):
        return Reason.INCOMPLETE_CREDENTIALS
    protected = "ssl" if settings.email_use_ssl else "starttls" if settings.email_use_tls else "insecure"
    return {
        "host": settings.email_host,
        "smtp_host": settings.email_host,
        "port": settings.email_port,
        "secure_mode": protected,
        "user": quote(user, safe=""),  # Apprise unquotes both
        "password": quote(password, safe=""),
        **_sender(settings.mail_sender),
    }


def _from_url(url: str, settings: Settings) -> Mapping[str, Any] | Reason:
    """Read Apprise's mail URL; refuse what would be dropped in silence: copies, retries, `verify=no`, targets."""
    values: dict[str, Any] | None = NotifyEmail.parse_url(url)
    if not values or values["schema"] not in _APPRISE_SCHEMAS or not (values["host"] or values["smtp_host"]):
        return Reason.BAD_MAIL_URL
    extra = any(values[key] for key in ("qsd+", "qsd-", "qsd:", "targets"))
    if extra or not values["qsd"].keys() <= _URL_PARAMETERS:
        return Reason.BAD_MAIL_URL
    if values.get("secure_mode", "ssl") not in _SECURITY:
        return Reason.BAD_MAIL_URL
    if values["password"] and not values["user"]:
        return Reason.INCOMPLETE_CREDENTIALS
    sender = _sender_of_url(values["from_addr"] or "", settings)
    return sender if isinstance(sender, Reason) else values | sender


def _sender_of_url(written: str, settings: Settings) -> dict[str, str] | Reason:
    if "@" not in written:  # at most a name, to which Apprise finds the address
        return _sender(settings.mail_sender) if settings.default_from_email and not written else {}
    try:
        return _sender(mail_addresses.sender_of(written))
    except ValueError:
        return Reason.BAD_SENDER


def _sender(sender: Sender) -> dict[str, str]:
    return {"sender_name": sender.name, "from_addr": sender.address}


def _bounces_to(address: str | None) -> str:
    """Return the envelope's sender, or an empty text for an address that not every server can take as one."""
    written = mailbox(address or "") or ""
    return written if written.isascii() else ""  # without SMTPUTF8 every mail would be refused for its bounces' sake


def mailbox(address: str) -> str | None:
    """Return the address as a mail command takes it, its domain in ASCII (RFC 5891); None if it cannot be one."""
    return None if _UNWRITABLE.search(address) else with_ascii_domain(address)


@cache
def _own_name() -> str:
    """Return this machine's name for EHLO if it is a full one, else an address literal (RFC 5321, 4.1.4)."""
    name = socket.gethostname()
    return name if "." in name and name.isascii() else "[127.0.0.1]"
