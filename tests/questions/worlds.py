"""Small evidence of every shape that users have, for the contract of all questions."""

from __future__ import annotations

import math
from pathlib import Path

import polars as pl

MEASURED = "eng deu fra spa ita pol rus hin arb zho tur fin".split()
POOR = "yor wol quy".split()


def level(language: str) -> float:
    """A score that falls with the place in the list of measured languages."""
    return 0.85 - 0.03 * MEASURED.index(language) if language in MEASURED else 0.4


def as_they_are(models: int = 1) -> pl.DataFrame:
    """Percentages of models used as they are, with a gap."""
    rows = [
        (f"model {number}", language, 100 * level(language) - 5 * number)
        for number in range(models) for language in MEASURED if (number, language) != (1, "deu")
    ]  # fmt: skip
    table = pl.DataFrame(rows, schema=["model", "target", "score"], orient="row")
    return table.with_columns(task=pl.lit("support"), metric=pl.lit("accuracy"), train=pl.lit(""))


def with_sources() -> pl.DataFrame:
    """Fractions of one model trained on one language each, beside examples of the target."""
    rows = [
        (source, target, f"{source}:1000", 0.3 + 0.5 * level(source) * level(target) + 0.1 * (source == target))
        for source in MEASURED[:8] for target in MEASURED
    ]  # fmt: skip
    table = pl.DataFrame(rows, schema=["source", "target", "train", "score"], orient="row").drop("source")
    return table.with_columns(task=pl.lit("topics"), model=pl.lit("toy"), metric=pl.lit("accuracy"))


def with_sizes() -> pl.DataFrame:
    """Fractions of one model with growing numbers of the target's own examples, labelled and translated."""
    rows = [
        (target, f"eng:3000,{target}:{own},{target}+translated:{other}", _grown(target, own, other))
        for target in MEASURED[1:] for own in (0, 100, 500, 2000) for other in (0, 500, 2000)
    ]  # fmt: skip
    table = pl.DataFrame(rows, schema=["target", "train", "score"], orient="row")
    return table.with_columns(task=pl.lit("qa"), model=pl.lit("toy"), metric=pl.lit("f1"))


def _grown(target: str, own: int, other: int) -> float:
    return 0.6 * level(target) + 0.02 * own**0.3 + 0.004 * other**0.3


def with_recipes() -> pl.DataFrame:
    """Fractions of three recipes in the same languages."""
    rows = [
        (recipe, target, level(target) + gain * math.sqrt(1 - level(target)))
        for recipe, gain in (("zero-shot", 0.0), ("translate-train", 0.1), ("translate-test", 0.08))
        for target in MEASURED
    ]
    table = pl.DataFrame(rows, schema=["recipe", "target", "score"], orient="row")
    return table.with_columns(task=pl.lit("qa"), model=pl.lit("toy"), metric=pl.lit("f1"), train=pl.lit("eng:1000"))


def with_conflicts() -> pl.DataFrame:
    """Two scores of every language, one of them another by five points."""
    table = as_they_are()
    return pl.concat([table, table.with_columns(score=pl.col("score") + 5 * (pl.col("target") == "deu"))])


def with_tasks() -> pl.DataFrame:
    """Fractions of four models on four tasks, in the fewest languages that a background learns from."""
    languages = [*MEASURED, *"por nld swe dan ces hun ell ben".split()]
    rows = [
        (f"task {task}", f"model {model}", language,
         0.9 - 0.02 * place - 0.03 * model - 0.05 * task - 0.04 * ((place + task * model) % 3))
        for task in range(4) for model in range(4) for place, language in enumerate(languages)
    ]  # fmt: skip
    table = pl.DataFrame(rows, schema=["task", "model", "target", "score"], orient="row")
    return table.with_columns(metric=pl.lit("accuracy"), train=pl.lit(""))


COSTS = """currency = "EUR"
[labelled]
default = 0.1
[translated]
default = 0.01
[compute]
hour = 3.6
seconds_per_translation = 1.0
[recipes.zero-shot]
train_hours = 1
serve_seconds = 0.1
[recipes.translate-train]
train_hours = 2
translated_examples = 36000
serve_seconds = 0.1
[recipes.translate-test]
train_hours = 1
serve_seconds = 0.1
translated_per_query = 1
"""


def costs(folder: Path) -> Path:
    """A file of prices."""
    path = folder / "costs.toml"
    path.write_text(COSTS)
    return path
