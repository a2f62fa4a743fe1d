"""English names of languages: finding a language by name, and what may have been meant by an unknown one."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections import defaultdict
from functools import lru_cache

from isogloss.languages.aliases import CODES, DIALECTS, NAMES
from isogloss.languages.glottolog import DIALECT, GLOTTOCODE, OTHER, glottolog
from isogloss.languages.iso639 import codes, other_names

_PARENTHESIS = re.compile(r"\s*\([^)]*\)")
_NOT_LETTERS = re.compile(r"[^\w]+|_+")
_QUALIFIER = re.compile(r"\s*\((?:macrolanguage|individual language|[^)]*\d[^)]*)\)")


LONGEST = 400
"""Letters of a text that are looked at: no name is as long, and a cell of a file may hold millions."""


def fold(name: str) -> str:
    """`name` without accents, letter case and punctuation; `Volapük` and `VOLAPUK` are one."""
    return _fold(name[:LONGEST])


@lru_cache(maxsize=1 << 16)
def _fold(name: str) -> str:
    plain = "".join(mark for mark in unicodedata.normalize("NFKD", name) if not unicodedata.combining(mark))
    return _NOT_LETTERS.sub(" ", plain.casefold()).strip()


class English:
    """Folded English names of all languages.

    Attributes
    ----------
    exact : dict of str to set of str
        Reference name -> ids.
    loose : dict of str to set of str
        Any other name, and reference names without what they have in parentheses -> ids.
    """

    def __init__(self) -> None:
        known, more = codes(), other_names()
        self.exact: dict[str, set[str]] = defaultdict(set)
        self.loose: dict[str, set[str]] = defaultdict(set)
        for code, name in known.names.items():
            if known.scopes[code] == "special":
                continue
            self.exact[fold(name)].add(code)
            if "(" in name:
                self.loose[fold(_PARENTHESIS.sub("", name))].add(code)
            if name.endswith(" languages"):
                self.loose[fold(name.removesuffix(" languages"))].add(code)
            for other in more.get(name, ()):
                self.loose[fold(other)].add(code)

    @staticmethod
    @lru_cache(maxsize=1)
    def load() -> English:
        """The names, read once."""
        return English()

    @staticmethod
    def display(name: str) -> str:
        """A reference name as people write it: `Swahili (macrolanguage)` is `Swahili`."""
        return "Greek" if name.startswith("Modern Greek") else _QUALIFIER.sub("", name)

    def find(self, name: str) -> str | None:
        """The one id known by `name`, or None if there is none or more than one."""
        ids = self.candidates(name)
        return ids[0] if len(ids) == 1 else None

    def candidates(self, name: str) -> list[str]:
        """All ids known by `name`; a macrolanguage stands before its members and alone if they share the name."""
        folded = fold(name)
        if not folded:
            return []
        if folded in NAMES:
            return [NAMES[folded]]
        ids = self.exact.get(folded) or self.loose.get(folded) or set()
        known = codes()
        tops = {code for code in ids if known.macros.get(code) not in ids}
        listed = {code for code in tops if known.scopes[code] != "collection"} or tops
        return sorted(listed)


def display_name(code: str) -> str:
    """The name of a code of ISO 639 or Glottolog; empty if it is the code of nothing."""
    if (name := codes().names.get(code)) is not None:
        return English.display(name)
    entry = glottolog().get(code)
    return entry.name if entry else ""


@lru_cache(maxsize=4096)
def suggest(text: str) -> tuple[tuple[str, str], ...]:
    """Up to three (code, name) that `text` may have meant, best first."""
    known, english = codes(), English.load()
    written = text.strip().casefold().replace("_", "-")
    first = written.split("-")[0]
    ids = [DIALECTS[code] for code in (written, first) if code in DIALECTS]
    ids += re.findall(r"\[([a-z]{3})\]", known.split.get(first, ""))
    ids += english.candidates(text)
    if not ids and len(first) <= 3:
        ids += _near(first, _common_codes(), cutoff=0.5)
    folded = fold(text)
    ids += _of_a_group(text.strip().casefold()) + _dialects(folded)
    if len(folded) > 3:
        for name in difflib.get_close_matches(folded, _names_like(folded), n=3, cutoff=0.75):
            ids += english.candidates(name)
    plain = dict.fromkeys(code.split("_")[0] for code in ids)
    listed = [(code, display_name(code)) for code in plain]
    return tuple((code, name) for code, name in listed if name)[:3]


def _of_a_group(text: str) -> list[str]:
    """Languages of the group that a glottocode stands for."""
    return glottolog().languages_below(text)[:3] if GLOTTOCODE.fullmatch(text) else []


def _dialects(folded: str) -> list[str]:
    """Glottocodes of the dialects that have this name: not resolved, because many share one."""
    return _dialect_names().get(folded, [])[:3] if len(folded) >= 4 else []


@lru_cache(maxsize=1)
def _dialect_names() -> dict[str, list[str]]:
    """Folded name -> glottocodes of the dialects and other languoids of that name."""
    named: dict[str, list[str]] = {}
    columns = glottolog().columns
    for code, name, level in zip(columns["glottocode"], columns["name"], columns["level"], strict=True):
        if level in (DIALECT, OTHER):
            named.setdefault(fold(str(name)), []).append(str(code))
    return named


def _near(code: str, candidates: dict[str, str], cutoff: float) -> list[str]:
    return [candidates[match] for match in difflib.get_close_matches(code, candidates, n=3, cutoff=cutoff)]


@lru_cache(maxsize=1)
def _common_codes() -> dict[str, str]:
    """Codes short enough to be mistyped: those of languages that also have a two-letter code, and the usual slips."""
    known = codes()
    common = {known.ids[code] for code in known.ids if len(code) == 2}
    return {**{code: code_id for code, code_id in known.ids.items() if code_id in common}, **CODES}


def _names_like(folded: str) -> list[str]:
    """Names that begin like `folded` and are about as long: comparing all 12,000 would take a tenth of a second."""
    english = English.load()
    return [
        name
        for names in (NAMES, english.exact, english.loose)
        for name in names
        if name[:1] == folded[:1] and abs(len(name) - len(folded)) <= 3
    ]
