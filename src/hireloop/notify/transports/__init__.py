"""The transports, one a file. Each only sends and answers with an Outcome; the worker does everything else."""
