"""What Piccolo needs to know about this room."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from hireloop.scheduling.tables import (
    AuditEntry,
    Candidate,
    Installation,
    Interview,
    Job,
    MigrationDigest,
    Schedule,
    Session,
    Slot,
)

APP_CONFIG = AppConfig(
    app_name="scheduling",
    migrations_folder_path=str(Path(__file__).parent / "migrations"),
    table_classes=[Candidate, Job, Interview, Slot, Schedule, Session, AuditEntry, Installation, MigrationDigest],
)
