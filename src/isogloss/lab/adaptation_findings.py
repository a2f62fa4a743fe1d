"""What a store has of adapted checkpoints: what each language gains or loses, and what each adaptation costs."""

from __future__ import annotations

import json
from collections.abc import Collection
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from isogloss.errors import NotEnoughEvidence
from isogloss.evidence.schema import AS_IT_IS, ITEM, OBSERVATION, observation_keys
from isogloss.evidence.store import Store
from isogloss.lab.adaptation_contrasts import contrasts_of
from isogloss.lab.adaptation_models import Array, side_by_side
from isogloss.stats.hypotheses import holm
from isogloss.stats.intervals import bootstrap_p_value, crossed_bootstrap, percentile_interval

METRICS = ("bits_per_byte", "vector_distance")
LEAST_P = 0.05
GAINS, LOSES, UNCLEAR = "gains", "loses", "unclear"


class AdaptationFindings:
    """What a store has of adapted checkpoints.

    Parameters
    ----------
    store : Store
    origins : collection of str, optional
        Of the observations to take; by default all that adaptations were measured with.

    Attributes
    ----------
    observations : polars.DataFrame
    jobs, measured : int
        Checkpoints that there should be, and that there are.
    """

    def __init__(self, store: Store, origins: Collection[str] | None = None):
        read = store.read().observations if store.parts() else pl.DataFrame(schema=OBSERVATION)
        mine = pl.col("origin").is_in(list(origins)) if origins is not None else pl.col("origin").str.starts_with("lab")
        there = pl.col("details").str.json_path_match("$.texts").is_not_null()
        self.observations = read.filter(mine & there & pl.col("metric").is_in(METRICS))
        self.measured = self.observations["origin"].n_unique()
        self.jobs = self.measured if origins is None else len(origins)
        self._store = store

    @cached_property
    def changes(self) -> pl.DataFrame:
        """What each language gains or loses.

        Returns
        -------
        polars.DataFrame
            One row per checkpoint, adaptation and language: `model`, `recipe`, `metric`, `target`,
            `target_as_reported`, `learnt` (whether the adaptation learnt from it), `items`, `seeds`, `before`,
            `after`, `change` (more is worse), `lower`, `upper`: a 95 % interval, and `p_value`, `verdict`.

        Notes
        -----
        Items and seeds are drawn anew, each text compared with itself (`isogloss.stats.crossed_bootstrap`). p-values
        are two-sided, not below 2^(1 - items), the least that a test of signs gives, and corrected by Holm over the
        languages of an adaptation; a language `gains` or `loses` where they are below 0.05.
        """
        rows = [row for group in self._groups for row in with_verdicts([_change(one) for one in group])]
        return pl.DataFrame(rows, schema=_CHANGES).sort("model", "recipe", "target")

    @cached_property
    def models(self) -> pl.DataFrame:
        """What an adaptation costs each language in two models; see `isogloss.lab.adaptation_models`."""
        changed = [
            (
                rows.row(0, named=True) | {"before": float(before.mean()), "parameters": parameters},
                (after - before).mean(axis=0),
            )
            for group in self._groups
            for rows, before, after, parameters in group
        ]
        return side_by_side(changed)

    @cached_property
    def _groups(self) -> list[list[_Measured]]:
        """The languages of each adaptation of each checkpoint."""
        keyed = self.observations.with_columns(
            observation_keys(self.observations), texts=pl.col("details").str.json_path_match("$.texts")
        ).sort("target", "seed")
        items = self._store.read_items(keyed["observation"]) if keyed.height else pl.DataFrame(schema=ITEM)
        scores = {key: group["score"].to_numpy() for (key,), group in items.sort("item").group_by("observation")}
        on, groups = ("model", "model_revision", "task", "metric", "texts"), []
        for _, group in keyed.group_by(on, maintain_order=True):
            before = {row["target"]: row for row in group.filter(recipe=AS_IT_IS).iter_rows(named=True)}
            made = group.filter(pl.col("recipe") != AS_IT_IS, pl.col("target").is_in(list(before)))
            for _, languages in made.group_by("recipe", maintain_order=True):
                groups.append([
                    _Measured(
                        rows, scores[before[target]["observation"]],
                        np.stack([scores[key] for key in rows["observation"]]),
                        json.loads(before[target]["details"])["parameters"],
                    )
                    for (target,), rows in languages.group_by("target", maintain_order=True)
                ])  # fmt: skip
        return groups

    @cached_property
    def summary(self) -> pl.DataFrame:
        """What each adaptation costs, saves and does.

        Returns
        -------
        polars.DataFrame
            One row per checkpoint and adaptation: `model`, `recipe`, `bytes` (of the weights; integers packed as such),
            `seconds` (of a processor for each text), `making_seconds` (of a processor, the mean over seeds), `tokens`
            (trained on), `gain`, `lose` (languages that do so, see `changes`), `mean_change`, `learnt_change` and
            `other_change` (the same of languages that it learnt from and of others), `best`, `best_change`, `worst`,
            `worst_change` (languages and their changes), `lower`, `upper` (of the worst), `efficient`: whether no other
            is as good in size, time and the worst language at once, and better in one of them.

        Raises
        ------
        NotEnoughEvidence
            If nothing of the grid has been measured.
        """
        if self.observations.is_empty():
            raise NotEnoughEvidence("no adaptation has been measured", where="store", hint="run isogloss adapt GRID")

        def detail(name: str) -> pl.Expr:
            return pl.col("details").str.json_path_match(f"$.{name}").cast(pl.Float64)

        costs = self.observations.group_by("model", "recipe", maintain_order=True).agg(
            bytes=detail("bytes").first(), seconds=detail("seconds_per_text").mean(),
            making_seconds=detail("making_seconds").mean(), tokens=detail("facts.tokens").mean(),
        )  # fmt: skip
        ranked = self.changes.sort("change", "target", descending=[True, False])
        verdicts = {"gain": GAINS, "lose": LOSES}
        joined = costs.join(
            ranked.group_by("model", "recipe", maintain_order=True).agg(
                **{name: (pl.col("verdict") == verdict).sum() for name, verdict in verdicts.items()},
                mean_change=pl.col("change").mean(), learnt_change=pl.col("change").filter("learnt").mean(),
                other_change=pl.col("change").filter(~pl.col("learnt")).mean(),
                best=pl.col("target").last(), best_change=pl.col("change").last(),
                worst=pl.col("target").first(), worst_change=pl.col("change").first(), lower=pl.col("lower").first(),
                upper=pl.col("upper").first(),
            ),
            on=["model", "recipe"], how="left", maintain_order="left",
        )  # fmt: skip
        return pl.concat(with_front(group) for _, group in joined.group_by("model", maintain_order=True))

    @cached_property
    def contrasts(self) -> pl.DataFrame:
        """Whether languages of few texts or other scripts pay more; see `isogloss.lab.adaptation_contrasts`."""
        return contrasts_of(self.changes)

    @cached_property
    def curves(self) -> pl.DataFrame:
        """Loss on texts held out along training, of adaptations that measure it.

        Returns
        -------
        polars.DataFrame
            `model`, `recipe`, `seed`, `tokens`, `language`, `loss`.
        """
        rows = []
        for one in self.observations.unique("origin", maintain_order=True).iter_rows(named=True):
            points = json.loads(one["details"]).get("facts", {}).get("curve", [])
            named = {name: one[name] for name in ("model", "recipe", "seed")}
            rows += [
                named | {"tokens": point["tokens"], "language": language, "loss": loss}
                for point in points for language, loss in point["loss"].items()
            ]  # fmt: skip
        return pl.DataFrame(rows, schema=_CURVES)


