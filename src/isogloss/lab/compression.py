"""Compression measured: what each level costs and saves, and what each language loses."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from isogloss.errors import BadValue, NotEnoughEvidence
from isogloss.evidence.schema import ITEM, OBSERVATION, conform, observation_keys
from isogloss.evidence.store import Store
from isogloss.lab.adaptation.chain import AS_IT_IS, AdaptedCheckpoint, Chain
from isogloss.lab.adaptation.losses import measure_of, measure_texts
from isogloss.lab.adaptation.texts import digest, divide
from isogloss.lab.compression_grid import CompressionGrid
from isogloss.languages import resolve
from isogloss.models.checkpoints import describe_checkpoint, fingerprint, locate
from isogloss.progress import Progress, steps
from isogloss.stats.intervals import paired_bootstrap


def run_compression(
    grid: CompressionGrid, store: Store, *, progress: Progress | None = None, max_minutes: float | None = None
) -> CompressionResult:
    """Make and measure what the store lacks of a grid.

    Parameters
    ----------
    grid : CompressionGrid
    store : Store
        Each compression is written when it has been measured; checkpoints are made in the cache.
    progress : Progress, optional
        Told how many compressions are done.
    max_minutes : float, optional
        Minutes after which no further one is begun.

    Returns
    -------
    CompressionResult
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
    for job in steps("compressing", [job for job in jobs if job.origin not in there], progress):
        if end is None or time.monotonic() < end:
            store.append(*job.measure(), models=pl.DataFrame([job.model_facts]))
    return CompressionResult(grid, store, [job.origin for job in jobs])


@dataclass(frozen=True)
class _Job:
    """One compression of one checkpoint."""

    grid: CompressionGrid
    checkpoint: str
    chain: Chain

    @cached_property
    def folder(self) -> Path:
        return locate(self.checkpoint)

    @property
    def origin(self) -> str:
        """Where observations come from: the hash of all that decides them."""
        identity = [fingerprint(self.folder), [one.identity for one in self.chain.steps], self.chain.calibration,
                    digest(self.grid.texts)]  # fmt: skip
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
        held_out = divide(self.grid.texts)[1]
        measured = measure_texts(adapted.make() if adapted else self.folder, held_out, self.folder)
        return self._observations(adapted, measured)

    def _observations(
        self, adapted: AdaptedCheckpoint | None, measured: pl.DataFrame
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        folder = adapted.make() if adapted else self.folder
        stored = sum(path.stat().st_size for path in folder.glob("*.safetensors"))
        details = {
            "bytes": stored, "stored_bytes": stored, "parameters": describe_checkpoint(folder)["parameters"],
            "adaptations": [], **(adapted.details() if adapted else {}),
        }  # fmt: skip
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
            "metric": measure_of(self.folder), "train": "", "recipe": self.chain.label, "split": "held out",
            "scale": "raw", "higher_is_better": False, "origin": self.origin, "importer": "lab",
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


class CompressionResult:
    """What a store has of a grid of compression.

    Parameters
    ----------
    grid : CompressionGrid
    store : Store
    origins : list of str
        Of the observations that belong to the grid.
    """

    def __init__(self, grid: CompressionGrid, store: Store, origins: list[str]):
        self.grid, self.jobs = grid, len(origins)
        read = store.read().observations if store.parts() else pl.DataFrame(schema=OBSERVATION)
        self.observations = read.filter(pl.col("origin").is_in(origins))
        self.measured = self.observations["origin"].n_unique()
        self._store = store

    @cached_property
    def changes(self) -> pl.DataFrame:
        """What each language loses.

        Returns
        -------
        polars.DataFrame
            One row per checkpoint, compression and language: `model`, `recipe`, `metric`, `target`,
            `target_as_reported`, `items`, `before`, `after`, `change` (more is worse), `lower`, `upper`: a 95 %
            interval of the paired bootstrap over the texts held out.
        """
        keyed = self.observations.with_columns(observation_keys(self.observations)).sort("target")
        items = self._store.read_items(keyed["observation"]) if keyed.height else pl.DataFrame(schema=ITEM)
        scores = {key: group["score"].to_numpy() for (key,), group in items.sort("item").group_by("observation")}
        first = {(row["model"], row["target"]): row for row in keyed.filter(recipe=AS_IT_IS).iter_rows(named=True)}
        rows = []
        for row in keyed.filter(pl.col("recipe") != AS_IT_IS).iter_rows(named=True):
            base = first.get((row["model"], row["target"]))
            if base is None:
                continue
            after, before = scores[row["observation"]], scores[base["observation"]]
            lower, upper = paired_bootstrap(after, before)
            named = {name: row[name] for name in ("model", "recipe", "metric", "target", "target_as_reported", "items")}
            rows.append(named | {"before": float(before.mean()), "after": float(after.mean()),
                                 "change": float(np.mean(after - before)), "lower": lower, "upper": upper})  # fmt: skip
        return pl.DataFrame(rows, schema=_CHANGES, infer_schema_length=None)

    @cached_property
    def summary(self) -> pl.DataFrame:
        """What each compression costs and saves.

        Returns
        -------
        polars.DataFrame
            One row per checkpoint and compression, the checkpoint as it is among them: `model`, `recipe`, `bytes`
            (packed, where integers are stored as floats), `seconds` of a processor per text, `mean_change`, `worst`,
            the language with the largest change, `worst_change`, `lower` and `upper` of it, and `efficient`: whether
            no other is at least as small, as quick and as good for its worst language, and better in one of these.
        """
        if self.observations.is_empty():
            raise NotEnoughEvidence("nothing of this grid has been measured", where=self.grid.path)
        detail = pl.col("details").str.json_path_match
        costs = self.observations.group_by("model", "recipe", maintain_order=True).agg(
            bytes=detail("$.bytes").cast(pl.Float64).first(),
            seconds=detail("$.seconds_per_text").cast(pl.Float64).mean(),
        )
        worst = self.changes.sort("change", descending=True).group_by("model", "recipe", maintain_order=True).agg(
            mean_change=pl.col("change").mean(), worst=pl.col("target").first(),
            worst_change=pl.col("change").first(), lower=pl.col("lower").first(), upper=pl.col("upper").first(),
        )  # fmt: skip
        joined = costs.join(worst, on=["model", "recipe"], how="left", maintain_order="left")
        return pl.concat(with_front(group) for _, group in joined.group_by("model", maintain_order=True))


_CHANGES = {"model": pl.String, "recipe": pl.String, "metric": pl.String, "target": pl.String,
            "target_as_reported": pl.String, "items": pl.Int64, "before": pl.Float64, "after": pl.Float64,
            "change": pl.Float64, "lower": pl.Float64, "upper": pl.Float64}  # fmt: skip


def with_front(table: pl.DataFrame) -> pl.DataFrame:
    """With `efficient`: whether a row is on the Pareto front of size, time and the worst language's change."""
    costs = table.select("bytes", "seconds", pl.col("worst_change").fill_null(0.0)).to_numpy()
    beaten = [bool(((costs <= row).all(axis=1) & (costs < row).any(axis=1)).any()) for row in costs]
    return table.with_columns(efficient=pl.Series([not one for one in beaten]))
