"""The door for machines: JSON over HTTP for recruiters' frontends."""
