"""The traces of `hireloop up`: received over OTLP, kept, and drawn as a tree."""
