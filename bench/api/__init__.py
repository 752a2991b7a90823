"""How fast the API answers, and whether that depends on how much has been booked (bench/README.md)."""
