"""Importers for the tables of single papers; each is one file, announced in `pyproject.toml`."""
