"""A split: what may be learnt from, what is then asked, and the ways to hide something."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import cached_property
from typing import TypeVar

import numpy as np
import polars as pl

from isogloss.errors import NotEnoughEvidence
from isogloss.evidence import QUERY_TABLE, SETTING, Evidence, TrainingMix
from isogloss.forecasting.space import space
from isogloss.languages import distances

FEWEST_LEFT = 5
"""Languages that must stay measured: with fewer there is nothing to forecast from."""

ROW = "row"
"""Column by which an observation is known again after something was hidden from it."""

Thing = TypeVar("Thing")


class Split:
    """One experiment: forecast `test` from `train`.

    Parameters
    ----------
    name : str
        What is left out: `yor`, `Uralic`, `fold 2`.
    evidence : Evidence
        All that is known.
    hide : callable
        From its observations to those to learn from and those to ask for, with all of their columns. It is
        called when they are first needed: a benchmark may have thousands of splits.
    grouped_by : str
        Column of the observations that says what counts once: `target`, `train`, `model` or `task`.
    condition : str, default ""
        Which variant of the experiment it is, such as `3 anchors`; empty where there is only one.

    Attributes
    ----------
    train : Evidence
    test : polars.DataFrame
        Observations with their scores, means over seeds. Their mixes are as the question is asked: without
        examples of what is left out.
    groups : polars.Series
        The group of each row of `test`.
    """

    def __init__(
        self,
        name: str,
        evidence: Evidence,
        hide: Callable[[pl.DataFrame], tuple[pl.DataFrame, pl.DataFrame]],
        grouped_by: str = "target",
        condition: str = "",
    ):
        self.name, self.grouped_by, self.condition = name, grouped_by, condition
        self._evidence, self._hide = evidence, hide

    @cached_property
    def _hidden(self) -> tuple[Evidence, pl.DataFrame]:
        known = self._evidence.observations.with_row_index(ROW)
        train, test = self._hide(known)
        return self._evidence.with_observations(train), _one_per_cell(test, known)

    @property
    def train(self) -> Evidence:
        return self._hidden[0]

    @property
    def test(self) -> pl.DataFrame:
        return self._hidden[1]

    @property
    def groups(self) -> pl.Series:
        return self.test[self.grouped_by]

    @property
    def queries(self) -> pl.DataFrame:
        """The questions: `test` without its scores."""
        asked = self.test.with_columns(query_row=pl.int_range(pl.len(), dtype=pl.Int64))
        return asked.select(QUERY_TABLE.names())

    def only(self, asked: pl.Expr) -> Split:
        """The same experiment, with only some of the questions."""

        def hide(observations: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
            train, test = self._hide(observations)
            return train, test.filter(asked)

        return Split(self.name, self._evidence, hide, self.grouped_by, self.condition)

    def __repr__(self) -> str:
        return f"<Split: {self.name}{f', {self.condition}' if self.condition else ''}>"


def _one_per_cell(test: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Means over seeds: a forecast is of a cell, and what one run of several adds cannot be forecast.

    Mixes that differ only in what is left out stay apart, for what was measured of them differs.
    """
    as_measured = test.join(known.select(ROW, measured="train"), on=ROW, how="left", maintain_order="left")
    cell = [*SETTING, "target", "train", "measured"]
    others = [name for name in test.columns if name not in (*cell, "score", "standard_error")]
    several = pl.len() > 1
    together = as_measured.group_by(cell, maintain_order=True).agg(
        pl.col("score").sort().mean(),
        pl.when(several).then(None).otherwise(pl.col("standard_error").first()).alias("standard_error"),
        *(pl.col(name).first() for name in others),
    )
    return together.select(name for name in test.columns if name != ROW)


def hide_languages(
    observations: pl.DataFrame, *, languages: Collection[str], within: pl.Expr | None = None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Observations as if some languages had never been seen, and the questions about those languages.

    Parameters
    ----------
    observations : polars.DataFrame
    languages : collection of str
    within : polars.Expr, optional
        Where they are hidden; elsewhere nothing changes. By default everywhere.

    Returns
    -------
    train : polars.DataFrame
        As `Evidence.without_language` leaves it, for all of the languages.
    test : polars.DataFrame
        Their scores, under mixes without their examples. What was trained on nothing else is not asked:
        the question would be about a model that was not adapted at all.
    """
    hidden = set(languages)
    changed, emptied = _reduced(observations["train"], hidden)
    inside = pl.lit(True) if within is None else within
    pairs = [side for language in hidden for side in (f"{language}-x", f"x-{language}")]
    asked, lost = pl.col("target").is_in(hidden), pl.col("train").is_in(emptied)
    gone = asked | lost | pl.col("pair").is_in(pairs).fill_null(False)
    train, test = observations.filter(~(inside & gone)), observations.filter(inside & asked & ~lost)
    reduced = pl.col("train").replace(changed)
    return (
        train.with_columns(pl.when(inside).then(reduced).otherwise(pl.col("train")).alias("train")),
        test.with_columns(reduced),
    )


def _reduced(mixes: pl.Series, hidden: Collection[str]) -> tuple[dict[str, str], list[str]]:
    """Mixes that hold examples of hidden languages, with what is left of each; and those of nothing else."""
    changed = {}
    for text in mixes.unique().to_list():
        mix = TrainingMix.parse(text, language=str)
        for language in hidden & mix.keys():
            mix = mix.without(language)
            changed[text] = str(mix)
    return changed, [text for text, rest in changed.items() if not rest]


def folds_of(things: Sequence[Thing], folds: int | None, every: int, seed: int) -> list[list[Thing]]:
    """Every n-th of the folds that `things` are dealt to in random order; each alone where `folds` is None."""
    if folds is None:
        return [[thing] for thing in things[::every]]
    order = np.random.default_rng(seed).permutation(len(things))
    dealt = [sorted(order[fold::folds]) for fold in range(min(folds, len(things)))]
    return [[things[position] for position in fold] for fold in dealt[::every]]


def fold_name(fold: Sequence[str], position: int) -> str:
    """A fold of one is called by what is in it."""
    return fold[0] if len(fold) == 1 else f"fold {position + 1}"


def poorest_first(languages: Sequence[str], seed: int) -> list[str]:
    """Languages by how little web text there is of them; those that have equally little in random order."""
    web_text = dict(zip(sorted(languages), space(languages).web_text, strict=True))
    shuffled = np.random.default_rng(seed).permutation(sorted(languages)).tolist()
    return sorted(shuffled, key=lambda language: web_text[language])


def isolation(languages: Sequence[str]) -> np.ndarray:
    """Combined distance of each language to the nearest other one, of shape (languages,)."""
    between = distances(list(languages), "combined").values.copy()
    np.fill_diagonal(between, np.nan)
    alone = np.isnan(between).all(axis=1)
    between[alone] = 1.0  # of which nothing is known is like nothing
    return np.asarray(np.nanmin(between, axis=1))


def check_left(count: int, protocol: str) -> None:
    """Refuse to leave out so much that too little stays."""
    if count < FEWEST_LEFT:
        raise NotEnoughEvidence(
            f"{count} languages would stay measured, {FEWEST_LEFT} are needed",
            where=f"protocol '{protocol}'",
            hint="give evidence in more languages",
        )
