"""Who is asking, at every door: API keys and the roles that they have."""
