"""Decides: who talks with whom and when. Knows no HTTP, and of `notify` only its outbox and its messages."""
