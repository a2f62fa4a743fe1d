"""Protocols that withhold mixes, models or tasks, or a language from one model or task only.

Their parameters `every`, `folds` and `seed` are described in `isogloss.evaluation`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import numpy as np
import polars as pl

from isogloss.errors import NotEnoughEvidence
from isogloss.evaluation.split import Split, hide_languages, named_folds, one_of_each
from isogloss.evidence import SETTING, Evidence

CONFIG_FOLDS = 5
LANGUAGE_FOLDS = 8


def configs(evidence: Evidence, *, every: int = 1, folds: int | None = None, seed: int = 0) -> Iterator[Split]:
    """New training mixes, in languages that were tested with other mixes.

    Parameters
    ----------
    folds : int, default 5

    Raises
    ------
    NotEnoughEvidence
        If no setting has two mixes.

    Notes
    -----
    A mix is left out of all settings at once, because its accuracy predicts its F1. Only languages that the
    setting still has scores of are asked for.
    """
    folds = CONFIG_FOLDS if folds is None else folds
    dealt = _deal_mixes(evidence.observations, folds, seed)
    if not dealt:
        raise NotEnoughEvidence(
            "no setting was measured with two training mixes", where="protocol 'configs'", hint="give more mixes"
        )
    for fold in range(0, folds, every):
        mixes = [mix for mix, its_fold in dealt.items() if its_fold == fold]
        if mixes:
            yield Split(f"fold {fold + 1}", evidence, partial(_hide_mixes, mixes=mixes), "train")


def models(evidence: Evidence, *, every: int = 1, folds: int | None = None, seed: int = 0) -> Iterator[Split]:
    """A model of which nothing was measured: every score of it is left out, other models keep theirs.

    Parameters
    ----------
    evidence : Evidence
    folds : int, optional
        Leave out that many groups of models; by default one model at a time.

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
    folds : int, optional
        Leave out that many groups of tasks; by default one task at a time.

    Raises
    ------
    NotEnoughEvidence
        If there is only one task.
    """
    yield from _without_values(evidence, "task", every, folds, seed)


def language_in_task(
    evidence: Evidence,
    *,
    every: int = 1,
    folds: int | None = None,
    seed: int = 0,
    sisters: Mapping[str, str] | None = None,
) -> Iterator[Split]:
    """A language not measured in one task, but in others: it is left out of that task with every model.

    Parameters
    ----------
    folds : int, default 8
        Folds over the languages of each task.
    sisters : mapping of str to str, optional
        Task to a task so like it that it is no honest help, and is left out of the evidence while that task is
        asked for: `{"MassiveIntentClassification": "MassiveScenarioClassification"}`.

    Raises
    ------
    NotEnoughEvidence
        If no task shares a language with another.
    UnknownName
        If a task of `sisters` is not in the evidence.
    """
    for task in (task for pair in (sisters or {}).items() for task in pair):
        evidence.filter(task=task)
    folds = LANGUAGE_FOLDS if folds is None else folds
    yield from _languages_of_each(evidence, "task", "language-in-task", folds, every, seed, sisters)


def target_in_model(evidence: Evidence, *, every: int = 1, folds: int | None = None, seed: int = 0) -> Iterator[Split]:
    """A language not measured with one model, but with others: that model neither saw nor was tested on it.

    Parameters
    ----------
    folds : int, optional
        Folds over the languages of each model; by default one language at a time.

    Raises
    ------
    NotEnoughEvidence
        If no model shares a language with another.
    """
    yield from _languages_of_each(evidence, "model", "target-in-model", folds, every, seed)


def _without_values(evidence: Evidence, column: str, every: int, folds: int | None, seed: int) -> Iterator[Split]:
    values = evidence.observations[column].unique().sort().to_list()
    if len(values) < 2:
        raise NotEnoughEvidence(
            f"there is only one {column}", where=f"protocol '{column}s'", hint=f"give evidence of several {column}s"
        )
    for name, fold in named_folds(values, folds, every, seed):
        yield Split(name, evidence, partial(_hide_rows, rows=pl.col(column).is_in(fold)), column)


def _languages_of_each(
    evidence: Evidence,
    column: str,
    protocol: str,
    folds: int | None,
    every: int,
    seed: int,
    sisters: Mapping[str, str] | None = None,
) -> Iterator[Split]:
    """Languages left out of one value of `column` at a time, as far as other values have them."""
    shared = False
    for value in evidence.observations[column].unique().sort().to_list():
        without_sister = evidence
        if sisters and value in sisters:
            without_sister = evidence.with_observations(evidence.observations.filter(pl.col(column) != sisters[value]))
        inside = pl.col(column) == value
        its, others = (set(without_sister.observations.filter(rows)["target"]) for rows in (inside, ~inside))
        together = one_of_each(sorted(its & others))
        for name, fold in named_folds(list(together), folds, every, seed):
            shared = True
            whole = [language for first in fold for language in together[first]]
            hide = partial(hide_languages, languages=whole, within=inside)
            yield Split(f"{name} in {value}", without_sister, hide)
    if not shared:
        raise NotEnoughEvidence(
            f"no {column} shares a language with another",
            where=f"protocol '{protocol}'",
            hint=f"give evidence of several {column}s in the same languages",
        )


def _hide_mixes(observations: pl.DataFrame, mixes: Sequence[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    train, test = _hide_rows(observations, pl.col("train").is_in(mixes))
    return train, test.join(train, on=[*SETTING, "target"], how="semi", nulls_equal=True, maintain_order="left")


def _hide_rows(observations: pl.DataFrame, rows: pl.Expr) -> tuple[pl.DataFrame, pl.DataFrame]:
    return observations.filter(~rows), observations.filter(rows)


def _deal_mixes(observations: pl.DataFrame, folds: int, seed: int) -> dict[str, int]:
    """The fold of each mix: the same in all settings, and as many to a fold in each as can be."""
    chance = np.random.default_rng(seed)
    dealt: dict[str, int] = {}
    for _, rows in observations.sort(SETTING, nulls_last=True).group_by(SETTING, maintain_order=True):
        mixes = rows["train"].unique().sort().to_list()
        if len(mixes) < 2:
            continue
        filled = np.bincount([dealt[mix] for mix in mixes if mix in dealt], minlength=folds)
        for mix in chance.permutation([mix for mix in mixes if mix not in dealt]).tolist():
            fold = int(filled.argmin())
            dealt[mix] = fold
            filled[fold] += 1
    return dealt
