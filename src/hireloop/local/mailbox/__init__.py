"""The development mailbox: a real SMTP server, and the pages that show what it received."""
