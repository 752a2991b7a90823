"""What an operator sees of HireLoop: spans, metrics, log lines, and what is taken out of them before they leave."""
