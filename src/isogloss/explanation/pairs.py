"""Pairs of transfer: scores of sources (or mixes) x targets, and the factors that may drive them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from isogloss.errors import BadValue, NotEnoughEvidence, UnknownName
from isogloss.forecasting.features import (
    ADAPTATION,
    DATA,
    LEXICAL,
    LINGUISTIC,
    dose,
    dose_shares,
    own_dose,
    space,
    total_dose,
)
from isogloss.forecasting.grid import Array, Grid
from isogloss.languages import distances, similarities

ABSOLUTE, RELATIVE = "absolute", "relative"
FEWEST_KNOWN = 0.5
"""Share of the pairs in which a factor must be known to be one."""
COMMON = 0.8
"""Share of the sources that a number of examples must have been measured with to stand for all."""


@dataclass(frozen=True)
class Pairs:
    """A table of transfer with its factors.

    Attributes
    ----------
    rows : tuple of str
        Source languages, or mixes where several languages were trained on together.
    targets : tuple of str
    scores : array of shape (rows, targets)
        The response; NaN where nothing was measured, and for a source tested on itself.
    mixed : bool
        Whether rows are mixes.
    factors : tuple of Factor
    values : array of shape (factors, rows, targets)
        Without gaps; a missing value is the mean of the others.
    availability : array of shape (factors,)
        Share of the pairs in which each factor is known.
    excluded : dict of str to str
        Factors that were not used, and why.
    notes : tuple of str
        Choices among the scores, in words.
    bounded : bool
        Whether scores are fractions.
    """

    rows: tuple[str, ...]
    targets: tuple[str, ...]
    scores: Array
    mixed: bool
    factors: tuple[Factor, ...]
    values: Array
    availability: Array
    excluded: dict[str, str]
    notes: tuple[str, ...]
    bounded: bool

    @property
    def cells(self) -> NDArray[np.bool_]:
        """Pairs that were measured, of shape (rows, targets)."""
        return ~np.isnan(self.scores)

    def take(self, kept: Sequence[int]) -> Pairs:
        """Only some of the factors."""
        places = list(kept)
        factors = tuple(self.factors[place] for place in places)
        return replace(self, factors=factors, values=self.values[places], availability=self.availability[places])

    def design(self) -> tuple[Array, Array, NDArray[np.intp], NDArray[np.intp]]:
        """Standardised factors (pairs, factors), responses (pairs,), and row and column of each pair."""
        rows, columns = np.nonzero(self.cells)
        values = self.values[:, rows, columns].T
        return (values - values.mean(0)) / values.std(0), self.scores[rows, columns], rows, columns


def read_pairs(
    grid: Grid, *, response: str = ABSOLUTE, factors: Sequence[str] | None = None, examples: int | None = None,
    facts: Mapping[str, Mapping[str, float]] | None = None,
) -> Pairs:  # fmt: skip
    """Pairs and their factors from the scores of one setting.

    Parameters
    ----------
    response : {"absolute", "relative"}
        The score, or the score over that of the target trained on itself.
    factors : sequence of str, optional
        Names of factors; by default all that can be computed.
    examples : int, optional
        Number of examples whose scores are taken, where sources were trained on several; by default the one
        measured for most sources, of several the largest.
    facts : mapping of str to mapping of str to float, optional
        Further factors: what each is called, to its value for each target; see `isogloss.explanation.target_facts`.
    """
    facts = facts or {}
    if response not in (ABSOLUTE, RELATIVE):
        raise BadValue(f"'{response}' is no response", where="response", hint=f"{ABSOLUTE} or {RELATIVE}")
    check_names([name for name in factors or () if name not in facts])
    mixed = bool(((grid.mixes.sizes > 0).sum(1) > 1).any())
    notes: list[str] = []
    if not mixed:
        grid, notes = _one_size(grid, examples)
    own = _own_scores(grid)
    scores = grid.scores.copy()
    if not mixed:
        scores[_itself(grid)] = np.nan
    if response == RELATIVE:
        scores = _relative(scores, own, notes)
    if np.isnan(scores).all():
        raise NotEnoughEvidence(
            "no pair of two different languages was measured",
            where="evidence",
            hint="give scores in languages other than those trained on",
        )
    wanted = [*SIMILARITIES, *OTHERS] if factors is None else [name for name in factors if name not in facts]
    values, excluded = _factor_values(grid, mixed, own, response, wanted)
    for name, told in facts.items():
        if factors is None or name in factors:
            of_targets = np.array([told.get(target, np.nan) for target in grid.targets], dtype=np.float64)
            values[name] = np.broadcast_to(of_targets, grid.scores.shape)
    rows = grid.mixes.texts if mixed else tuple(_source(grid, row) for row in range(len(grid.mixes.texts)))
    empty = Pairs(
        rows, grid.targets, scores, mixed, (), np.zeros((0, *scores.shape)), np.zeros(0), {}, (), grid.bounded
    )
    return _without_gaps(replace(empty, excluded=excluded, notes=tuple(notes)), values, factors)


def _without_gaps(pairs: Pairs, values: dict[str, Array], asked: Sequence[str] | None) -> Pairs:
    """With the factors that vary and are known widely enough, gaps filled by their mean."""
    kept, filled, known, excluded = [], [], [], dict(pairs.excluded)
    for name, value in values.items():
        there = pairs.cells & np.isfinite(value)
        share = float(there.sum() / pairs.cells.sum())
        if share < FEWEST_KNOWN:
            excluded[name] = f"known for {100 * share:.0f} % of the pairs"
        elif np.ptp(value[there]) < 1e-9 * max(1.0, float(np.abs(value[there]).max())):
            excluded[name] = "the same in all pairs"
        else:
            kept.append(Factor.named(name))
            filled.append(np.where(np.isfinite(value), value, value[there].mean()))
            known.append(share)
    for name in asked or ():
        if name not in values:
            excluded.setdefault(name, "the evidence does not tell")
    stacked = np.array(filled).reshape(-1, *pairs.scores.shape)
    return replace(pairs, factors=tuple(kept), values=stacked, availability=np.array(known), excluded=excluded)


def _factor_values(
    grid: Grid, mixed: bool, own: Array, response: str, wanted: Sequence[str]
) -> tuple[dict[str, Array], dict[str, str]]:
    """Every factor that there is, (rows, targets) each with NaN where unknown, and why others are not."""
    sources, targets, sizes = grid.mixes.sources, grid.targets, grid.mixes.sizes
    shape, excluded = grid.scores.shape, {}
    values: dict[str, Array] = {}
    trained = bool((sizes > 0).any())
    for name in dict.fromkeys(wanted):
        if name not in OTHERS:
            if trained:
                values[name] = _mean_similarity(similarity(name, sources, targets), dose_shares(sizes))
        elif name == "target text":
            values[name] = np.broadcast_to(web_text(targets), shape)
        elif name == "target own score":
            if response == RELATIVE:
                excluded[name] = "the response is divided by it"
            elif np.isfinite(own).any() and not mixed:
                values[name] = np.broadcast_to(own, shape)
        elif trained:
            column = _of_rows(name, grid, mixed, own)
            if column is not None:
                values[name] = np.broadcast_to(column, shape)
    return values, excluded


def _of_rows(name: str, grid: Grid, mixed: bool, own: Array) -> Array | None:
    """Factors of the mix, of shape (rows, 1), and the target's own examples, (rows, targets)."""
    sources, sizes = grid.mixes.sources, grid.mixes.sizes
    if name == "source text":
        return (dose_shares(sizes) @ web_text(sources))[:, None]
    if name == "source examples":
        return total_dose(sizes)[:, None]
    if name == "own examples" and mixed:
        return own_dose(sizes, sources, grid.targets)
    if name == "sources" and mixed:
        return dose((sizes > 0).sum(1))[:, None]
    if name == "source own score" and not mixed:
        column = {target: place for place, target in enumerate(grid.targets)}
        names = [_source(grid, row) for row in range(len(sizes))]
        return np.array([own[column[name]] if name in column else np.nan for name in names])[:, None]
    return None


