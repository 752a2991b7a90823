"""The door for machines: JSON over HTTP for recruiters' frontends."""

HEADERS = {"Cache-Control": "no-store"}  # of every response under /api that does not say who may keep it
