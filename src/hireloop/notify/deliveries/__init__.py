"""The outbox and everything that reads or changes it: leases, replays, the ledger, failures and alerts."""
