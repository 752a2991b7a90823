"""Chat over any URL that Apprise knows."""
