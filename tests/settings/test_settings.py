import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from hireloop.errors import SettingsError
from hireloop.settings import EmailBackend, Settings
from processes import environment
from sample_settings import SECRET, settings_for
from servers.agent import UNDER, ForeignAgent

IMAP_URL = "imaps://b%40hire.example:p@imap.example/INBOX"
URL = "postgresql://someone:hunter2@db.example/hireloop"
OLD, OLDER = "an old secret of the tests, long ago".replace(",", ""), "an older secret of the tests by far"

# (variable, its text in the environment, the field, what is read)
WEBHOOKS = [SecretStr("https://a.example/"), SecretStr("https://b.example/")]
WEBHOOK_SECRET = SecretStr("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
GOOD: list[tuple[str, str, str, Any]] = [
    ("DATABASE_URL", URL, "database_url", URL),
    ("DATABASE_DIRECT_URL", URL, "database_direct_url", URL),
    ("DATABASE_OWNER_URL", URL, "database_owner_url", URL),
    ("DATABASE_POOL_SIZE", "20", "database_pool_size", 20),
    ("SECRET_KEY", SECRET, "secret_key", SecretStr(SECRET)),
    (
        "SECRET_KEY_FALLBACKS",
        "one old secret of thirty-two letters, two old secrets of thirty-two letters",
        "secret_key_fallbacks",
        [SecretStr("one old secret of thirty-two letters"), SecretStr("two old secrets of thirty-two letters")],
    ),
    ("BASE_URL", "https://hire.example/", "base_url", "https://hire.example"),
    ("HIRELOOP_DATA_DIR", "/srv/hireloop", "hireloop_data_dir", Path("/srv/hireloop")),
    ("CORS_ORIGINS", "https://a.example,https://b.example", "cors_origins", ["https://a.example", "https://b.example"]),
    ("CORS_ORIGINS", "*", "cors_origins", ["*"]),
    ("CORS_ORIGINS", "capacitor://localhost", "cors_origins", ["capacitor://localhost"]),
    ("CORS_ORIGINS", "http://[::1]:5173/", "cors_origins", ["http://[::1]:5173/"]),
    (
        "TRUSTED_PROXIES",
        "127.0.0.1, 10.0.0.0/8,2001:db8::/32",
        "trusted_proxies",
        ["127.0.0.1", "10.0.0.0/8", "2001:db8::/32"],
    ),
    ("EMAIL_BACKEND", "smtp", "email_backend", EmailBackend.SMTP),
    ("EMAIL_HOST", "mail.example", "email_host", "mail.example"),
    ("EMAIL_PORT", "587", "email_port", 587),
    ("EMAIL_USE_TLS", "True", "email_use_tls", True),
    ("EMAIL_USE_SSL", "1", "email_use_ssl", True),
    ("EMAIL_HOST_USER", "hireloop", "email_host_user", "hireloop"),
    ("EMAIL_HOST_PASSWORD", "hunter2", "email_host_password", SecretStr("hunter2")),
    ("EMAIL_URL", "mailtos://u:p@mail.example", "email_url", SecretStr("mailtos://u:p@mail.example")),
    ("DEFAULT_FROM_EMAIL", "Hire <a@hire.example>", "default_from_email", "Hire <a@hire.example>"),
    ("DEFAULT_FROM_EMAIL", "HireLoop, Inc. <a@b.example>", "default_from_email", "HireLoop, Inc. <a@b.example>"),
    ("EMAIL_TIMEOUT", "2.5", "email_timeout", 2.5),
    ("EMAIL_DATA_TIMEOUT", "60", "email_data_timeout", 60.0),
    ("EMAIL_CONCURRENCY", "3", "email_concurrency", 3),
    ("EMAIL_RATE_LIMIT", "600", "email_rate_limit", 600),
    ("EMAIL_FALLBACK_URL", "mailtos://u:p@b.example", "email_fallback_url", SecretStr("mailtos://u:p@b.example")),
    ("BOUNCE_ADDRESS", "bounces@hire.example", "bounce_address", "bounces@hire.example"),
    ("BOUNCE_IMAP_URL", IMAP_URL, "bounce_imap_url", SecretStr(IMAP_URL)),
    ("CHAT_URLS", "json://chat.example", "chat_urls", SecretStr("json://chat.example")),
    ("APPRISE_CONFIG", "/etc/apprise.yaml", "apprise_config", Path("/etc/apprise.yaml")),
    ("CHAT_RATE_LIMIT", "30", "chat_rate_limit", 30),
    ("WEBHOOK_URLS", "https://a.example/,https://b.example/", "webhook_urls", WEBHOOKS),
    ("WEBHOOK_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "webhook_secret", WEBHOOK_SECRET),
    ("WEBHOOK_ALLOW_PRIVATE", "true", "webhook_allow_private", True),
    ("MESSAGE_ROUTES", "alert=failures", "message_routes", "alert=failures"),
    ("ALERT_EMAIL", "operations@hire.example", "alert_email", "operations@hire.example"),
    ("REMINDERS", "24h,30m", "reminders", "24h,30m"),
    ("MOVE_QUIET_SECONDS", "0", "move_quiet_seconds", 0),
    ("DEFAULT_TIME_ZONE", "Europe/Berlin", "default_time_zone", "Europe/Berlin"),
    ("DEFAULT_TIME_ZONE", "india standard time", "default_time_zone", "Asia/Kolkata"),
    ("DEFAULT_LOCALE", "de_DE", "default_locale", "de_DE"),
    ("PORTAL_EARLY_SECONDS", "0", "portal_early_seconds", 0),
    ("PORTAL_LATE_SECONDS", "900", "portal_late_seconds", 900),
    ("CANDIDATE_CUT_OFF", "24h", "candidate_cut_off", "24h"),
    ("CANDIDATE_MOVES", "0", "candidate_moves", 0),
    ("RATE_LIMIT", "600", "rate_limit", 600),
    ("MESSAGES_PER_KEY_AND_DAY", "0", "messages_per_key_and_day", 0),
    ("REINVITATIONS_PER_BOOKING_AND_HOUR", "3", "reinvitations_per_booking_and_hour", 3),
    ("STORED_RESPONSES_PER_KEY_AND_DAY", "10000", "stored_responses_per_key_and_day", 10_000),
    ("CONSOLE_IDLE_MINUTES", "30", "console_idle_minutes", 30),
    ("OTEL_SERVICE_NAME", "hiring", "otel_service_name", "hiring"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318", "otel_exporter_otlp_endpoint", "http://c:4318"),
    ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "otel_exporter_otlp_protocol", "grpc"),
    ("OTEL_EXPORTER_OTLP_HEADERS", "Api-Key=a%20b", "otel_exporter_otlp_headers", SecretStr("Api-Key=a%20b")),
    ("OTEL_RESOURCE_ATTRIBUTES", "team=hiring", "otel_resource_attributes", "team=hiring"),
    ("OTEL_TRACES_EXPORTER", "none", "otel_traces_exporter", "none"),
    ("OTEL_TRACES_EXPORTER", "otlp, console", "otel_traces_exporter", "otlp, console"),
    ("OTEL_METRICS_EXPORTER", "otlp", "otel_metrics_exporter", "otlp"),
    ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://c/t", "otel_exporter_otlp_traces_endpoint", "http://c/t"),
    ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://c/m", "otel_exporter_otlp_metrics_endpoint", "http://c/m"),
    ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "grpc", "otel_exporter_otlp_traces_protocol", "grpc"),
    ("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "grpc", "otel_exporter_otlp_metrics_protocol", "grpc"),
    ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "a=b", "otel_exporter_otlp_traces_headers", SecretStr("a=b")),
    ("OTEL_EXPORTER_OTLP_METRICS_HEADERS", "a=b", "otel_exporter_otlp_metrics_headers", SecretStr("a=b")),
    ("OTEL_SDK_DISABLED", "true", "otel_sdk_disabled", True),
    ("TRUST_TRACEPARENT", "yes", "trust_traceparent", True),
    ("TRACE_UI_URL", "http://jaeger:16686", "trace_ui_url", "http://jaeger:16686"),
    ("TRACE_COPY_ENDPOINT", "http://c:4318", "trace_copy_endpoint", "http://c:4318"),
]

BAD = [
    ("DATABASE_URL", "mysql://u:canary@db.example/hireloop"),
    ("DATABASE_URL", "u:canary@db.example/hireloop"),
    ("DATABASE_URL", "postgresql://u:canary@[::1/hireloop"),
    ("DATABASE_URL", "postgresql://u:canary@db.example:99999/hireloop"),
    ("DATABASE_URL", "postgresql://u:canary/x@db.example/hireloop"),
    ("DATABASE_DIRECT_URL", "canary"),
    ("TRUSTED_PROXIES", "canary.example"),
    ("TRUSTED_PROXIES", "10.0.0.0/33"),
    ("TRUSTED_PROXIES", "127.0.0.1,10.0.0.1/8"),
    ("TRUSTED_PROXIES", "127.0.0.1:80"),
    ("TRUSTED_PROXIES", "0.0.0.0/0"),
    ("TRUSTED_PROXIES", "::/0"),
    ("DATABASE_POOL_SIZE", "0"),
    ("DATABASE_POOL_SIZE", "201"),
    ("DATABASE_POOL_SIZE", "many"),
    ("SECRET_KEY", "hunter2 and no more"),
    ("BASE_URL", "hire.example"),
    ("CORS_ORIGINS", "app.example"),
    ("CORS_ORIGINS", "https://a.example,https://app.example/path"),
    ("CORS_ORIGINS", "https://*.example"),
    ("CORS_ORIGINS", "https://a.example https://b.example"),
    ("CORS_ORIGINS", "https://user@a.example"),
    ("TRACE_UI_URL", "jaeger.example"),
    ("TRACE_UI_URL", "javascript:alert(1)"),
    ("TRACE_UI_URL", "https://"),
    ("TRUSTED_PROXIES", "::ffff:0:0/96"),
    ("BASE_URL", "ftp://hire.example"),
    ("BASE_URL", "https://"),
    ("BASE_URL", "https://hire.example/?a=b"),
    ("BASE_URL", "https://hire.example/#top"),
    ("BASE_URL", "http://[::1"),
    ("BASE_URL", "https://hire.example?"),
    ("BASE_URL", "https://hire.example#"),
    ("BASE_URL", "https://hire.example\r"),
    ("BASE_URL", "https://hire.example\n"),
    ("BASE_URL", " https://hire.example"),
    ("BASE_URL", "https://hire.example "),
    ("BASE_URL", "https://hire.example/\t"),
    ("BASE_URL", "https://hi re.example"),
    ("BASE_URL", "https://hire.example\u200b"),
    ("BASE_URL", 'https://hire.example">'),
    ("BASE_URL", "https://hire.example\\"),
    ("BASE_URL", "https://hire.example:99999"),
    ("BASE_URL", "https://hire.example:0"),
    ("EMAIL_HOST", "mail.example\r"),
    ("EMAIL_HOST", "mail example"),
    ("DEFAULT_FROM_EMAIL", "a@hire.example\r\nBcc: canary@hire.example"),
    ("DEFAULT_FROM_EMAIL", "a@hire.example\r"),
    ("DEFAULT_FROM_EMAIL", "canary"),
    ("DEFAULT_FROM_EMAIL", "Hire <canary"),
    ("DEFAULT_FROM_EMAIL", "Hire <canary> canary@hire.example"),
    ("DEFAULT_FROM_EMAIL", "canary@hire.example, canary@hire.example"),
    ("DEFAULT_FROM_EMAIL", "canary@hire.example, Hire <canary@hire.example>"),
    ("DEFAULT_FROM_EMAIL", "Hire: canary@hire.example, canary@hire.example;"),
    ("DEFAULT_FROM_EMAIL", "jürgen@hire.example"),
    ("DEFAULT_FROM_EMAIL", "Hire <in\u200bterviews@hire.example>"),
    ("EMAIL_BACKEND", "carrier-pigeon"),
    ("EMAIL_BACKEND", "django.core.mail.backends.dummy.EmailBackend"),
    ("EMAIL_PORT", "0"),
    ("EMAIL_PORT", "65536"),
    ("EMAIL_PORT", "smtp"),
    ("EMAIL_USE_TLS", "perhaps"),
    ("EMAIL_USE_SSL", "perhaps"),
    ("EMAIL_TIMEOUT", "0"),
    ("EMAIL_TIMEOUT", "forever"),
    ("EMAIL_DATA_TIMEOUT", "-1"),
    ("EMAIL_CONCURRENCY", "0"),
    ("EMAIL_RATE_LIMIT", "0"),
    ("RATE_LIMIT", "0"),
    ("RATE_LIMIT", "600/1m"),
    ("BOUNCE_ADDRESS", "canary"),
    ("BOUNCE_ADDRESS", f"{'canary' * 4}@hire.example"),
    ("BOUNCE_ADDRESS", '"can ary"@hire.example'),
    ("BOUNCE_ADDRESS", "canary@hïre.example"),
    ("BOUNCE_IMAP_URL", "imap://b:canary@imap.example/INBOX"),
    ("BOUNCE_IMAP_URL", "imaps://imap.example/canary"),
    ("BOUNCE_IMAP_URL", "imaps://b:canary@[::1/INBOX"),
    ("BOUNCE_IMAP_URL", "imaps://b:canary@imap.example:0/INBOX"),
    ("CHAT_RATE_LIMIT", "-1"),
    ("WEBHOOK_ALLOW_PRIVATE", "perhaps"),
    ("ALERT_EMAIL", "canary @hire.example"),
    ("ALERT_EMAIL", "canary@[127.0.0.1]"),
    ("ALERT_EMAIL", "Operations <canary@hire.example>"),
    ("REMINDERS", "24"),
    ("REMINDERS", "1d"),
    ("REMINDERS", "24h,"),
    ("MOVE_QUIET_SECONDS", "3601"),
    ("DEFAULT_TIME_ZONE", "Asia/Atlantis"),
    ("DEFAULT_TIME_ZONE", "Factory"),
    ("DEFAULT_TIME_ZONE", "../../etc/passwd"),
    ("DEFAULT_LOCALE", "klingon"),
    ("DEFAULT_LOCALE", "fr"),
    ("DEFAULT_LOCALE", "hi-Latn"),
    ("DEFAULT_LOCALE", "english"),
    ("PORTAL_EARLY_SECONDS", "-1"),
    ("PORTAL_LATE_SECONDS", "86401"),
    ("CANDIDATE_CUT_OFF", "2"),
    ("CANDIDATE_CUT_OFF", "2h,1h"),
    ("CANDIDATE_CUT_OFF", "none"),
    ("CANDIDATE_MOVES", "-1"),
    ("OTEL_TRACES_EXPORTER", "jaeger"),
    ("OTEL_METRICS_EXPORTER", "otlp,prometheus"),
    ("OTEL_EXPORTER_OTLP_PROTOCOL", "smoke signals"),
    ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json"),
    ("OTEL_EXPORTER_OTLP_METRICS_HEADERS", "a canary"),
    ("OTEL_EXPORTER_OTLP_HEADERS", "a canary"),
    ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=x%0d%0aa: canary"),
    ("OTEL_EXPORTER_OTLP_HEADERS", "api key=canary"),
    ("OTEL_SDK_DISABLED", "perhaps"),
    ("TRUST_TRACEPARENT", "perhaps"),
]


@pytest.fixture(autouse=True)
def _a_directory_without_env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(("variable", "text", "field", "value"), GOOD)
def test_a_setting_is_read_from_the_environment_by_its_name(
    monkeypatch: pytest.MonkeyPatch, variable: str, text: str, field: str, value: object
) -> None:
    monkeypatch.setenv("DATABASE_URL", URL)  # one of them requires it
    monkeypatch.setenv(variable, text)
    assert getattr(Settings.read(), field) == value


def test_every_setting_is_among_those_tried_here() -> None:
    assert {field for _, _, field, _ in GOOD} == set(Settings.model_fields)


@pytest.mark.parametrize("name", [row[0] for row in GOOD])
def test_an_empty_variable_is_one_that_is_not_set(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    without = Settings.read()
    monkeypatch.setenv(name, "")
    assert Settings.read() == without


@pytest.mark.parametrize(("variable", "text"), BAD)
def test_a_bad_value_is_one_sentence_that_names_the_variable(
    monkeypatch: pytest.MonkeyPatch, variable: str, text: str
) -> None:
    monkeypatch.setenv(variable, text)
    with pytest.raises(SettingsError) as refused:
        Settings.read()
    sentence = str(refused.value)
    assert variable in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert "pydantic" not in sentence
    assert "canary" not in sentence


JUNK = (
    "abc",
    "-1",
    "1e999",
    "nan",
    "99999999999999999999999",
    "\u0661",
    "{",
    "[1]",
    "null",
    "a b",
    ",,",
    "\N{SNOWMAN}",
)
LIBRARYS_WORDS = re.compile(
    r"input should|unable to|valid (integer|number|boolean|string)|parsing|validation|value error|pydantic|type=|unable"
    r"|greater than or equal|less than or equal|instance of|expected",
    re.IGNORECASE,
)


@pytest.mark.parametrize("field", sorted(Settings.model_fields))
def test_whatever_a_setting_is_set_to_is_refused_in_our_words(monkeypatch: pytest.MonkeyPatch, field: str) -> None:
    for junk in (f"canary {one}" if "secret" in field or "url" in field else one for one in JUNK):
        monkeypatch.setenv(field.upper(), junk)
        try:
            Settings.read()
        except SettingsError as refused:
            said = str(refused)
            assert said.startswith(f"Settings: {field.upper()} ")
            assert not LIBRARYS_WORDS.search(said), said
            assert "canary" not in said


@pytest.mark.parametrize(
    ("variable", "text", "sentence"),
    [
        ("EMAIL_PORT", "abc", "EMAIL_PORT must be a whole number from 1 to 65535"),
        ("EMAIL_PORT", "70000", "EMAIL_PORT must be a whole number from 1 to 65535"),
        ("RATE_LIMIT", "0.5", "RATE_LIMIT must be a whole number that is at least 1"),
        ("EMAIL_TIMEOUT", "soon", "EMAIL_TIMEOUT must be a number that is greater than 0 and at most 600"),
        ("EMAIL_TIMEOUT", "nan", "EMAIL_TIMEOUT must be a number that is greater than 0 and at most 600"),
        ("EMAIL_USE_TLS", "perhaps", "EMAIL_USE_TLS must be true or false"),
        ("EMAIL_BACKEND", "pigeon", "EMAIL_BACKEND must be smtp, console or file; only smtp sends mail"),
    ],
)
def test_what_a_setting_must_be_is_said(
    monkeypatch: pytest.MonkeyPatch, variable: str, text: str, sentence: str
) -> None:
    monkeypatch.setenv(variable, text)
    with pytest.raises(SettingsError) as refused:
        Settings.read()
    assert str(refused.value) == f"Settings: {sentence}."


def test_an_override_of_another_type_is_said_in_our_words_too() -> None:
    for field, value, words in (
        ("email_host", 7, "must be text"),
        ("email_port", [1], "must be a whole number from 1 to 65535"),
        ("email_backend", object(), "must be smtp, console or file"),
        ("cors_origins", 7, "must be a list, separated by commas"),
        ("secret_key_fallbacks", 7, "must be a list, separated by commas"),
        ("hireloop_data_dir", 7, "must be a path"),
        ("secret_key", 7, "must be text"),
    ):
        with pytest.raises(SettingsError, match=f"^Settings: {field.upper()} {words}"):
            settings_for(URL, **{field: value})


def test_two_bad_values_are_both_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMAIL_PORT", "smtp")
    monkeypatch.setenv("BASE_URL", "hire.example")
    with pytest.raises(SettingsError, match=r"EMAIL_PORT.*BASE_URL|BASE_URL.*EMAIL_PORT"):
        Settings.read()


def test_a_refusal_never_repeats_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "canary-short")
    monkeypatch.setenv("EMAIL_HOST_PASSWORD", "canary-password")
    monkeypatch.setenv("SECRET_KEY_FALLBACKS", "canary-old" * 4)
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:canary-database@h/d")
    monkeypatch.setenv("EMAIL_URL", "mailtos://u:canary-mail@h")
    with pytest.raises(SettingsError) as refused:
        Settings.read()
    assert "canary" not in str(refused.value)
    assert refused.value.__cause__ is None  # pydantic's own error would follow in a traceback
    assert refused.value.__suppress_context__


def test_printed_settings_show_no_secret() -> None:
    settings = settings_for(
        "postgresql://u:canary@h/d",
        database_direct_url="postgresql://u:canary@h/d",
        database_owner_url="postgresql://u:canary@h/d",
        secret_key=f"canary {SECRET}",
        secret_key_fallbacks=["canary old" * 4],
        email_host_password="canary",
        email_url="mailtos://u:canary@h",
    )
    assert "canary" not in f"{settings} {settings!r}"


def test_the_settings_are_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        settings_for(URL).email_host = "elsewhere"


def test_the_working_directorys_env_file_is_read(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("EMAIL_HOST=mail.example\nNOT_OURS=1\n# a comment\nemail_port=2525\n")
    assert (Settings.read().email_host, Settings.read().email_port) == ("mail.example", 2525)


def test_the_environment_wins_over_the_env_file_and_an_override_over_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("EMAIL_HOST=file.example\n")
    monkeypatch.setenv("EMAIL_HOST", "environment.example")
    assert Settings.read().email_host == "environment.example"
    assert Settings.read(email_host="override.example").email_host == "override.example"


@pytest.mark.parametrize("variable", ["BASE_URL", "EMAIL_HOST", "DATABASE_URL", "DATABASE_OWNER_URL"])
def test_a_value_with_white_space_is_told_apart(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "https://hire.example\r")  # as `docker run --env-file` reads a file of Windows
    with pytest.raises(SettingsError, match=rf"^Settings: {variable} contains white space or a control character.*\.$"):
        Settings.read()


def test_an_env_file_that_is_no_utf_8_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes("DEFAULT_FROM_EMAIL=Jörg <canary@hire.example>\n".encode("latin-1"))
    with pytest.raises(SettingsError) as refused:
        Settings.read()
    assert str(refused.value) == ".env is not valid UTF-8. Save it as UTF-8."
    assert refused.value.__suppress_context__


def test_an_env_file_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / ".env").symlink_to("/proc/self/mem")  # a file that opens and does not read, for any user
    with pytest.raises(SettingsError, match=r"^\.env cannot be read \(Input/output error\)\. .*\.$"):
        Settings.read()


def test_a_backend_that_there_is_not_is_told_in_our_own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMAIL_BACKEND", "pigeon")
    with pytest.raises(SettingsError) as refused:
        Settings.read()
    assert str(refused.value) == "Settings: EMAIL_BACKEND must be smtp, console or file; only smtp sends mail."


def test_an_ipv6_address_may_stand_in_brackets_as_in_a_url() -> None:
    assert settings_for(URL, email_host="[::1]").email_host == "::1"


def test_the_headers_for_a_collector_are_read_as_opentelemetry_does() -> None:
    assert settings_for(URL).otlp_headers("traces") == {}
    given_ = settings_for(URL, otel_exporter_otlp_headers=" Api-Key=a%20b=, x-tenant = one,")
    assert given_.otlp_headers("traces") == {"api-key": "a b=", "x-tenant": "one"}


def test_a_signal_has_headers_of_its_own_instead_of_those_of_all() -> None:
    given_ = settings_for(URL, otel_exporter_otlp_headers="a=b", otel_exporter_otlp_traces_headers="c=d")
    assert (given_.otlp_headers("traces"), given_.otlp_headers("metrics")) == ({"c": "d"}, {"a": "b"})


def test_opentelemetrys_variables_are_those_of_the_environment_and_of_the_env_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("OTEL_BSP_SCHEDULE_DELAY=5\nOTEL_SERVICE_NAME=file\nEMAIL_HOST=mail.example\n")
    monkeypatch.setenv("OTEL_SERVICE_NAME", "outside")
    assert Settings.otel_variables() == {"OTEL_BSP_SCHEDULE_DELAY": "5", "OTEL_SERVICE_NAME": "outside"}


@pytest.mark.parametrize(
    ("dotted", "backend"),
    [
        ("django.core.mail.backends.smtp.EmailBackend", EmailBackend.SMTP),
        ("django.core.mail.backends.console.EmailBackend", EmailBackend.CONSOLE),
        ("django.core.mail.backends.filebased.EmailBackend", EmailBackend.FILE),
        ("SMTP", EmailBackend.SMTP),
        ("console", EmailBackend.CONSOLE),
        ("file", EmailBackend.FILE),
    ],
)
def test_djangos_backend_paths_are_understood(
    monkeypatch: pytest.MonkeyPatch, dotted: str, backend: EmailBackend
) -> None:
    monkeypatch.setenv("EMAIL_BACKEND", dotted)
    assert Settings.read().email_backend is backend


def test_the_defaults_are_those_of_the_contract() -> None:
    settings = Settings.read()
    assert settings.email_backend is EmailBackend.SMTP
    assert (settings.portal_early_seconds, settings.portal_late_seconds) == (30, 600)
    assert str(settings.zone) == settings.default_time_zone == "Asia/Kolkata"
    assert (settings.email_timeout, settings.email_data_timeout) == (30, 300)


def test_the_secrets_are_the_current_one_and_then_the_old_ones() -> None:
    assert settings_for(URL, secret_key_fallbacks=f"{OLD},{OLDER}").secrets == (SECRET, OLD, OLDER)


def test_without_a_secret_or_a_database_the_sentence_says_what_to_set() -> None:
    with pytest.raises(SettingsError, match=r"^SECRET_KEY is not set\. .*\.$"):
        _ = Settings.read().secrets
    with pytest.raises(SettingsError, match=r"^DATABASE_URL is not set\. .*\.$"):
        _ = Settings.read().listen_url


def test_listening_goes_past_a_pooler() -> None:
    assert settings_for("postgresql://pooler/d").listen_url == "postgresql://pooler/d"
    assert settings_for("postgresql://pooler/d", database_direct_url="postgresql://direct/d").listen_url == (
        "postgresql://direct/d"
    )


@pytest.mark.parametrize(
    ("given_", "sender"),
    [
        ({"default_from_email": "a@b.example", "email_host_user": "c@d.example"}, ("", "a@b.example")),
        ({"default_from_email": "HireLoop, Inc. <a@b.example>"}, ("HireLoop, Inc.", "a@b.example")),
        ({"default_from_email": "", "email_host_user": "c@d.example"}, ("", "c@d.example")),
        ({"default_from_email": "", "email_host_user": "someone"}, ("", "hireloop@hire.example")),
        ({"default_from_email": "", "email_host_user": "some@one@else"}, ("", "hireloop@hire.example")),
        ({"default_from_email": "", "base_url": "https://bücher.example"}, ("", "hireloop@xn--bcher-kva.example")),
        ({"default_from_email": "", "base_url": "http://my_host:8000"}, ("", "hireloop@localhost")),
        ({"default_from_email": "", "base_url": "http://127.0.0.1:8000"}, ("", "hireloop@localhost")),
        ({"default_from_email": "", "base_url": "http://[::1]:8000"}, ("", "hireloop@localhost")),
    ],
)
def test_the_sender_is_the_given_one_or_one_that_can_be_guessed(
    given_: dict[str, str], sender: tuple[str, str]
) -> None:
    assert settings_for(URL, **given_).mail_sender == sender


@given(st.text(max_size=40))
def test_whatever_stands_in_a_time_zone_it_is_a_zone_or_a_sentence(name: str) -> None:
    try:
        settings = settings_for(URL, default_time_zone=name)
    except SettingsError as refused:
        assert "DEFAULT_TIME_ZONE" in str(refused)  # noqa: PT017 (which of the two is the point)
    else:
        assert settings.zone.key == settings.default_time_zone


@pytest.mark.parametrize("short", ["a", "a,b", f"{'x' * 40},short"])
def test_an_old_secret_is_as_long_as_a_new_one(short: str) -> None:
    with pytest.raises(SettingsError, match=r"SECRET_KEY_FALLBACKS must have at least 32 characters"):
        settings_for(URL, secret_key_fallbacks=short)


@pytest.mark.parametrize("address", ["https://hire.example/path", "https://user:word@hire.example"])
def test_a_base_url_with_a_path_or_a_sign_in_is_refused(address: str) -> None:
    with pytest.raises(SettingsError, match="BASE_URL must be"):
        settings_for(URL, base_url=address)


def test_reminders_come_longest_lead_first_by_the_word_that_was_set() -> None:
    leads = Settings.read(reminders="1h,24h,90m").reminder_leads
    assert list(leads.items()) == [
        ("24h", timedelta(hours=24)),
        ("90m", timedelta(minutes=90)),
        ("1h", timedelta(hours=1)),
    ]
    assert Settings.read(reminders="none").reminder_leads == {}


def test_the_cut_off_of_a_candidates_own_changes_is_a_time_or_the_start_itself() -> None:
    assert Settings.read().cut_off == timedelta(hours=2)
    assert Settings.read(candidate_cut_off="90m").cut_off == timedelta(minutes=90)
    assert Settings.read(candidate_cut_off="0").cut_off == timedelta()


def test_what_an_agent_has_set_for_itself_is_not_ours_and_what_it_found_is(tmp_path: Path) -> None:
    agent = ForeignAgent(tmp_path)
    given = {"OTEL_TRACES_EXPORTER": "console", "OTEL_SERVICE_NAME": "found", "PYTHONWARNINGS": "ignore"}
    shown = "from hireloop.settings import Settings as S; S.read(); print(*sorted(S.otel_variables().items()))"
    done = subprocess.run(
        [*UNDER, sys.executable, "-c", shown],
        env=environment("", **agent.env, **given),
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert done.stdout.strip() == "('OTEL_SERVICE_NAME', 'found') ('OTEL_TRACES_EXPORTER', 'console')"
