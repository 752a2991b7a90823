"""What needs attention: the list of it, and alerts that have not reached anyone."""
