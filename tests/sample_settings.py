"""Settings for tests: complete, and read neither from the environment nor from `.env`."""

from hireloop.settings import Settings

SECRET = "a secret of the tests, which opens nothing"


def as_application(url: str) -> str:
    """Return a test database's URL for the role that processes use, which owns nothing; `url` is the owner's."""
    return url.replace("postgresql://hireloop@", "postgresql://hireloop_app@")


def settings_for(url: str, **overrides: object) -> Settings:
    """Return settings for a database of this owner's URL, with some of them told otherwise.

    Like every process they use the role that owns nothing.
    """
    values = {
        "database_url": as_application(url),
        "secret_key": SECRET,
        "base_url": "https://hire.example",
        "default_from_email": "HireLoop <interviews@hire.example>",
        **overrides,
    }
    return Settings.read(_env_file=None, **values)
