"""Decides who meets and when. Knows no HTTP, and of `notify` only its outbox and its messages."""
