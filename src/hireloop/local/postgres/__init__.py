"""The PostgreSQL that `hireloop up` brings along and runs."""
