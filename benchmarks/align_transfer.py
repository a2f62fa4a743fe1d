"""Claim: label-free measures of a model rank languages by how well a task transfers to them, and lower forecast errors.

Vectors of SIB-200 sentences in 205 languages, in a folder that `isogloss align encode` wrote and
`ISOGLOSS_ENCODINGS` names. Two kinds of measured scores: of the encoder itself, a logistic regression on its
English vectors asked in all languages (sentences dealt to eight folds, so that no sentence trains for itself); and
of language models that were asked the same task, which have other weights. Each measure is correlated with them, in
all languages and within families, and one language at a time is forecast by ridge regression on side facts of
languages (web text, kin, script) with and without the measure.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from scipy.stats import rankdata
from sklearn.linear_model import LogisticRegression

from benchmarks.common import DATA, Array, have_data, machine, points, versions, write_result
from isogloss.alignment import Encodings, score
from isogloss.forecasting.background.probe import shipped_probe
from isogloss.forecasting.background.side_facts import side_facts
from isogloss.languages import resolve, resources
from isogloss.threads import one_blas_thread

FOLDER = os.environ.get("ISOGLOSS_ENCODINGS", "")
MEASURES = (
    "mexa", "p@1", "csls", "margin", "cosine-gap", "mplm-sim", "mplm-sim-centred", "language-ranker", "anisotropy",
    "cka", "cka-biased", "rsa", "anc", "anc-signed",
)  # fmt: skip
SHIPPED = "the probe that ships: e5-small, 60 sentences, last layer"
FOLDS, PENALTY, DRAWS = 8, 1.0, 1000
FEWEST_OF_FAMILY = 8


def transfer(encodings: Encodings, labels: dict[str, str]) -> Array:
    """Accuracy in each language of a regression on English vectors, by folds of sentences."""
    english, last = encodings.find("eng"), encodings.layers[-1]
    vectors = encodings.parallel(encodings.languages, last, "mean")
    names = np.array([labels[one] for one in vectors.ids])
    folds = np.random.default_rng(0).permutation(len(names)) % FOLDS
    hits = np.zeros((len(encodings.languages), len(names)))
    for fold in range(FOLDS):
        train, test = folds != fold, folds == fold
        model = LogisticRegression(C=10.0, max_iter=1000).fit(
            standardised(vectors.vectors[english][train]), names[train]
        )
        for at, language in enumerate(encodings.languages):
            hits[at, test] = model.predict(standardised(vectors.vectors[language][test])) == names[test]
    return np.asarray(hits.mean(1))


def standardised(rows: Array) -> Array:
    """Vectors without their mean, of one length."""
    centred = rows - rows.mean(1, keepdims=True)
    return np.asarray(centred / np.linalg.norm(centred, axis=1, keepdims=True) * 10)


def of_language_models(codes: Sequence[str]) -> dict[str, Array]:
    """Model to accuracy in each language; NaN where it was not asked."""
    table = pl.read_csv(DATA / "observations/sib200_llm_scores.tsv", separator="\t")
    found = {}
    for model, rows in table.group_by("model", maintain_order=True):
        values = dict(rows.select("lang", "accuracy").rows())
        found[str(model[0])] = np.array([values.get(code, np.nan) for code in codes], dtype=float)
    return found


def rank_correlation(first: Array, second: Array) -> float:
    """Spearman's."""
    return float(np.corrcoef(rankdata(first), rankdata(second))[0, 1])


def correlations(measure: Array, scores: Array, families: Array) -> dict[str, Any]:
    """In all languages, with an interval over languages, and within families, each family's ranks of its own."""
    random = np.random.default_rng(0)
    drawn = random.integers(0, len(scores), (DRAWS, len(scores)))
    sample = [rank_correlation(measure[one], scores[one]) for one in drawn]
    within, weights = [], []
    for family in np.unique(families):
        own = families == family
        if own.sum() >= FEWEST_OF_FAMILY and np.ptp(scores[own]) > 0 and np.ptp(measure[own]) > 0:
            within.append(rank_correlation(measure[own], scores[own]))
            weights.append(int(own.sum()))
    return {
        "all": round(rank_correlation(measure, scores), 3),
        "interval": [round(float(end), 3) for end in np.nanquantile(sample, [0.025, 0.975])],
        "within_families": round(float(np.average(within, weights=weights)), 3) if within else None,
    }


