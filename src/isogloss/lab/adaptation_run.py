"""Grids of adaptations: each checkpoint is made, and measured on the texts held out of every language."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from isogloss.errors import BadValue
from isogloss.evidence.schema import OBSERVATION, conform, observation_keys
from isogloss.evidence.store import Store
from isogloss.lab.adaptation.chain import AdaptedCheckpoint, Chain
from isogloss.lab.adaptation.losses import measure_of, measure_texts
from isogloss.lab.adaptation.texts import digest, divide
from isogloss.lab.adaptation_findings import AdaptationFindings
from isogloss.lab.adaptation_grid import AdaptationGrid
from isogloss.languages import resolve
from isogloss.models.checkpoints import describe_checkpoint, fingerprint, locate
from isogloss.progress import Progress, steps


def run_adaptation_grid(
    grid: AdaptationGrid, store: Store, *, progress: Progress | None = None, max_minutes: float | None = None
) -> AdaptationFindings:
    """Make and measure what the store lacks of a grid.

    Parameters
    ----------
    grid : AdaptationGrid
    store : Store
        Each checkpoint is written when it has been measured; checkpoints are made in the cache.
    progress : Progress, optional
        Told how many checkpoints are done.
    max_minutes : float, optional
        Minutes after which no further one is begun.

    Returns
    -------
    AdaptationFindings
        Of all that the store has of the grid.

    Raises
    ------
    InputError
    """
    if max_minutes is not None and max_minutes <= 0:
        raise BadValue(f"max_minutes is {max_minutes:g}", hint="give more than 0")
    end = None if max_minutes is None else time.monotonic() + 60 * max_minutes
    there = set(store.read().observations["origin"]) if store.parts() else set()
    every = [Chain(), *grid.chains]
    jobs = [_Job(grid, checkpoint, one) for checkpoint in grid.checkpoints for one in every]
    for job in steps("adapting", [job for job in jobs if job.origin not in there], progress):
        if end is None or time.monotonic() < end:
            store.append(*job.measure(), models=pl.DataFrame([job.model_facts]))
    return AdaptationFindings(store, [job.origin for job in jobs])


@dataclass(frozen=True)
class _Job:
    """One checkpoint, with what is done to it."""

    grid: AdaptationGrid
    checkpoint: str
    chain: Chain

    @cached_property
    def folder(self) -> Path:
        return locate(self.checkpoint)

    @property
    def origin(self) -> str:
        """Where observations come from: the hash of all that decides them."""
        identity = [fingerprint(self.folder), *self.chain.identity, digest(self.grid.texts)]
        return f"lab {hashlib.sha256(json.dumps(identity, default=list).encode()).hexdigest()[:32]}"

    @property
    def model(self) -> str:
        """What observations call the checkpoint."""
        return self.checkpoint.rstrip("/").rpartition("/")[2].removeprefix("package:").removesuffix(".gguf")

    @property
    def model_facts(self) -> dict[str, Any]:
        return {"model": self.model, "model_revision": fingerprint(self.folder), **describe_checkpoint(self.folder)}

    def measure(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Make the checkpoint, measure it on the texts that are held out: observations, and items."""
        adapted = AdaptedCheckpoint(self.checkpoint, self.chain, self.grid.file) if self.chain.steps else None
        is_new, began = adapted is not None and not adapted.is_made, time.process_time()
        folder = adapted.make() if adapted else self.folder
        took = round(time.process_time() - began, 3) if is_new else None
        measured = measure_texts(folder, divide(self.grid.texts)[1], self.folder)
        stored = sum(path.stat().st_size for path in folder.glob("*.safetensors"))
        details = {
            "bytes": stored, "stored_bytes": stored, "parameters": describe_checkpoint(folder)["parameters"],
            "adaptations": [], "learnt": [], "texts": digest(self.grid.texts)[:16], "making_seconds": took,
            **(adapted.details() if adapted else {}),
        }  # fmt: skip
        return self._observations(measured, details)

    def _observations(self, measured: pl.DataFrame, details: dict[str, Any]) -> tuple[pl.DataFrame, pl.DataFrame]:
        by_language = measured.group_by("language", maintain_order=True).agg(
            score=pl.col("loss").mean(), items=pl.len(), standard_error=pl.col("loss").std() / pl.len().sqrt(),
            seconds=pl.col("seconds").mean(),
        )  # fmt: skip
        rows = [
            {
                "target": resolve(one["language"]).id, "target_as_reported": one["language"], "score": one["score"],
                "items": one["items"], "standard_error": one["standard_error"],
                "details": json.dumps(details | {"seconds_per_text": one["seconds"]}),
            }
            for one in by_language.iter_rows(named=True)
        ]  # fmt: skip
        shared = {
            "model": self.model, "model_revision": fingerprint(self.folder), "task": self.grid.name,
            "metric": measure_of(self.folder), "train": "", "recipe": self.chain.recipe, "seed": self.chain.seed,
            "split": "held out", "scale": "raw", "higher_is_better": False, "origin": self.origin, "importer": "lab",
        }  # fmt: skip
        table = conform(
            pl.DataFrame(rows).with_columns(**{name: pl.lit(value) for name, value in shared.items()}), OBSERVATION
        )
        keys = dict(zip(table["target_as_reported"], observation_keys(table), strict=True))
        items = measured.select(
            observation=pl.col("language").replace_strict(keys), item=pl.col("item").cast(pl.String),
            score=pl.col("loss"), prediction=pl.lit(None, dtype=pl.String),
        )  # fmt: skip
        return table, items
