"""What the doors share: what surrounds every request and response, and how both API and console show a booking."""
