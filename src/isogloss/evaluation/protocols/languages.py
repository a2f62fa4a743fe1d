"""Protocols that leave out languages everywhere: no score of theirs, and no example of theirs in any mix."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from isogloss.errors import NotEnoughEvidence
from isogloss.evaluation.protocols.split import (
    FEWEST_LEFT,
    Split,
    check_left,
    fold_name,
    folds_of,
    hide_languages,
    poorest_first,
)
from isogloss.evidence import Evidence
from isogloss.languages import Language, resolve

POOREST = 0.25
"""Share of the languages that counts as poor."""


def lolo(evidence: Evidence, *, every: int = 1, folds: int | None = None, seed: int = 0) -> Iterator[Split]:
    """A language nobody measured: each language in turn is left out, neither tested nor trained on.

    Parameters
    ----------
    evidence : Evidence
    every : int, default 1
        Leave out only every n-th language.
    folds : int, optional
        Leave out that many groups of languages; by default one language at a time.
    seed : int, default 0

    Raises
    ------
    NotEnoughEvidence
        If there is only one language.
    """
    languages = evidence.targets
    if len(languages) < 2:
        raise NotEnoughEvidence(
            "only one language was tested", where="protocol 'lolo'", hint="give evidence in more languages"
        )
    for position, fold in enumerate(folds_of(languages, folds, every, seed)):
        yield leave_out(evidence, fold_name(fold, position), fold)


def low_resource(
    evidence: Evidence, *, every: int = 1, folds: int | None = None, seed: int = 0, poorest: int | None = None
) -> Iterator[Split]:
    """The poorest languages nobody measured: those with least web text are left out, all at once.

    Parameters
    ----------
    evidence : Evidence
    every, folds : int
        Of no effect: this is one split.
    seed : int, default 0
        Draws among languages of which there is equally little text.
    poorest : int, optional
        How many are left out; by default a quarter.

    Raises
    ------
    NotEnoughEvidence
        If fewer than five would stay.
    """
    languages = evidence.targets
    count = max(1, round(POOREST * len(languages))) if poorest is None else poorest
    check_left(len(languages) - count, "low-resource")
    yield leave_out(evidence, f"{count} poorest", poorest_first(languages, seed)[:count])


def family(evidence: Evidence, *, every: int = 1, folds: int | None = None, seed: int = 0) -> Iterator[Split]:
    """A language without measured relatives: each family is left out whole.

    Parameters
    ----------
    evidence : Evidence
    every : int, default 1
        Leave out only every n-th family.
    folds, seed : int
        Of no effect: families are the folds.

    Raises
    ------
    NotEnoughEvidence
        If no family can be left out.

    Notes
    -----
    Families are Glottolog's. An isolate, or a language of which none is known, is one of its own. A family that
    would leave fewer than five languages stays.
    """
    yield from _leave_out_kinds(evidence, family_of, "family", every)


def script(evidence: Evidence, *, every: int = 1, folds: int | None = None, seed: int = 0) -> Iterator[Split]:
    """A language in a script nobody measured: each script is left out whole.

    Parameters
    ----------
    evidence : Evidence
    every : int, default 1
        Leave out only every n-th script.
    folds, seed : int
        Of no effect: scripts are the folds.

    Raises
    ------
    NotEnoughEvidence
        If no script can be left out.

    Notes
    -----
    A script that would leave fewer than five languages stays.
    """
    yield from _leave_out_kinds(evidence, script_of, "script", every)


def leave_out(evidence: Evidence, name: str, languages: Sequence[str]) -> Split:
    """The split that hides some languages everywhere."""
    return Split(name, evidence, partial(hide_languages, languages=languages))


def family_of(language: Language) -> str:
    """Name of the family, that of the language itself for an isolate."""
    return language.family[0] if language.family else f"{language.name} (isolate)"


def script_of(language: Language) -> str:
    """ISO 15924 code."""
    return language.script


def _leave_out_kinds(
    evidence: Evidence, kind_of: Callable[[Language], str], protocol: str, every: int
) -> Iterator[Split]:
    languages = evidence.targets
    kinds: dict[str, list[str]] = defaultdict(list)
    for language in languages:
        kinds[kind_of(resolve(language))].append(language)
    possible = sorted(kind for kind, members in kinds.items() if len(languages) - len(members) >= FEWEST_LEFT)
    if not possible:
        check_left(len(languages) - min(map(len, kinds.values()), default=0), protocol)
    for kind in possible[::every]:
        yield leave_out(evidence, kind, kinds[kind])
