"""Bookings: one interview in one slot, what may be done with it, and who is notified."""
