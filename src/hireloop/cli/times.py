"""How the commands read and write values."""

import re
from datetime import UTC, datetime, timedelta

import click

_PERIOD = re.compile(r"([1-9]\d{0,4})([dwy])")
_DAYS = {"d": 1, "w": 7, "y": 365}
_MOST_DAYS = 365_000  # so long ago is still a date


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


class PeriodParameter(click.ParamType):  # type: ignore[type-arg] # generic since click 8.3 only
    """A period such as `365d`, `26w` or `2y`; at least a day, at most 1,000 years."""

    name = "period"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Return the period; fails with an example for anything else."""
        found = _PERIOD.fullmatch(str(value))
        days = int(found[1]) * _DAYS[found[2]] if found else 0
        if not 1 <= days <= _MOST_DAYS:
            self.fail(f"{value!r} is not a period such as 365d, 26w or 2y.", param, ctx)
        return timedelta(days=days)


def moment(at: datetime | None) -> str:
    """Return a time in UTC to the second, or `never`."""
    return f"{at:%Y-%m-%d %H:%M:%S}Z" if at else "never"
