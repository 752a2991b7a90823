"""Tells: every message goes out through the outbox, and every try records what the other side replied."""
