"""In which strata a question falls: what else is known, how far off, of which kind the language is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np
import polars as pl

from isogloss.evaluation.protocols.languages import family_of, script_of
from isogloss.evidence import Evidence
from isogloss.forecasting.grid import Array
from isogloss.forecasting.space import space
from isogloss.languages import distances, resolve

SCENARIO = ("same_model_and_task", "same_language_other_models", "same_language_other_tasks")
"""What else is known about a question: scores of the model in the task, in other languages; of the language in
the task, with other models; of the language with the model, in other tasks."""

RESOURCES = (
    (0.0, "0 no web text"),
    (2.0, "1 under 100 MiB"),
    (3.0, "2 100 MiB to 1 GiB"),
    (4.0, "3 1 to 10 GiB"),
    (np.inf, "4 over 10 GiB"),
)
"""Resource classes by log10 of the MiB of web text in CC-100, with the upper end of each; in the manner of the classes
of Joshi et al. (2020), but by one source that is known of every language."""

NEARNESS = (
    (0.0, "0 measured itself"),
    (0.15, "1 up to 0.15"),
    (0.25, "2 0.15 to 0.25"),
    (0.4, "3 0.25 to 0.40"),
    (np.inf, "4 over 0.40"),
)
"""Classes of the combined distance to the nearest measured language, with the upper end of each."""

KINDS = ("family", "script", "resources", "nearness")
"""What languages are told apart by in reports."""


def strata(train: Evidence, test: pl.DataFrame) -> pl.DataFrame:
    """What was known when each question was asked, and of which kind its language is.

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
        nearest language that the model was tested on in the task, or, where there is none, that anything was;
        0 for one that was itself) and the columns of `KINDS`.
    """
    known = train.observations
    flags = [
        _found(test, known, ["model", "task"], "target"),
        _found(test, known, ["task", "target"], "model"),
        _found(test, known, ["model", "target"], "task"),
    ]
    asked = test.select(pl.Series(name, flag) for name, flag in zip(SCENARIO, flags, strict=True))
    near = nearest_distances(known, test)
    kinds = kinds_of(test["target"].unique().to_list())
    return asked.with_columns(distance=near, target=test["target"], nearness=_classes("nearness", near, NEARNESS)).join(
        kinds, on="target", how="left", maintain_order="left"
    )


def kinds_of(languages: Sequence[str]) -> pl.DataFrame:
    """Family, script and resource class of each language.

    Returns
    -------
    polars.DataFrame
        Columns `target`, `family`, `script`, `resources`, sorted by `target`.
    """
    names = sorted(set(languages))
    known = [resolve(name) for name in names]
    return pl.DataFrame(
        {
            "target": names,
            "family": [family_of(language) for language in known],
            "script": [script_of(language) for language in known],
            "resources": _classes("resources", space(names).web_text, RESOURCES),
        },
        schema=dict.fromkeys(("target", "family", "script", "resources"), pl.String),
    )


def nearest_distances(known: pl.DataFrame, asked: pl.DataFrame) -> pl.Series:
    """Combined distance of each row's target to the nearest known one in its model and task, else to any."""
    everywhere = known["target"].unique().to_list()
    languages = tuple(sorted({*everywhere, *asked["target"].unique().to_list()}))
    at = {language: position for position, language in enumerate(languages)}
    between = _between(languages)
    asked_about = known.select("model", "task", "target").join(asked, on=["model", "task"], how="semi")
    by_setting = asked_about.group_by("model", "task").agg(pl.col("target").unique()).rows()
    measured = {(model, task): [at[target] for target in targets] for model, task, targets in by_setting}
    anywhere = [at[target] for target in everywhere]
    found = {
        (model, task, target): float(between[at[target], measured.get((model, task), anywhere)].min())
        for model, task, target in asked.select("model", "task", "target").unique().rows()
    }
    return pl.Series("distance", [found[key] for key in asked.select("model", "task", "target").rows()], pl.Float64)


@lru_cache(maxsize=4)
def _between(languages: tuple[str, ...]) -> Array:
    """Combined distances; languages with nothing known in common are as far apart as can be."""
    return np.nan_to_num(distances(languages, "combined").values, nan=1.0)


def _found(test: pl.DataFrame, known: pl.DataFrame, same: list[str], different: str) -> pl.Series:
    """Whether anything is known that is alike in some columns and unlike in another."""
    related = known.select(*same, different).join(test, on=same, how="semi").unique()
    counts = related.group_by(same).agg(alike=pl.len().cast(pl.Int64))
    itself = related.with_columns(itself=pl.lit(1))
    joined = test.select(*same, different).join(counts, on=same, how="left", maintain_order="left")
    joined = joined.join(itself, on=[*same, different], how="left", maintain_order="left")
    return joined.select((pl.col("alike").fill_null(0) - pl.col("itself").fill_null(0)) > 0).to_series()


def _classes(name: str, values: Iterable[float], classes: Sequence[tuple[float, str]]) -> pl.Series:
    """The class of each value: the first whose upper end is not below it."""
    return pl.Series(name, [next(word for end, word in classes if value <= end) for value in values], pl.String)
