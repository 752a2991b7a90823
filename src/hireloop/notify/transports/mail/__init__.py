"""Mail over SMTP, whatever server takes it."""