class _Measured(NamedTuple):
    """One language after one adaptation: its observations, a row for each seed, and losses of its texts."""

    rows: pl.DataFrame
    before: Array  # (items,)
    after: Array  # (seeds, items)
    parameters: int


def _change(measured: _Measured) -> dict[str, Any]:
    """What one language gains or loses by one adaptation, all its seeds together."""
    rows, before, after, _ = measured
    first = rows.row(0, named=True)
    sample = crossed_bootstrap(after - before)
    lower, upper = percentile_interval(sample)
    named = {name: first[name] for name in ("model", "recipe", "metric", "target", "target_as_reported", "items")}
    return named | {
        "learnt": first["target_as_reported"] in json.loads(first["details"])["learnt"], "seeds": len(after),
        "before": float(before.mean()), "after": float(after.mean()), "change": float((after - before).mean()),
        "lower": float(lower), "upper": float(upper),
        "p_value": max(bootstrap_p_value(sample), 2.0 ** (1 - first["items"])),
    }  # fmt: skip


def with_verdicts(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Languages of one adaptation with corrected p-values, and what they say."""
    corrected = holm([row["p_value"] for row in rows])
    return [
        row | {"p_value": p, "verdict": UNCLEAR if p is None or p >= LEAST_P else LOSES if row["change"] > 0 else GAINS}
        for row, p in zip(rows, corrected, strict=True)
    ]


_CHANGES = {"model": pl.String, "recipe": pl.String, "metric": pl.String, "target": pl.String,
            "target_as_reported": pl.String, "learnt": pl.Boolean, "items": pl.Int64, "seeds": pl.Int64,
            "before": pl.Float64, "after": pl.Float64, "change": pl.Float64, "lower": pl.Float64, "upper": pl.Float64,
            "p_value": pl.Float64, "verdict": pl.String}  # fmt: skip
_CURVES = {"model": pl.String, "recipe": pl.String, "seed": pl.Int64, "tokens": pl.Int64, "language": pl.String,
           "loss": pl.Float64}  # fmt: skip


def with_front(table: pl.DataFrame) -> pl.DataFrame:
    """With `efficient`: whether a row is on the Pareto front of size, time and the worst language's change."""
    costs = table.select("bytes", "seconds", pl.col("worst_change").fill_null(0.0)).to_numpy()
    beaten = [bool(((costs <= row).all(axis=1) & (costs < row).any(axis=1)).any()) for row in costs]
    return table.with_columns(efficient=pl.Series([not one for one in beaten]))
