"""What is wrong with the encryption of a connection to PostgreSQL, where asyncpg's error alone does not say it."""

import os
import ssl
from pathlib import Path

import asyncpg

from hireloop.settings.urls import option_of

_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_OF_FILES = (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError, ssl.SSLError)
_FILES = ("sslrootcert", "sslcert", "sslkey", "sslcrl")


def tls_fault(url: str, error: BaseException) -> tuple[str, str] | None:
    """Return the cause and the fix for an `error` of connecting to `url`; None if it is not about encryption."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"The certificate of the database server is not accepted ({error.verify_message.rstrip('.')}).",
            "Let `sslrootcert` in DATABASE_URL name the file of the CA that issued it, and use a host that it is for.",
        )
    if isinstance(error, ConnectionError) and "rejected SSL upgrade" in str(error):  # asyncpg's words
        return "The database server does not offer TLS.", "Enable TLS on the server."
    if isinstance(error, _OF_FILES):
        return _of_a_file(url, error)
    return _of_the_mode(url) if isinstance(error, asyncpg.ClientConfigurationError) else None


def _of_a_file(url: str, error: OSError) -> tuple[str, str] | None:
    named = [(option, Path(path)) for option in _FILES if (path := option_of(url, option))]
    for option, file in named:
        if not file.is_file() or not os.access(file, os.R_OK):
            cause = f"`{option}` in DATABASE_URL names {file}, which cannot be read."
            return cause, "Correct the path, or let this user read the file."
    if named and isinstance(error, ssl.SSLError):
        options = ", ".join(f"`{option}`" for option, _ in named)
        cause = f"The connection cannot be encrypted with the files of {options} in DATABASE_URL ({error.reason})."
        return cause, "Check that each is a PEM file for its purpose, and that the server speaks TLS 1.2 or newer."
    return None


def _of_the_mode(url: str) -> tuple[str, str] | None:
    mode = option_of(url, "sslmode")
    if mode and mode not in _MODES:
        return f"DATABASE_URL has an unknown `sslmode` ({mode}).", f"Use one of {', '.join(_MODES)}."
    if mode.startswith("verify-") and not option_of(url, "sslrootcert"):
        return (
            f"`sslmode={mode}` in DATABASE_URL needs the certificate of a CA, and no `sslrootcert` names its file.",
            "Add it: that of your own CA, or `sslrootcert=/etc/ssl/certs/ca-certificates.crt` for a public one.",
        )
    return None