def _mean_similarity(between: Array, shares: Array) -> Array:
    """Mean over the sources of each mix whose similarity is known, by their shares of its doses."""
    known = np.isfinite(between)
    weight = shares @ known
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(weight > 1e-9, shares @ np.where(known, between, 0) / weight, np.nan)


def _source(grid: Grid, row: int) -> str:
    sizes = grid.mixes.sizes[row]
    return grid.mixes.sources[int(sizes.argmax())] if sizes.any() else ""


def _itself(grid: Grid) -> NDArray[np.bool_]:
    names = np.array([_source(grid, row) for row in range(len(grid.mixes.texts))], dtype=object)
    return np.asarray(names[:, None] == np.array(grid.targets, dtype=object))


def _own_scores(grid: Grid) -> Array:
    """Score of each target trained on itself alone, of shape (targets,); NaN where nobody measured it."""
    own = np.where(_itself(grid) & ((grid.mixes.sizes > 0).sum(1) == 1)[:, None], grid.scores, np.nan)
    best = np.full(len(grid.targets), np.nan)
    there = np.isfinite(own).any(0)
    best[there] = np.nanmax(own[:, there], axis=0)
    return best


def _relative(scores: Array, own: Array, notes: list[str]) -> Array:
    usable = np.isfinite(own) & (own > 0)
    if not usable.any():
        raise NotEnoughEvidence(
            "no target was also trained on by itself, so nothing can be relative to its own score",
            where="response",
            hint="use response='absolute'",
        )
    if not usable.all():
        notes.append(f"left out, for want of a score of their own: {int((~usable).sum())} of {len(own)} targets")
    return np.where(usable, scores / np.where(usable, own, 1.0), np.nan)


