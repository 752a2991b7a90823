"""HireLoop schedules interviews, and no invitation is ever lost in silence."""
