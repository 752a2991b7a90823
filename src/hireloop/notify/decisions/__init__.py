"""What there is still to say, decided when a message is due (docs/decisions/0070)."""
