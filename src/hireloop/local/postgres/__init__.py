"""PostgreSQL as `hireloop up` brings it along and runs it."""
