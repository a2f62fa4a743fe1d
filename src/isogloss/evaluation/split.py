"""Splits: the observations to learn from and those to forecast, how some are withheld, and the protocols by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cached_property

import numpy as np
import polars as pl

from isogloss.errors import NotEnoughEvidence
from isogloss.evidence import QUERY_TABLE, SETTING, Evidence, TrainingMix
from isogloss.evidence.summing import mean_in_order
from isogloss.forecasting.features import space
from isogloss.languages import distances
from isogloss.languages.near_identical import count_once, relatives
from isogloss.registry import Registry
from isogloss.text import counted

FEWEST_LEFT = 5
"""Languages that must stay measured: with fewer there is nothing to forecast from."""

ROW = "row"
"""Column that identifies an observation after languages were hidden from its mix."""


class Split:
    """One experiment: forecast `test` from `train`.

    Parameters
    ----------
    name : str
        What is left out: `yor`, `Uralic`, `fold 2`.
    evidence : Evidence
        Before anything is withheld.
    hide : callable
        From its observations to those to learn from and those to ask for, with all of their columns; called
        when they are first needed, because a benchmark may have thousands of splits.
    grouped_by : str
        Column that names the unit of which each weighs the same: `target`, `train`, `model` or `task`.
    condition : str, default ""
        Variant of the experiment, such as `3 anchors`; empty where there is only one.

    Attributes
    ----------
    train : Evidence
    test : polars.DataFrame
        Observations with their scores, means over seeds; their mixes are without examples of what is left out.
    groups : polars.Series
        The group of each row of `test`; near-identical languages (Swahili as `swa` and `swh`) are one.
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
        observations = self._evidence.observations.with_row_index(ROW)
        train, test = self._hide(observations)
        return self._evidence.with_observations(train), _mean_over_seeds(test, observations)

    @property
    def train(self) -> Evidence:
        return self._hidden[0]

    @property
    def test(self) -> pl.DataFrame:
        return self._hidden[1]

    @property
    def groups(self) -> pl.Series:
        groups = self.test[self.grouped_by]
        return groups.replace(count_once(self._evidence.targets)) if self.grouped_by == "target" else groups

    @property
    def queries(self) -> pl.DataFrame:
        """`test` without its scores."""
        return self.test.with_columns(query_row=pl.int_range(pl.len(), dtype=pl.Int64)).select(QUERY_TABLE.names())

    def filter(self, rows: pl.Expr) -> Split:
        """The same experiment that asks only for some `rows` of `test`."""

        def hide(observations: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
            train, test = self._hide(observations)
            return train, test.filter(rows)

        return Split(self.name, self._evidence, hide, self.grouped_by, self.condition)

    def __repr__(self) -> str:
        return f"<Split: {self.name}{f', {self.condition}' if self.condition else ''}>"


def _mean_over_seeds(test: pl.DataFrame, observations: pl.DataFrame) -> pl.DataFrame:
    """One row per cell: the noise of a single run cannot be forecast.

    Mixes that differ only in what is left out stay apart, because their scores differ.
    """
    as_measured = test.join(observations.select(ROW, measured="train"), on=ROW, how="left", maintain_order="left")
    cell = [*SETTING, "target", "train", "measured"]
    others = [name for name in test.columns if name not in (*cell, "score", "standard_error")]
    several = pl.len() > 1
    together = as_measured.group_by(cell, maintain_order=True).agg(
        mean_in_order("score"),
        pl.when(several).then(None).otherwise(pl.col("standard_error").first()).alias("standard_error"),
        *(pl.col(name).first() for name in others),
    )
    return together.select(name for name in test.columns if name != ROW)


def hide_languages(
    observations: pl.DataFrame, *, languages: Collection[str], within: pl.Expr | None = None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Withhold some languages, and ask for their scores.

    Parameters
    ----------
    within : polars.Expr, optional
        Rows from which they are withheld; by default all.

    Returns
    -------
    train : polars.DataFrame
        As `Evidence.without_language` leaves it, for all of the languages.
    test : polars.DataFrame
        Their scores, under mixes without their examples. A mix of nothing else is not asked for: it would
        stand for a model that was not adapted at all.

    Notes
    -----
    Near-identical languages are withheld with them: scores in `swh` would give away those in `swa`.
    """
    asked = set(languages)
    hidden = {relative for language in asked for relative in (language, *relatives(language))}
    changed, emptied = _reduced(observations["train"], hidden)
    inside = pl.lit(True) if within is None else within
    pairs = [side for language in hidden for side in (f"{language}-x", f"x-{language}")]
    target, empty = pl.col("target").is_in(hidden), pl.col("train").is_in(emptied)
    tested = pl.col("target").is_in(asked)
    withheld = target | empty | pl.col("pair").is_in(pairs).fill_null(False)
    train, test = observations.filter(~(inside & withheld)), observations.filter(inside & tested & ~empty)
    reduced = pl.col("train").replace(changed)
    return (
        train.with_columns(pl.when(inside).then(reduced).otherwise(pl.col("train")).alias("train")),
        test.with_columns(reduced),
    )


def _reduced(mixes: pl.Series, hidden: Collection[str]) -> tuple[dict[str, str], list[str]]:
    """Mixes with examples of hidden languages, mapped to their rest; and the mixes without a rest."""
    changed = {}
    for text in mixes.unique().to_list():
        mix = TrainingMix.parse(text, language=str)
        for language in hidden & mix.keys():
            mix = mix.without(language)
            changed[text] = str(mix)
    return changed, [text for text, rest in changed.items() if not rest]


def named_folds(values: Sequence[str], folds: int | None, every: int, seed: int) -> Iterator[tuple[str, list[str]]]:
    """Every n-th of random folds of `values`, named by number; without `folds`, each value alone under its own name."""
    if folds is None:
        parts = [[value] for value in values]
    else:
        order = np.random.default_rng(seed).permutation(len(values))
        dealt = [sorted(order[fold::folds]) for fold in range(min(folds, len(values)))]
        parts = [[values[position] for position in fold] for fold in dealt]
    for number, fold in enumerate(parts[::every], 1):
        yield fold[0] if len(fold) == 1 else f"fold {number}", fold


def one_of_each(languages: Sequence[str]) -> dict[str, list[str]]:
    """Languages of which none is nearly identical to another, and with each those that are, itself first."""
    found: dict[str, list[str]] = {}
    for language, first in count_once(languages).items():
        found.setdefault(first, []).append(language)
    return found


def poorest_first(languages: Sequence[str], seed: int) -> list[str]:
    """Languages by web text, least first, ties in random order."""
    web_text = dict(zip(sorted(languages), space(languages).web_text, strict=True))
    shuffled = np.random.default_rng(seed).permutation(sorted(languages)).tolist()
    return sorted(shuffled, key=lambda language: web_text[language])


def isolation(languages: Sequence[str]) -> np.ndarray:
    """Combined distance of each language to the nearest other one, of shape (languages,)."""
    between = distances(list(languages), "combined").values.copy()
    np.fill_diagonal(between, np.nan)
    alone = np.isnan(between).all(axis=1)
    between[alone] = 1.0  # the largest distance, for a language without any known feature
    return np.asarray(np.nanmin(between, axis=1))


def check_left(count: int, protocol: str) -> None:
    """Refuse to leave fewer than `FEWEST_LEFT` languages."""
    if count < FEWEST_LEFT:
        raise NotEnoughEvidence(
            f"{counted(count, 'language')} would stay measured, {FEWEST_LEFT} are needed",
            where=f"protocol '{protocol}'",
            hint="give evidence in more languages",
        )


protocols: Registry[Callable[..., Iterable[Split]]] = Registry(
    "protocol",
    {
        "configs": "isogloss.evaluation.setting_protocols:configs",
        "models": "isogloss.evaluation.setting_protocols:models",
        "tasks": "isogloss.evaluation.setting_protocols:tasks",
        "language-in-task": "isogloss.evaluation.setting_protocols:language_in_task",
        "target-in-model": "isogloss.evaluation.setting_protocols:target_in_model",
        "lolo": "isogloss.evaluation.language_protocols:lolo",
        "low-resource": "isogloss.evaluation.language_protocols:low_resource",
        "family": "isogloss.evaluation.language_protocols:family",
        "script": "isogloss.evaluation.language_protocols:script",
        "shift-aware": "isogloss.evaluation.language_protocols:shift_aware",
        "anchors": "isogloss.evaluation.language_protocols:anchors",
    },
    "isogloss.protocols",
)
"""Protocols by name; other packages announce theirs in the entry-point group `isogloss.protocols`."""


def describe_protocol(protocol: Callable[..., Iterable[Split]]) -> str:
    """What a protocol leaves out: the first line of its docstring."""
    return (inspect.getdoc(protocol) or "").partition("\n")[0].rstrip(".")
