"""`hireloop retention`: who is long gone is erased, and a dry run erases nobody."""

import click
import pytest

from factories import make_interview, rows
from hireloop import db
from hireloop.cli.times import PeriodParameter
from processes import environment
from test_cli import hireloop


@pytest.mark.usefixtures("database")
async def test_a_dry_run_counts_and_the_run_erases_and_a_second_one_finds_nobody(database_url: str) -> None:
    for name in ("Zebulon Quartz", "Asha Rao", "Mira Sen"):
        await make_interview(full_name=name)
    await db.fetch("UPDATE candidate SET created_at = now() - interval '3 years' WHERE full_name <> 'Mira Sen'")
    await db.fetch("UPDATE interview SET created_at = now() - interval '3 years'")
    said = []
    for more in (("--dry-run",), (), ()):
        ran = hireloop("retention", "--older-than", "2y", *more, env=environment(database_url))
        assert (ran.returncode, ran.stderr) == (0, "")
        said.append(ran.stdout.strip())
        if more:
            assert "Zebulon Quartz" in str(await rows("candidate"))
    assert said == ["2 candidates would be erased.", "2 candidates erased.", "0 candidates erased."]
    assert sorted(row["full_name"] for row in await rows("candidate")) == ["Erased", "Erased", "Mira Sen"]
    by = {row["actor"] for row in await rows("audit_entry") if row["action"] == "candidate.erased"}
    assert by == {"hireloop retention"}


@pytest.mark.parametrize(("said", "days"), [("1d", 1), ("26w", 182), ("2y", 730)])
def test_an_age_is_a_number_of_days_weeks_or_years(said: str, days: int) -> None:
    assert PeriodParameter().convert(said, None, None).days == days


@pytest.mark.parametrize("said", ["", "0d", "7", "-1d", "1.5y", "1h", "d", "999999d", "1001y", "99999w"])
def test_any_other_age_is_refused_with_an_example(said: str) -> None:
    with pytest.raises(click.BadParameter, match="365d, 26w or 2y"):
        PeriodParameter().convert(said, None, None)
