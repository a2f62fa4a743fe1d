"""Explain transfer: which factors drive it, and what one forecast rests on."""
