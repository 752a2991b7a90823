"""Everything that can be checked before the first booking, put together: what `hireloop doctor` says."""
