"""Erases people who ask for it, and people whose retention period is over."""
