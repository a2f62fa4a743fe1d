"""Outcomes as evidence: observations, items, facts about what was measured, and notes of jobs that failed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from isogloss.evidence.pairs import TARGET
from isogloss.evidence.schema import ITEM, OBSERVATION, conform, observation_keys
from isogloss.evidence.store import Store
from isogloss.files import atomic_write
from isogloss.lab.job import Bench, Job
from isogloss.lab.recipe import Outcome
from isogloss.metrics.computation import Measurement
from isogloss.metrics.metric import Metric
from isogloss.metrics.registry import find_metric

FOLDER = "lab-failures"


def observe(bench: Bench, job: Job, outcome: Outcome, unknown: dict[str, float]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The scores of a job that did not fail, one row per metric and target, and its items.

    Parameters
    ----------
    bench, job, outcome
    unknown : dict of str to float
        Share of unknown tokens by the file's own code, where the recipe has a tokenizer.

    Returns
    -------
    observations, items : polars.DataFrame
        Items belong to the observations of the task's first metric that is a mean over items; empty if the
        grid keeps none.
    """
    assert outcome.answers is not None
    observations, items = [], []
    metrics = [find_metric(name) for name in bench.task.info.metrics]
    main = next((metric for metric in metrics if metric.computation and metric.computation.is_of_items), None)
    for variant, predicted in outcome.answers.items():
        for metric in metrics:
            measured = metric.measure(bench.gold, predicted)
            rows = _rows(bench, job, outcome, variant, metric, measured, unknown)
            observations.append(rows)
            if bench.grid.keep_items and metric is main:
                items.append(_items(bench, rows, predicted, measured.item_scores))
    return _of_job(bench, job, pl.concat(observations), pl.concat(items) if items else pl.DataFrame(schema=ITEM))


def _of_job(
    bench: Bench, job: Job, observations: pl.DataFrame, items: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What a job answers for: the targets that its training is for, if it is not for all."""
    if len(job.targets) == len(bench.targets):
        return observations, items
    own = observations.filter(pl.col("target_as_reported").is_in(job.targets))
    return own, items.join(observation_keys(own).to_frame("observation"), on="observation", how="semi")


def facts(bench: Bench) -> tuple[pl.DataFrame | None, pl.DataFrame]:
    """What is known of the model and of the task, for the store."""
    about = bench.recipe.facts()
    model = {"model": bench.recipe.model, "model_revision": bench.recipe.revision, **about}
    return pl.DataFrame([model]) if about else None, pl.DataFrame(bench.task.facts())


def _rows(
    bench: Bench, job: Job, outcome: Outcome, variant: str, metric: Metric, measured: Measurement,
    unknown: dict[str, float],
) -> pl.DataFrame:  # fmt: skip
    counts = np.bincount(bench.gold.targets)
    recipe, info = bench.recipe, bench.task.info
    shared = {
        "metric": metric.name, "model": recipe.model, "model_revision": recipe.revision, "task": info.name,
        "train": str(bench.mix(job)), "recipe": recipe.variant(variant), "split": info.splits["test"],
        "shots": outcome.notes.get("shots"),
        "seed": job.seed, "scale": "fraction" if metric.is_fraction else "raw",
        "higher_is_better": metric.higher_is_better, "origin": job.origin, "importer": "lab",
        "recorded_at": datetime.now(UTC),
    }  # fmt: skip
    table = pl.DataFrame(
        {
            "target": [bench.task.languages[code].id for code in bench.targets],
            "target_as_reported": bench.targets,
            "pair": [_pair(bench, code) for code in bench.targets],
            "score": measured.scores,
            "items": counts,
            "standard_error": measured.standard_errors,
            "details": _details(bench, outcome, unknown),
        },
        schema_overrides={"standard_error": pl.Float64, "pair": pl.String},
    )
    return conform(table.with_columns(**{name: pl.lit(value) for name, value in shared.items()}), OBSERVATION)


def _pair(bench: Bench, code: str) -> str | None:
    """Which language is asked in, if that is not the one that is answered in."""
    asked = bench.task.questions.get(code)
    return f"{asked.id}-{TARGET}" if asked else None


def _details(bench: Bench, outcome: Outcome, unknown: dict[str, float]) -> list[str]:
    seconds = outcome.seconds
    notes = dict(outcome.notes)
    by_target = notes.pop("by_target", {})
    shared = {
        "cpu_seconds": round(sum(spent for stage, spent in seconds.items() if stage != "wall"), 3),
        **{f"{stage}_seconds": round(spent, 4) for stage, spent in seconds.items()},
        **{name: round(amount) for name, amount in outcome.counts.items()},
        **notes,
        **_circumstances(bench.recipe.computes_with),
    }
    return [
        json.dumps(
            {"test_content": bench.test_contents[code]}
            | ({"unknown_tokens": round(unknown[code], 4)} if code in unknown else {})
            | by_target.get(code, {})
            | shared
        )
        for code in bench.targets
    ]


def _items(
    bench: Bench, rows: pl.DataFrame, predicted: np.ndarray[Any, Any], each: np.ndarray[Any, Any]
) -> pl.DataFrame:
    keys = observation_keys(rows).to_numpy()
    texts = bench.gold.texts(predicted) if bench.task.info.kind.keeps_predictions else [None] * len(each)
    predictions = pl.Series(texts, dtype=pl.String)
    names = [item for code in bench.targets for item in bench.task.test[code].items]
    table = pl.DataFrame(
        {"observation": keys[bench.gold.targets], "item": names, "score": each, "prediction": predictions}
    )
    return conform(table, ITEM)


@lru_cache(maxsize=8)
def _circumstances(packages: tuple[str, ...]) -> dict[str, Any]:
    """Versions and hardware."""
    from importlib.metadata import version

    from isogloss import __version__

    hardware = {}
    if "torch" in packages:
        from isogloss.models.runtime import hardware as described

        hardware = {"hardware": described()}
    return {**hardware, "isogloss": __version__, **{name: version(name) for name in packages}}


class Failures:
    """Failures of jobs, one small file each, named by the job.

    Parameters
    ----------
    store : Store
        Where it is no folder of this machine, nothing is kept.
    """

    def __init__(self, store: Store):
        self._folder = Path(store.path) / FOLDER if isinstance(store.path, Path) else None

    def note(self, bench: Bench, job: Job, reason: str) -> None:
        """Note that a job failed once more."""
        if self._folder is None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{job.key}.json"
        noted = {
            "job": str(job), "task": bench.task.info.name, "model": bench.recipe.model, "recipe": bench.recipe.label,
            "reason": reason, "times": self._times(path) + 1, "last": datetime.now(UTC).isoformat(timespec="seconds"),
        }  # fmt: skip
        atomic_write(path, lambda whole: whole.write_text(json.dumps(noted, ensure_ascii=False), encoding="utf-8"))

    def forget(self, job: Job) -> None:
        """A job has succeeded."""
        if self._folder is not None:
            (self._folder / f"{job.key}.json").unlink(missing_ok=True)

    def jobs(self) -> set[str]:
        """Keys of the jobs that are noted."""
        return {path.stem for path in self._folder.glob("*.json")} if self._folder is not None else set()

    @staticmethod
    def _times(path: Path) -> int:
        return int(_read(path).get("times", 0))


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
