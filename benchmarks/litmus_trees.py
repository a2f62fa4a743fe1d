"""Gradient-boosted trees on LITMUS's raw features: the peer that forecasts of known languages are measured against.

LITMUS gives XGBoost, per target, its log pretraining size and how well its WALS features are
represented, and per source its subword type overlap, syntactic distance and number of examples.
Here the same features go to LightGBM at the same settings (100 trees, rate 0.1, depth 10).
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import numpy as np

from benchmarks.common import DATA, Array, sumeval

CC100_OF_LITMUS = """
af am ar as az be bg bn br bs ca cs cy da de el en es et eu fa fi fr fy ga gd gl gu ha he hi hu hy id is it ja jv ka kk
km kn ko ku ky lo lt lv mg mk ml mr ms my ne nl no om or pa pl ps pt ro ru sd si sk sl so sq su sv sw ta te th tl tr ug
uk ur uz vi xh yi zh
""".split()
"""LITMUS's languages of XLM-R in its order, recovered from the sizes it lists (they are CC-100's)."""


@lru_cache
def _litmus() -> dict[str, Any]:
    features: dict[str, Any] = json.loads((DATA / "similarity" / "litmus_features.json").read_text())
    return features


def raw_features(name: str) -> tuple[Array, Array]:
    """Features and scores of a SumEval training file, as LITMUS makes them.

    Returns
    -------
    features : array of shape (mixes, targets, 2 + 3 * sources)
    scores : array of shape (mixes, targets)
    """
    entries = json.loads(sumeval(name).read_text())
    model = "tulrv6" if "TULR" in name else "xlmr"
    overlap = _litmus()["type_overlap"][model]
    order = CC100_OF_LITMUS if model == "xlmr" else list(overlap)
    at = {language: position for position, language in enumerate(order)}
    syntactic, of_target = _litmus()["syntactic_distance"][model], _litmus()["regression_feats"][model]
    targets, sources = sorted(entries[0]["eval_results"]), sorted(entries[0]["train_config"])
    features = np.zeros((len(entries), len(targets), 2 + 3 * len(sources)))
    for column, target in enumerate(targets):
        features[:, column, :2] = of_target[at[target]]
        for place, source in enumerate(sources):
            features[:, column, 2 + 3 * place] = overlap[source][target]
            features[:, column, 3 + 3 * place] = syntactic[at[source]][at[target]]
            features[:, column, 4 + 3 * place] = [entry["train_config"][source] for entry in entries]
    return features, np.array([[entry["eval_results"][target] for target in targets] for entry in entries])


def forecast(features: Array, scores: Array, train: Array, test: Array) -> Array:
    """Scores of the rows `test`, from the rows `train`."""
    from lightgbm import LGBMRegressor

    trees = LGBMRegressor(
        n_estimators=100, learning_rate=0.1, max_depth=10, num_leaves=512, min_child_samples=1, min_child_weight=1e-9,
        n_jobs=1, random_state=0, verbosity=-1,
    )  # fmt: skip
    width = features.shape[2]
    trees.fit(features[train].reshape(-1, width), scores[train].ravel())
    return np.asarray(trees.predict(features[test].reshape(-1, width))).reshape(len(test), -1)
