"""The settings: read once from the environment and `.env`, typed, frozen, and passed to the code that needs them.

No other module reads the environment. An invalid value stops the start with a message that names its variable;
no message ever repeats the value of a secret. `docs/reference/settings.md` lists every setting, and a test compares.
"""

import os
import re
import sys
import unicodedata
from contextlib import suppress
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from hireloop import mail_addresses, networks, time_zones
from hireloop.errors import SettingsError
from hireloop.mail_addresses import Sender
from hireloop.settings import otlp_headers, secret_files, urls, validation_errors
from hireloop.settings.secret_files import SecretFiles

AUTO_INSTRUMENTATION = "opentelemetry.instrumentation.auto_instrumentation"  # the module
EXPORTERS = frozenset({"otlp", "console", "none"})


class EmailBackend(StrEnum):
    """What EMAIL_BACKEND chooses. Only `smtp` reaches a candidate; the others hold the channel and report it."""

    SMTP = "smtp"
    CONSOLE = "console"
    FILE = "file"


_DJANGO_BACKENDS = {
    "django.core.mail.backends.smtp.emailbackend": "smtp",
    "django.core.mail.backends.console.emailbackend": "console",
    "django.core.mail.backends.filebased.emailbackend": "file",
}


def _backend(value: object) -> object:
    name = str(value).lower()
    name = _DJANGO_BACKENDS.get(name, name)
    if name not in set(EmailBackend):
        raise ValueError("must be smtp, console or file; only smtp sends mail")
    return name


def _known_zone(name: str) -> str:
    try:
        return time_zones.database_name(name)
    except ValueError as error:
        msg = f"{name!r} {error}"
        raise ValueError(msg) from None


def _locale_with_words(name: str) -> str:
    if name == "en":  # the default is checked, too, and commands that speak English do without Babel
        return name
    from hireloop.wording.languages import LANGUAGES, first_with_words

    language = name.replace("-", "_").partition("_")[0].lower()
    if language not in LANGUAGES or first_with_words(name) is None:  # we may have no words in its script
        raise ValueError("must be en, de or hi, perhaps with a region, such as en-GB")
    return name


def _exporters(value: str) -> str:
    if not {part.strip().lower() for part in value.split(",") if part.strip()} <= EXPORTERS:
        raise ValueError("must be otlp, console or none, or otlp,console for both")
    return value


def _one_line(value: str) -> str:
    if any(unicodedata.category(letter) in _CONTROLS for letter in value):
        raise ValueError("contains a line break or another control character: remove it")
    return value


def _otlp_protocol(value: str) -> str:
    if value.strip() not in {"http/protobuf", "grpc"}:
        raise ValueError("must be http/protobuf or grpc")
    return value.strip()


