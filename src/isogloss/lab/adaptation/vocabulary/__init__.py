"""Adaptations that give a model another vocabulary, and where the rows of its new tokens come from."""
