"""Protocols that leave out observations whole: mixes, models, tasks. Their languages stay known from the rest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
import polars as pl

from isogloss.errors import NotEnoughEvidence
from isogloss.evaluation.protocols.split import Split, fold_name, folds_of
from isogloss.evidence import SETTING, Evidence

CONFIG_FOLDS = 5


def configs(evidence: Evidence, *, every: int = 1, folds: int | None = None, seed: int = 0) -> Iterator[Split]:
    """New training mixes, in languages that were tested with other mixes.

    Parameters
    ----------
    evidence : Evidence
    every : int, default 1
        Ask only every n-th fold.
    folds : int, default 5
    seed : int, default 0

    Raises
    ------
    NotEnoughEvidence
        If no setting has two mixes.

    Notes
    -----
    A mix is left out of all settings at once: its accuracy would tell its F1. Only languages that the
    setting still has scores of are asked.
    """
    folds = CONFIG_FOLDS if folds is None else folds
    dealt = _deal_mixes(evidence.observations, folds, seed)
    if not dealt:
        raise NotEnoughEvidence(
            "no setting was measured with two training mixes", where="protocol 'configs'", hint="give more mixes"
        )
    for fold in range(0, folds, every):
        held = [text for text, place in dealt.items() if place == fold]
        if held:
            yield Split(f"fold {fold + 1}", evidence, partial(_hide_mixes, held=held), "train")


def models(evidence: Evidence, *, every: int = 1, folds: int | None = None, seed: int = 0) -> Iterator[Split]:
    """A model of which nothing was measured: every score of it is left out, other models keep theirs.

    Parameters
    ----------
    evidence : Evidence
    every : int, default 1
        Leave out only every n-th model.
    folds : int, optional
        Leave out that many groups of models; by default one model at a time.
    seed : int, default 0

    Raises
    ------
    NotEnoughEvidence
        If there is only one model.
    """
    yield from _without_values(evidence, "model", every, folds, seed)


def tasks(evidence: Evidence, *, every: int = 1, folds: int | None = None, seed: int = 0) -> Iterator[Split]:
    """A task on which nothing was measured: every score on it is left out, other tasks keep theirs.

    Parameters
    ----------
    evidence : Evidence
    every : int, default 1
        Leave out only every n-th task.
    folds : int, optional
        Leave out that many groups of tasks; by default one task at a time.
    seed : int, default 0

    Raises
    ------
    NotEnoughEvidence
        If there is only one task.
    """
    yield from _without_values(evidence, "task", every, folds, seed)


def _without_values(evidence: Evidence, column: str, every: int, folds: int | None, seed: int) -> Iterator[Split]:
    values = evidence.observations[column].unique().sort().to_list()
    if len(values) < 2:
        raise NotEnoughEvidence(
            f"there is only one {column}", where=f"protocol '{column}s'", hint=f"give evidence of several {column}s"
        )
    for position, fold in enumerate(folds_of(values, folds, every, seed)):
        asked = pl.col(column).is_in(fold)
        yield Split(fold_name(fold, position), evidence, partial(_part, asked=asked), column)


def _hide_mixes(observations: pl.DataFrame, held: Sequence[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    train, test = _part(observations, pl.col("train").is_in(held))
    return train, test.join(train, on=[*SETTING, "target"], how="semi", nulls_equal=True, maintain_order="left")


def _part(observations: pl.DataFrame, asked: pl.Expr) -> tuple[pl.DataFrame, pl.DataFrame]:
    return observations.filter(~asked), observations.filter(asked)


def _deal_mixes(observations: pl.DataFrame, folds: int, seed: int) -> dict[str, int]:
    """The fold of each mix: the same in all settings, and as many to a fold in each as can be."""
    chance = np.random.default_rng(seed)
    dealt: dict[str, int] = {}
    for _, rows in observations.sort(SETTING, nulls_last=True).group_by(SETTING, maintain_order=True):
        texts = rows["train"].unique().sort().to_list()
        if len(texts) < 2:
            continue
        filled = np.bincount([dealt[text] for text in texts if text in dealt], minlength=folds)
        for text in chance.permutation([text for text in texts if text not in dealt]).tolist():
            fold = int(filled.argmin())
            dealt[text] = fold
            filled[fold] += 1
    return dealt
