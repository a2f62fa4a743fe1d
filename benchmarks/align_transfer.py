"""Claim: label-free measures of a model rank languages by how well a task transfers to them, and lower forecast errors.

Vectors of SIB-200 sentences in 205 languages, in a folder that `isogloss align encode` wrote and `ISOGLOSS_ENCODINGS`
names. Measures are computed on 200 of its training sentences, which no score is of; those for the encoder's own grid
are judged on its test sentences too, to see what the same sentences would flatter. Scores: the grids
that ship, learnt from English, and the mean over all sources for the encoder's own; and language models that were asked
the same task. Each measure is correlated with them, in all languages and within families, and one language at a time is
forecast by ridge regression on side facts of languages (web text, kin, script) with and without the measure. Last, the
default forecaster forecasts the encoder's own grid with and without it as the probe.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from scipy.stats import rankdata

from benchmarks.common import DATA, Array, as_queries, have_data, machine, points, versions, write_result
from benchmarks.forecast_probe import NoProbe
from isogloss.alignment import Encodings, label_free_alignment, score
from isogloss.alignment.encodings import Parallel
from isogloss.evidence import Evidence, read_evidence
from isogloss.forecasting import Default, probe_of, use_background
from isogloss.forecasting.background.probe import Probe, shipped_probe
from isogloss.forecasting.background.side_facts import side_facts
from isogloss.languages import resolve, resources
from isogloss.threads import one_blas_thread

FOLDER = os.environ.get("ISOGLOSS_ENCODINGS", "")
MEASURES = (
    "mexa", "p@1", "csls", "margin", "cosine-gap", "mplm-sim", "mplm-sim-centred", "language-ranker", "anisotropy",
    "cka", "cka-biased", "rsa", "anc", "anc-signed",
)  # fmt: skip
APART, SAME, MOST = "train", "test", 200
"""Splits: of the measures, and of the scores; and sentences of each at most."""
OWN, SOURCE = "sib200-e5", "eng"
GRIDS = {"sib200-e5": 700, "sib200-minilm": 700, "sib200-ngram": 700, "udpos-minilm": 1000, "udpos-ngram": 1000}
"""Evidence that ships, to examples of the source."""
POOR = "outside_training_languages"
SHIPPED = "the probe that ships: e5-small, 60 sentences, last layer"
LAYERS = (0, 3, 6, 9, 12)
PENALTY, DRAWS, FOLDS = 1.0, 200, 5
FEWEST_OF_FAMILY = 8


@dataclass(frozen=True)
class Sentences:
    """Some of the sentences of encodings.

    Attributes
    ----------
    encodings : Encodings
    chosen : frozenset of str
        Their ids.
    """

    encodings: Encodings
    chosen: frozenset[str]

    @classmethod
    def of_split(cls, encodings: Encodings, split: str) -> Sentences:
        """The first ones of a split of SIB-200, the same in all languages."""
        english = pl.read_parquet(DATA / "sib200.parquet").filter(pl.col("lang") == "eng_Latn")
        english = english.filter(pl.col("split").cast(pl.String) == split).sort("index_id").head(MOST)
        return cls(encodings, frozenset(str(one) for one in english["index_id"]))

    @property
    def languages(self) -> Sequence[str]:
        """All of them."""
        return self.encodings.languages

    @property
    def layers(self) -> Sequence[int]:
        """All of them."""
        return self.encodings.layers

    @property
    def poolings(self) -> Sequence[str]:
        """All of them."""
        return self.encodings.poolings

    def find(self, name: str, where: str = "languages") -> str:
        """A language as it is named here."""
        return self.encodings.find(name, where)

    def parallel(self, languages: Sequence[str], layer: int, pooling: str) -> Parallel:
        """Vectors of the chosen sentences."""
        every = self.encodings.parallel(languages, layer, pooling)
        kept = np.flatnonzero([one in self.chosen for one in every.ids])
        vectors = {language: own[kept] for language, own in every.vectors.items()}
        return Parallel([every.ids[at] for at in kept], vectors, every.left_out)


def of_grid(name: str, ids: Sequence[str]) -> dict[str, Array]:
    """Accuracy of a shipped grid in each language, learnt from English and, for the encoder's own, on average."""
    rows = read_evidence(f"isogloss:{name}").observations.filter(
        pl.col("metric") == "accuracy", pl.col("train").str.ends_with(f":{GRIDS[name]}")
    )
    learnt = {f"{name}, from {SOURCE}": rows.filter(pl.col("train").str.starts_with(f"{SOURCE}:"))}
    if name == OWN:
        learnt[f"{name}, mean of sources"] = rows
    means = {key: dict(own.group_by("target").agg(pl.col("score").mean()).iter_rows()) for key, own in learnt.items()}
    return {key: np.array([own.get(one, np.nan) for one in ids], dtype=float) for key, own in means.items()}


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
    every = np.ones(len(scores), dtype=bool)
    for name, chosen in (("all", every), ("training_languages", ~outside), (POOR, outside)):
        difference = (after - before)[chosen]
        drawn = np.random.default_rng(0).integers(0, len(difference), (DRAWS, len(difference)))
        result[name] = {
            "languages": int(chosen.sum()), "without": points(before[chosen].mean(), 2),
            "with": points(after[chosen].mean(), 2),
            "difference": [points(end, 2) for end in np.quantile(difference[drawn].mean(1), [0.025, 0.975])],
        }  # fmt: skip
    return result


