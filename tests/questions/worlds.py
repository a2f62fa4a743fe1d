"""Small evidence of every shape that users have, for the contract of all questions."""

from __future__ import annotations

import atexit
import json
import math
import os
import random
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.planning.costs import RECIPES

from isogloss.evidence import ITEM, Store, observation_keys, read_evidence
from isogloss.lab import read_grid, run_grid

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


COSTS = f"""currency = "EUR"
[labelled]
default = 0.1
[translated]
default = 0.01
{RECIPES}"""


def costs(folder: Path) -> Path:
    """A file of prices."""
    path = folder / "costs.toml"
    path.write_text(COSTS)
    return path


GRID = """
[task]
name = "weather or food"
file = "texts.csv"
[[recipe]]
name = "ngram-logreg"
[[recipe]]
name = "ngram-logreg"
C = 1
[grid]
sizes = [10]
"""


def grid(folder: Path) -> Path:
    """A grid of two recipes, two languages and two topics, with 20 training and 10 test texts in each."""
    words = {"weather": ["rain", "snow", "wind"], "food": ["bread", "soup", "cheese"]}
    chance = random.Random(1)
    rows = [
        (language, split, " ".join(chance.choices(words[label], k=3)) + f" {language} {place} {split}", label)
        for language in ("eng", "deu")
        for split, count in (("train", 20), ("test", 10))
        for place, label in enumerate(["weather", "food"] * (count // 2))
    ]
    table = pl.DataFrame(rows, schema=["language", "split", "text", "label"], orient="row")
    table.write_csv(folder / "texts.csv")
    path = folder / "grid.toml"
    path.write_text(GRID)
    return path


def measured_grid(folder: Path) -> dict[str, Path]:
    """A grid, and a store that it was run into."""
    shutil.copytree(_measured(), folder, dirs_exist_ok=True)
    return {"store": folder / "store", "grid": folder / "grid.toml"}


@cache
def _measured() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="isogloss-grid-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    run_grid(read_grid(grid(folder)), Store(folder / "store"))
    return folder


def store(folder: Path) -> Path:
    """A store of two small parts."""
    place = folder / "store"
    for half in (as_they_are().head(6), as_they_are().tail(6)):
        Store(place).append(read_evidence(half).observations)
    return place


def store_with_items(folder: Path) -> Path:
    """A store with ten items of two models: the first got 8 right, the second 4 of these."""
    table = as_they_are(2).filter(target="eng").with_columns(score=pl.Series([80.0, 40.0]))
    observations = read_evidence(table).observations
    keys = observation_keys(observations)
    right = {keys[0]: [1.0] * 8 + [0.0] * 2, keys[1]: [1.0] * 4 + [0.0] * 6}
    rows = [(key, str(number), score, None) for key, scores in right.items() for number, score in enumerate(scores)]
    Store(folder / "store").append(observations, pl.DataFrame(rows, schema=ITEM, orient="row"))
    return folder / "store"


def repository(folder: Path) -> str:
    """The URL of a git repository with one MTEB result."""
    place = folder / "repository" / "results" / "me__toy" / "r1"
    place.mkdir(parents=True)
    scores = [{"main_score": 0.5, "hf_subset": "de", "languages": ["deu-Latn"]}]
    (place / "Topics.json").write_text(json.dumps({"task_name": "Topics", "scores": {"test": scores}}))
    who = ["-c", "user.name=someone", "-c", "user.email=someone@example.org", "-c", "commit.gpgsign=false"]
    when = {"GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z", "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z"}
    for words in (["init", "-q"], ["add", "results"], ["commit", "-qm", "results"]):
        subprocess.run(["git", "-C", folder / "repository", *who, *words], check=True, env={**os.environ, **when})
    return f"file://{folder / 'repository'}"


def encodings(folder: Path, languages: int = 4, sentences: int = 40) -> Path:
    """Vectors of parallel sentences in three layers: each language is drowned in more noise than the one before."""
    from isogloss.alignment import write_encodings

    drawn = np.random.default_rng(0)
    meanings = drawn.normal(size=(3, sentences, 16))
    codes = ["eng_Latn", "deu_Latn", "swh_Latn", "wol_Latn", *(ALIGNED[: max(languages - 4, 0)])]
    vectors = {code: meanings + (0.2 + 0.6 * at) * drawn.normal(size=meanings.shape) for at, code in enumerate(codes)}
    ids = dict.fromkeys(codes, range(sentences))
    write_encodings(folder / "reps", vectors, ids, model="planted")
    return folder / "reps"


def labelled(folder: Path, sentences: int = 60, step: float = 3.0, languages: int = 3) -> dict[str, Path]:
    """Vectors of languages in three layers and labels of the sentences, which layer 1 alone holds."""
    from isogloss.alignment import write_encodings

    drawn = np.random.default_rng(0)
    labels = np.arange(sentences) % 3
    meanings = drawn.normal(size=(3, sentences, 8))
    meanings[1, np.arange(sentences), labels] += step
    noise = {"arb_Arab": 0.2, "ary_Arab": 0.4, "arz_Arab": 1.5, "apc_Arab": 0.5, "acm_Arab": 0.6, "aeb_Arab": 0.7}
    noise = dict([*noise.items()][:languages])
    vectors = {code: meanings + size * drawn.normal(size=meanings.shape) for code, size in noise.items()}
    write_encodings(folder / "reps", vectors, dict.fromkeys(noise, range(sentences)), model="planted")
    topics = [("sport", "health", "travel")[label] for label in labels]
    pl.DataFrame({"id": range(sentences), "topic": topics}).write_csv(folder / "labels.csv")
    return {"encodings": folder / "reps", "task": folder / "labels.csv"}


ALIGNED = ("fra_Latn", "yor_Latn", "hin_Deva", "rus_Cyrl", "zul_Latn", "tur_Latn", "vie_Latn", "ibo_Latn")
"""Further languages of encodings."""


def adaptations(folder):
    """Two adaptations of a tiny decoder, on texts of two languages."""
    pytest.importorskip("torch", reason="models need torch, of the extra lab")
    from tests.lab.checkpoints import make_decoder

    make_decoder(folder / "model")
    rows = [{"language": language, "text": f"{word} {number}"} for number in range(20)
            for language, word in (("eng", "the doctor"), ("nld", "de dokter"))]  # fmt: skip
    pl.DataFrame(rows).write_csv(folder / "texts.tsv", separator="\t")
    grid = folder / "adaptations.toml"
    grid.write_text(
        '[texts]\nfile = "texts.tsv"\n[[model]]\ncheckpoint = "model"\n'
        '[[adaptation]]\nname = "magnitude-prune"\nlevels = { sparsity = [0.5] }\n'
        '[[adaptation]]\nname = "quantise-int8"\n'
    )
    return {"grid": grid, "into": folder / "store"}


def adapted(folder):
    """A store that has them."""
    from isogloss.evidence import Store
    from isogloss.lab import read_adaptation_grid, run_adaptation_grid

    grid = adaptations(folder)["grid"]
    run_adaptation_grid(read_adaptation_grid(grid), Store(folder / "store"))
    return {"store": folder / "store"}


def mixed_texts(folder: Path) -> dict[str, Any]:
    """A text in English, and some with a line in another language."""
    pytest.importorskip("py3langid", reason="to identify languages needs py3langid, of the extra behaviour")
    english, german = (
        "He wrote a long letter to his old mother.",
        "Er schrieb gestern einen langen Brief an seine Mutter.",
    )
    french = "Elle habite depuis longtemps dans une petite maison au bord de la mer."
    spanish = "La casa de mi abuela tiene un jardín muy grande y bonito."
    lines = [
        "The rain fell all night and the river was high.",
        *(f"{english}\n{one}" for one in (german, french, spanish)),
    ]
    (folder / "corpus.jsonl").write_text("\n".join(json.dumps({"text": line}) for line in lines))
    return {"corpus": folder / "corpus.jsonl", "into": folder / "without.jsonl"}
