"""Adaptations as facts of observations: which scores are of an adapted model, of what, and what they changed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

import polars as pl

from isogloss.evidence.evidence import Evidence
from isogloss.evidence.schema import AS_IT_IS, OBSERVATION, conform
from isogloss.evidence.training_mix import TrainingMix
from isogloss.languages import resolve

AFTER = " after "
"""Stands between a model and what was done to it, in the name of an adapted model of a grid of recipes."""
CHANGE_OF = "change of "
"""Stands before a task in the tasks of changes."""
OF_TEXTS = ("languages", "family", "replayed", "replay", "alpha", "tokens", "parts", "measured")
"""Parameters of training that say which texts were read, and how many: a training mix says it instead."""
SAME = ("model", "task", "metric", "target", "train", "recipe", "shots", "split", "pair")
_SEED = re.compile(r", seed \d+$")
_LABEL = re.compile(r"([\w-]+)\((.*)\)", re.DOTALL)


@dataclass(frozen=True)
class AdaptationLabel:
    """The label of an adaptation, taken apart: `magnitude-prune(sparsity=0.3)`.

    Attributes
    ----------
    name : str
    parameters : dict of str to str
        Those that differ from their defaults.
    """

    name: str
    parameters: dict[str, str]

    @classmethod
    def parse(cls, text: str) -> Self:
        """From a label; one that is not written so, such as that of several steps, is a name."""
        found = _LABEL.fullmatch(text.strip())
        pairs = [part.partition("=") for part in found[2].split(",")] if found else []
        if found is None or not all(sign for _, sign, _ in pairs):
            return cls(text.strip(), {})
        return cls(found[1], {name.strip(): value.strip() for name, _, value in pairs})

    def without(self, names: tuple[str, ...]) -> Self:
        """The same without some parameters."""
        return type(self)(self.name, {name: value for name, value in self.parameters.items() if name not in names})

    def __str__(self) -> str:
        given = ",".join(f"{name}={value}" for name, value in self.parameters.items())
        return f"{self.name}({given})" if given else self.name


def adapted_scores(evidence: Evidence) -> pl.DataFrame:
    """Scores of adapted models, each with that of the same model before.

    A score is of an adapted model if the facts about its model name a `base_model` that was measured too, or if its
    recipe is not `as it is` and the same model was measured as it is.

    Parameters
    ----------
    evidence : Evidence

    Returns
    -------
    polars.DataFrame
        One row per adaptation and cell, means over seeds: `adaptation` (label), `model` (before), `task`, `metric`,
        `target`, `target_as_reported`, `recipe`, `shots`, `split`, `pair`, `train` (before), `read` (mix of the texts
        that training read, in tokens; empty where it read none), `before`, `after`, `standard_error` of the change
        (null where it is not known), `scale`, `higher_is_better`.

    Notes
    -----
    Standard errors of both scores are added in squares, as if test items differed: too large where they are the same.
    """
    bases = _bases(evidence)
    observations = evidence.observations.with_columns(recipe=pl.col("recipe").fill_null(""))
    plain = observations.filter(pl.col("model").is_in(list(bases)).not_())
    as_it_is = observations.filter(recipe=AS_IT_IS)["model"].unique().to_list()
    of_bases = pl.col("model").is_in(list(bases))
    made = observations.filter(of_bases | ((pl.col("recipe") != AS_IT_IS) & pl.col("model").is_in(as_it_is)))
    adapted = pl.DataFrame(_adapted(made, bases), schema=_ADAPTED, orient="row")
    before = plain.group_by(SAME).agg(before=pl.col("score").mean(), error_before=_error())
    after = adapted.group_by(*SAME, "adaptation", "read", maintain_order=True).agg(
        pl.col("target_as_reported", "scale", "higher_is_better").first(), after=pl.col("score").mean(), error=_error()
    )
    joined = after.join(before, on=SAME, how="inner", nulls_equal=True, maintain_order="left")
    joined = joined.with_columns(recipe=pl.col("recipe").replace("", None))
    error = (pl.col("error") ** 2 + pl.col("error_before") ** 2).sqrt()
    return joined.select(*_COLUMNS[:-3], error.alias("standard_error"), *_COLUMNS[-2:])


def changes(evidence: Evidence) -> Evidence:
    """What adaptations changed as scores of their own, beside the scores before.

    Parameters
    ----------
    evidence : Evidence

    Returns
    -------
    Evidence
        Of each row of `adapted_scores` the score after less that before, task `change of ...`, metric `change in ...`,
        recipe the label of the adaptation (behind the recipe of the model, where it had one), train the texts that
        training read, or else the mix of the model; and all scores that are of no adapted model.
    """
    table = adapted_scores(evidence)
    labelled = pl.col("recipe").replace(AS_IT_IS, None)
    labelled = pl.coalesce(pl.concat_str(labelled, pl.lit(AFTER), "adaptation"), "adaptation")
    rows = table.with_columns(
        score=pl.col("after") - pl.col("before"), task=pl.lit(CHANGE_OF) + pl.col("task"),
        metric=pl.lit("change in ") + pl.col("metric"), recipe=labelled, scale=pl.lit("raw"),
        train=pl.when(pl.col("read") == "").then("train").otherwise("read"),
    )  # fmt: skip
    both = pl.concat([conform(rows, OBSERVATION), unadapted(evidence).observations])
    return Evidence(both, evidence.models, evidence.tasks)


def unadapted(evidence: Evidence) -> Evidence:
    """The scores of models before any adaptation that the evidence knows of."""
    rows = evidence.observations.filter(pl.col("model").is_in(list(_bases(evidence))).not_())
    before = ["model", "task", "metric", "shots", "split", "pair"]
    as_it_is = rows.filter(recipe=AS_IT_IS).select(before).unique()
    others = rows.filter(pl.col("recipe").ne_missing(AS_IT_IS)).join(as_it_is, on=before, how="anti", nulls_equal=True)
    return evidence.with_observations(pl.concat([rows.filter(recipe=AS_IT_IS), others]))


def _bases(evidence: Evidence) -> dict[str, str]:
    """What each adapted model was made of, where that was measured, too."""
    known = set(evidence.observations["model"])
    facts = evidence.models.drop_nulls("base_model").select("model", "base_model").rows()
    return {model: base for model, base in facts if base in known and base != model}


def _adapted(observations: pl.DataFrame, bases: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Rows of adapted models under the names that the model had before."""
    for row in observations.iter_rows(named=True):
        if row["model"] in bases:
            base = bases[row["model"]]
            label = _SEED.sub("", row["model"].removeprefix(f"{base}{AFTER}"))
            yield {**row, "model": base, "adaptation": label, "read": ""}
        else:
            label, read = _of_texts(row["recipe"], json.loads(row["details"] or "{}"))
            yield {**row, "recipe": AS_IT_IS, "adaptation": label, "read": read}


def _of_texts(label: str, details: Mapping[str, Any]) -> tuple[str, str]:
    """The label without what says which texts were read, and the mix that says it."""
    steps, facts = details.get("adaptations", []), details.get("facts", {})
    if len(steps) != 1 or not facts.get("shares"):
        return label, ""
    sizes: dict[str, int] = {}
    for code, share in facts["shares"].items():
        language = resolve(code).id
        sizes[language] = sizes.get(language, 0) + round(share * facts["tokens"])
    mix = TrainingMix.parse(",".join(f"{code}:{size}" for code, size in sizes.items() if size))
    return str(AdaptationLabel.parse(steps[0]).without(OF_TEXTS)), str(mix)


def _error() -> pl.Expr:
    """Standard error of a mean over seeds; null where one is not known."""
    squares = pl.col("standard_error") ** 2
    return pl.when(squares.null_count() == 0).then(squares.sum().sqrt() / pl.len())


_COLUMNS = ("adaptation", *SAME, "read", "target_as_reported", "before", "after", "standard_error", "scale",
            "higher_is_better")  # fmt: skip
_ADAPTED = pl.Schema(OBSERVATION | {"adaptation": pl.String(), "read": pl.String()})
