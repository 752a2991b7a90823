"""HireLoop schedules interviews, and never loses an invitation silently."""
