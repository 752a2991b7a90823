"""Attempts say by which configuration of their provider they went: a corrected one starts with a clean slate."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from hireloop import db

ID = "2026-11-29T17:00:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "the fingerprint of an attempt's provider"

# Attempts of older versions have none.
STATEMENTS = ("ALTER TABLE attempt ADD COLUMN fingerprint text",)


async def forwards() -> MigrationManager:
    """Change the tables in Piccolo's transaction."""
    return db.migration("notify", ID, DESCRIPTION, STATEMENTS)
