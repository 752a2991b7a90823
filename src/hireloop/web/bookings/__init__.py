"""How every door shows a booking: its people, its deliveries, and where it stands."""
