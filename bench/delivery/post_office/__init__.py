"""The nearest of its kind as a peer: django-post-office, a queue of mail in the same PostgreSQL."""
