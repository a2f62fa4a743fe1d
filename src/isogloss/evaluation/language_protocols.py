"""Protocols that withhold languages whole: no score of theirs, and no example of theirs in any mix.

Their parameters `every`, `folds` and `seed` are described in `isogloss.evaluation`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain

import numpy as np
import polars as pl

from isogloss.errors import NotEnoughEvidence
from isogloss.evaluation.split import (
    FEWEST_LEFT,
    ROW,
    Split,
    check_left,
    hide_languages,
    isolation,
    named_folds,
    one_of_each,
    poorest_first,
)
from isogloss.evidence import Evidence
from isogloss.forecasting.features import space
from isogloss.languages import Language, resolve

POOREST = 0.25
"""Share of the languages that `low_resource` leaves out."""
SHIFT_FOLDS = 4
SHIFTED = 0.5
"""Share of the languages, the poorer and more isolated ones, that `shift_aware` leaves out in some fold."""
LARGEST_KIN = 0.25
"""A family with more than this share of the languages is split into its branches."""
ANCHORS = (0, 1, 3, 8)
ANCHOR_DRAWS = 5
HIDDEN_FOR_ANCHORS = 1 / 3
SAMPLE = 40
"""Languages that `lolo` asks for where there are more."""
AT_A_TIME = 0.1
"""Share of all languages that it leaves out at once then."""
FEWEST_HIDDEN = 2
"""Hidden languages that must remain to be asked for when all anchors were given back."""


def lolo(evidence: Evidence, *, every: int | None = None, folds: int | None = None, seed: int = 0) -> Iterator[Split]:
    """A language nobody measured: each language in turn is left out, neither tested nor trained on.

    Parameters
    ----------
    every : int, optional
        Of more than 40 languages, by default a sample of 40 is left out, a tenth of all languages at a time.
    folds : int, optional
        Leave out that many groups of languages; by default one language at a time.

    Raises
    ------
    NotEnoughEvidence
        If there is only one language.
    """
    together = one_of_each(evidence.targets)
    languages = list(together)
    if len(languages) < 2:
        raise NotEnoughEvidence(
            "only one language was tested", where="protocol 'lolo'", hint="give evidence in more languages"
        )
    if every is None and folds is None and len(languages) > SAMPLE:
        for number, fold in enumerate(sampled_folds(languages, seed), 1):
            yield _split(evidence, f"fold {number}", _whole(fold, together))
        return
    for name, fold in named_folds(languages, folds, every or 1, seed):
        yield _split(evidence, name, _whole(fold, together))


def _whole(languages: Iterable[str], together: Mapping[str, Sequence[str]]) -> list[str]:
    """Languages with those that are nearly identical to them."""
    return [one for language in languages for one in together[language]]


def describe_sample(evidence: Evidence, protocol: str, every: int | None, folds: int | None) -> str | None:
    """In a sentence, the sample that `lolo` leaves out; None where it is all, or another protocol."""
    count = len(one_of_each(evidence.targets))
    if protocol != "lolo" or every is not None or folds is not None or count <= SAMPLE:
        return None
    return (
        f"A sample of {SAMPLE} of {count} languages was withheld, {_at_a_time(count)} at a time; every=1 withholds "
        "each language alone."
    )


def _at_a_time(count: int) -> int:
    """How many of so many languages a fold of the sample holds at most."""
    return -(-SAMPLE // _sample_folds(count))


def _sample_folds(count: int) -> int:
    return -(-SAMPLE // max(int(AT_A_TIME * count), 1))


def sampled_folds(languages: Sequence[str], seed: int) -> list[list[str]]:
    """Folds of a sample of `SAMPLE` languages, none larger than `AT_A_TIME` of all.

    The sample is systematic: languages in order of web text (by powers of ten), family and script, and of these one in
    so many, from a random start. So its strata are as large as those of all languages, and so are those of a fold.
    """
    named = {language: resolve(language) for language in languages}
    web_text = dict(zip(languages, np.floor(space(languages).web_text).tolist(), strict=True))
    ordered = sorted(
        languages,
        key=lambda one: (web_text[one], family_of(named[one]), script_of(named[one]), one),
    )
    start = np.random.default_rng(seed).random()
    sample = [ordered[int((start + step) * len(ordered) / SAMPLE)] for step in range(SAMPLE)]
    folds = _sample_folds(len(ordered))
    return [sorted(sample[fold::folds]) for fold in range(folds)]


def low_resource(
    evidence: Evidence, *, every: int = 1, folds: int | None = None, seed: int = 0, poorest: int | None = None
) -> Iterator[Split]:
    """The poorest languages nobody measured: those with least web text are left out, all at once.

    Parameters
    ----------
    every, folds
        Without effect: this is one split.
    poorest : int, optional
        How many are left out; by default a quarter.

    Raises
    ------
    NotEnoughEvidence
        If fewer than five would stay.
    """
    together = one_of_each(evidence.targets)
    count = max(1, round(POOREST * len(together))) if poorest is None else poorest
    check_left(len(together) - count, "low-resource")
    poor = poorest_first(list(together), seed)[:count]
    yield _split(evidence, f"{count} poorest", _whole(poor, together))


def family(evidence: Evidence, *, every: int = 1, folds: int | None = None, seed: int = 0) -> Iterator[Split]:
    """A language without measured relatives: each family is left out whole.

    Parameters
    ----------
    folds, seed : int
        Without effect: families are the folds.

    Raises
    ------
    NotEnoughEvidence
        If no family can be left out.

    Notes
    -----
    Families are Glottolog's; an isolate, or a language without a known family, is one of its own. A family that
    would leave fewer than five languages stays.
    """
    yield from _by_class(evidence, family_of, "family", every)


def script(evidence: Evidence, *, every: int = 1, folds: int | None = None, seed: int = 0) -> Iterator[Split]:
    """A language in a script nobody measured: each script is left out whole.

    Parameters
    ----------
    folds, seed : int
        Without effect: scripts are the folds.

    Raises
    ------
    NotEnoughEvidence
        If no script can be left out.

    Notes
    -----
    A script that would leave fewer than five languages stays.
    """
    yield from _by_class(evidence, script_of, "script", every)


def shift_aware(evidence: Evidence, *, every: int = 1, folds: int | None = None, seed: int = 0) -> Iterator[Split]:
    """Languages poorer and more isolated than the measured ones, with all of their kin: for choosing models.

    Parameters
    ----------
    folds : int, default 4

    Raises
    ------
    NotEnoughEvidence
        If fewer than five languages would stay.

    Notes
    -----
    Each language is ranked by its web text (poor is high) and by its distance to the nearest measured one (far
    is high). Families, and the branches of large ones, are ranked by the mean of their languages. From the top
    they are dealt to the folds, each to the one with fewest languages, until half of all languages are; the
    other half is never left out.
    """
    together = one_of_each(evidence.targets)
    languages = list(together)
    dealt: list[list[str]] = [[] for _ in range(SHIFT_FOLDS if folds is None else folds)]
    for kin in _most_shifted_kin(languages, seed):
        min(dealt, key=len).extend(kin)
    filled = [sorted(fold) for fold in dealt if fold]
    check_left(len(languages) - max(map(len, filled), default=len(languages)), "shift-aware")
    for number, fold in list(enumerate(filled, 1))[::every]:
        yield _split(evidence, f"fold {number}", _whole(fold, together))


def anchors(
    evidence: Evidence,
    *,
    every: int = 1,
    folds: int | None = None,
    seed: int = 0,
    poorest: int | None = None,
    counts: Sequence[int] = ANCHORS,
) -> Iterator[Split]:
    """Poor languages of which a few are measured after all: what 0, 1, 3 or 8 of them tell about the rest.

    Parameters
    ----------
    folds : int, default 5
        Number of draws of anchors.
    poorest : int, optional
        How many languages are hidden; by default a third.
    counts : sequence of int, default (0, 1, 3, 8)
        Numbers of anchors. Those that would leave fewer than two languages to ask for are not tried.

    Raises
    ------
    NotEnoughEvidence
        If fewer than five languages would stay measured.

    Notes
    -----
    Anchors are given back whole, as if they had never been hidden. Within a draw all numbers of anchors are asked
    the same: the languages that are no anchor under any of them, in the mixes that hold examples of other
    languages than the hidden ones.
    """
    together = one_of_each(evidence.targets)
    languages = list(together)
    hidden = max(FEWEST_HIDDEN, round(HIDDEN_FOR_ANCHORS * len(languages))) if poorest is None else poorest
    check_left(len(languages) - hidden, "anchors")
    poor = poorest_first(languages, seed)[:hidden]
    tried = [count for count in sorted(set(counts)) if hidden - count >= FEWEST_HIDDEN]
    for draw in range(0, ANCHOR_DRAWS if folds is None else folds, every):
        order = [together[language] for language in np.random.default_rng([seed, draw]).permutation(poor).tolist()]
        for count in tried:
            yield Split(
                f"draw {draw + 1}",
                evidence,
                partial(_hide_all_but_anchors, order=order, count=count, most=max(tried)),
                condition=f"{count} anchor{'' if count == 1 else 's'}",
            )


def family_of(language: Language) -> str:
    """Name of the family, that of the language itself for an isolate."""
    return language.family[0] if language.family else f"{language.name} (isolate)"


def script_of(language: Language) -> str:
    """ISO 15924 code."""
    return language.script


def _split(evidence: Evidence, name: str, languages: Sequence[str]) -> Split:
    return Split(name, evidence, partial(hide_languages, languages=languages))


def _by_class(evidence: Evidence, class_of: Callable[[Language], str], protocol: str, every: int) -> Iterator[Split]:
    languages = evidence.targets
    classes: dict[str, list[str]] = defaultdict(list)
    for language in languages:
        classes[class_of(resolve(language))].append(language)
    possible = sorted(name for name, same in classes.items() if len(languages) - len(same) >= FEWEST_LEFT)
    if not possible:
        check_left(len(languages) - min(map(len, classes.values()), default=0), protocol)
    for name in possible[::every]:
        yield _split(evidence, name, classes[name])


def _most_shifted_kin(languages: Sequence[str], seed: int) -> list[list[str]]:
    """Groups of kin, the poorest and most isolated first, that together make up half of the languages."""
    poverty = {language: rank for rank, language in enumerate(reversed(poorest_first(languages, seed)))}
    far = dict(zip(languages, np.argsort(np.argsort(isolation(languages), kind="stable")), strict=True))
    groups = _kin(languages, round(LARGEST_KIN * len(languages)))
    groups.sort(key=lambda kin: -float(np.mean([poverty[language] + far[language] for language in kin])))
    room, chosen = round(SHIFTED * len(languages)), []
    for kin in groups:
        if len(kin) <= room:
            chosen.append(kin)
            room -= len(kin)
    return chosen


def _kin(languages: Sequence[str], largest: int) -> list[list[str]]:
    """Languages by family; those of a family with more than `largest` by the first branches that are smaller."""
    paths = {language: (*resolve(language).family, language) for language in languages}
    groups: list[list[str]] = []
    too_large, depth = [sorted(languages)], 0
    while too_large:
        branches: dict[tuple[str, ...], list[str]] = {}
        for language in (language for group in too_large for language in group):
            branches.setdefault(paths[language][: depth + 1], []).append(language)
        groups += [branch for branch in branches.values() if len(branch) <= max(largest, 1)]
        too_large = [branch for branch in branches.values() if len(branch) > max(largest, 1)]
        depth += 1
    return groups


def _hide_all_but_anchors(
    observations: pl.DataFrame, order: Sequence[Sequence[str]], count: int, most: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Hide all of `order` but the first `count`; ask for those after the first `most`."""
    train, test = hide_languages(observations, languages=list(chain(*order[count:])))
    # A mix that holds nothing but anchors is not asked for, or numbers of anchors could not be compared.
    _, possible = hide_languages(observations, languages=list(chain(*order)))
    rows = possible.filter(pl.col("target").is_in(list(chain(*order[most:]))))[ROW]
    return train, test.filter(pl.col(ROW).is_in(rows.implode()))
