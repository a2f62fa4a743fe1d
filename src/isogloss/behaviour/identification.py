"""Which language a line is in, offline, and how often that is right."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from isogloss.extras import need
from isogloss.languages import resolve
from isogloss.languages.language import Language

if TYPE_CHECKING:
    import polars as pl

UNKNOWN = "unknown"
LEAST_SURE = 0.5
"""Probability up to which a line is of unknown language."""
NO_LANGUAGE = "zxx"
"""What the identifier says of text that is no language."""


@cache
def _identifier() -> Any:
    need("py3langid", extra="behaviour")
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


@cache
def identifiable() -> dict[str, str]:
    """Every language that can be identified: code of the identifier to ISO 639-3.

    Raises
    ------
    MissingExtra
        Without py3langid, of the extra `behaviour`.
    """
    return {code: resolve(code).code for code in _identifier().labels if code != NO_LANGUAGE}


def identify(lines: Iterable[str]) -> dict[str, str]:
    """The language of each line, as the code of the identifier.

    Parameters
    ----------
    lines : iterable of str
        Each is looked at once.

    Returns
    -------
    dict of str to str
        Line to code; `unknown` where no language has a probability above one half.

    Raises
    ------
    MissingExtra
        Without py3langid, of the extra `behaviour`.
    """
    identifier = _identifier()
    found = {}
    for line in dict.fromkeys(lines):
        code, sure = identifier.classify(line)
        found[line] = code if sure > LEAST_SURE and code != NO_LANGUAGE else UNKNOWN
    return found


def name_of(code: str) -> str:
    """The English name of a code of the identifier; `unknown` stays."""
    return code if code == UNKNOWN else resolve(code).name


def codes_of(language: str) -> frozenset[str]:
    """The codes of the identifier that count as this language.

    A language and its macrolanguage count as one (`nob` and `no`), and so do the scripts of a language.
    """
    wanted = resolve(language)
    return frozenset(code for code, known in identifiable().items() if _same(wanted, resolve(known)))


def _same(wanted: Language, known: Language) -> bool:
    return wanted.code == known.code or wanted.code == known.macro or wanted.macro == known.code


def identification_accuracy() -> pl.DataFrame:
    """How often the language of a sentence is identified, measured on the 204 test sentences of SIB-200.

    Returns
    -------
    polars.DataFrame
        `language` (id), `accuracy`, `mistaken_for` (code that it is taken for most often, where it is not right) and
        `share` of the sentences that are. Languages that cannot be identified have accuracy 0.
    """
    import polars as pl

    text = files("isogloss.behaviour").joinpath("data", "identification.tsv").read_bytes()
    return pl.read_csv(text, separator="\t")


def accuracy_of(language: str) -> dict[str, Any] | None:
    """The row of `identification_accuracy` for a language or a member of it, the worst of several; None without one."""
    wanted = resolve(language)
    rows = [row for row in _accuracies() if row["language"] == wanted.id]
    rows = rows or [row for row in _accuracies() if _same(wanted, resolve(row["language"])) and row["accuracy"] > 0]
    return min(rows, key=lambda row: float(row["accuracy"]), default=None)


@cache
def _accuracies() -> list[dict[str, Any]]:
    return identification_accuracy().to_dicts()
