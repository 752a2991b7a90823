"""Which channels there are, who hears what over them, by which provider, and which of them are held."""
