"""The checks of `hireloop doctor`: everything that can be checked before the first booking."""
