"""What is known of the other end of a connection, and how long it may take."""
