"""What recruiters write down: people, jobs, interviews, slots and bookings, and corrections of what is wrong."""
