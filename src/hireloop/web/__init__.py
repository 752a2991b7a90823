"""What the doors share: around every request and answer, and in the words of both API and console."""
