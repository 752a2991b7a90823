"""What a mail that comes back says, read from its bytes alone: without database, network or clock."""
