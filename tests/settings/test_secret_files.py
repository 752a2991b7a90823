"""Secrets in files: every setting that may hold one, and every file that cannot be used."""

import os
import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from docs.test_docs import text_of
from hireloop.errors import SettingsError
from hireloop.settings import Settings, secret_files
from hireloop.telemetry import variables

CANARY = "a-canary-of-a-secret-with-more-than-32-letters"
# A valid value of each; a new setting needs one too.
VALUES = {
    "database_url": "postgresql://app:canary@db.example/hireloop",
    "database_direct_url": "postgresql://app:canary@db.example:5433/hireloop",
    "database_owner_url": "postgresql://owner:canary@db.example/hireloop",
    "secret_key": CANARY,
    "secret_key_fallbacks": f"{CANARY}-1,{CANARY}-2",
    "bounce_imap_url": "imaps://bounces:canary@imap.hire.example/INBOX",
    "webhook_urls": "https://ats.example/hook#whsec_canary,https://crm.example/hook",
    "otel_exporter_otlp_headers": "api-key=canary",
    "otel_exporter_otlp_traces_headers": "api-key=canary",
    "otel_exporter_otlp_metrics_headers": "api-key=canary",
}
NAMES = secret_files.names(Settings)


def plain(value: object) -> object:
    """Return a value without the wrapping that keeps it from being printed."""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return [plain(one) for one in value] if isinstance(value, list) else value


def read(**more: object) -> Settings:
    return Settings.read(_env_file=None, **more)


def test_every_setting_that_may_hold_a_secret_is_among_them() -> None:
    assert {*VALUES} | {"email_host_password", "email_url", "email_fallback_url", "chat_urls", "webhook_secret"} <= {
        *NAMES
    }
    hidden = {name for name, field in Settings.model_fields.items() if "Secret" in str(field.annotation)}
    assert hidden <= {*NAMES}
    assert not {name for name in NAMES if name.endswith("_file")}


@pytest.mark.parametrize("ending", ["", "\n", "\r\n", "\n\n"])
@pytest.mark.parametrize("name", NAMES)
def test_a_file_has_the_same_effect_as_the_variable(
    name: str, ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    value = VALUES.get(name, CANARY)
    if name == "database_owner_url":
        monkeypatch.setenv("DATABASE_URL", VALUES["database_url"])
    monkeypatch.setenv(name.upper(), value)
    expected = plain(getattr(read(), name))
    monkeypatch.delenv(name.upper())
    file = tmp_path / "secret"
    file.write_bytes(f"{value}{ending}".encode())
    monkeypatch.setenv(f"{name.upper()}_FILE", str(file))
    found = read()
    assert plain(getattr(found, name)) == expected
    assert name in found.model_fields_set
    assert "canary" not in repr(found)


@pytest.mark.parametrize("name", NAMES)
def test_a_value_and_a_file_are_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "secret"
    file.write_text(CANARY)
    monkeypatch.setenv(f"{name.upper()}_FILE", str(file))
    monkeypatch.setenv(name.upper(), VALUES.get(name, CANARY))
    with pytest.raises(SettingsError) as told:
        read()
    assert str(told.value) == f"Settings: {name.upper()} and {name.upper()}_FILE are both set. Remove one of them."
    monkeypatch.setenv(name.upper(), "")  # counts as not set
    monkeypatch.delenv(f"{name.upper()}_FILE")
    read()


UNUSABLE = {
    "missing": (Path.as_posix, "which cannot be read (No such file or directory)."),
    "a directory": (lambda file: file.mkdir(), "which is not a regular file."),
    "a pipe": (os.mkfifo, "which is not a regular file."),
    "empty": (lambda file: file.write_text(""), "which is empty."),
    "only a line ending": (lambda file: file.write_text("\n"), "which is empty."),
    "too large": (lambda file: file.write_text("canary" * 20_000), "which has more than 65536 bytes."),
    "not UTF-8": (lambda file: file.write_bytes(b"canary\xff\xfe"), "which is not valid UTF-8."),
    "a folder that is a file": (lambda file: file.write_text("canary"), "which cannot be read (Not a directory)."),
}


@pytest.mark.parametrize("what", UNUSABLE)
def test_a_file_that_cannot_be_used_is_named_and_what_is_in_it_is_not(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, says = UNUSABLE[what]
    file = tmp_path / "secret"
    make(file)
    named = file / "below" if "folder" in what else file
    monkeypatch.setenv("SECRET_KEY_FILE", str(named))
    with pytest.raises(SettingsError) as told:
        read()
    assert str(told.value).startswith(f"Settings: SECRET_KEY_FILE names {named}, {says}")
    assert "canary" not in str(told.value)


def test_a_bad_value_of_a_file_is_not_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "secret"
    file.write_text("canary")
    for name in ("SECRET_KEY", "DATABASE_URL", "BOUNCE_IMAP_URL"):
        monkeypatch.setenv(f"{name}_FILE", str(file))
        with pytest.raises(SettingsError, match=f"^Settings: {name} must ") as told:
            read()
        assert "canary" not in str(told.value)
        monkeypatch.delenv(f"{name}_FILE")


def test_a_list_may_have_one_entry_on_each_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{CANARY}-1\r\n{CANARY}-2,{CANARY}-3\n")
    monkeypatch.setenv("SECRET_KEY_FALLBACKS_FILE", str(file))
    assert plain(read().secret_key_fallbacks) == [f"{CANARY}-{n}" for n in (1, 2, 3)]


def test_dotenv_may_name_files_and_the_environment_takes_precedence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("one", "two"):
        (tmp_path / name).write_text(f"{CANARY}-{name}")
    (tmp_path / ".env").write_text("SECRET_KEY_FILE=one\n")
    assert plain(Settings.read().secret_key) == f"{CANARY}-one"
    assert Settings.variables_of_dotenv()["SECRET_KEY_FILE"] == str(tmp_path / "one")
    monkeypatch.setenv("SECRET_KEY_FILE", "two")
    assert plain(Settings.read().secret_key) == f"{CANARY}-two"
    # For a process that starts in another directory.
    assert Settings.variables_of_dotenv()["SECRET_KEY_FILE"] == str(tmp_path / "two")
    monkeypatch.setenv("SECRET_KEY", CANARY)
    with pytest.raises(SettingsError, match=r"SECRET_KEY and SECRET_KEY_FILE are both set"):
        Settings.read()


def test_an_override_wins_over_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret").write_text(CANARY)
    monkeypatch.setenv("SECRET_KEY_FILE", str(tmp_path / "secret"))
    assert plain(read(secret_key="x" * 40).secret_key) == "x" * 40


def test_a_file_of_opentelemetrys_headers_is_known_to_have_an_effect(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "headers").write_text("api-key=canary\n")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS_FILE", str(tmp_path / "headers"))
    settings = Settings.read()
    assert settings.otlp_headers("traces") == {"api-key": "canary"}
    assert [*variables.warnings(settings)] == []


def test_the_owners_address_needs_that_of_the_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_OWNER_URL", VALUES["database_owner_url"])
    with pytest.raises(SettingsError, match=r"^Settings: DATABASE_OWNER_URL requires DATABASE_URL"):
        read()


def test_the_page_lists_every_setting_that_a_file_may_hold() -> None:
    page = text_of("docs/reference/settings.md").partition("## Secrets in files")[2].partition("\n## ")[0]
    listed = [name.lower() for name in re.findall(r"`([A-Z_]+)_FILE`", page)]
    assert [name for name in listed if name in Settings.model_fields] == NAMES