def by_default(own: Probe, outside: dict[str, bool]) -> list[dict[str, Any]]:
    """Errors and rank correlations of the default forecaster on the encoder's own grid, learnt from English.

    Languages outside the encoder's training languages are forecast from those inside; and a fifth of all from the rest.
    """
    evidence = read_evidence(f"isogloss:{OWN}").filter(metric="accuracy", train=f"{SOURCE}:{GRIDS[OWN]}")
    rows = evidence.observations.filter(pl.col("target") != SOURCE)
    targets = sorted(rows["target"].unique())
    dealt = np.random.default_rng(0).permutation(len(targets)) % FOLDS
    splits = {
        "outside from inside": [{one for one in targets if outside[one]}],
        "a fifth from the rest": [{targets[at] for at in np.flatnonzero(dealt == fold)} for fold in range(FOLDS)],
    }
    probes = {"none": NoProbe((), np.zeros((0, 2))), "the probe that ships": None, "its own measures as the probe": own}
    found = []
    for split, folds in splits.items():
        for name, probe in probes.items():
            with use_background(None, probe):
                parts = [forecast_hidden(evidence, rows, hidden) for hidden in folds]
            table = pl.concat(parts)
            error = np.abs(table["mean"].to_numpy() - table["score"].to_numpy())
            poor = np.array([outside[one] for one in table["target"]])
            found.append(
                {"split": split, "probe": name, "languages": table.height, "error": points(error.mean(), 2),
                 "error_outside_training_languages": points(error[poor].mean(), 2),
                 "spearman": round(rank_correlation(table["mean"].to_numpy(), table["score"].to_numpy()), 3),
                 "held": round(float(table.select(pl.col("score").is_between("lower", "upper").mean()).item()), 3)}
            )  # fmt: skip
    return found


def forecast_hidden(evidence: Evidence, rows: pl.DataFrame, hidden: set[str]) -> pl.DataFrame:
    """Scores of hidden languages beside their forecasts."""
    asked = rows.filter(pl.col("target").is_in(hidden))
    shown = evidence.with_observations(evidence.observations.filter(~pl.col("target").is_in(hidden)))
    forecasts = Default().fit(shown).conformalize().predict_interval(as_queries(asked), level=0.9)
    return forecasts.select("mean", "lower", "upper").hstack(asked.select("target", "score"))


def judged(
    table: pl.DataFrame, measured: dict[str, Array], codes: Sequence[str], families: Array, outside: Array
) -> list[dict[str, Any]]:
    """Each measure beside each kind of scores."""
    ids = [resolve(code).id for code in codes]
    facts = side_facts(ids)[:, 1:]
    ships = shipped_probe().of(ids).values.mean(1)
    results = []

    def add(name: str, measure: str, over: str | None, values: Array) -> None:
        there = np.isfinite(measured[name])
        both, scores = np.column_stack([facts, ships])[there], measured[name][there]
        results.append(
            {"scores_of": name, "measure": measure, "over_layers": over, "languages": int(there.sum())}
            | {"spearman": correlations(values[there], scores, families[there])}
            | {"error": gain(facts[there], values[there], scores, outside[there])}
            | ({"beside_the_probe_that_ships": gain(both, values[there], scores, outside[there])[POOR]} if over else {})
        )

    for name in measured:
        add(name, SHIPPED, None, ships)
        for metric in MEASURES:
            for over in ("mean", "max"):
                values = dict(table.filter(metric=metric, layers=over).select("lang_b", "value").rows())
                add(name, metric, over, np.array([values[code] for code in codes]))
    return results


def main() -> None:
    if not FOLDER or not have_data("sib200.parquet", "observations/sib200_llm_scores.tsv"):
        print("skipped: set ISOGLOSS_ENCODINGS to a folder of isogloss align encode over SIB-200")
        return
    encodings = Encodings.read(FOLDER, unfinished=True)
    apart, same = (Sentences.of_split(encodings, split) for split in (APART, SAME))
    codes = [code for code in encodings.languages if code != encodings.find(SOURCE)]
    known = [resolve(code) for code in codes]
    families = np.array([(one.family or ("",))[0] for one in known])
    web = resources("cc100")
    outside = np.array([web.get(one.code, 0) == 0 for one in known])
    own: dict[str, Array] = {}
    for grid in GRIDS:
        own |= of_grid(grid, [one.id for one in known])
    with one_blas_thread():
        results = judged(
            score(apart, MEASURES, layers=LAYERS), own | of_language_models(codes), codes, families, outside
        )
        flattered = {name: scores for name, scores in own.items() if name.startswith(OWN)}
        on_same = judged(score(same, MEASURES, layers=LAYERS), flattered, codes, families, outside)
        marks = {one.id: bool(mark) for one, mark in zip(known, outside, strict=True)}
        forecasts = by_default(probe_of(label_free_alignment(apart), FOLDER), marks)
    write_result(
        "align_transfer",
        {
            "claim": "label-free measures of a model rank languages by how well a task transfers to them",
            "machine": machine(), "versions": versions("numpy", "scipy", "polars"),
            "input": f"{encodings.model}, {len(apart.chosen)} training sentences of SIB-200 in "
            f"{len(codes) + 1} languages, layers {', '.join(map(str, LAYERS))}",
            "unit": "Spearman's correlation; mean absolute errors in points, languages left out one at a time; "
            "difference: 95 % interval over languages, negative is better",
            "results": results,
            f"on_the_{len(same.chosen)}_sentences_of_the_scores": on_same,
            "default_forecaster": forecasts,
        },
    )  # fmt: skip


if __name__ == "__main__":
    main()
