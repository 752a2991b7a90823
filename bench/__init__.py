"""The benchmarks: each compares HireLoop with a peer or the limit in the same run (README.md)."""
