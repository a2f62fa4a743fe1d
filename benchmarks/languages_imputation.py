"""Claim: features filled by family are right more often than the most frequent value of the feature.

A tenth of the known values of URIEL is hidden, five times over; the languages are those of FLORES-200.
"""

from __future__ import annotations

import numpy as np

from benchmarks.common import machine, versions, write_result
from isogloss.languages import FeatureSource, feature_sources, features, table
from isogloss.languages.sources import source

KINDS = ("syntactic", "phonological", "inventory")
HIDDEN, ROUNDS = 0.1, 5


def main() -> None:
    """Measure every kind and every method."""
    languages = table().drop_nulls("flores")["language"].to_list()
    write_result(
        "languages_imputation",
        {
            "claim": "features filled by family are right more often than the feature's most frequent value",
            "machine": machine(),
            "versions": versions("urielplus"),
            "input": {"languages": len(languages), "hidden": HIDDEN, "rounds": ROUNDS},
            "share_right": {kind: measure(kind, languages) for kind in KINDS},
        },
    )


def measure(kind: str, languages: list[str]) -> dict[str, float]:
    """Share of the hidden values that each method fills, and of those the share that is right."""
    whole = source(kind)
    rows = [row for language in languages if (row := whole.rows.get(language)) is not None]
    listed = [language for language in languages if language in whole.rows]
    right: dict[str, list[float]] = {}
    for seed in range(ROUNDS):
        hide = np.zeros(whole.values.shape, dtype=bool)
        hide[rows] = np.random.default_rng(seed).random((len(rows), whole.values.shape[1])) < HIDDEN
        hide &= whole.values >= 0
        masked = np.where(hide, -1, whole.values).astype(np.int8)
        name = f"{kind}-hidden-{seed}"
        made = FeatureSource(name, "hidden", "", whole.rows, whole.names, masked, inherited=False)
        feature_sources.register(name)(lambda made=made: made)
        asked, truth = hide[rows], whole.values[rows]
        ones, known = (masked == 1).sum(axis=0), (masked >= 0).sum(axis=0)
        frequent = np.broadcast_to(2 * ones > known, truth.shape)
        right.setdefault("most_frequent", []).append(float((frequent == truth)[asked].mean()))
        for method in ("family", "nearest"):
            found = features(listed, name, impute=method)
            filled = asked & found.imputed
            right.setdefault(f"{method}_filled", []).append(float(found.imputed[asked].mean()))
            right.setdefault(method, []).append(float((found.values == truth)[filled].mean()))
            right.setdefault(f"most_frequent_where_{method}_fills", []).append(
                float((frequent == truth)[filled].mean())
            )
    return {name: round(float(np.mean(shares)), 3) for name, shares in right.items()}


if __name__ == "__main__":
    main()
