"""The people and the opening: candidates and jobs."""
