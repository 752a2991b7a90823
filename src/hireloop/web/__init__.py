"""What the doors share: around every request and answer, and how both API and console show a booking."""
