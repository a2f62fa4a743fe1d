"""Who the languages are: codes, names, family, place, script, typology, and how far apart they are."""

from __future__ import annotations

from isogloss.languages.language import Language
from isogloss.languages.resolve import resolve
from isogloss.languages.writing import default_script

__all__ = ["Language", "default_script", "resolve"]
