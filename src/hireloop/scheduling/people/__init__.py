"""People and openings: candidates and jobs."""
