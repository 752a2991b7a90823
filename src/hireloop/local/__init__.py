"""What makes one machine enough: an embedded PostgreSQL, a mailbox for real SMTP, a receiver of spans."""