def _one_size(grid: Grid, examples: int | None) -> tuple[Grid, list[str]]:
    """One row per source: at the number of examples asked for, or the one measured most, else each one's largest."""
    totals = grid.mixes.sizes.sum(1)
    sources = np.array([_source(grid, row) for row in range(len(totals))], dtype=object)
    different = np.unique(totals)
    if examples is not None:
        if examples not in different:
            known = ", ".join(f"{size:.0f}" for size in different[:12])
            raise BadValue(f"nothing was trained on {examples} examples", where="examples", hint=f"known: {known}")
        kept = totals == examples
        return grid.take(np.flatnonzero(kept)), [f"trained on {examples} examples"]
    if len(set(sources.tolist())) == len(sources):
        return grid, []
    counts = {size: len(set(sources[totals == size].tolist())) for size in different}
    size = max(counts, key=lambda size: (counts[size], size))
    if counts[size] >= COMMON * len(set(sources.tolist())):
        return grid.take(np.flatnonzero(totals == size)), [f"trained on {size:.0f} examples, of {len(different)} sizes"]
    last = {source: row for row, source in sorted(enumerate(sources), key=lambda pair: totals[pair[0]])}
    return grid.take(np.array(sorted(last.values()))), ["each source at its largest number of examples"]


LEVEL, REGISTERED = "monolingual level", "registered similarity"
FACTS = "facts of languages"
"""Group of factors that a table of one's own tells of targets."""
TARGET_FACT = "target: "
"""What their names begin with."""
SILENT_GROUPS = ("model architecture", "pretraining setting")
"""Groups of the review of contributing factors that are the same in all pairs of one model."""

_LINGUISTIC = ("syntactic", "morphological", "phonological", "inventory", "genetic", "geographic")
SIMILARITIES = {**dict.fromkeys(_LINGUISTIC, LINGUISTIC), "script": LEXICAL}
"""Kinds of distance whose complement is a factor, and the group of each."""
ON_REQUEST = {"word-order": LINGUISTIC}
"""The same for kinds that are a part of another one, and so factors only where they are asked for."""

OTHERS = {
    **dict.fromkeys(("source text", "target text"), DATA),
    **dict.fromkeys(("source examples", "own examples", "sources"), ADAPTATION),
    **dict.fromkeys(("source own score", "target own score"), LEVEL),
}
"""Factors that are no similarity, and the group of each."""

PHRASES = {
    "syntactic": "similar grammar",
    "word-order": "similar word order",
    "morphological": "similar morphology",
    "phonological": "similar phonology",
    "inventory": "a similar sound inventory",
    "genetic": "common descent",
    "geographic": "being near on the map",
    "script": "the same script",
    "source text": "more web text in the source language",
    "target text": "more web text in the target language",
    "source examples": "more training examples",
    "own examples": "more examples of the target itself",
    "sources": "more source languages",
    "source own score": "a source that is learnt well itself",
    "target own score": "a target that is learnt well itself",
}
"""More of each factor, in words."""


@dataclass(frozen=True)
class Factor:
    """An explanatory variable.

    Attributes
    ----------
    name : str
    group : str
        One of the groups of factors.
    phrase : str
        More of it, in words.
    """

    name: str
    group: str
    phrase: str

    @classmethod
    def named(cls, name: str) -> Factor:
        """The factor of that name: of `SIMILARITIES`, of `OTHERS`, of facts of targets, or a registered similarity."""
        if name.startswith(TARGET_FACT):
            return cls(name, FACTS, f"more '{name.removeprefix(TARGET_FACT)}' of the target")
        group = SIMILARITIES.get(name) or ON_REQUEST.get(name) or OTHERS.get(name) or REGISTERED
        return cls(name, group, PHRASES.get(name, f"similarity by {name}"))

    @classmethod
    def product(cls, first: Factor, second: Factor) -> Factor:
        """The interaction of two."""
        phrase = f"{first.phrase} together with {second.phrase}"
        return cls(f"{first.name} x {second.name}", "interaction", phrase)


def check_names(names: Sequence[str], where: str = "factors") -> None:
    """Check names of factors."""
    known = [*SIMILARITIES, *ON_REQUEST, *OTHERS, *similarities.names()]
    for name in names:
        if name not in known:
            raise UnknownName("factor", name, known, where=where)


def similarity(kind: str, sources: Sequence[str], targets: Sequence[str]) -> Array:
    """1 less the distance of each source from each target, (sources, targets); NaN where too little is known."""
    return np.asarray(1 - distances(sources, kind, others=targets).values)


def web_text(languages: Sequence[str]) -> Array:
    """log10 of the MiB of text in CC-100, of shape (languages,); see `isogloss.forecasting.features`."""
    known = space(languages)
    return known.web_text[known.at(languages)]