def _comma_separated(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _address(value: str) -> str:
    return mail_addresses.normal(value) if value else value


def _sender(value: str) -> str:
    if value:
        mail_addresses.sender_of(value)  # kept as it is written: `mail_sender` reads it
    return value


def _bounce_address(value: str) -> str:
    local, _, domain = _address(value).rpartition("@")
    if len(local) > _LONGEST_NAME or not local.isascii() or not domain.isascii():
        raise ValueError(
            "must be a plain email address with at most 23 characters before the @, since a tag of 41 is added there"
        )
    return value


def _leads(value: str) -> str:
    if value != "none" and not all(_LEAD.fullmatch(lead) for lead in value.split(",")):
        raise ValueError("must be none, or times separated by commas, such as 24h,1h or 30m")
    return value


def _cut_off(value: str) -> str:
    if value != "0" and not _LEAD.fullmatch(value):
        raise ValueError("must be a time such as 2h or 30m, or 0 to allow changes until the start")
    return value


_CONTROLS = frozenset({"Cc", "Cs", "Zl", "Zp"})  # Unicode's categories
_LONGEST_NAME = 23  # of BOUNCE_ADDRESS; RFC 5321, 4.5.3.1.1: with its tag at most 64
_LEAD = re.compile(r"([1-9]\d{0,3})([hm])")
_UNITS = {"h": "hours", "m": "minutes"}

MailAddress = Annotated[str, AfterValidator(_address)]
OneLine = Annotated[str, AfterValidator(_one_line)]
Exporters = Annotated[str, AfterValidator(_exporters)]
OtlpProtocol = Annotated[str, AfterValidator(_otlp_protocol)]
OtlpHeaders = Annotated[SecretStr, AfterValidator(otlp_headers.checked)]
Leads = Annotated[str, AfterValidator(_leads)]
DatabaseUrl = Annotated[str, AfterValidator(urls.database)]
ZoneName = Annotated[str, AfterValidator(_known_zone)]
Names = Annotated[list[str], NoDecode, BeforeValidator(_comma_separated)]
Secrets = Annotated[list[SecretStr], NoDecode, BeforeValidator(_comma_separated)]


class Settings(BaseSettings):
    """Every setting of HireLoop, by the lower-case name of its environment variable."""

    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True, hide_input_in_errors=True
    )

    # The installation
    database_url: DatabaseUrl | None = Field(default=None, repr=False)  # may hold a password
    database_direct_url: DatabaseUrl | None = Field(default=None, repr=False)
    database_owner_url: DatabaseUrl | None = Field(default=None, repr=False)
    database_pool_size: int = Field(default=10, ge=1, le=200)
    secret_key: SecretStr | None = None
    secret_key_fallbacks: Secrets = []
    base_url: Annotated[str, AfterValidator(urls.base)] = "http://localhost:8000"
    hireloop_data_dir: Path | None = None
    cors_origins: Annotated[Names, AfterValidator(urls.origins)] = []
    rate_limit: int | None = Field(default=None, ge=1)  # requests a minute, of each API key
    trusted_proxies: Annotated[Names, AfterValidator(networks.checked)] = []
    messages_per_key_and_day: int = Field(default=20_000, ge=0)  # 0: no limit, as of the next two
    reinvitations_per_booking_and_hour: int = Field(default=6, ge=0)
    stored_responses_per_key_and_day: int = Field(default=50_000, ge=0)
    console_idle_minutes: int = Field(default=60, ge=5, le=720)

    # Mail, by the names that Django gave them
    email_backend: Annotated[EmailBackend, BeforeValidator(_backend)] = EmailBackend.SMTP
    email_host: Annotated[str, AfterValidator(urls.host)] = ""
    email_port: int | None = Field(default=None, ge=1, le=65535)
    email_use_tls: bool = False
    email_use_ssl: bool = False
    email_host_user: OneLine = ""
    email_host_password: SecretStr = SecretStr("")
    email_url: SecretStr | None = None
    default_from_email: Annotated[OneLine, AfterValidator(_sender)] = ""
    email_timeout: float = Field(default=30, gt=0, le=600)
    email_data_timeout: float = Field(default=300, gt=0, le=3600)
    email_concurrency: int = Field(default=8, ge=1, le=100)
    email_rate_limit: int | None = Field(default=None, ge=1)  # tries a minute, of all workers together
    email_fallback_url: SecretStr | None = None
    bounce_address: Annotated[str, AfterValidator(_bounce_address)] = ""
    bounce_imap_url: Annotated[SecretStr, AfterValidator(urls.mailbox)] | None = None

    # Chat, webhooks, and who receives which messages
    chat_urls: SecretStr = SecretStr("")
    apprise_config: Path | None = None
    chat_rate_limit: int | None = Field(default=None, ge=1)
    webhook_urls: Secrets = []
    webhook_secret: SecretStr | None = None
    webhook_allow_private: bool = False
    message_routes: str = ""
    alert_email: MailAddress = ""
    reminders: Leads = "24h,1h"
    move_quiet_seconds: int = Field(default=20, ge=0, le=3_600)

    # The invitation and the portal
    default_time_zone: ZoneName = "Asia/Kolkata"
    default_locale: Annotated[str, AfterValidator(_locale_with_words)] = "en"
    portal_early_seconds: int = Field(default=30, ge=0, le=86_400)
    portal_late_seconds: int = Field(default=600, ge=1, le=86_400)
    candidate_cut_off: Annotated[str, AfterValidator(_cut_off)] = "2h"
    candidate_moves: int = Field(default=2, ge=0, le=100)

    # Tracing and metrics, by OpenTelemetry's names
    otel_service_name: str = ""
    otel_resource_attributes: str = ""
    otel_traces_exporter: Exporters | None = None
    otel_metrics_exporter: Exporters | None = None
    otel_exporter_otlp_endpoint: str | None = None
    otel_exporter_otlp_traces_endpoint: str | None = None
    otel_exporter_otlp_metrics_endpoint: str | None = None
    otel_exporter_otlp_protocol: OtlpProtocol = "http/protobuf"
    otel_exporter_otlp_traces_protocol: OtlpProtocol | None = None
    otel_exporter_otlp_metrics_protocol: OtlpProtocol | None = None
    otel_exporter_otlp_headers: OtlpHeaders | None = None
    otel_exporter_otlp_traces_headers: OtlpHeaders | None = None
    otel_exporter_otlp_metrics_headers: OtlpHeaders | None = None
    otel_sdk_disabled: bool = False
    trust_traceparent: bool = False
    trace_ui_url: Annotated[str, AfterValidator(urls.page)] | None = None
    trace_copy_endpoint: str | None = None

    @field_validator("database_owner_url")
    @classmethod
    def _beside_another(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and info.data.get("database_url", "") is None:
            raise ValueError("requires DATABASE_URL, whose role `hireloop migrate` then grants privileges: set both")
        return value

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < 32:  # noqa: PLR2004 (said in the sentence)
            msg = "must have at least 32 characters, such as the output of `openssl rand -base64 48`"
            raise ValueError(msg)
        return value

    @field_validator("secret_key_fallbacks")
    @classmethod
    def _each_long_enough(cls, value: list[SecretStr]) -> list[SecretStr]:
        for old in value:
            cls._long_enough(old)
        return value

    @classmethod
    def read(cls, **overrides: Any) -> Self:  # noqa: ANN401 (each field has its own type)
        """Read the environment and `.env`; `overrides` win over both.

        Raises SettingsError with one message that names each invalid variable, or says why `.env` cannot be read.
        """
        _forget_what_an_agent_has_set()
        try:
            return cls(**overrides)
        except ValidationError as error:
            raise SettingsError(validation_errors.sentence_of(error, cls.model_fields)) from None
        except UnicodeDecodeError:  # its text quotes the file
            raise SettingsError(".env is not valid UTF-8. Save it as UTF-8.") from None
        except OSError as error:
            raise SettingsError(
                f".env cannot be read ({error.strerror}). Give this user permission to read it."
            ) from None

    @classmethod
    def settings_customise_sources(  # noqa: D102 (pydantic's)
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 (pydantic's way of doing it)
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        files = SecretFiles(settings_cls, env_settings, dotenv_settings)
        return init_settings, env_settings, files, dotenv_settings

    @classmethod
    def secret_paths(cls) -> dict[str, Path]:
        """Return the files that hold secrets, absolute, by the variables that name them."""
        return secret_files.paths(cls, DotEnvSettingsSource(cls).env_vars, os.environ)

    @classmethod
    def variables_of_dotenv(cls) -> dict[str, str]:
        """Return what only `.env` sets, by variable name, for a process that starts in another directory.

        The files of secrets are among it, wherever they are named, since their paths may be relative.
        """
        set_outside = {name.upper() for name, value in os.environ.items() if value}
        found = DotEnvSettingsSource(cls).env_vars
        return {
            name.upper(): value
            for name, value in found.items()
            if value and (name in cls.model_fields or name.startswith("otel_")) and name.upper() not in set_outside
        } | {name: str(path) for name, path in cls.secret_paths().items()}

    @classmethod
    def otel_variables(cls) -> dict[str, str]:
        """Return every variable of OpenTelemetry that the environment or `.env` sets, by name."""
        outside = {name: value for name, value in os.environ.items() if name.startswith("OTEL_") and value}
        return {name: it for name, it in cls.variables_of_dotenv().items() if name.startswith("OTEL_")} | outside

    @property
    def secrets(self) -> tuple[str, ...]:
        """The secrets that verify a signed text; the first one also signs. Raises SettingsError without one."""
        if self.secret_key is None:
            msg = "SECRET_KEY is not set. Set it to the output of `openssl rand -base64 48`, the same on every machine."
            raise SettingsError(msg)
        return (
            self.secret_key.get_secret_value(),
            *(old.get_secret_value() for old in self.secret_key_fallbacks),
        )

    @property
    def is_https(self) -> bool:
        """Whether BASE_URL is https: cookies are then sent over nothing else."""
        return urlsplit(self.base_url).scheme == "https"

    @property
    def mail_sender(self) -> Sender:
        """Who mail is from: DEFAULT_FROM_EMAIL, or a sign-in name that is an address, or one at BASE_URL's host."""
        host = urlsplit(self.base_url).hostname or ""
        ours = f"hireloop@{'localhost' if host.replace('.', '').isdigit() or ':' in host else host}"
        for written in (self.default_from_email, self.email_host_user, ours):
            with suppress(ValueError):
                return mail_addresses.sender_of(written)
        return Sender("", "hireloop@localhost")  # no mail goes out under the name of such a host

    def otlp_headers(self, signal: str) -> dict[str, str]:
        """Return the headers of every export of `traces` or `metrics`, such as an API key; the names in lower case."""
        own = getattr(self, f"otel_exporter_otlp_{signal}_headers")
        return dict(otlp_headers.pairs(own or self.otel_exporter_otlp_headers or SecretStr("")))

    def has_own_otlp_headers(self, signal: str) -> bool:
        """Return whether `traces` or `metrics` have headers of their own."""
        return getattr(self, f"otel_exporter_otlp_{signal}_headers") is not None

    @property
    def message_id_domain(self) -> str:
        """The part of every Message-ID after the @: BASE_URL's host."""
        return urlsplit(self.base_url).hostname or "localhost"

    @property
    def reminder_leads(self) -> dict[str, timedelta]:
        """How long before the start a candidate is reminded, by the entry in REMINDERS, longest first."""
        found = {lead[0]: timedelta(**{_UNITS[lead[2]]: int(lead[1])}) for lead in _LEAD.finditer(self.reminders)}
        return dict(sorted(found.items(), key=lambda item: item[1], reverse=True))

    @property
    def move_quiet(self) -> timedelta:
        """How long what is said of a move waits for another one."""
        return timedelta(seconds=self.move_quiet_seconds)

    @property
    def cut_off(self) -> timedelta:
        """How long before the start a candidate can last move or cancel the interview."""
        found = _LEAD.fullmatch(self.candidate_cut_off)
        return timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else timedelta()

    @property
    def listen_url(self) -> str:
        """Where to LISTEN and NOTIFY, past a pooler if there is one. Raises SettingsError without a database."""
        url = self.database_direct_url or self.database_url
        if url is None:
            msg = "DATABASE_URL is not set. Set it to postgresql://user:password@host/name, or run `hireloop up`."
            raise SettingsError(msg)
        return url

    @property
    def owner_url(self) -> str:
        """Where `hireloop migrate` works: as the owner of the tables, past a pooler. Raises as `listen_url`."""
        return self.database_owner_url or self.listen_url

    @property
    def database_role(self) -> str:
        """The role that DATABASE_URL names; empty if it names none."""
        return urls.role_of(self.database_url or "")

    @property
    def zone(self) -> ZoneInfo:
        """The time zone for people whose own is unknown."""
        return ZoneInfo(self.default_time_zone)


def _forget_what_an_agent_has_set() -> None:
    """Undo what OpenTelemetry's automatic instrumentation has set for itself in this process: gRPC, and exporters."""
    if AUTO_INSTRUMENTATION in sys.modules:
        with suppress(OSError):  # only Linux says what a process was started with
            given = {pair.partition(b"=")[0] for pair in Path("/proc/self/environ").read_bytes().split(b"\0")}
            if b"PYTHONPATH" in given:  # by which it is loaded: else something has overwritten what is there
                for name in [name for name in os.environ if name.startswith("OTEL_") and name.encode() not in given]:
                    del os.environ[name]
