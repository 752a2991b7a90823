"""A booking that is replayed is a booking of somebody else, whose interviewer may be somebody else, too."""

from pathlib import Path

from bench.crowd import Crowd
from bench.parts import Database, migrated
from bench.replay import Recording, pgbench

from bench import crowd
from servers.databases import Template


def test_a_recorded_booking_is_replayed_for_people_with_another_interviewer(template: Template, tmp_path: Path) -> None:
    with template.emptied() as url:
        database = migrated(Database(url, tmp_path))
        people = Crowd(database)
        script = Recording(database, people).script(tmp_path / "scripts", whole=True)
        people.more(crowd.SLOTS_OF_EACH - 3)
        assert pgbench(database, script, people, clients=2, bookings=4) > 0
        told = database.fetch("SELECT DISTINCT recipient FROM delivery WHERE kind LIKE 'interviewer%'")
        assert sorted(row["recipient"] for row in told) == [
            "interviewer.50000000@example.com",
            "interviewer.50000001@example.com",
        ]
