"""Finding: search, filtered lists and what is exported of them, weeks, and a person's page. Nothing here changes."""
