"""What a message says: in which words and language, with which times, as text, page, calendar and JSON."""
