"""Claim: small byte models of all varieties of Arabic against models of each one and of Standard Arabic alone.

Byte transformers of one shape are trained for as many steps on 800 sentences (train and dev of SIB-200) of one variety,
or of all nine. On the 204 test sentences, which none has read: bits per byte, topic by a linear probe of the last layer
that learns from 300 sentences of the same variety, and finding the sentence's translation in Standard Arabic. Writes
benchmarks/results/align_arabic_bytes.json. Differences are means over seeds, their intervals (95 %) of resampled test
sentences. With an argument, a folder, models are kept there, and a run that was stopped is taken up again.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.align_arabic import STANDARD, VARIETIES, rounded
from benchmarks.common import DATA, Array, have_data, machine, versions, write_result
from isogloss.alignment import Encodings, encode, read_corpus
from isogloss.alignment.linear_probe import LinearProbe
from isogloss.lab import ByteTransformer, pretrain
from isogloss.stats import bootstrap_interval

SHAPE = ByteTransformer(layers=2, width=96, heads=4, context=192, steps=400, batch_size=6, learning_rate=5e-3)
SEEDS = (0, 1, 2)
"""Of models of all varieties and of Standard Arabic; models of each dialect have the first."""
EACH_SEEDS = SEEDS[:1]
ALL = "all"
LABELLED = 300
"""Sentences whose topic a probe learns from."""
MEASURES = ("bits per byte", "topic", "retrieval")


def main() -> None:
    """Pretrain, probe, compare."""
    if not have_data("sib200.parquet"):
        return
    if len(sys.argv) > 1:
        study(Path(sys.argv[1]))
        return
    with tempfile.TemporaryDirectory() as folder:
        study(Path(folder))


def study(folder: Path) -> None:
    """All of it, within a folder."""
    table = pl.read_parquet(DATA / "sib200.parquet").with_columns(pl.col("lang", "split", "category").cast(pl.String))
    table = table.filter(pl.col("lang").is_in(VARIETIES)).sort("index_id")
    outcomes = {(kind, seed, variety): found for kind, seed in runs()
                for variety, found in outcomes_of(folder, table, kind, seed).items()}  # fmt: skip
    write_result(
        "align_arabic_bytes",
        rounded({
            "claim": (__doc__ or "").splitlines()[0].removeprefix("Claim: "),
            "machine": machine(), "versions": versions("torch", "transformers", "scikit-learn"),
            "shape": {name: value for name, value in asdict(SHAPE).items() if name != "seed"},
            "seeds": {"all and Standard Arabic": len(SEEDS), "each dialect": len(EACH_SEEDS)},
            "test_sentences": table.filter(split="test", lang=STANDARD).height,
            "means": means(outcomes),
            "all_less_own": differences(outcomes, ALL), "standard_less_own": differences(outcomes, STANDARD),
        }),
    )  # fmt: skip


def runs() -> Iterator[tuple[str, int]]:
    """What each model reads, and its seed."""
    yield from ((kind, seed) for kind in (ALL, STANDARD) for seed in SEEDS)
    yield from ((kind, seed) for kind in VARIETIES if kind != STANDARD for seed in EACH_SEEDS)


def outcomes_of(folder: Path, table: pl.DataFrame, kind: str, seed: int) -> dict[str, dict[str, Array]]:
    """Outcomes of a model in each variety, kept in the folder."""
    name = f"{kind.removesuffix('_Arab')}-{seed}"
    checkpoint, kept = folder / name, folder / f"{name}.json"
    if not checkpoint.exists():
        read = table.filter(pl.col("split") != "test")
        texts = [read.filter(lang=one)["text"] for one in (VARIETIES if kind == ALL else [kind])]
        pretrain(pl.concat(texts).to_list(), checkpoint, replace(SHAPE, seed=seed))
    if not kept.exists():
        labelled = table.filter(split="train", lang=STANDARD)["index_id"].head(LABELLED)
        tested = VARIETIES if kind in (ALL, STANDARD) else (STANDARD, kind)
        some = table.filter(
            pl.col("lang").is_in(tested), (pl.col("split") == "test") | pl.col("index_id").is_in(labelled)
        )
        found = {variety: {measure: one.tolist() for measure, one in outcome.items()}
                 for variety, outcome in measured(checkpoint, some)}  # fmt: skip
        kept.write_text(json.dumps(found))
        print(name, flush=True)
    content: dict[str, dict[str, list[float]]] = json.loads(kept.read_text())
    return {variety: {measure: np.array(one) for measure, one in found.items()} for variety, found in content.items()}


def measured(checkpoint: Path, table: pl.DataFrame) -> Iterator[tuple[str, dict[str, Array]]]:
    """Outcomes of the test sentences of each variety."""
    with tempfile.TemporaryDirectory() as folder:
        corpus = read_corpus(table.select("lang", "index_id", "text"))
        encodings = encode(checkpoint, corpus, folder, poolings=("mean",), max_length=SHAPE.context).encodings
        last = encodings.layers[-1]
        standard = vectors(encodings, table, STANDARD, last)
        for variety in encodings.languages:
            own, rows = vectors(encodings, table, variety, last), table.filter(lang=variety)
            tested = (rows["split"] == "test").to_numpy()
            _, labels = np.unique(rows["category"].to_numpy(), return_inverse=True)
            probe = LinearProbe(own[~tested], labels[~tested], 7)
            topic = probe.predict(own[tested]) == labels[tested]
            near = centred(own[tested]) @ centred(standard[tested]).T
            yield variety, {
                "bits per byte": bits(checkpoint, rows.filter(split="test")["text"].to_list()),
                "topic": topic.astype(float), "retrieval": (near.argmax(1) == np.arange(len(near))).astype(float),
            }  # fmt: skip


def vectors(encodings: Encodings, table: pl.DataFrame, variety: str, layer: int) -> Array:
    """Vectors of a variety in the order of the table."""
    place = {one: at for at, one in enumerate(encodings.ids(variety))}
    order = [place[str(one)] for one in table.filter(lang=variety)["index_id"]]
    return np.asarray(encodings.vectors(variety, layer, "mean")[order], dtype=np.float64)


def centred(rows: Array) -> Array:
    """Unit vectors without their mean."""
    rows = rows - rows.mean(0)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def bits(checkpoint: Path, texts: list[str]) -> Array:
    """Mean of -log2 of the probability of each byte of each text, as far as the model sees at once."""
    from transformers import AutoModelForCausalLM

    from isogloss.models.checkpoints import load_tokenizer
    from isogloss.models.runtime import start_torch

    torch = start_torch()
    model, tokenizer = AutoModelForCausalLM.from_pretrained(checkpoint), load_tokenizer(checkpoint)
    found = []
    with torch.inference_mode():
        for text in texts:
            ids = torch.tensor([tokenizer(text)["input_ids"][: SHAPE.context]])
            found.append(float(model(input_ids=ids, labels=ids).loss) / float(np.log(2)))
    return np.array(found)


def means(outcomes: dict[tuple[str, int, str], dict[str, Array]]) -> list[dict[str, Any]]:
    """Mean of each measure by what was read and what was tested."""
    pairs = dict.fromkeys((kind, variety) for kind, _, variety in outcomes)
    return [
        {"read": kind, "tested": variety} | {name: float(np.mean(over_seeds(outcomes, kind, variety, name)))
                                             for name in MEASURES}
        for kind, variety in pairs
    ]  # fmt: skip


def over_seeds(outcomes: dict[tuple[str, int, str], dict[str, Array]], kind: str, variety: str, name: str) -> Array:
    """Outcomes of sentences, (seeds, sentences)."""
    return np.stack([one[name] for (read, _, tested), one in outcomes.items() if (read, tested) == (kind, variety)])


def differences(outcomes: dict[tuple[str, int, str], dict[str, Array]], first: str) -> list[dict[str, Any]]:
    """A model of `first` less the model of a variety itself, tested in this variety, and the mean over varieties."""
    rows = []
    varieties = [one for one in VARIETIES if one != first]
    for name in MEASURES:
        each = {
            variety: over_seeds(outcomes, first, variety, name).mean(0)
            - over_seeds(outcomes, variety, variety, name).mean(0)
            for variety in varieties if name != "retrieval" or variety != STANDARD
        }  # fmt: skip
        for variety, difference in {**each, "mean": np.mean([*each.values()], axis=0)}.items():
            low, high = bootstrap_interval(difference)
            rows.append({"measure": name, "variety": variety, "difference": float(difference.mean()), "lower": low,
                         "upper": high})  # fmt: skip
    return rows


if __name__ == "__main__":
    main()
