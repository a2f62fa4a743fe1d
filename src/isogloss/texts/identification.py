"""Which language a line is in, offline."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from isogloss.extras import need
from isogloss.languages import resolve
from isogloss.languages.language import Language

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


def probabilities(text: str) -> dict[str, float]:
    """The probability of each language that can be identified, by the code of the identifier.

    Raises
    ------
    MissingExtra
        Without py3langid, of the extra `behaviour`.
    """
    return dict(_identifier().rank(text))


def codes_of(language: str) -> frozenset[str]:
    """The codes of the identifier that count as this language.

    A language and its macrolanguage count as one (`nob` and `no`), and so do the scripts of a language.
    """
    wanted = resolve(language)
    return frozenset(code for code, known in identifiable().items() if same_language(wanted, resolve(known)))


def same_language(wanted: Language, known: Language) -> bool:
    """Whether two are one language, or one the macrolanguage of the other."""
    return wanted.code == known.code or wanted.code == known.macro or wanted.macro == known.code
