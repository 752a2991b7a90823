"""How the commands read and write values."""

from datetime import UTC, datetime

import click


class TimeParameter(click.ParamType):  # type: ignore[type-arg] # generic since click 8.3 only
    """A time as RFC 3339 writes it, with its offset, such as 2026-12-01T10:00:00+05:30."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Return the moment; fails with an example for anything else."""
        try:
            found = datetime.fromisoformat(str(value))
            if found.tzinfo is not None:
                return found.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
        return self.fail(f"{value!r} is not a time with a UTC offset, such as 2026-12-01T10:00:00+05:30.", param, ctx)


def moment(at: datetime | None) -> str:
    """Return a time in UTC to the second, or `never`."""
    return f"{at:%Y-%m-%d %H:%M:%S}Z" if at else "never"
