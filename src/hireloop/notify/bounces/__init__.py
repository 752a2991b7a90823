"""Mail that comes back: where reports come in, what they say, and which delivery they are about."""
