"""How the commands write values."""

from datetime import datetime


def moment(at: datetime | None) -> str:
    """Return a time in UTC to the second, or `never`."""
    return f"{at:%Y-%m-%d %H:%M:%S}Z" if at else "never"
