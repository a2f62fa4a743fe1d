"""Near-identical languages: other ids under which a language, or one hardly different from it, may be known."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from isogloss.languages.aliases import REPRESENTATIVES
from isogloss.languages.language import Language, resolve

NEAR_IDENTICAL = (
    ("tgl", "fil"),
    ("pes", "prs", "fas"),
    ("hrv", "bos", "hbs", "cnr", "srp_Latn"),
)
"""Languages that differ less than some dialects of one language; the first is the best documented."""


@lru_cache(maxsize=1 << 14)
def relatives(identifier: str) -> tuple[str, ...]:
    """Ids of a language and of its near-identical relatives in the same script, itself first.

    A macrolanguage and the member that represents it are relatives, and so are the languages of one group of
    `NEAR_IDENTICAL`. Other members of a macrolanguage, such as Moroccan Arabic, are languages of their own.
    """
    language = resolve(identifier)
    names = [language.id]
    for other in (REPRESENTATIVES.get(language.code), _represented(language)):
        names += [_in_script(other, language)] if other else []
    for group in NEAR_IDENTICAL:
        names += group if not set(group).isdisjoint(names) else ()
    return tuple(dict.fromkeys(name for name in names if name == identifier or resolve(name).script == language.script))


@lru_cache(maxsize=1 << 14)
def stand_in(identifier: str) -> str:
    """The one id that stands for a language and its near-identical relatives, where they count once.

    The best documented of a group of `NEAR_IDENTICAL`, a macrolanguage for its representative, else the language.
    """
    names = relatives(identifier)
    of_group = next((group[0] for group in NEAR_IDENTICAL if group[0] in names), None)
    language = resolve(identifier)
    macrolanguage = _represented(language)
    return of_group or (_in_script(macrolanguage, language) if macrolanguage else names[0])


def count_once(identifiers: Iterable[str]) -> dict[str, str]:
    """Each id, and the one of them that counts for it: itself, or the first in order that is nearly identical.

    Examples
    --------
    >>> count_once(["deu", "swh", "swa"])
    {'deu': 'deu', 'swa': 'swa', 'swh': 'swa'}
    """
    first: dict[str, str] = {}
    return {name: first.setdefault(stand_in(name), name) for name in sorted(set(identifiers))}


def _represented(language: Language) -> str | None:
    """The macrolanguage that a member represents."""
    return language.macro if language.macro and REPRESENTATIVES.get(language.macro) == language.code else None


def _in_script(code: str, language: Language) -> str:
    other = resolve(code)
    return other.id if other.script == language.script else f"{other.iso639_3}_{language.script}"
