"""Protocols that leave a language out of one task or one model, and let the others tell about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

import polars as pl

from isogloss.errors import NotEnoughEvidence
from isogloss.evaluation.protocols.split import Split, fold_name, folds_of, hide_languages
from isogloss.evidence import Evidence

LANGUAGE_FOLDS = 8


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
    evidence : Evidence
    every : int, default 1
        Ask only every n-th fold of each task.
    folds : int, default 8
        Folds over the languages of each task.
    seed : int, default 0
    sisters : mapping of str to str, optional
        Task to a task so like it that it is no honest help, and is left out of the evidence while that task is
        asked: `{"MassiveIntentClassification": "MassiveScenarioClassification"}`.

    Raises
    ------
    NotEnoughEvidence
        If no task shares a language with another.
    UnknownName
        If a task of `sisters` is not in the evidence.
    """
    for pair in (sisters or {}).items():
        for task in pair:
            evidence.filter(task=task)
    yield from _leave_out_of_each(evidence, "task", LANGUAGE_FOLDS if folds is None else folds, every, seed, sisters)


def target_in_model(evidence: Evidence, *, every: int = 1, folds: int | None = None, seed: int = 0) -> Iterator[Split]:
    """A language not measured with one model, but with others: that model neither saw nor was tested on it.

    Parameters
    ----------
    evidence : Evidence
    every : int, default 1
        Leave out only every n-th language (fold) of each model.
    folds : int, optional
        Folds over the languages of each model; by default one language at a time.
    seed : int, default 0

    Raises
    ------
    NotEnoughEvidence
        If no model shares a language with another.
    """
    yield from _leave_out_of_each(evidence, "model", folds, every, seed)


def _leave_out_of_each(
    evidence: Evidence,
    column: str,
    folds: int | None,
    every: int,
    seed: int,
    sisters: Mapping[str, str] | None = None,
) -> Iterator[Split]:
    asked = False
    for value in evidence.observations[column].unique().sort().to_list():
        known = evidence
        if sisters and value in sisters:
            known = evidence.with_observations(evidence.observations.filter(pl.col(column) != sisters[value]))
        inside = pl.col(column) == value
        here, elsewhere = (known.observations.filter(rows)["target"].unique().to_list() for rows in (inside, ~inside))
        languages = sorted({*here} & {*elsewhere})
        for position, fold in enumerate(folds_of(languages, folds, every, seed)):
            asked = True
            name = f"{fold_name(fold, position)} in {value}"
            yield Split(name, known, partial(hide_languages, languages=fold, within=inside))
    if not asked:
        raise NotEnoughEvidence(
            f"no {column} shares a language with another",
            where=f"protocol '{'language-in-task' if column == 'task' else 'target-in-model'}'",
            hint=f"give evidence of several {column}s in the same languages",
        )
