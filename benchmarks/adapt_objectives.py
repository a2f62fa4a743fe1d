"""Losses that align languages, and teachers: what they change where the truth is known, and where it is wrong.

    python -m benchmarks.adapt_objectives align        # planted and null worlds, a minute and a half of a processor
    python -m benchmarks.adapt_objectives distil       # students alone, with a teacher, with a random one: two minutes
    python -m benchmarks.adapt_objectives fuse         # with two teachers of one language each: a minute and a half

A planted world has two languages, the same sentences word by word in letters that the other has not; models have read
both, and no translations (tests/lab/adaptation/worlds.py). In the null world translations are paired wrongly. Each
part is added to benchmarks/results/adapt_objectives.json.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from tests.lab.adaptation.worlds import COPY, VERBS, copied, sentences, shuffled, trained, untrained

from benchmarks.common import RESULTS, machine, versions, write_result
from isogloss.alignment.cosines import Pair
from isogloss.alignment.linear_probe import LinearProbe
from isogloss.lab import adapt, adaptation_card
from isogloss.lab.adaptation.losses import measure_texts
from isogloss.models import load_encoder
from isogloss.stats import crossed_bootstrap, percentile_interval

PARTS = ("align", "distil", "fuse")
SEEDS = (0, 1, 2)
PARALLEL, TEST, LABELLED = 120, 100, 200
ALIGNED = {"batches": 60, "batch_size": 16, "learning_rate": 2e-3, "parts": 1, "measured": 0, "measure": False}
ARMS = [(kind, name) for kind in ("masked", "decoder") for name in ("align-sentences", "align-words")]


def told(rows: Any) -> list[float]:
    """Mean, and a 95 % interval over seeds and sentences."""
    return [round(float(one), 3) for one in (rows.mean(), *percentile_interval(crossed_bootstrap(rows)))]


def align() -> dict[str, Any]:
    """Retrieval of translations and transfer of a probe, before and after, with right and with wrong pairs."""
    parallel, test, labelled = worlds()
    pairs = {"right": [*map(copied, parallel)], "wrong": shuffled([*map(copied, parallel)])}
    found: dict[str, dict[str, list[Any]]] = {}
    for seed in SEEDS:
        for kind in dict.fromkeys(kind for kind, _ in ARMS):
            with tempfile.TemporaryDirectory() as temporary:
                base = trained(kind, Path(temporary), seed=seed)
                for name in [name for of, name in ARMS if of == kind]:
                    for what, copies in pairs.items():
                        into = Path(temporary) / f"{name} {what}"
                        made = adapt(
                            base, name, corpus={"eng": parallel, COPY: copies}, seed=seed, into=into, **ALIGNED
                        )
                        layer = adaptation_card(made)["facts"]["layer"]
                        for when, folder in (("before", base), (what, made)):
                            for score, rows in outcomes(folder, layer, test, labelled).items():
                                place = found.setdefault(f"{name}, {kind}", {})
                                place.setdefault(f"{score} {when}", []).append(rows)
    return {arm: summary({name: np.stack(rows) for name, rows in some.items()}) for arm, some in found.items()}


def summary(rows: dict[str, Any]) -> dict[str, list[float]]:
    """Every score, and what right pairs give more than wrong ones."""
    rows = {name: one[::2] if name.endswith("before") else one for name, one in rows.items()}  # measured with both
    more = {f"{score} right less wrong": rows[f"{score} right"] - rows[f"{score} wrong"] for score in SCORES}
    return {name: told(one) for name, one in (rows | more).items()}


SCORES = ("retrieval", "probe in English", "transfer")


def worlds() -> tuple[list[str], list[str], list[str]]:
    """Sentences to align, to test, and to learn a probe from; none stands in two of them."""
    every = sentences(PARALLEL + TEST + LABELLED, 11)
    return every[:PARALLEL], every[PARALLEL : PARALLEL + TEST], every[PARALLEL + TEST :]


def outcomes(folder: Path, layer: int, test: list[str], labelled: list[str]) -> dict[str, Any]:
    """Of each test sentence: whether its translation is nearest; whether an English probe tells its verb in both."""
    encoder = load_encoder(folder)
    vectors = {
        name: encoder.encode(texts, layer=layer)
        for name, texts in {"eng": test, COPY: [*map(copied, test)], "labelled": labelled}.items()
    }
    probe = LinearProbe(vectors["labelled"], labels(labelled), 2, strength=1.0)
    right = {code: (probe.predict(vectors[code]) == labels(test)).astype(float) for code in ("eng", COPY)}
    return {
        "retrieval": hits(unit(vectors["eng"]), unit(vectors[COPY])),
        "probe in English": right["eng"],
        "transfer": right[COPY],
    }


def labels(texts: list[str]) -> Any:
    """Whether the verb of a sentence is one of the first three."""
    return np.array([int(text.split()[3] in VERBS[:3]) for text in texts])


STUDENT = {"tokens": 16 * 32 * 150, "length": 32, "batch_size": 16, "learning_rate": 5e-3, "parts": 1, "measured": 0,
           "measure": False}  # fmt: skip
FEW = 24
LESSONS = {
    "alone": ("continued-pretraining", ""), "answers": ("distil", "trained"),
    "interpolated": ("distil-interpolated", "trained"), "answers of a random teacher": ("distil", "random"),
}  # fmt: skip
"""Adaptation and teacher."""


def distil() -> dict[str, Any]:
    """Bits per byte of decoders of one layer that read 24 sentences, alone, with a teacher, and with a random one."""
    every = sentences(FEW + TEST, 21)
    few, test = ({"eng": some, COPY: [*map(copied, some)]} for some in (every[:FEW], every[FEW:]))
    rows: dict[str, list[Any]] = {name: [] for name in LESSONS}
    for seed in SEEDS:
        with tempfile.TemporaryDirectory() as temporary:
            place = Path(temporary)
            trained("decoder", place, steps=200, seed=seed)
            untrained("decoder", place / "random", seed=20 + seed)
            student = untrained("decoder", place / "student", layers=1, seed=30 + seed)
            for what, (name, teacher) in LESSONS.items():
                given = {"teacher": str(place / teacher)} if teacher else {}
                made = adapt(student, name, corpus=few, seed=seed, into=place / what, **STUDENT, **given)
                rows[what].append(measure_texts(made, test)["loss"].to_numpy())
    whole = {name: np.stack(some) for name, some in rows.items()}
    less = {f"{name} less alone": some - whole["alone"] for name, some in whole.items() if name != "alone"}
    return {name: told(some) for name, some in (whole | less).items()}


FUSED = {"responses": 0.0, "sorted": 1.0, "graph": 0.1}
FUSIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "alone": ("", {}), "responses": ("trained", {}), "sorted and graph": ("trained", FUSED),
    "random, responses": ("random", {}), "random, sorted and graph": ("random", FUSED),
}  # fmt: skip
"""Which teachers, and the settings of `distil-fused`."""
FUSION_SEEDS = (0, 1)


def fuse() -> dict[str, Any]:
    """Bits per byte of each language, of students that read 24 sentences with two teachers of one language each."""
    every = sentences(FEW + TEST, 21)
    few, test = ({"eng": some, COPY: [*map(copied, some)]} for some in (every[:FEW], every[FEW:]))
    rows: dict[str, dict[str, list[Any]]] = {name: {"eng": [], COPY: []} for name in FUSIONS}
    for seed in FUSION_SEEDS:
        with tempfile.TemporaryDirectory() as temporary:
            place = Path(temporary)
            teachers: dict[str, list[str]] = {"trained": [], "random": []}
            for number, code in enumerate(few):
                new = untrained("decoder", place / f"random {code}", seed=20 + 2 * seed + number)
                read = [*map(copied, sentences(200, 1))] if code == COPY else sentences(200, 0)
                taught = adapt(
                    new, "continued-pretraining", corpus={code: read}, seed=seed, into=place / code,
                    **{**STUDENT, "tokens": 16 * 32 * 150, "learning_rate": 3e-3},
                )  # fmt: skip
                teachers["random"].append(str(new))
                teachers["trained"].append(str(taught))
            student = untrained("decoder", place / "student", layers=1, seed=30 + seed)
            for what, (which, settings) in FUSIONS.items():
                name = "distil-fused" if which else "continued-pretraining"
                given = {"teachers": tuple(teachers[which]), **settings} if which else {}
                made = adapt(student, name, corpus=few, seed=seed, into=place / what, **STUDENT, **given)
                losses = measure_texts(made, test)
                for code in few:
                    rows[what][code].append(losses.filter(pl.col("language") == code)["loss"].to_numpy())
                print(seed, what, {code: float(some[-1].mean()) for code, some in rows[what].items()}, flush=True)
    whole = {name: {code: np.stack(one) for code, one in some.items()} for name, some in rows.items()}
    less = {
        f"{name} less alone": {code: one - whole["alone"][code] for code, one in some.items()}
        for name, some in whole.items() if name != "alone"
    }  # fmt: skip
    return {name: {code: told(one) for code, one in some.items()} for name, some in (whole | less).items()}


def unit(rows: Any) -> Any:
    """Rows of length 1."""
    rows = rows.astype(np.float64)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def hits(first: Any, second: Any) -> Any:
    """Of each sentence, whether its translation is nearest; the mean of both directions."""
    nearest = Pair(first, second).nearest
    return (nearest.forward + nearest.backward) / 2


def main() -> None:
    """Measure one part, and keep the others."""
    part = sys.argv[1]
    measured = {"align": align, "distil": distil, "fuse": fuse}[part]()
    path = RESULTS / "adapt_objectives.json"
    there = json.loads(path.read_text()) if path.exists() else {}
    kept = {name: there[name] for name in PARTS if name in there}
    result = {
        "claim": "Losses over translations bring languages together, a teacher helps a student; wrong ones do not.",
        "machine": machine(), "versions": versions("torch", "transformers"),
        "input": f"planted sentences: {PARALLEL} pairs to align, {TEST} to test, {LABELLED} for a probe; {ALIGNED}; "
        f"{len(SEEDS)} seeds, 95 % intervals over seeds and sentences",
        **kept, part: measured,
    }  # fmt: skip
    write_result("adapt_objectives", result)


if __name__ == "__main__":
    main()
