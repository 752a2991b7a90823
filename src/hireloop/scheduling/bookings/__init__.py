"""One interview placed on one slot: the booking, what may be done with it, and who is told."""
