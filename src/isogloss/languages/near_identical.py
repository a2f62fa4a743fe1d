"""Near-identical languages: other ids under which a language, or one hardly different from it, may be known."""

from __future__ import annotations

from functools import lru_cache

from isogloss.languages.aliases import REPRESENTATIVES
from isogloss.languages.language import Language, resolve

NEAR_IDENTICAL = (
    ("tgl", "fil"),
    ("pes", "prs"),
    ("hrv", "bos", "hbs", "cnr", "srp_Latn"),
)
"""Languages that differ less than some dialects of one language; the first is the best documented."""


@lru_cache(maxsize=1 << 14)
def relatives(identifier: str) -> tuple[str, ...]:
    """Ids of a language and of its near-identical relatives in the same script, itself first.

    A macrolanguage, the member that represents it, and the languages of one group of `NEAR_IDENTICAL` are relatives.
    """
    language = resolve(identifier)
    names = [language.id]
    for other in (REPRESENTATIVES.get(language.code), language.macro, _representative_of(language)):
        names += [_in_script(other, language)] if other else []
    for group in NEAR_IDENTICAL:
        names += group if not set(group).isdisjoint(names) else ()
    return tuple(dict.fromkeys(name for name in names if name == identifier or resolve(name).script == language.script))


def _representative_of(language: Language) -> str | None:
    """The macrolanguage's representative, for the member that it is."""
    return language.macro if language.macro and REPRESENTATIVES.get(language.macro) == language.code else None


def _in_script(code: str, language: Language) -> str:
    other = resolve(code)
    return other.id if other.script == language.script else f"{other.iso639_3}_{language.script}"
