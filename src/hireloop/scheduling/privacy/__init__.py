"""What becomes of people's data: who asks to be forgotten is erased, and whose time is up."""
