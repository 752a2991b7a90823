"""What recruiters hear is found by the candidates who did not come, of whom one may be erased, and by what failed."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from hireloop import db

ID = "2026-11-30T02:00:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "candidates named in no-shows, interviewers not reached"

STATEMENTS = (
    """
    CREATE INDEX candidates_named_in_no_shows ON delivery USING gin ((payload -> 'missed') jsonb_path_ops)
    WHERE kind = 'no_show'
    """,
    # Serves the question whether recruiters were told of an interviewer who was not reached.
    "CREATE INDEX interviewers_said_unreachable ON delivery (occasion) WHERE kind = 'interviewer_unreachable'",
)


async def forwards() -> MigrationManager:
    """Create the indexes in Piccolo's transaction."""
    return db.migration("notify", ID, DESCRIPTION, STATEMENTS)
