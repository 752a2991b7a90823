"""What the API asks of every request, and does to every answer, before and after its handler."""
