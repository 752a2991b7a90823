"""What the API asks of every request, and does to every response, before and after its handler."""
