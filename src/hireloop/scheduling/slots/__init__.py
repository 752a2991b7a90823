"""Stretches of time with seats that interviews can be booked into, one by one or from a recurrence rule."""
