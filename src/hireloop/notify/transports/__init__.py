"""The transports: mail, chat, webhooks. Each only sends, and returns an Outcome; the worker does the rest."""
