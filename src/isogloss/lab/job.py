"""Jobs: one training, tested on every target, named by the hash of its content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from isogloss.errors import BadValue
from isogloss.evidence.mixture import Mixture
from isogloss.evidence.schema import OBSERVATION, conform
from isogloss.lab.grid import Grid
from isogloss.lab.outcome import Outcome, Training
from isogloss.lab.recipe import Corpus, Recipe
from isogloss.lab.scores import METRICS, confusions, standard_errors
from isogloss.lab.task import Task


@dataclass(frozen=True)
class Job:
    """One training: a recipe on chosen examples of a source language.

    Attributes
    ----------
    source : str
        The file's own code.
    size, seed : int
    training : Training
    key : str
        First 32 hexadecimal digits of the SHA-256 of the recipe, its parameters and version, the training
        examples and the seed. Libraries and machine are not in it.
    """

    source: str
    size: int
    seed: int
    training: Training = field(compare=False, repr=False)
    key: str

    @property
    def origin(self) -> str:
        """What observations give as their origin."""
        return f"lab {self.key}"


class Bench:
    """The jobs of a grid over the data they need, and how their outcomes become observations.

    Parameters
    ----------
    grid : Grid
    task : Task

    Attributes
    ----------
    sources, targets : list of str
        The file's own codes.
    jobs : list of Job
        Source by source, so that time per job stays even and the time left can be told.

    Raises
    ------
    BadValue
        If a source has fewer training examples than a size asks for.
    """

    def __init__(self, grid: Grid, task: Task):
        self.grid, self.task, self.recipe = grid, task, grid.recipe
        self.sources = task.find(grid.sources, "train", f"{grid.path}: sources")
        self.targets = task.find(grid.targets, "test", f"{grid.path}: targets")
        self._languages = sorted({*self.sources, *self.targets})
        self.jobs = list(self._jobs())

    def corpus(self) -> Corpus:
        """Every text that a job trains on or answers."""
        train, test = self.task.train, self.task.test
        return Corpus(
            [train[code].texts if code in self.sources else [] for code in self._languages],
            [test[code].texts if code in self.targets else [] for code in self._languages],
        )

    @cached_property
    def test_contents(self) -> dict[str, str]:
        """A short hash of each target's test examples, by the file's own code."""
        return {code: self.task.test[code].content()[:8] for code in self.targets}

    def observations(self, job: Job, outcome: Outcome) -> pl.DataFrame:
        """The scores of a job that did not fail, one row per metric and target."""
        gold, groups, items = self._gold
        confusion = confusions(gold, np.asarray(outcome.predicted), groups, len(self.task.labels))
        source = self.task.languages[job.source]
        shared = {
            "model": self.recipe.model,
            "task": self.task.info.name,
            "train": str(Mixture({source.id: job.size})),
            "recipe": self.recipe.label,
            "split": self.task.info.splits["test"],
            "seed": job.seed,
            "scale": "fraction",
            "higher_is_better": True,
            "origin": job.origin,
            "importer": "lab",
            "recorded_at": datetime.now(UTC),
        }
        parts = []
        for metric in self.task.info.metrics:
            scores = METRICS[metric](confusion)
            parts.append(
                pl.DataFrame(
                    {
                        "metric": [metric] * len(self.targets),
                        "target": [self.task.languages[code].id for code in self.targets],
                        "target_as_reported": self.targets,
                        "score": scores,
                        "items": items,
                        "standard_error": standard_errors(metric, scores, items),
                        "details": [self._details(code, outcome) for code in self.targets],
                    },
                    schema_overrides={"standard_error": pl.Float64},
                ).with_columns(**{name: pl.lit(value) for name, value in shared.items()})
            )
        return conform(pl.concat(parts), OBSERVATION)

    def missing(self, stored: pl.DataFrame) -> list[Job]:
        """The jobs of which a store lacks a target or a metric, or has it on other test examples."""
        if stored.is_empty():
            return self.jobs
        known = stored.filter(pl.col("importer") == "lab").select(
            "origin", "metric", "target_as_reported", pl.col("details").str.json_path_match("$.test_content")
        )
        have = set(known.iter_rows())
        return [job for job in self.jobs if any(cell not in have for cell in self._cells(job))]

    def _cells(self, job: Job) -> Iterator[tuple[str, str, str, str]]:
        for metric in self.task.info.metrics:
            for code in self.targets:
                yield job.origin, metric, code, self.test_contents[code]

    def _details(self, target: str, outcome: Outcome) -> str:
        seconds = round(sum(outcome.seconds.values()), 3)
        return json.dumps({"test_content": self.test_contents[target], "cpu_seconds": seconds, **_versions()})

    @cached_property
    def _gold(self) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        """Gold labels and target numbers of all test rows, and the number of test rows of each target."""
        tests = [self.task.test[code] for code in self.targets]
        items = np.array([len(test) for test in tests])
        return np.concatenate([test.labels for test in tests]), np.repeat(np.arange(len(tests)), items), items

    def _jobs(self) -> Iterator[Job]:
        first = 0
        for source in self.sources:
            examples = self.task.train[source]
            for size, seeds in self.grid.seeds.items():
                if size > len(examples):
                    raise BadValue(
                        f"'{source}' has {len(examples)} training examples, {size} are asked for",
                        where=f"{self.grid.path}: sizes",
                        mend=f"ask for {len(examples)} at most",
                    )
                for seed in seeds:
                    rows = examples.sample(size, seed)
                    key = _key(self.recipe, self.task.info.name, examples.content(rows), seed)
                    training = Training(first + rows, examples.labels[rows], seed)
                    yield Job(source, size, seed, training, key)
            first += len(examples)


def _key(recipe: Recipe, task: str, content: str, seed: int) -> str:
    described = {
        "recipe": recipe.name,
        "version": recipe.version,
        "parameters": recipe.parameters,
        "task": task,
        "examples": content,
        "seed": seed,
    }
    return hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()[:32]


def _versions() -> dict[str, str]:
    import scipy
    import sklearn

    from isogloss import __version__

    return {
        "isogloss": __version__,
        "numpy": np.__version__,
        "scipy": str(scipy.__version__),
        "scikit-learn": str(sklearn.__version__),
    }
