"""What the doors share: what surrounds every request and answer, and how both API and console show a booking."""
