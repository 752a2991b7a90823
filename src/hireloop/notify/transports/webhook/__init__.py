"""Webhooks as Standard Webhooks 1.0 says, to public addresses only unless others are allowed."""
