"""Settings for tests: complete, and read neither from the environment nor from `.env`."""

from hireloop.settings import Settings

SECRET = "a secret of the tests, which opens nothing"


def settings_for(url: str, **overrides: object) -> Settings:
    """Return settings for a database, with some of them told otherwise."""
    values = {
        "database_url": url,
        "secret_key": SECRET,
        "base_url": "https://hire.example",
        "default_from_email": "HireLoop <interviews@hire.example>",
        **overrides,
    }
    return Settings.read(_env_file=None, **values)
