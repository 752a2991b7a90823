"""Tells: every message goes out through the outbox, and every try leaves what the other side answered."""
