"""The candidate's access to one booked interview: its key, entry and end, and what they may do by themselves."""
