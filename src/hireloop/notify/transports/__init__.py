"""The transports: mail, chat, webhooks. Each only sends, and answers with an Outcome; the worker does the rest."""
