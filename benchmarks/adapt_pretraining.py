"""Continued pretraining: what it changes in planted and null worlds, what it costs, and a grid on real text.

    python -m benchmarks.adapt_pretraining planted        # three worlds, two minutes of a processor
    python -m benchmarks.adapt_pretraining cost           # against a plain loop on the same batches, half a minute
    python -m benchmarks.adapt_pretraining grid FOLDER    # examples/adapt_bytes.toml, two minutes; all of it in FOLDER

A planted world is a byte model that has read English; two copies of English in bytes of their own are new to it. Each
part is added to benchmarks/results/adapt_pretraining.json.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.common import DATA, RESULTS, ROOT, have_data, machine, versions, write_result
from isogloss.evidence import Store
from isogloss.lab import ByteTransformer, adapt, clone_text, pretrain, read_adaptation_grid, run_adaptation_grid
from isogloss.lab.adaptation import adaptations
from isogloss.lab.adaptation.losses import load_with_head, measure_texts
from isogloss.lab.adaptation.mixing import Mix
from isogloss.lab.pretraining import nonsense_texts
from isogloss.models.checkpoints import load_tokenizer
from isogloss.models.runtime import start_torch
from isogloss.stats import crossed_bootstrap, percentile_interval

NAME = "continued-pretraining"
SEEDS = (0, 1, 2)
SHAPE = {"layers": 2, "width": 48, "heads": 2, "context": 96, "steps": 250, "batch_size": 8, "copies": 2,
         "learning_rate": 5e-3}  # fmt: skip
TRAINED = {"length": 96, "batch_size": 8, "measured": 0, "parts": 1}
BUDGETS = {40_000: 2e-3, 120_000: 5e-3}
"""Tokens of training, and the learning rate for each."""
HELD_OUT = 30
PER_BYTE = 4
"""UTF-8 bytes of a character of a copy, each of which stands for one byte."""
GRID_SHAPE = {"layers": 2, "width": 64, "heads": 2, "context": 256, "steps": 300, "batch_size": 8,
              "learning_rate": 4e-3}  # fmt: skip
CHANGES = ("recipe", "target_as_reported", "learnt", "seeds", "before", "after", "change", "lower", "upper", "verdict")


def sentences(*languages: str) -> list[str]:
    """All sentences of some languages."""
    table = pl.read_parquet(DATA / "sib200.parquet").filter(pl.col("lang").is_in(languages)).sort("lang", "index_id")
    return table["text"].to_list()


def planted() -> dict[str, Any]:
    """The worlds, for each budget."""
    return {f"{tokens} tokens": worlds_of(tokens, rate) for tokens, rate in BUDGETS.items()}


def worlds_of(tokens: int, rate: float) -> dict[str, Any]:
    """Changes of the language and of both copies, bits per byte of English, by what was trained on."""
    texts = sentences("eng_Latn")
    order = np.random.default_rng(0).permutation(len(texts))
    held_out, learnt = ([texts[place] for place in some] for some in (order[:HELD_OUT], order[HELD_OUT:]))
    tried = {"language": held_out, "copy": [*map(clone_text, held_out)],
             "other copy": [clone_text(one, 2) for one in held_out]}  # fmt: skip
    worlds = {
        "copy": [*map(clone_text, learnt)],
        "nonsense in the copy": [*map(clone_text, nonsense_texts(learnt, 0))],
        "its own text": learnt,
    }
    found: dict[str, dict[str, list[Any]]] = {name: {one: [] for one in tried} for name in worlds}
    for seed in SEEDS:
        with tempfile.TemporaryDirectory() as temporary:
            model = Path(temporary) / "model"
            pretrain(learnt, model, ByteTransformer(**SHAPE, seed=seed))
            before = bits(model, tried)
            for name, some in worlds.items():
                made = adapt(model, NAME, corpus={"eng": some}, seed=seed, measure=False, tokens=tokens,
                             learning_rate=rate, into=Path(temporary) / name, **TRAINED)  # fmt: skip
                after = bits(made, tried)
                for one in tried:
                    found[name][one].append(after[one] - before[one])
    changes = {name: {one: np.stack(rows) for one, rows in by.items()} for name, by in found.items()}
    return {
        "changes": {name: {one: told(rows) for one, rows in by.items()} for name, by in changes.items()},
        "copy less other copy": {name: told(by["copy"] - by["other copy"]) for name, by in changes.items()},
        "copy, trained on it less on nonsense": told(changes["copy"]["copy"] - changes["nonsense in the copy"]["copy"]),
        "seeds": len(SEEDS), "sentences": HELD_OUT,
    }  # fmt: skip


def bits(folder: Path, tried: dict[str, list[str]]) -> dict[str, Any]:
    """Bits per byte of the language and of its copies, text by text."""
    measured = measure_texts(folder, tried)
    found = {name: rows["loss"].to_numpy() for (name,), rows in measured.group_by("language")}
    return {name: losses * (1 if name == "language" else PER_BYTE) for name, losses in found.items()}


def told(rows: Any) -> list[float]:
    """Mean, and a 95 % interval over seeds and sentences."""
    return [round(float(one), 3) for one in (rows.mean(), *percentile_interval(crossed_bootstrap(rows)))]


def cost() -> dict[str, Any]:
    """CPU seconds of the adaptation and of a plain loop on the same batches, the less of two runs each."""
    texts = sentences("eng_Latn")[:500]
    shape = ByteTransformer(layers=3, width=128, heads=4, context=128, steps=1)
    how = {"tokens": 98_304, "length": 128, "batch_size": 16, "measured": 0}
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as temporary:
        model = Path(temporary) / "model"
        pretrain(texts, model, shape)
        for run in range(2):
            began = time.process_time()
            adapt(model, NAME, corpus={"eng": texts}, measure=False, into=Path(temporary) / str(run), **how)
            ours.append(time.process_time() - began)
            began = time.process_time()
            plain_loop(model, texts, how)
            theirs.append(time.process_time() - began)
    return {"ours_cpu_s": round(min(ours), 2), "plain_cpu_s": round(min(theirs), 2),
            "ratio": round(min(ours) / min(theirs), 3), "tokens": how["tokens"]}  # fmt: skip


def plain_loop(folder: Path, texts: list[str], how: dict[str, Any]) -> None:
    """The usual loop, with AdamW, clipping and a schedule, on batches drawn in the same way."""
    torch = start_torch()
    model, tokenizer = load_with_head(folder), load_tokenizer(folder)
    chosen = adaptations.get(NAME).read(how)
    mix = Mix(tokenizer, {"eng": texts}, ["eng"], [], alpha=1.0, replay=0.0, interleave="", length=how["length"])
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, chosen.steps)
    model.train()
    for step in range(chosen.steps):
        batch = mix.batch(how["batch_size"], np.random.default_rng([0, step]))
        ids = torch.from_numpy(np.stack(batch))
        loss = model(input_ids=ids, labels=ids).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    model.save_pretrained(folder.parent / "plain")


def grid(folder: Path) -> dict[str, Any]:
    """The grid of examples/adapt_bytes.toml."""
    if not (folder / "bytes").exists():
        pretrain(sentences("eng_Latn", "fin_Latn"), folder / "bytes", ByteTransformer(**GRID_SHAPE))
    shutil.copy(ROOT / "examples" / "adapt_bytes.toml", folder)
    if not (folder / "sib200.parquet").exists():
        (folder / "sib200.parquet").symlink_to(DATA / "sib200.parquet")
    found = run_adaptation_grid(read_adaptation_grid(folder / "adapt_bytes.toml"), Store(folder / "store"))
    rounded = {name: found.changes[name].round(4) for name in ("before", "after", "change", "lower", "upper")}
    return {
        "model": GRID_SHAPE, "summary": found.summary.drop("model").to_dicts(),
        "changes": found.changes.with_columns(**rounded).select(CHANGES).to_dicts(),
    }  # fmt: skip


def main() -> None:
    """Measure one part, and keep the others."""
    if not have_data("sib200.parquet"):
        return
    part = sys.argv[1]
    measured = grid(Path(sys.argv[2])) if part == "grid" else {"planted": planted, "cost": cost}[part]()
    path = RESULTS / "adapt_pretraining.json"
    there = json.loads(path.read_text()) if path.exists() else {}
    result = {
        "claim": "Training on a copy lowers its loss and not another copy's, at the cost of a plain loop.",
        "machine": machine(), "versions": versions("torch", "transformers"),
        "input": f"SIB-200; byte models of {SHAPE}, trained on with {TRAINED}, tokens and rates {BUDGETS}; "
        "95 % intervals over seeds and sentences",
        **{name: there[name] for name in ("planted", "cost", "grid") if name in there}, part: measured,
    }  # fmt: skip
    write_result("adapt_pretraining", result)


if __name__ == "__main__":
    main()
