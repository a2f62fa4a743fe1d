"""What sets models apart, where several were measured and facts of them are known?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from isogloss.errors import BadFile, BadValue, InputError
from isogloss.questions.about import settings_of
from isogloss.questions.answer import Answer, Table
from isogloss.questions.pictures import drawer
from isogloss.questions.scale import scale_of

if TYPE_CHECKING:
    import polars as pl

    from isogloss.evidence import Evidence

SHOWN = {"factor": "factor", "contrast": "contrast", "effect": "effect", "from": "lower", "to": "upper",
         "p_holm": "p_holm", "driver": "driver", "share": "share"}  # fmt: skip
LEVELS = {"model": "model", "level": "level", "cells": "cells"}
MOST_LEVELS = 12


def read_facts(path: Path) -> pl.DataFrame:
    """A table of facts about models or languages.

    Raises
    ------
    BadFile, BadValue
        If there is none, or it names neither.
    """
    from isogloss.evidence.importers.files import read_frame

    hint = "give a table with a column model, or a column language"
    if not path.is_file():
        raise BadFile("no such file", where=str(path), hint=hint)
    table = read_frame(path)
    if len({"model", "language"} & set(table.columns)) != 1:
        raise BadValue("has no column model or language, or both", where=str(path), hint=hint)
    return table


def compares_models(question: Any, evidence: Evidence, facts: pl.DataFrame | None) -> bool:
    """Whether models are to be compared: facts of them are given; or several are meant, and the evidence has facts.

    Raises
    ------
    InputError
        If facts are given beside what belongs to one model.
    """
    of_one = {name: getattr(question, name) for name in ("model", "interactions", "examples", "adaptation")}
    of_one |= {"response": question.response != "absolute"}
    given = [name for name, value in of_one.items() if value]
    if facts is not None:
        if given:
            raise InputError(
                "belongs to what drives the scores of one model, not to facts of models", where=", ".join(given),
                hint="leave it out, or leave out facts=...",
            )  # fmt: skip
        return True
    if given or question.target is not None:
        return False
    from isogloss.explanation.model_drivers import FEWEST_MODELS

    models = evidence.observations["model"].unique().to_list()
    return evidence.models.filter(evidence.models["model"].is_in(models))["model"].n_unique() >= FEWEST_MODELS


def answer_model_drivers(question: Any, evidence: Evidence, facts: pl.DataFrame | None) -> Answer:
    """The answer of a question of explanation that is about several models."""
    import polars as pl

    from isogloss.evidence import SETTING
    from isogloss.explanation import find_model_drivers

    names = ("task", "metric", "recipe", "shots", "pair")
    named = {name: value for name in names if (value := getattr(question, name)) is not None}
    settings = pl.DataFrame(
        settings_of(evidence, named, several=("model", "model_revision")),
        schema={name: evidence.observations.schema[name] for name in SETTING}, orient="row",
    )  # fmt: skip
    kept = evidence.observations.join(settings, on=SETTING, how="semi", nulls_equal=True)
    drivers = find_model_drivers(
        evidence.with_observations(kept), facts, factors=question.factors or None, permutations=question.permutations,
        seed=question.seed, where="facts" if facts is None else str(question.facts),
    )  # fmt: skip
    scale = scale_of(kept)
    points = drivers.levels.with_columns(pl.col("level") * scale.points)
    tables: dict[str, Any] = {
        "factors": Table(drivers.table, f"Effects on the score of a model, in {drivers.unit}", SHOWN, 2),
        "models": Table(points, f"Models, less the mean of all, in {drivers.unit}", LEVELS, 2, MOST_LEVELS),
    }
    left = tuple(f"Not used: {name} ({why})." for name, why in drivers.excluded.items())
    sentences = drivers.sentences()
    return Answer(
        question.command, sentences, tables, scale=scale, notes=(*left, *drivers.notes), details=drivers.as_dict(),
        result=drivers, draw=drawer(drivers, sentences[0], scale),
    )  # fmt: skip
