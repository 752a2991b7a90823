"""Candidates and jobs."""
