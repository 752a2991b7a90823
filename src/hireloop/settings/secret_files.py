"""Secrets in files: NAME_FILE names a file whose text is the value of NAME, as containers are given their secrets."""

import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from hireloop.errors import SettingsError

LONGEST = 65_536  # bytes
_SUFFIX = "_FILE"


class SecretFiles(PydanticBaseSettingsSource):
    """The settings that are in files; there a list may have one entry on each line."""

    def __init__(
        self, cls: type[BaseSettings], outside: PydanticBaseSettingsSource, dotenv: PydanticBaseSettingsSource
    ) -> None:
        super().__init__(cls)
        self._outside: Mapping[str, str | None] = getattr(outside, "env_vars", {})
        self._dotenv: Mapping[str, str | None] = getattr(dotenv, "env_vars", {})

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Return nothing for any one field: `__call__` reads all at once."""
        del field
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        """Return the values by the names of the settings; raises SettingsError for a file that cannot be used."""
        fields = self.settings_cls.model_fields
        return {
            name: ",".join(text.splitlines()) if get_origin(fields[name].annotation) is list else text
            for name, text in _values(names(self.settings_cls), self._outside, self._dotenv)
        }


def names(cls: type[BaseSettings]) -> list[str]:
    """Return the settings that may hold a secret: those of such a type, and those that are never printed."""
    return [name for name, field in cls.model_fields.items() if not field.repr or _is_secret(field.annotation)]


def _is_secret(kind: object) -> bool:
    return kind is SecretStr or any(map(_is_secret, get_args(kind)))


def paths(cls: type[BaseSettings], dotenv: Mapping[str, str | None], outside: Mapping[str, str]) -> dict[str, Path]:
    """Return the files, absolute, by the variables that name them, in upper case."""
    variables = {f"{name.upper()}{_SUFFIX}": dotenv.get(name + _SUFFIX.lower()) for name in names(cls)}
    found = {variable: outside.get(variable) or value for variable, value in variables.items()}
    return {variable: Path(value).absolute() for variable, value in found.items() if value}


def _values(
    asked: Iterable[str], outside: Mapping[str, str | None], dotenv: Mapping[str, str | None]
) -> Iterator[tuple[str, str]]:
    """Yield each of these settings that a file holds, with its text; names and keys are in lower case.

    `outside` is the environment, which takes precedence over `.env`. Raises SettingsError, which never has the text in
    it, if a setting has both a value and a file, and if a file cannot be read.
    """
    for name in asked:
        key = name + _SUFFIX.lower()
        path = outside.get(key) or dotenv.get(key)
        if path:
            variable = name.upper()
            if outside.get(name) or dotenv.get(name):
                msg = f"Settings: {variable} and {variable}{_SUFFIX} are both set. Remove one of them."
                raise SettingsError(msg)
            yield name, _read(f"{variable}{_SUFFIX}", Path(path))


def _read(variable: str, file: Path) -> str:
    """Return a file's text without the line ending at its end."""
    try:
        if not stat.S_ISREG(file.stat().st_mode):  # to read a pipe may take for ever
            raise SettingsError(f"Settings: {variable} names {file}, which is not a regular file.")
        with file.open("rb") as opened:
            content = opened.read(LONGEST + 1)
    except OSError as error:
        msg = f"Settings: {variable} names {file}, which cannot be read ({error.strerror}). Correct the path, or let "
        raise SettingsError(msg + "this user read the file.") from None
    except ValueError:  # a path with a NUL
        raise SettingsError(f"Settings: {variable} is not a path. Correct it.") from None
    if len(content) > LONGEST:
        raise SettingsError(
            f"Settings: {variable} names {file}, which has more than {LONGEST} bytes. Correct the path."
        )
    try:
        text = content.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError:  # its text quotes the file
        raise SettingsError(f"Settings: {variable} names {file}, which is not valid UTF-8.") from None
    if not text.strip():
        raise SettingsError(f"Settings: {variable} names {file}, which is empty. Write the value into it.")
    return text
