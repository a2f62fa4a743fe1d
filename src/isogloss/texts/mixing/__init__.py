"""Text that mixes two languages: which language its words are in, who writes it, and who judges it."""
