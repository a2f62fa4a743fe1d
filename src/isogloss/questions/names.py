"""Languages as the reader knows them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

    from isogloss.evidence import Evidence


class Names:
    """Names of languages: as the reader wrote them, as the evidence wrote them, else in English.

    Parameters
    ----------
    evidence : Evidence or None
    written : mapping of str to str, optional
        Canonical id to what the reader wrote.

    Attributes
    ----------
    written : dict of str to str
        Canonical id to what the reader or the evidence wrote.
    """

    def __init__(self, evidence: Evidence | None, written: Mapping[str, str] | None = None):
        self.written: dict[str, str] = dict(written or {})
        if evidence is not None:
            reported = evidence.observations[["target", "target_as_reported"]].unique().rows()
            by_evidence = {code: name for code, name in sorted(reported, key=repr) if name is not None}
            self.written = by_evidence | {code: name for code, name in self.written.items() if name != code}

    def of(self, column: str) -> pl.Expr:
        """The names of a column of canonical ids."""
        import polars as pl

        return pl.col(column).map_elements(self, return_dtype=pl.String)

    def __call__(self, language: str) -> str:
        """The name of a language; a bare code is given the English name that belongs to it."""
        from isogloss.languages import resolve

        written = self.written.get(language, language)
        return resolve(language).name if CODE.fullmatch(written) else written


CODE = re.compile(r"[a-z]{2,3}([_-][A-Za-z0-9]{2,8})*")
"""What no reader would call the name of a language."""
