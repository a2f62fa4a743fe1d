"""Claim: a probe of topics carries over between varieties of Arabic, and how that goes with distance on the map.

Vectors of SIB-200 in nine varieties, in a folder that `isogloss align encode` wrote and `ISOGLOSS_ARABIC` names.
Topics are learnt from each variety alone and tested in all; the variety is identified from all. Transfer and CKA of the
last layer are regressed on the great-circle distance of the eight dialects (Standard Arabic has no place), with
permutations of dialects.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import polars as pl

from benchmarks.common import DATA, have_data, machine, versions, write_result
from isogloss.alignment import Encodings, probe, score
from isogloss.languages import distances
from isogloss.stats import regress_pairs

FOLDER = os.environ.get("ISOGLOSS_ARABIC", "")
STANDARD = "arb_Arab"
DIALECTS = tuple(f"{one}_Arab" for one in ("ary", "aeb", "arz", "ajp", "apc", "acm", "ars", "acq"))
HALF_EARTH = 20_015.0
"""Kilometres of the distance 1."""


def against_distance(name: str, response: Any, kilometres: Any) -> dict[str, Any]:
    """A response of pairs of dialects, per 1,000 km."""
    found = regress_pairs(response, kilometres / 1000)
    numbers = {"per_1000_km": found.slope, "correlation": found.correlation, "p": found.p_value}
    return {"response": name, "dialects": found.things} | {key: round(value, 4) for key, value in numbers.items()}


def main() -> None:
    if not FOLDER or not have_data("sib200.parquet"):
        print("skipped: set ISOGLOSS_ARABIC to a folder of isogloss align encode over nine varieties of Arabic")
        return
    encodings = Encodings.read(FOLDER)
    topics = pl.read_parquet(DATA / "sib200.parquet").filter(pl.col("lang").cast(pl.String) == STANDARD)
    topics = topics.select(id="index_id", label=pl.col("category").cast(pl.String))
    last = encodings.layers[-1]
    varieties = (STANDARD, *DIALECTS)
    transfer = {}
    for source in varieties:
        table = probe(encodings, topics, train=[source], languages=varieties, layers=[last]).languages
        transfer[source] = dict(table.select("language", "accuracy").rows())
        print(source, transfer[source], flush=True)
    alike = score(encodings, ["cka"], all_pairs=True, languages=varieties, layers=[last])
    cka = {(a, b): value for a, b, value in alike.select("lang_a", "lang_b", "value").rows()}
    kilometres = HALF_EARTH * np.asarray(distances(DIALECTS, "geographic").values)
    pairs = {
        "topic transfer": [[transfer[a][b] for b in DIALECTS] for a in DIALECTS],
        "cka": [[cka[a, b] for b in DIALECTS] for a in DIALECTS],
    }
    shown = (0, last // 2, last)
    layers = [
        {"task": name} | {key: round(value, 4) if isinstance(value, float) else value for key, value in row.items()}
        for name, labels in (("topic", topics), ("variety", "language"))
        for row in probe(encodings, labels, languages=varieties, layers=shown).layers.iter_rows(named=True)
    ]
    write_result(
        "align_arabic",
        {
            "claim": "a probe of topics carries over between varieties of Arabic",
            "machine": machine(), "versions": versions("numpy", "scikit-learn"),
            "input": f"{encodings.model}, {encodings.sentences} SIB-200 sentences in nine varieties of Arabic",
            "unit": "accuracy on sentences seen in no variety; transfer at the last layer by source and target",
            "transfer": {a: {b: round(value, 4) for b, value in row.items()} for a, row in transfer.items()},
            "against_distance": [against_distance(name, values, kilometres) for name, values in pairs.items()],
            "layers": layers,
        },
    )  # fmt: skip


if __name__ == "__main__":
    main()
