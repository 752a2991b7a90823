"""The settings of an installation, and how they are read from the environment, `.env` and files of secrets."""

from hireloop.settings.settings import AUTO_INSTRUMENTATION, EmailBackend, Settings

__all__ = ["AUTO_INSTRUMENTATION", "EmailBackend", "Settings"]
