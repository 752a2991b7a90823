"""Checks of mail, chat and webhooks before a message has to go out; they send no message."""
