"""Claim: MEXA is scored at least 100 times, all-pairs CKA at least 20 times faster than by plain references, exactly.

The references are the released scripts' way of computing, written plainly: MEXA by one cosine of scipy per pair of
sentences and a strict comparison, CKA by the formulas of Kornblith et al. 2019 on features, norms and all per pair.
Both run on the same vectors in the same process on one thread; ours makes intervals as well. One sentence in a hundred
repeats another, as in SIB-200; for MEXA also one in three, where exact ties decide. `whole` scores as many cells as 205
languages in all 7 layers of a MiniLM have.
"""

from __future__ import annotations

import resource
from collections.abc import Callable
from time import process_time
from typing import Any

import numpy as np
from scipy.spatial.distance import cosine

from benchmarks.common import Array, machine, versions, write_result
from isogloss.alignment import score
from isogloss.threads import one_blas_thread

SENTENCES, WIDTH = 200, 384
LANGUAGES_OF_MEXA, LAYERS_OF_MEXA = 10, 2
LANGUAGES_OF_CKA = 20
WHOLE = {"languages": 205, "sentences": 1004, "layers": 7}
GOALS = {"mexa": 100, "cka": 20, "whole": 120.0}
"""Ratios of CPU time, and CPU seconds."""


def planted(
    languages: int, layers: int, sentences: int, dtype: Any = np.float32, repeated: int = 100
) -> dict[str, Array]:
    """Vectors by language, of shape (layers, sentences, width), with more noise from language to language."""
    random = np.random.default_rng(0)
    meanings = random.normal(size=(layers, sentences, WIDTH)) * np.linspace(3, 0.1, WIDTH) + 0.5
    copies = random.integers(0, sentences, (2, sentences // repeated))
    vectors = {}
    for at in range(languages):
        rows = meanings + 24 * at / languages * random.normal(size=meanings.shape)
        rows[:, copies[0]] = rows[:, copies[1]]
        vectors["eng" if at == 0 else f"l{at:03d}"] = rows.astype(dtype)
    return vectors


def mexa_by_loop(first: Array, second: Array) -> float:
    """The released way: one cosine at a time, in double precision."""
    first, second = first.astype(np.float64), second.astype(np.float64)
    count = len(first)
    table = np.array([[1 - cosine(x, y) for y in second] for x in first])
    hits = 0
    for i in range(count):
        others = np.arange(count) != i
        hits += bool(table[i, i] > table[i, others].max() and table[i, i] > table[others, i].max())
    return hits / count


def cka_by_features(first: Array, second: Array, *, debiased: bool) -> float:
    """Kornblith's notebook, in the precision of the vectors."""
    x, y = first - first.mean(0), second - second.mean(0)
    count = len(x)

    def inner(a: Array, b: Array) -> float:
        product = float(np.linalg.norm(b.T @ a) ** 2)
        if not debiased:
            return product
        left, right = np.einsum("ij,ij->i", a, a), np.einsum("ij,ij->i", b, b)
        totals = float(left.sum()) * float(right.sum())
        return product - count / (count - 2) * float(left @ right) + totals / ((count - 1) * (count - 2))

    return inner(x, y) / np.sqrt(inner(x, x) * inner(y, y))


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """What it gives, and CPU seconds."""
    start = process_time()
    return work(), process_time() - start


def median_of_five(work: Callable[[], Any]) -> tuple[Any, float]:
    """The same for what takes a few hundredths of a second: the median of five runs."""
    runs = [timed(work) for _ in range(5)]
    return runs[0][0], sorted(spent for _, spent in runs)[2]


def measure_mexa(repeated: int) -> dict[str, Any]:
    """Every cell against the loop, one sentence of so many repeating another."""
    vectors = planted(LANGUAGES_OF_MEXA, LAYERS_OF_MEXA, SENTENCES, repeated=repeated)
    plain, peer = timed(
        lambda: [mexa_by_loop(vectors["eng"][k], vectors[one][k]) for k in range(LAYERS_OF_MEXA) for one in vectors]
    )
    table, ours = median_of_five(lambda: score(vectors, ["mexa"]))
    values = table.filter(layers="each").sort("layer", maintain_order=True)["value"].to_numpy()
    return {
        "one_repeated_in": repeated, "cells": len(plain), "ours_cpu_s": round(ours, 4), "peer_cpu_s": round(peer, 2),
        "ratio": round(peer / ours, 1), "cells_that_differ": int((values != np.array(plain)).sum()),
        "values": [round(float(value), 3) for value in values],
    }  # fmt: skip


def measure_cka(dtype: Any, *, debiased: bool) -> dict[str, Any]:
    """All pairs of languages against the formulas."""
    vectors = {code: rows[0] for code, rows in planted(LANGUAGES_OF_CKA, 1, SENTENCES, dtype).items()}
    plain, peer = timed(
        lambda: [
            cka_by_features(one, other, debiased=debiased) for one in vectors.values() for other in vectors.values()
        ]
    )
    exact = [
        cka_by_features(one.astype(np.float64), other.astype(np.float64), debiased=debiased)
        for one in vectors.values() for other in vectors.values()
    ]  # fmt: skip
    table, ours = median_of_five(lambda: score(vectors, ["cka" if debiased else "cka-biased"], all_pairs=True))
    return {
        "pairs": len(plain), "precision": np.dtype(dtype).name, "debiased": debiased,
        "ours_cpu_s": round(ours, 4), "peer_cpu_s": round(peer, 3), "ratio": round(peer / ours, 1),
        "max_abs_difference": float(np.abs(table["value"].to_numpy() - exact).max()),
    }  # fmt: skip


def measure_whole() -> dict[str, Any]:
    """CPU seconds and memory of MEXA against a pivot and of CKA of all pairs, as many as SIB-200 has in a MiniLM.

    Layers are scored one by one from one layer in memory, as from a folder.
    """
    vectors = {code: rows[0] for code, rows in planted(WHOLE["languages"], 1, WHOLE["sentences"]).items()}
    layer = sum(rows.nbytes for rows in vectors.values()) / 1e6
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    result: dict[str, Any] = {**WHOLE, "width": WIDTH, "layer_mb": round(layer)}
    for name, metric, every in (("mexa", "mexa", False), ("cka", "cka", True)):
        _, spent = timed(lambda metric=metric, every=every: score(vectors, [metric], all_pairs=every))
        result[f"{name}_cpu_s"] = round(spent * WHOLE["layers"], 1)
        result[f"{name}_peak_mb_above_one_layer"] = round(
            resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3 - before
        )
    return result


def main() -> None:
    with one_blas_thread():
        score(planted(2, 1, 20), ["mexa", "cka"])  # imports are not timed
        mexa = [measure_mexa(repeated) for repeated in (100, 3)]
        cka = [measure_cka(dtype, debiased=one) for dtype in (np.float32, np.float64) for one in (True, False)]
        whole = measure_whole()
    write_result(
        "align_speed",
        {
            "claim": __doc__.partition("\n")[0].removeprefix("Claim: ") if __doc__ else "",
            "machine": machine(), "versions": versions("numpy", "scipy"),
            "input": f"planted vectors, {SENTENCES} sentences, {WIDTH} dimensions",
            "goals": GOALS, "mexa": mexa, "cka": cka, "whole": whole,
        },
    )  # fmt: skip


if __name__ == "__main__":
    main()
