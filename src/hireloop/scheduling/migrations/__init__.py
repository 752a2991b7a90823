"""Piccolo runs these in the order of their names."""
