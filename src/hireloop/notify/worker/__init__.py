"""The process that tries what is due, and what it keeps of every try."""
