"""Models with weights: found without a network, read without running anybody's code, and kept busy."""
