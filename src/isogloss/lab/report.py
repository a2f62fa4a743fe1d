"""What a run did, for people and for programs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

import polars as pl

from isogloss.lab.job import Bench, Job
from isogloss.lab.recipe import Arrays
from isogloss.lab.task import Leak


@dataclass
class Encoding:
    """What encoding texts with frozen models took, summed over workers; see `isogloss.models.features.Encoded`."""

    tokens: int = 0
    padding: int = 0
    flops: float = 0.0
    seconds: float = 0.0
    whole_seconds: float = 0.0


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
    seconds: dict[str, float] = field(default_factory=dict)

    def count(self, bench: Bench, todo: list[Job]) -> None:
        """Take the jobs of a task and recipe into account, of which `todo` are not in the store."""
        self.jobs += len(bench.jobs)
        self.skipped += len(bench.jobs) - len(todo)
        self.leaks |= {code: leak for code, leak in bench.task.leaks.items() if code in bench.targets}
        self.left_out += [name for name in bench.left_out if name not in self.left_out]

    def note_encoding(self, prepared: Arrays) -> None:
        """Take into account what preparing took, if it encoded anything."""
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
            "seconds": {stage: round(value, 3) for stage, value in self.seconds.items()},
        }
