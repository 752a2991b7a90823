"""How things are said to people: in which language, times and dates, and values that stand in a text."""
