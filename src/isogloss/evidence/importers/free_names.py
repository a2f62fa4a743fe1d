"""Languages in names that people make up: `WMT2014 English-German`, `CoNLL 2002 (Dutch)`, `xnli/de`, `flores eng-swh`.

Stricter than a column of languages: what is around the language is other words, some of which are codes by chance.
"""

from __future__ import annotations

import re
from functools import lru_cache

from isogloss.evidence.importers.task_names import LONGEST, TaskName, shipped_rules
from isogloss.evidence.pairs import SEPARATOR
from isogloss.languages.context import is_summary
from isogloss.languages.tags import tag_of_code, tag_of_name

RULES = "lm-eval"
"""Names of tasks of this tool are used by others, too."""

MOST_WORDS = 3
"""Words of the longest name of a language that is looked for: `Yue Chinese Traditional`."""

_TAG = re.compile(r"(?<![A-Za-z])[a-z]{2,3}[-_][A-Z][a-z]{3}(?![A-Za-z])")
_BRACKETS = re.compile(r"(.+?)\s*[(\[]([^()\[\]]+)[)\]]\s*")
_WORD = re.compile(r"[^\W\d_]+")
_LAST = re.compile(r"(.*?)[-_/:.|\s]((?:[a-z]{2}[-_](?:to[-_])?)?[a-z]{2})")
_TRIPLES = re.compile(r"(.*?)(?:^|[-_/:.|\s])([a-z]{3})[-_](?:to[-_])?([a-z]{3})(?:$|[/:.|\s].*)")
_WHOLE = re.compile(r"[a-z]{2}|[a-z]{2}[-_][A-Z]{2}|[a-z]{2,3}[-_][A-Z][a-z]{3}")
_MARKS = " -_:/.,|"


@lru_cache(maxsize=4096)
def read_free_name(name: str) -> TaskName | None:
    """What a name says of its language; None where it says nothing, or more than two.

    Parameters
    ----------
    name : str

    Returns
    -------
    TaskName or None
        With an empty task where the name is that of a language and nothing else.

    Examples
    --------
    >>> read_free_name("WMT2014 English-German")
    TaskName(task='WMT2014', language='English|German', topic=None)
    >>> read_free_name("part-of-speech tags") is None
    True
    """
    if len(name) > LONGEST or is_summary(name):
        return None
    for rule in shipped_rules(RULES):
        if (read := rule.read(name)) is not None:
            return read
    if language_of(name) is not None:
        return TaskName("", name)
    for find in (_in_brackets, _tags, _names, _codes):
        if (found := find(name)) is not None:
            return found
    return None


def language_of(text: str) -> str | None:
    """`text` if it is one language and hardly anything else: a name, a code of two letters, one with a script."""
    written = text.strip()
    known = tag_of_code(written) if _WHOLE.fullmatch(written) else tag_of_name(written) if len(written) > 3 else None
    return written if known is not None else None


def _in_brackets(name: str) -> TaskName | None:
    match = _BRACKETS.fullmatch(name)
    if match is None:
        return None
    inside = match[2].strip()
    if language_of(inside) is not None:
        return TaskName(match[1], inside)
    found = _names(inside) or _codes(inside)
    return TaskName(match[1], found.language) if found is not None and not found.task else None


def _tags(name: str) -> TaskName | None:
    """Codes with a script, which are no accident."""
    found = [match for match in _TAG.finditer(name) if tag_of_code(match[0]) is not None]
    return _without(name, [match.span() for match in found]) if 0 < len(found) <= 2 else None


def _names(name: str) -> TaskName | None:
    """English names of languages, each with a capital."""
    words = list(_WORD.finditer(name))
    found: list[tuple[int, int]] = []
    place = 0
    while place < len(words):
        for width in range(min(MOST_WORDS, len(words) - place), 0, -1):
            start, end = words[place].start(), words[place + width - 1].end()
            if name[start].isupper() and _is_well_known(name[start:end]):
                found.append((start, end))
                place += width
                break
        else:
            place += 1
    return _without(name, found) if 0 < len(found) <= 2 else None


def _is_well_known(text: str) -> bool:
    """Whether a language of this name has a code of two letters: `Even` and `Are` are mostly other words."""
    known = tag_of_name(text)
    return known is not None and tag_of_code(known.code[:3]) is not None and known.code in _of_two_letters()


@lru_cache(maxsize=1)
def _of_two_letters() -> frozenset[str]:
    letters = "abcdefghijklmnopqrstuvwxyz"
    return frozenset(tag.code for one in letters for other in letters if (tag := tag_of_code(one + other))) | {"yue"}


def _codes(name: str) -> TaskName | None:
    """Codes of two letters at the end: `xnli_de`, `wmt16-de-en`; two of three letters: `flores eng-swh`."""
    if (match := _TRIPLES.fullmatch(name)) and all(tag_of_code(code) for code in match.groups()[1:]):
        return TaskName(match[1], f"{match[2]}{SEPARATOR}{match[3]}")
    match = _LAST.fullmatch(f" {name}")
    if match is None:
        return None
    codes = [code for code in re.split("[-_]", match[2]) if code != "to"]
    known = [code for code in codes if tag_of_code(code) is not None]
    if len(known) == len(codes):
        return TaskName(match[1].strip(_MARKS), SEPARATOR.join(codes))
    if known and known[-1] == codes[-1]:
        return TaskName(name[: -len(codes[-1]) - 1].strip(_MARKS), codes[-1])
    return None


def _without(name: str, spans: list[tuple[int, int]]) -> TaskName | None:
    """The name without its languages; two that are one language are one."""
    languages = list(dict.fromkeys(name[start:end] for start, end in spans))
    pieces, place = [], 0
    for start, end in spans:
        pieces.append(name[place:start])
        place = end
    left = [piece.strip(_MARKS) for piece in [*pieces, name[place:]]]
    return TaskName(" ".join(piece for piece in left if piece not in ("", "to")), SEPARATOR.join(languages))