def left_out(features: Array, scores: Array) -> Array:
    """Absolute errors of ridge regression, each language forecast without its own score."""
    scaled = (features - features.mean(0)) / np.where(features.std(0) > 0, features.std(0), 1.0)
    design = np.column_stack([np.ones(len(scores)), scaled])
    penalty = PENALTY * np.eye(design.shape[1])
    penalty[0, 0] = 1e-9
    hat = design @ np.linalg.solve(design.T @ design + penalty, design.T)
    return np.asarray(np.abs((scores - hat @ scores) / (1 - hat.diagonal())))


def gain(facts: Array, measure: Array, scores: Array, outside: Array) -> dict[str, Any]:
    """Mean errors in points without and with a measure, and the difference with its interval over languages."""
    before, after = left_out(facts, scores), left_out(np.column_stack([facts, measure]), scores)
    result = {}
    for name, chosen in (("all", np.ones(len(scores), dtype=bool)), ("outside_training_languages", outside)):
        difference = (after - before)[chosen]
        drawn = np.random.default_rng(0).integers(0, len(difference), (DRAWS, len(difference)))
        result[name] = {
            "languages": int(chosen.sum()), "without": points(before[chosen].mean(), 2),
            "with": points(after[chosen].mean(), 2),
            "difference": [points(end, 2) for end in np.quantile(difference[drawn].mean(1), [0.025, 0.975])],
        }  # fmt: skip
    return result


def main() -> None:
    if not FOLDER or not have_data("sib200.parquet", "observations/sib200_llm_scores.tsv"):
        print("skipped: set ISOGLOSS_ENCODINGS to a folder of isogloss align encode over SIB-200")
        return
    encodings = Encodings.read(FOLDER, unfinished=True)
    corpus = pl.read_parquet(DATA / "sib200.parquet").filter(pl.col("lang") == encodings.find("eng"))
    labels = {str(one): label for one, label in corpus.select("index_id", "category").rows()}
    codes = [code for code in encodings.languages if code != encodings.find("eng")]
    known = [resolve(code) for code in codes]
    families = np.array([(one.family or ("",))[0] for one in known])
    facts = side_facts([one.id for one in known])[:, 1:]
    web = resources("cc100")
    outside = np.array([web.get(one.code, 0) == 0 for one in known])
    with one_blas_thread():
        table = score(encodings, MEASURES)
        own = dict(zip(encodings.languages, transfer(encodings, labels), strict=True))
    measured = {f"{encodings.model}, trained on English": np.array([own[code] for code in codes])}
    measured |= of_language_models(codes)
    results = []
    ships = shipped_probe().of([one.id for one in known]).values.mean(1)
    for name, every in measured.items():
        there = np.isfinite(every)
        results.append(
            {"scores_of": name, "measure": SHIPPED, "over_layers": None, "languages": int(there.sum())}
            | {"spearman": correlations(ships[there], every[there], families[there])}
            | {"error": gain(facts[there], ships[there], every[there], outside[there])}
        )
        for metric in MEASURES:
            for over in ("mean", "max"):
                rows = table.filter(metric=metric, layers=over)
                values = dict(rows.select("lang_b", "value").rows())
                measure = np.array([values[code] for code in codes])[there]
                results.append(
                    {"scores_of": name, "measure": metric, "over_layers": over, "languages": int(there.sum())}
                    | {"spearman": correlations(measure, every[there], families[there])}
                    | {"error": gain(facts[there], measure, every[there], outside[there])}
                )
    sentences = int(table["n"][0])
    write_result(
        "align_transfer",
        {
            "claim": "label-free measures of a model rank languages by how well a task transfers to them",
            "machine": machine(), "versions": versions("numpy", "scipy", "scikit-learn"),
            "input": f"{encodings.model}, {sentences} SIB-200 sentences in {len(codes) + 1} languages, layers "
            f"{encodings.layers[0]} to {encodings.layers[-1]}",
            "unit": "Spearman's correlation; mean absolute errors in points, languages left out one at a time; "
            "difference: 95 % interval over languages, negative is better",
            "results": results,
        },
    )  # fmt: skip


if __name__ == "__main__":
    main()
