"""Bookings a second over HTTP, beside pgbench running the same statement and beside the usual way."""
