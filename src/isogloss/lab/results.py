"""What a run leaves: outcomes as evidence, notes of jobs that failed, and a report of what was done."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from isogloss.evidence.pairs import TARGET
from isogloss.evidence.schema import ITEM, OBSERVATION, conform, observation_keys
from isogloss.evidence.store import Store
from isogloss.files import atomic_write
from isogloss.lab.job import Bench, Job
from isogloss.lab.recipe import Arrays, Outcome
from isogloss.lab.task import Leak
from isogloss.metrics.metric import Gold, Matrix, Measurement, Metric
from isogloss.metrics.registry import find_metric

FOLDER = "lab-failures"


def observe(bench: Bench, job: Job, outcome: Outcome, unknown: dict[str, float]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The scores of a job that did not fail, one row per metric, target and category, and its items.

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
            whole = _Part(bench.task.info.name, bench.targets, bench.gold)
            rows = _rows(bench, job, outcome, variant, metric, measured, unknown, whole)
            observations.append(rows)
            for part, some in _categories(bench, predicted):
                measured_there = metric.measure(part.gold, some)
                observations.append(_rows(bench, job, outcome, variant, metric, measured_there, unknown, part))
            if bench.grid.keep_items and metric is main:
                items.append(_items(bench, rows, predicted, measured.item_scores))
    every, every_item = pl.concat(observations), pl.concat(items) if items else pl.DataFrame(schema=ITEM)
    if len(job.targets) == len(bench.targets):
        return every, every_item
    own = every.filter(pl.col("target_as_reported").is_in(job.targets))  # those that the training is for
    return own, every_item.join(observation_keys(own).to_frame("observation"), on="observation", how="semi")


def facts(bench: Bench) -> tuple[pl.DataFrame | None, pl.DataFrame]:
    """What is known of the model and of the task, for the store."""
    about = bench.recipe.facts()
    model = {"model": bench.recipe.model, "model_revision": bench.recipe.revision, **about}
    return pl.DataFrame([model]) if about else None, pl.DataFrame(bench.task.facts())


class _Part(NamedTuple):
    """Test items that are scored together: what the task is called there, targets that have any, what is right."""

    name: str
    targets: list[str]
    gold: Gold


def _categories(bench: Bench, predicted: Matrix) -> Iterator[tuple[_Part, Matrix]]:
    """The items of each category, with what was predicted there."""
    for category, chosen in bench.categories.items():
        gold, some = bench.gold.among(chosen, predicted)
        targets = [bench.targets[place] for place in np.unique(bench.gold.targets[chosen]).tolist()]
        yield _Part(bench.task.name_of(category), targets, gold), some


def _rows(
    bench: Bench, job: Job, outcome: Outcome, variant: str, metric: Metric, measured: Measurement,
    unknown: dict[str, float], part: _Part,
) -> pl.DataFrame:  # fmt: skip
    recipe, info = bench.recipe, bench.task.info
    shared = {
        "metric": metric.name, "model": recipe.model, "model_revision": recipe.revision, "task": part.name,
        "train": str(bench.mix(job)), "recipe": bench.label_with_pairs(recipe.variant(variant), job),
        "split": info.splits["test"], "shots": outcome.notes.get("shots"), "seed": job.seed,
        "scale": "fraction" if metric.is_fraction else "raw",
        "higher_is_better": metric.higher_is_better, "origin": job.origin, "importer": "lab",
        "recorded_at": datetime.now(UTC),
    }  # fmt: skip
    table = pl.DataFrame(
        {
            "target": [bench.task.languages[code].id for code in part.targets],
            "target_as_reported": part.targets,
            "pair": [_pair(bench, code) for code in part.targets],
            "score": measured.scores,
            "items": np.bincount(part.gold.targets),
            "standard_error": measured.standard_errors,
            "details": _details(bench, outcome, unknown, part.targets),
        },
        schema_overrides={"standard_error": pl.Float64, "pair": pl.String},
    )
    return conform(table.with_columns(**{name: pl.lit(value) for name, value in shared.items()}), OBSERVATION)


def _pair(bench: Bench, code: str) -> str | None:
    """What stands on the other side of a score that is about two languages."""
    task = bench.task
    if code in task.pairs:
        first, second = (side.id for side in task.pairs[code])
        return f"{TARGET}-{second}" if first == task.languages[code].id else f"{first}-{TARGET}"
    asked = task.questions.get(code)
    return f"{asked.id}-{TARGET}" if asked else None


def _details(bench: Bench, outcome: Outcome, unknown: dict[str, float], targets: list[str]) -> list[str]:
    seconds = outcome.seconds
    notes = dict(outcome.notes)
    by_target = notes.pop("by_target", {})
    shared = {
        "cpu_seconds": round(sum(spent for stage, spent in seconds.items() if stage != "wall"), 3),
        **{f"{stage}_seconds": round(spent, 4) for stage, spent in seconds.items()},
        **{name: round(amount) for name, amount in outcome.counts.items()},
        **notes,
        **bench.recipe.details,
        **_circumstances(bench.recipe.computes_with),
    }
    return [
        json.dumps(
            {"test_content": bench.test_contents[code]}
            | ({"unknown_tokens": round(unknown[code], 4)} if code in unknown else {})
            | by_target.get(code, {})
            | shared
        )
        for code in targets
    ]


def _items(bench: Bench, rows: pl.DataFrame, predicted: Matrix, each: Matrix) -> pl.DataFrame:
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
            "reason": reason, "times": int(_read(path).get("times", 0)) + 1,
            "last": datetime.now(UTC).isoformat(timespec="seconds"),
        }  # fmt: skip
        atomic_write(path, lambda whole: whole.write_text(json.dumps(noted, ensure_ascii=False), encoding="utf-8"))

    def forget(self, job: Job) -> None:
        """A job has succeeded."""
        if self._folder is not None:
            (self._folder / f"{job.key}.json").unlink(missing_ok=True)

    def jobs(self) -> set[str]:
        """Keys of the jobs that are noted."""
        return {path.stem for path in self._folder.glob("*.json")} if self._folder is not None else set()


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


@dataclass
class Encoding:
    """What encoding texts with frozen models took, summed over workers.

    See `isogloss.models.features.EncodedBlock`.
    """

    tokens: int = 0
    padding: int = 0
    flops: float = 0.0
    seconds: float = 0.0
    whole_seconds: float = 0.0


@dataclass
class Transforming:
    """What became of texts that were transformed.

    See `isogloss.lab.recipe.transform.Transform`.
    """

    texts: int = 0
    kept: int = 0
    dropped: int = 0
    seconds: float = 0.0


@dataclass
class RunReport:
    """What a run did.

    Attributes
    ----------
    jobs : int
        How many the grid has.
    run, skipped, left : int
        How many were measured now, how many the store had already, how many the budget left for later.
    failed : list of (str, str)
        Jobs that failed, as `eng_Latn:700 seed 0`, each with the reason.
    observations, items : int
        How many were written.
    leaks : dict of str to Leak
        Test texts that stand in the training texts too, by language.
    left_out : list of str
        Sources with too few examples for a size.
    encoding : Encoding
    transforming : Transforming
    seconds : dict of str to float
        Wall seconds by stage; "fit" and "predict" are CPU seconds, over all workers.
    """

    jobs: int = 0
    run: int = 0
    skipped: int = 0
    left: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)
    observations: int = 0
    items: int = 0
    leaks: dict[str, Leak] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    encoding: Encoding = field(default_factory=Encoding)
    transforming: Transforming = field(default_factory=Transforming)
    seconds: dict[str, float] = field(default_factory=dict)

    def count(self, bench: Bench, todo: list[Job]) -> None:
        """Take the jobs of a task and recipe into account, of which `todo` are not in the store."""
        self.jobs += len(bench.jobs)
        self.skipped += len(bench.jobs) - len(todo)
        self.leaks |= {code: leak for code, leak in bench.task.leaks.items() if code in bench.targets}
        self.left_out += [name for name in bench.left_out if name not in self.left_out]

    def note_preparing(self, prepared: Arrays) -> None:
        """Take into account what preparing took, if it transformed or encoded anything."""
        if "transforming" in prepared:
            texts, kept, dropped, transforming = prepared["transforming"].tolist()
            self.transforming.texts += int(texts)
            self.transforming.kept += int(kept)
            self.transforming.dropped += int(dropped)
            self.transforming.seconds += transforming
        if "encoding" in prepared:
            tokens, padding, flops, seconds, whole = prepared["encoding"].tolist()
            self.encoding.tokens += int(tokens)
            self.encoding.padding += int(padding)
            self.encoding.flops += flops
            self.encoding.seconds += seconds
            self.encoding.whole_seconds += whole

    def spend(self, seconds: dict[str, float]) -> None:
        """Add what a job took."""
        for stage, spent in seconds.items():
            if stage != "wall":
                self.seconds[stage] = self.seconds.get(stage, 0.0) + spent

    @contextmanager
    def clock(self, stage: str) -> Iterator[None]:
        """Add the wall time of a block to a stage."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - began

    def table(self) -> pl.DataFrame:
        """The figures as (what, value), for people."""
        rows: list[tuple[str, str]] = [
            ("jobs in the grid", str(self.jobs)),
            ("run", str(self.run)),
            ("in the store already", str(self.skipped)),
            ("failed", str(len(self.failed))),
        ]
        rows += [("left for later", str(self.left))] if self.left else []
        rows += [("observations written", str(self.observations))]
        rows += [("items written", str(self.items))] if self.items else []
        rows += [(f"failed: {job}", reason) for job, reason in self.failed]
        if self.leaks:
            named = ", ".join(f"{language} {leak.normalised}" for language, leak in self.leaks.items())
            rows.append(("test texts also trained on", named))
        if self.left_out:
            rows.append(("too small, left out", ", ".join(self.left_out)))
        if self.encoding.tokens:
            share = self.encoding.padding / (self.encoding.tokens + self.encoding.padding)
            rows.append(("tokens encoded", f"{self.encoding.tokens} ({share:.1%} more are padding)"))
        if self.transforming.texts:
            made = self.transforming
            rows.append(("texts transformed", f"{made.texts} (examples kept: {made.kept}, dropped: {made.dropped})"))
        rows += [(f"seconds: {stage}", f"{value:.1f}") for stage, value in self.seconds.items()]
        return pl.DataFrame(rows, schema=["what", "value"], orient="row")

    def record(self) -> dict[str, Any]:
        """The figures as plain values, for programs."""
        return {
            "jobs": self.jobs,
            "run": self.run,
            "skipped": self.skipped,
            "left": self.left,
            "failed": [{"job": job, "reason": reason} for job, reason in self.failed],
            "observations": self.observations,
            "items": self.items,
            "repeated_test_texts": {language: leak._asdict() for language, leak in self.leaks.items()},
            "left_out": self.left_out,
            "encoding": asdict(self.encoding),
            "transforming": asdict(self.transforming),
            "seconds": {stage: round(value, 3) for stage, value in self.seconds.items()},
        }
