"""A recipe that notes where it works and takes its time; in a module of its own, so that workers can import it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from isogloss.lab import Fitted, Training
from isogloss.lab.recipe import Arrays
from isogloss.lab.recipe.ngram_logreg import NgramLogreg


@dataclass(frozen=True)
class Wandering(NgramLogreg):
    """`ngram-logreg` that leaves a file, named by node and job, whenever it begins to learn; only the first job of
    a node goes on before there is the file `gone`."""

    name: ClassVar[str] = "wandering"
    unlabelled: ClassVar[tuple[str, ...]] = ("scratch",)

    scratch: str = ""

    def fit(self, prepared: Arrays, training: Training) -> Fitted:
        import ray

        node = ray.get_runtime_context().get_node_id()
        job = f"{training.rows[0]}-{len(training.rows)}-{training.seed}"
        folder = Path(self.scratch)
        is_first = not any(folder.glob(f"{node} *"))
        (folder / f"{node} {job} {time.monotonic_ns()}").touch()
        while not (is_first or (folder / "gone").exists()):
            time.sleep(0.01)
        return super().fit(prepared, training)
