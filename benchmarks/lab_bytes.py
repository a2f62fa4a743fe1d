"""Claim: small byte models carry a task over to a copy of a language read within one text, not to one read apart.

Small byte models are pretrained from scratch on the same English texts: alone; with a copy of them in bytes of its own;
with that copy word by word in one text; and, as a control, on nonsense with the same letters and its copy. A linear
probe on each learns parts of speech from English sentences and is tested on the same English test sentences, on their
copies, and on a copy that shares every second letter; one that learns from the copy itself is the ceiling. Three seeds.
Writes benchmarks/results/lab_bytes.json and its picture. With an argument, a folder, models and scores are kept there,
and a run that was stopped is taken up again. Without the research data it says so and ends.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from benchmarks.common import DATA, ROOT, Array, have_data, machine, versions, write_result
from isogloss.evidence import observation_keys
from isogloss.evidence.store import Store
from isogloss.lab import ByteTransformer, clone_text, pretrain, read_grid, run_grid
from isogloss.lab.byte_transformer import RECORD
from isogloss.lab.pretraining import mix_copy, nonsense_texts
from isogloss.stats import holm

SHAPE = ByteTransformer(layers=2, width=96, heads=4, context=128, copies=1, steps=900, batch_size=8, learning_rate=5e-3)
SEEDS = (0, 1, 2)
SIZE = 500
"""Sentences that a probe learns from,"""
AT_MOST = 1000
"""drawn from so many."""
ENGLISH, COPY, HALF = "eng", "english-copy", "english-half"
KINDS = ALONE, BOTH, MIXED, NONSENSE = (
    "English alone", "English and its copy", "the two word by word", "nonsense and its copy",
)  # fmt: skip
VARIETIES = "".join(f'[[variety]]\nid = "{code}"\nparent = "{ENGLISH}"\n' for code in (COPY, HALF))
SPACE, LETTER = "read at the space after a word", "read at its last letter"
GRID = """
[[task]]
name = "{space}"
kind = "token-tagging"
file = "sentences.parquet"
metrics = ["accuracy"]
columns = {{ item = "item" }}
[[task]]
name = "{letter}"
kind = "token-tagging"
file = "words.parquet"
metrics = ["accuracy"]
columns = {{ item = "item" }}
copies = {{ english-copy = {{ of = "eng" }} }}
[model]
checkpoint = "{checkpoint}"
called = "{kind}"
[recipe]
name = "linear-probe"
layer = {layer}
max_length = {context}
[grid]
sources = "all"
targets = "all"
sizes = [{size}]
seeds = [{seed}]
"""


class Cell(NamedTuple):
    """A model, what the probe was trained on and tested on, and where words were read."""

    kind: str
    source: str
    target: str
    task: str = SPACE


QUESTIONS = {
    "is English learnt": (Cell(ALONE, ENGLISH, ENGLISH), Cell(NONSENSE, ENGLISH, ENGLISH)),
    "does having read the copy help": (Cell(BOTH, ENGLISH, COPY), Cell(ALONE, ENGLISH, COPY)),
    "is it more than letters": (Cell(BOTH, ENGLISH, COPY), Cell(NONSENSE, ENGLISH, COPY)),
    "does mixing words help": (Cell(MIXED, ENGLISH, COPY), Cell(BOTH, ENGLISH, COPY)),
    "does mixing words help at the last letter": (
        Cell(MIXED, ENGLISH, COPY, LETTER),
        Cell(BOTH, ENGLISH, COPY, LETTER),
    ),
    "does it matter where a mixed word is read": (Cell(MIXED, ENGLISH, COPY), Cell(MIXED, ENGLISH, COPY, LETTER)),
    "does sharing half of the letters help": (Cell(ALONE, ENGLISH, HALF), Cell(ALONE, ENGLISH, COPY)),
    "what mixing leaves to the ceiling": (Cell(MIXED, COPY, COPY), Cell(MIXED, ENGLISH, COPY)),
}


def main() -> None:
    """Pretrain, probe, compare."""
    if not have_data("ud_pos.parquet", "sib200.parquet", "xquad.parquet"):
        return
    if len(sys.argv) > 1:
        study(Path(sys.argv[1]))
        return
    with tempfile.TemporaryDirectory() as folder:
        study(Path(folder))


def study(folder: Path) -> None:
    """All of it, within a folder."""
    english = english_texts()
    cloned = set(by_frequency(english)[1::2])
    prepare(folder, cloned)
    store = Store(folder / "store")
    for seed in SEEDS:
        for kind, texts in to_read(english, seed).items():
            measure(folder, store, kind, texts, seed)
    found = store.read().observations.with_columns(source=pl.col("train").str.split(":").list.first())
    tags = pl.read_parquet(folder / "sentences.parquet").filter(split="test", language=ENGLISH)["tags"].explode()
    scores = summary(found)
    chance = float(tags.value_counts()["count"].max() / len(tags))
    write_result(
        "lab_bytes",
        {
            "claim": (__doc__ or "").splitlines()[0].removeprefix("Claim: "),
            "machine": machine() + "; one thread",
            "versions": versions("torch", "transformers", "scikit-learn"),
            "input": {
                "read": "English training texts of UD (EWT), SIB-200 and XQuAD, as bytes",
                "bytes": sum(len(text.encode()) for text in english),
                "bytes_shared_by_half_a_copy": shared(english, cloned),
                "task": f"UD parts of speech, {SIZE} sentences to learn from",
                "test_words": len(tags),
            },
            "shape": {name: value for name, value in asdict(SHAPE).items() if name != "seed"},
            "seeds": len(SEEDS),
            "chance": round(chance, 4),
            "pretraining": pretraining(folder),
            "accuracy": scores,
            "questions": answers(found, store, lengths(folder)),
        },
    )
    draw(scores, chance, ROOT / "docs" / "images" / "byte-models.png")


def english_texts() -> list[str]:
    """What there is to read: sentences with spaces between all words, as they are tagged, and running text."""
    sentences = pl.read_parquet(DATA / "ud_pos.parquet").filter(lang="eng", split="train")["form"].to_list()
    news = pl.read_parquet(DATA / "sib200.parquet").filter(lang="eng_Latn", split="train")["text"].to_list()
    articles = pl.read_parquet(DATA / "xquad.parquet").filter(lang="en")["context"].unique(maintain_order=True)
    return [*(" ".join(words) for words in sentences), *news, *articles.to_list()]


def by_frequency(texts: list[str]) -> list[str]:
    """All characters, the most frequent first: that is the space, which half a copy so shares."""
    counts = Counter("".join(texts))
    return sorted(counts, key=lambda letter: (-counts[letter], letter))


def shared(texts: list[str], cloned: set[str]) -> float:
    """Share of bytes that half a copy leaves as they are."""
    whole = "".join(texts)
    return round(sum(len(letter.encode()) for letter in whole if letter not in cloned) / len(whole.encode()), 4)


def half_clone(text: str, cloned: set[str]) -> str:
    """A text in which some characters are those of the copy."""
    return "".join(clone_text(letter) if letter in cloned else letter for letter in text)


def to_read(english: list[str], seed: int) -> dict[str, list[str]]:
    """What each model reads."""
    chance = np.random.default_rng(seed)
    nonsense = nonsense_texts(english, seed)
    return {
        ALONE: english,
        BOTH: [*english, *map(clone_text, english)],
        MIXED: [mix_copy(text, 1, 0.5, chance) for text in [*english, *english]],
        NONSENSE: [*nonsense, *map(clone_text, nonsense)],
    }


def prepare(folder: Path, cloned: set[str]) -> None:
    """Write the sentences in all three languages, each word with the space after it, and announce the copies."""
    (folder / "varieties").mkdir(parents=True, exist_ok=True)
    (folder / "varieties" / "copies.toml").write_text(VARIETIES)
    os.environ |= {"ISOGLOSS_VARIETIES": str(folder / "varieties"), "ISOGLOSS_FEATURES": str(folder / "features")}
    ways: dict[str, Callable[[str], str]] = {
        ENGLISH: str, COPY: clone_text, HALF: lambda text: half_clone(text, cloned),
    }  # fmt: skip
    treebank = pl.read_parquet(DATA / "ud_pos.parquet").filter(pl.col("lang") == "eng", pl.col("split") != "dev")
    whole = treebank.filter(pl.col("form").list.join(" ").str.len_bytes() < SHAPE.context - 1)
    whole = pl.concat([whole.filter(split="train").head(AT_MOST), whole.filter(split="test")])
    rows = [
        {"language": code, "split": split, "item": item, "words": [put(word + " ") for word in words], "tags": tags}
        for code, put in ways.items()
        for split, item, words, tags in whole.select("split", "sent_id", "form", "upos").iter_rows()
    ]
    pl.DataFrame(rows).write_parquet(folder / "sentences.parquet")
    bare = pl.lit(ENGLISH).alias("language"), "split", pl.col("sent_id").alias("item"), pl.col("form").alias("words")
    whole.select(*bare, tags="upos").write_parquet(folder / "words.parquet")


def measure(folder: Path, store: Store, kind: str, texts: list[str], seed: int) -> None:
    """Pretrain a model, if it is not there, and probe it, if that was not done."""
    checkpoint = model_folder(folder, kind, seed)
    if not (checkpoint / RECORD).is_file():
        shutil.rmtree(checkpoint, ignore_errors=True)  # of a run that was stopped
        pretrain(texts, checkpoint, replace(SHAPE, seed=seed))
    named = {"checkpoint": checkpoint, "kind": kind, "seed": seed, "size": SIZE, "space": SPACE, "letter": LETTER}
    path = folder / "grid.toml"
    path.write_text(GRID.format(layer=SHAPE.layers, context=SHAPE.context, **named))
    report = run_grid(read_grid(path, data=folder), store, executor="serial")
    print(seed, kind, report.run, "trained", flush=True)


def model_folder(folder: Path, kind: str, seed: int) -> Path:
    """Where a model is kept."""
    return folder / "models" / f"{kind.replace(' ', '-')}-{seed}"


def pretraining(folder: Path) -> dict[str, Any]:
    """What came of pretraining, by what was read: means over seeds."""
    records = {
        kind: [json.loads((model_folder(folder, kind, seed) / RECORD).read_text()) for seed in SEEDS] for kind in KINDS
    }
    names = ("parameters", "passes", "bits_per_byte_before", "bits_per_byte", "seconds")
    return {
        kind: {name: round(float(np.mean([one[name] for one in some])), 3) for name in names}
        for kind, some in records.items()
    }


def summary(found: pl.DataFrame) -> list[dict[str, Any]]:
    """Mean and standard error over seeds of every cell."""
    spread = pl.col("score").std() / pl.len().cast(pl.Float64).sqrt()
    table = found.group_by("task", "model", "source", "target", maintain_order=True).agg(
        mean=pl.col("score").mean().round(4), standard_error=spread.round(4), scores=pl.col("score").sort_by("seed")
    )
    return table.to_dicts()


def lengths(folder: Path) -> pl.DataFrame:
    """How many words each test sentence has."""
    sentences = pl.read_parquet(folder / "words.parquet").filter(split="test")
    return sentences.select("item", length=pl.col("words").list.len().cast(pl.Float64))


def answers(found: pl.DataFrame, store: Store, of_sentences: pl.DataFrame) -> list[dict[str, Any]]:
    """The first cell of each question less the second: over seeds, and over test sentences."""
    from scipy.stats import ttest_rel

    keyed = found.with_columns(observation_keys(found))
    items = store.read_items(keyed["observation"]).select("observation", "item", item_score="score")
    outcomes = keyed.join(items, on="observation")
    rows = []
    for question, (first, second) in QUESTIONS.items():
        one, other = (
            outcomes.filter(task=cell.task, model=cell.kind, source=cell.source, target=cell.target)
            for cell in (first, second)
        )
        by_seed = [part.unique("seed").sort("seed")["score"].to_numpy() for part in (one, other)]
        both = one.join(other, on=["seed", "item"], suffix="_second")
        by_item = both.group_by("item").agg(difference=(pl.col("item_score") - pl.col("item_score_second")).mean())
        weighed = by_item.join(of_sentences, on="item").sort("item")
        low, high = words_bootstrap(weighed["difference"].to_numpy(), weighed["length"].to_numpy())
        rows.append(
            {
                "question": question, "first": first._asdict(), "second": second._asdict(),
                "difference": round(float((by_seed[0] - by_seed[1]).mean()), 4),
                "by_seed": [round(float(value), 4) for value in by_seed[0] - by_seed[1]],
                "p_seeds": float(ttest_rel(*by_seed).pvalue),
                "interval_of_sentences": [round(low, 4), round(high, 4)],
            }
        )  # fmt: skip
    corrected = holm([row["p_seeds"] for row in rows])
    return [row | {"p_seeds_holm": value} for row, value in zip(rows, corrected, strict=True)]


def words_bootstrap(differences: Array, words: Array, draws: int = 10_000) -> tuple[float, float]:
    """95 % percentile interval of the mean over words, sentences being drawn."""
    some = np.random.default_rng(0).integers(0, len(words), (draws, len(words)))
    means = (differences * words)[some].sum(1) / words[some].sum(1)
    return float(np.quantile(means, 0.025)), float(np.quantile(means, 0.975))


def draw(scores: list[dict[str, Any]], chance: float, path: Path) -> None:
    """Mean accuracy with two standard errors either way, three lines per model."""
    from isogloss.charts import Canvas, save
    from isogloss.charts.lines import Line, Scale, lines_panel

    canvas = Canvas(score="accuracy")
    colours = canvas.colours
    ways = {
        (ENGLISH, COPY): ("English to its copy", {"colour": colours.forecast, "shape": "circle"}),
        (COPY, COPY): ("its copy to itself: the ceiling", {"colour": colours.alert, "shape": "diamond"}),
        (ENGLISH, ENGLISH): ("English to English", {"colour": colours.measured, "shape": "square"}),
    }
    found = {(one["model"], one["source"], one["target"]): one for one in scores if one["task"] == SPACE}
    lines = []
    for model in KINDS:
        for number, (way, (_, look)) in enumerate(ways.items()):
            mean, spread = found[model, *way]["mean"], 2 * found[model, *way]["standard_error"]
            name = model if number == 0 else ""
            lines.append(Line(name, mean, mean - spread, mean + spread, figures=f"{mean:.2f}", **look))
    word_by_word = found[MIXED, ENGLISH, COPY]["mean"]
    page = canvas.page(
        f"Only what was read mixed with its copy carries over to it: {word_by_word:.2f}",
        [f"Parts of speech by a linear probe, on models that read different texts; bars: two standard errors. "
         f"Dashed: the most frequent tag, {chance:.2f}."],
    )  # fmt: skip
    scale = Scale(0.0, 0.7, "accuracy", rule=chance)
    key = dict(ways.values())
    chart = lines_panel(lines, scale, canvas, page.width, page.height, key=key)
    told = [
        f"{model}, {ways[way][0]}: {found[model, *way]['mean']:.2f}" for model in KINDS for way in ways
    ]  # fmt: skip
    save(page.finish(chart, f"Accuracy. {'; '.join(told)}."), path)


if __name__ == "__main__":
    main()
