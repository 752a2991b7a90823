"""How the console is said to the one who reads it: in which language, and on which clock."""
