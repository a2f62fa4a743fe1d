"""Whether pruning and rounding cost a monolingual model more than a multilingual one of the same size.

    python -m benchmarks.adapt_mono_multi SEED    # two minutes of a processor

Byte models of one shape and of as many steps have read SIB-200 sentences of English, of Swahili, or of four languages;
none has read those that the grid, examples/adapt_mono_multi.toml, measures on. Each run adds its seed to
benchmarks/results/adapt_mono_multi.json.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.common import DATA, RESULTS, ROOT, have_data, machine, versions, write_result
from isogloss.evidence import Store
from isogloss.lab import ByteTransformer, pretrain, read_adaptation_grid, run_adaptation_grid
from isogloss.lab.adaptation.texts import divide

SHAPE = {"layers": 2, "width": 64, "heads": 2, "context": 128, "steps": 400, "batch_size": 12,
         "learning_rate": 5e-3}  # fmt: skip
MODELS = {"English": ("eng_Latn",), "Swahili": ("swh_Latn",),
          "four languages": ("eng_Latn", "swh_Latn", "fin_Latn", "tur_Latn")}  # fmt: skip


def compared(seed: int, folder: Path) -> list[dict[str, Any]]:
    """What each adaptation costs each language in two models that have both read it."""
    os.symlink(DATA / "sib200.parquet", folder / "sib200.parquet")
    for name in MODELS:
        (folder / name).mkdir()  # a grid names folders that are there
    grid = read_adaptation_grid(ROOT / "examples" / "adapt_mono_multi.toml", data=folder)
    learnt, _ = divide(grid.texts)
    for name, languages in MODELS.items():
        (folder / name).rmdir()
        texts = [text for language in languages for text in learnt[language]]
        pretrain(texts, folder / name, ByteTransformer(**SHAPE, seed=seed))
    found = run_adaptation_grid(grid, Store(folder / "store")).models
    known = [one["target_as_reported"] in MODELS[one["model"]] and one["target_as_reported"] in MODELS[one["other"]]
             for one in found.iter_rows(named=True)]  # fmt: skip
    numbers = [name for name, kind in found.schema.items() if kind == pl.Float64]
    return found.filter(known).with_columns(pl.col(numbers).round(4), seed=pl.lit(seed)).to_dicts()


def main() -> None:
    """Measure one seed, and add it to those measured."""
    if not have_data("sib200.parquet"):
        return
    seed = int(sys.argv[1])
    path = RESULTS / "adapt_mono_multi.json"
    others = json.loads(path.read_text())["compared"] if path.exists() else []
    with tempfile.TemporaryDirectory() as temporary:
        os.environ["ISOGLOSS_CACHE"] = f"{temporary}/cache"
        rows = [*(one for one in others if one["seed"] != seed), *compared(seed, Path(temporary))]
    write_result("adapt_mono_multi", {
        "claim": "What the same compression costs a language in a monolingual and a multilingual model of one size.",
        "machine": machine(), "versions": versions("torch", "transformers"),
        "input": f"SIB-200; byte models of {SHAPE}; bits per byte; 95 % intervals, bootstrap over texts",
        "compared": sorted(rows, key=lambda one: (one["seed"], one["target"], one["recipe"])),
    })  # fmt: skip


if __name__ == "__main__":
    main()
