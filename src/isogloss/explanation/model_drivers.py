"""What sets models apart: facts of models (architecture, size, objective, ...) with their effects, and in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from isogloss.errors import BadValue, InputError, NotEnoughEvidence
from isogloss.evidence import Evidence
from isogloss.explanation.drivers import INSEPARABLE
from isogloss.explanation.model_facts import as_factor, independent_facts, join_facts, read_numbers, usable_facts
from isogloss.explanation.model_levels import LevelModel, held_out_r2, model_levels
from isogloss.stats import holm
from isogloss.text import counted

FEWEST_MODELS = 5
MODELS_PER_COLUMN = 3
"""Models that each column must have for facts to be tested beside each other."""
PERMUTATIONS = 4999
FEWEST_PERMUTATIONS, MOST_PERMUTATIONS = 19, 99_999
FAMILY_WISE = 0.05

MODEL_DRIVERS = pl.Schema(
    {
        "factor": pl.String,
        "contrast": pl.String,
        "group": pl.String,
        **dict.fromkeys(("effect", "lower", "upper", "p", "p_holm"), pl.Float64),
        "driver": pl.Boolean,
        "share": pl.Float64,
        "vif": pl.Float64,
    }
)
"""Columns of `ModelDrivers.table`."""


@dataclass(frozen=True)
class ModelDrivers:
    """Facts of models that go with their scores.

    Attributes
    ----------
    table : polars.DataFrame
        One row per factor and contrast, with the columns of `MODEL_DRIVERS`. `effect` is the change of a model's level,
        in `unit`, with a 95 % interval; `p` by permutation of the models, of the whole factor; `p_holm` corrected for
        all factors; `driver` where that is at most .05 and the interval excludes 0; `share` the part of the variance
        between models that the factor tells beside the others that it is tested beside; `vif` its variance inflation
        by them.
    levels : polars.DataFrame
        `model`, `level` (its score less the mean of all models in the same cells) and `cells`.
    task, metric, unit : str
    models, cells : int
        Models that were compared, and pairs of training mix and language that at least two of them have.
    beside : bool
        Whether each factor is tested beside the others; else each alone.
    r2, held_out_r2 : float
        Of the levels: in sample, and for models left out one by one. Of all factors together, or NaN where each is
        tested alone.
    excluded : dict of str to str
        Facts that were not used, and why.
    notes : tuple of str
    permutations : int
    higher_is_better : bool
        Of the metric.
    """

    table: pl.DataFrame
    levels: pl.DataFrame
    task: str
    metric: str
    unit: str
    models: int
    cells: int
    beside: bool
    r2: float
    held_out_r2: float
    excluded: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    permutations: int = PERMUTATIONS
    higher_is_better: bool = True

    def sentences(self) -> tuple[str, ...]:
        """The same in sentences; those about drivers first."""
        return tuple(_sentences(self))

    def as_dict(self) -> dict[str, Any]:
        """Everything as plain values, for JSON."""
        names = ("task", "metric", "unit", "models", "cells", "beside", "r2", "held_out_r2", "excluded", "permutations",
                 "higher_is_better")  # fmt: skip
        return {name: getattr(self, name) for name in names} | {
            "notes": list(self.notes), "words": " ".join(self.sentences()), "factors": self.table.to_dicts(),
            "levels": self.levels.to_dicts(),
        }  # fmt: skip


def find_model_drivers(
    evidence: Evidence, facts: pl.DataFrame | None = None, *, factors: Sequence[str] | None = None,
    permutations: int = PERMUTATIONS, seed: int = 0, where: str = "facts",
) -> ModelDrivers:  # fmt: skip
    """Test which facts of models go with their scores.

    Parameters
    ----------
    evidence : Evidence
        Scores of several models in one task and metric.
    facts : polars.DataFrame, optional
        A column `model`, and a fact in each other column; facts that the evidence has are used, too.
    factors : sequence of str, optional
        Only these facts.
    permutations, seed : int
        Of the models, 19 to 99,999.
    where : str, default "facts"
        What errors call the table of facts.

    Returns
    -------
    ModelDrivers

    Raises
    ------
    BadValue, UnknownName
        For a table or a fact that cannot be used.
    InputError
        If models share no cell, so that nothing compares them.
    NotEnoughEvidence
        If fewer than five models can be compared.

    Notes
    -----
    A score is y[m, c] = level[m] + cell[c] + e, where a cell is a training mix and a target; levels are by least
    squares over the cells that at least two models have, so that a model does not gain by having been tested in easy
    languages. Levels are regressed on facts. A fact does not vary within a model, so that models are what is permuted:
    alone the test is exact where models are exchangeable; beside others the residuals of the levels on the other facts
    are permuted (Freedman and Lane 1983) and the share of what is left that the fact tells is compared. Corrected over
    facts by Holm (1979), which bounds the rate of any false finding. Intervals are of Student's t, with the larger of
    the plain and the heteroscedasticity-consistent error (HC3, MacKinnon and White 1985).
    """
    if not FEWEST_PERMUTATIONS <= permutations <= MOST_PERMUTATIONS:
        raise BadValue(
            f"{permutations} permutations", where="permutations",
            hint=f"give {FEWEST_PERMUTATIONS} to {MOST_PERMUTATIONS}",
        )  # fmt: skip
    observations = evidence.observations
    names = sorted(observations["model"].unique())
    own = pl.DataFrame({"model": []}, schema={"model": pl.String}) if facts is None else read_numbers(facts)
    table = join_facts(own, evidence.models, names, where)
    usable, excluded = usable_facts(table, factors)
    if not usable:
        raise NotEnoughEvidence(
            "no fact is known that differs between these models", where=where,
            hint="; ".join(f"{name}: {why}" for name, why in excluded.items())
            or "give a table with a column model and one for each fact: facts=models.csv",
        )  # fmt: skip
    known = table.drop_nulls(usable)
    notes = []
    if left_out := [name for name in names if name not in set(known["model"])]:
        notes.append(f"{counted(len(left_out), 'model')} left out, of which a fact is not known: {', '.join(left_out)}")
    if known.height < FEWEST_MODELS:
        raise NotEnoughEvidence(
            f"{counted(known.height, 'model')} with scores and all facts, {FEWEST_MODELS} are needed", where=where,
            hint="add models, or name facts that are known of all with factors=...",
        )  # fmt: skip
    levels, cells = model_levels(observations, known["model"].to_list())
    parts = {name: as_factor(name, known[name]) for name in usable}
    excluded |= {name: "the same in all models that are left" for name, one in parts.items() if one is None}
    used, same = independent_facts([one for one in parts.values() if one is not None])
    if same and factors is not None:
        raise InputError(
            f"facts that cannot be told apart: {'; '.join(f'{name} is {why}' for name, why in same.items())}",
            where="factors", hint="leave one of them out",
        )  # fmt: skip
    beside = len(used) == 1 or known.height >= MODELS_PER_COLUMN * (1 + sum(one.columns.shape[1] for one in used))
    bounded = bool((observations["scale"] != "raw").all())
    effects = levels["level"].to_numpy()
    rows: list[dict[str, Any]] = []
    p_values = []
    order = np.argsort(np.random.default_rng(seed).random((permutations, known.height)), axis=1)
    for place, factor in enumerate(used):
        others = [one.columns for one in (*used[:place], *used[place + 1 :])] if beside else []
        model = LevelModel(factor.columns, others, effects)
        p_values.append(model.p_value(order))
        for contrast, effect, margin in zip(factor.contrasts, model.effects, model.margins, strict=True):
            ends = {"effect": effect, "lower": effect - margin, "upper": effect + margin}
            scaled = {name: float(value) * (100.0 if bounded else 1.0) for name, value in ends.items()}
            rows.append({"factor": factor.name, "contrast": contrast, "group": factor.group, **scaled,
                         "p": p_values[-1], "share": model.share, "vif": model.vif})  # fmt: skip
    corrected = dict(zip((one.name for one in used), holm(p_values), strict=True))
    together = np.column_stack([one.columns for one in used])
    metric = str(observations["metric"][0])
    return ModelDrivers(
        pl.DataFrame(
            [row | {"p_holm": p, "driver": p <= FAMILY_WISE and row["lower"] * row["upper"] > 0}
                for row in rows
                if (p := corrected[row["factor"]]) is not None],
            schema=MODEL_DRIVERS,
        ).sort("p_holm", "p", maintain_order=True),
        levels.sort("level", "model", descending=[True, False]), str(observations["task"][0]), metric,
        "points" if bounded else metric, known.height, cells, beside,
        LevelModel(together, [], effects).r2 if beside else float("nan"),
        held_out_r2(together, effects) if beside else float("nan"),
        excluded | same, tuple(notes), permutations, bool(observations["higher_is_better"].all()),
    )  # fmt: skip


def _sentences(drivers: ModelDrivers) -> Iterator[str]:
    rows = drivers.table.to_dicts()
    yield from _driving([row for row in rows if row["driver"]], drivers)
    yield (
        f"{counted(drivers.models, 'model')} on {drivers.task} were compared in {counted(drivers.cells, 'pair')} of "
        "training mix and language, each with those that have a score in the same one."
    )
    silent = list(dict.fromkeys(row["factor"] for row in rows if not row["driver"]))
    if silent and len(silent) < drivers.table["factor"].n_unique():
        yield f"Not shown to matter, which is no proof that they do not: {', '.join(silent)}."
    tangled = list(dict.fromkeys(row["factor"] for row in rows if row["vif"] > INSEPARABLE))
    if tangled:
        yield f"Hardly separable from the other facts here: {', '.join(tangled)}."
    if not drivers.beside:
        yield (
            "There are too few models to test facts beside each other: each is tested alone, and one that matters "
            "lends its effect to those that go with it."
        )
    elif drivers.held_out_r2 <= 0:
        yield (
            f"Together the facts account for {100 * drivers.r2:.0f} % of the differences between these models, but for "
            "models left out they predict less than the mean does."
        )
    else:
        yield (
            f"Together the facts account for {100 * drivers.r2:.0f} % of the differences between these models, and for "
            f"{100 * drivers.held_out_r2:.0f} % for models left out."
        )
    if not drivers.higher_is_better:
        yield f"Of {drivers.metric} less is better: what goes with higher scores goes with worse ones."
    yield (
        "These are associations: models that are alike in one fact are alike in others, and models of one family count "
        "as if each were made anew."
    )


def _driving(driving: Sequence[Mapping[str, Any]], drivers: ModelDrivers) -> Iterator[str]:
    if not driving:
        yield (
            "No fact of the models is shown to go with their scores: what was found could as well be chance. That is "
            "no proof that none matters."
        )
        return
    told = ", ".join(
        f"{row['factor']}, {row['contrast']}: {row['effect']:+.2g} {drivers.unit} (95 % interval {row['lower']:.2g} to "
        f"{row['upper']:.2g})"
        for row in driving
    )
    yield f"Shown to go with the scores of models: {told}."
