"""Strata of questions: the evidence beside a question, its distance from it, and the class of its language."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np
import polars as pl

from isogloss.evaluation.language_protocols import family_of, script_of
from isogloss.evidence import Evidence
from isogloss.forecasting.features import space
from isogloss.forecasting.grid import Array
from isogloss.languages import distances, resolve

SCENARIO = ("same_model_and_task", "same_language_other_models", "same_language_other_tasks")
"""The evidence beside a question: scores of the model in the task, in other languages; of the language in the task,
with other models; of the language with the model, in other tasks."""

RESOURCES = (
    (0.0, "0 no web text"),
    (2.0, "1 under 100 MiB"),
    (3.0, "2 100 MiB to 1 GiB"),
    (4.0, "3 1 to 10 GiB"),
    (np.inf, "4 over 10 GiB"),
)
"""Resource classes by log10 of the MiB of web text in CC-100, with the upper end of each; in the manner of the classes
of Joshi et al. (2020), but by one source that covers every language."""

NEARNESS = (
    (0.0, "0 measured itself"),
    (0.15, "1 up to 0.15"),
    (0.25, "2 0.15 to 0.25"),
    (0.4, "3 0.25 to 0.40"),
    (np.inf, "4 over 0.40"),
)
"""Classes of the combined distance to the nearest measured language, with the upper end of each."""

STRATA = ("family", "script", "resources", "nearness")
"""Classifications of languages by which reports split their results."""


def strata(train: Evidence, test: pl.DataFrame) -> pl.DataFrame:
    """The strata of each question.

    Parameters
    ----------
    train : Evidence
        What forecasts are learnt from.
    test : polars.DataFrame
        Observations that are asked for.

    Returns
    -------
    polars.DataFrame
        One row per question: the three columns of `SCENARIO` (true or false), `distance` (combined, to the
        nearest language measured in the same model and task, or, where there is none, in any; 0 for a language
        that was itself) and the columns of `STRATA`.
    """
    observations = train.observations
    scenario = [
        _others_measured(test, observations, ["model", "task"], "target"),
        _others_measured(test, observations, ["task", "target"], "model"),
        _others_measured(test, observations, ["model", "target"], "task"),
    ]
    flags = test.select(pl.Series(name, flag) for name, flag in zip(SCENARIO, scenario, strict=True))
    near = nearest_distances(observations, test)
    return flags.with_columns(distance=near, target=test["target"], nearness=_classes("nearness", near, NEARNESS)).join(
        language_strata(test["target"].unique().to_list()), on="target", how="left", maintain_order="left"
    )


def language_strata(languages: Sequence[str]) -> pl.DataFrame:
    """Family, script and resource class of each language.

    Returns
    -------
    polars.DataFrame
        Columns `target`, `family`, `script`, `resources`, sorted by `target`.
    """
    names = sorted(set(languages))
    resolved = [resolve(name) for name in names]
    return pl.DataFrame(
        {
            "target": names,
            "family": [family_of(language) for language in resolved],
            "script": [script_of(language) for language in resolved],
            "resources": _classes("resources", space(names).web_text, RESOURCES),
        },
        schema=dict.fromkeys(("target", "family", "script", "resources"), pl.String),
    )


def nearest_distances(observations: pl.DataFrame, test: pl.DataFrame) -> pl.Series:
    """Combined distance of each target of `test` to the nearest one measured in its model and task, else in any."""
    all_targets = observations["target"].unique().to_list()
    languages = tuple(sorted({*all_targets, *test["target"].unique().to_list()}))
    at = {language: position for position, language in enumerate(languages)}
    between = _between(languages)
    same_setting = observations.select("model", "task", "target").join(test, on=["model", "task"], how="semi")
    by_setting = same_setting.group_by("model", "task").agg(pl.col("target").unique()).rows()
    measured = {(model, task): [at[target] for target in targets] for model, task, targets in by_setting}
    in_any = [at[target] for target in all_targets]
    nearest = {
        (model, task, target): float(between[at[target], measured.get((model, task), in_any)].min())
        for model, task, target in test.select("model", "task", "target").unique().rows()
    }
    return pl.Series("distance", [nearest[key] for key in test.select("model", "task", "target").rows()], pl.Float64)


@lru_cache(maxsize=4)
def _between(languages: tuple[str, ...]) -> Array:
    """Combined distances, 1 between languages without a common feature."""
    return np.nan_to_num(distances(languages, "combined").values, nan=1.0)


def _others_measured(test: pl.DataFrame, observations: pl.DataFrame, same: list[str], other: str) -> pl.Series:
    """Whether there are observations that agree with each row of `test` in `same`, and differ from it in `other`."""
    related = observations.select(*same, other).join(test, on=same, how="semi").unique()
    counts = related.group_by(same).agg(related=pl.len().cast(pl.Int64))
    itself = related.with_columns(itself=pl.lit(1))
    joined = test.select(*same, other).join(counts, on=same, how="left", maintain_order="left")
    joined = joined.join(itself, on=[*same, other], how="left", maintain_order="left")
    return joined.select((pl.col("related").fill_null(0) - pl.col("itself").fill_null(0)) > 0).to_series()


def _classes(column: str, values: Iterable[float], classes: Sequence[tuple[float, str]]) -> pl.Series:
    """The class of each value: the first whose upper end is not below it."""
    return pl.Series(column, [next(name for end, name in classes if value <= end) for value in values], pl.String)
