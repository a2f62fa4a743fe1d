"""Claim: RankC, Jaccard and kappa of 136 pairs of languages over 6,792 facts take under 10 s of CPU, with intervals.

The table has the shape of BMLAMA-17: 17 languages, 6,792 facts, 10 candidates each, 1.15 million scores, drawn so that
languages share part of them. RankC is compared with its definition, place by place, on 200 facts of each pair.
"""

from __future__ import annotations

import time

import numpy as np
import polars as pl

from benchmarks.common import Array, machine, versions, write_result
from isogloss.behaviour import score_consistency
from isogloss.behaviour.metrics.rankc import softmax_weights
from isogloss.questions.consistency import ConsistencyQuestion
from isogloss.questions.question import read_question

LANGUAGES = "eng fra nld spa rus jpn zho kor vie ell hun heb tur cat ara ukr fas".split()
FACTS, CANDIDATES, CHECKED = 6_792, 10, 200


def main() -> None:
    """Measure the time, and the difference from the definition."""
    rng = np.random.default_rng(0)
    shape = (len(LANGUAGES), FACTS, CANDIDATES)
    scores = rng.normal(size=shape[1:]) + rng.normal(size=shape)
    table = as_table(scores)
    start = time.process_time()
    answer = read_question(ConsistencyQuestion, {"items": table}).answer()
    seconds = time.process_time() - start
    few = score_consistency(as_table(scores[:, :CHECKED]), draws=10).pairs
    place = {language: at for at, language in enumerate(LANGUAGES)}
    defined = [
        definition(scores[place[row["language"]], :CHECKED], scores[place[row["other"]], :CHECKED])
        for row in few.iter_rows(named=True)
    ]
    write_result(
        "behaviour_consistency",
        {
            "claim": "136 pairs of languages x 6,792 facts in under 10 s of CPU, with intervals",
            "machine": machine(),
            "versions": versions("numpy", "polars"),
            "input": {"languages": len(LANGUAGES), "facts": FACTS, "candidates": CANDIDATES,
                      "pairs": answer.table.height},
            "cpu_s": round(seconds, 2),
            "largest_difference_from_definition": float(np.abs(few["rankc"].to_numpy() - defined).max()),
        },
    )  # fmt: skip


def as_table(scores: Array) -> pl.DataFrame:
    """One row for each candidate; the first is right."""
    language, fact, candidate = (place.ravel() for place in np.indices(scores.shape))
    return pl.DataFrame(
        {
            "language": np.array(LANGUAGES)[language], "item": fact, "candidate": candidate, "score": scores.ravel(),
            "correct": candidate == 0,
        }
    )  # fmt: skip


def definition(first: Array, second: Array) -> float:
    """RankC as it is written: the weighted overlap of the best j candidates, for every j."""
    weights = softmax_weights(first.shape[1])
    total = 0.0
    for one, other in zip((-first).argsort(1), (-second).argsort(1), strict=True):
        overlaps = [len({*one[:j]} & {*other[:j]}) / j for j in range(1, len(one) + 1)]
        total += float(weights @ overlaps)
    return total / len(first)


if __name__ == "__main__":
    main()
