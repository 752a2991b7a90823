"""Bookings as people read them: a day, what is found, what needs attention, what waits for one."""
