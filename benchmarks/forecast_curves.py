"""Claim: one curve shared by all languages beats AMUE at every English size, and Gaussian processes per language.

On AMUE's TyDiQA runs, split as published; on labelled sizes held out whole; on each language's large sizes;
and on languages measured never or once, there and on SumEval. Errors in points.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from benchmarks.common import DATA, Array, have_data, machine, points, read_sumeval, versions, write_result
from isogloss.evidence import Evidence, read_evidence
from isogloss.forecasting.curves import CurveGP, PerformanceFunction, Points
from isogloss.forecasting.curves.calibration import calibrate
from isogloss.forecasting.curves.fit import fit_process, predict_line, zero_shot
from isogloss.forecasting.curves.laws import AmueLaw, Law, LogLaw, PowerLaw
from isogloss.forecasting.curves.points import Link
from isogloss.forecasting.curves.question import read_question
from isogloss.forecasting.settings import Setting, read_settings
from isogloss.threads import one_blas_thread

AMUE = "observations/amue/tydiqa_mbert_results.csv"
SUMEVAL = ("XNLI_XLMR", "WikiANN_XLMR")
FOLDS, EVERY = 5, 3
LARGE = 1000.0
LABELLED, TRANSLATED = 0, 1
SOURCE = "eng"


@dataclass(frozen=True)
class Bed:
    """The scores of one setting.

    Attributes
    ----------
    setting : Setting
    observations : polars.DataFrame
    points : Points
    pivot : array of shape (points,)
        Examples of other languages.
    """

    setting: Setting
    observations: pl.DataFrame
    points: Points
    pivot: Array

    @classmethod
    def of(cls, evidence: Evidence) -> Bed:
        ((setting, observations),) = read_settings(evidence)
        found = Points.read(observations)
        return cls(setting, observations, found, found.features[:, 2] - found.features[:, 0] - found.features[:, 1])

    @property
    def languages(self) -> list[str]:
        """Languages that were measured beside another one."""
        return [name for name in self.points.languages if (self.pivot[self.points.of(name)] > 0).any()]


def main() -> None:
    """Run every comparison."""
    if not have_data(AMUE, "observations/sumeval"):
        return
    with one_blas_thread():
        amue = Bed.of(read_evidence(DATA / AMUE))
        beds = {name: Bed.of(read_sumeval(name)) for name in SUMEVAL}
        split = published_split(amue)
        result = {
            "claim": "the pooled process is below AMUE at every English size, and below GPR",
            "machine": machine(),
            "versions": versions("numpy", "scipy", "scikit-learn"),
            "amue_published_split": split,
            "below_amue_at_every_english_size": all(row["curve"] < row["amue"] for row in split["by_english_size"]),
            "amue_new_sizes": new_sizes(amue),
            "amue_large_sizes": large_sizes(amue),
            "unseen": {"AMUE": unseen(amue, 0.8)} | {name: unseen(beds[name], 0.9) for name in SUMEVAL},
            "sumeval_new_mixes": {name: new_mixes(bed) for name, bed in beds.items()},
            "expansion_slope": round(PerformanceFunction(0, 5.2e-2, 0.42, 1.1, 0.37).expansion_slope(0.1), 2),
        }
    write_result("forecast_curves", result)


def published_split(bed: Bed) -> dict[str, Any]:
    """AMUE's own split: 80/20 of all rows in the order of the file, seed 42."""
    from sklearn.model_selection import train_test_split

    rows = in_file_order(bed)
    _, chosen = train_test_split(np.arange(len(rows)), test_size=0.2, random_state=42)
    test = np.zeros(len(rows), dtype=bool)
    test[rows[chosen]] = True
    asked = test & ~bed.points.of(SOURCE)
    found = {
        "amue": by_slice(bed, ~test, asked, AmueLaw),
        "gpr": gaussian_process(bed, ~test, asked, one_length=True),
        "gpr_length_per_amount": gaussian_process(bed, ~test, asked, one_length=False),
    }
    found["curve"], covered, width = pooled(bed, ~test, asked, 0.9)
    bilingual, repeated = bed.pivot > 0, repeats(bed, ~test)
    return {
        "protocol": "train_test_split(rows in the order of the file, test_size=.2, random_state=42); English left out",
        "all": {name: errors(bed, found[name], asked) for name in ("amue", "curve")},
        "with_english": {name: errors(bed, scores, asked & bilingual) for name, scores in found.items()},
        "with_english_no_repeats": {
            name: errors(bed, scores, asked & bilingual & ~repeated) for name, scores in found.items()
        },
        "by_english_size": [
            {"english": int(size), "runs": int((asked & (bed.pivot == size)).sum())}
            | {
                name: errors(bed, scores, asked & (bed.pivot == size))["rmse"]
                for name, scores in found.items()
                if size > 0 or not name.startswith("gpr")
            }
            for size in np.unique(bed.pivot[asked])
        ],
        "band_90": {"coverage": covered, "width": width},
    }


def new_sizes(bed: Bed) -> dict[str, Any]:
    """A labelled size of a language held out whole, five folds."""
    language, size = bed.points.language, bed.points.features[:, LABELLED]
    cells = np.unique(np.column_stack([language, size]), axis=0, return_inverse=True)[1].ravel()
    fold_of = np.random.default_rng(0).permutation(cells.max() + 1)[cells] % FOLDS
    mine = ~bed.points.of(SOURCE) & (bed.pivot > 0)
    return held_out(bed, [mine & (fold_of == fold) for fold in range(FOLDS)], mine)


def large_sizes(bed: Bed) -> dict[str, Any]:
    """All sizes above 1000 of one language held out, those of the others kept."""
    mine = ~bed.points.of(SOURCE) & (bed.pivot > 0) & (bed.points.features[:, LABELLED] > LARGE)
    return held_out(bed, [mine & bed.points.of(language) for language in bed.languages], mine)


def held_out(bed: Bed, tests: list[Array], asked: Array) -> dict[str, Any]:
    """Errors of all where each test is forecast from what is not in it, and of AMUE where it can be fitted."""
    names: dict[str, Callable[[Array, Array], Array]] = {
        "amue": lambda train, test: by_slice(bed, train, test, AmueLaw),
        "log_law": lambda train, test: by_slice(bed, train, test, LogLaw),
        "power_law": lambda train, test: by_slice(bed, train, test, PowerLaw),
        "gpr_length_per_amount": lambda train, test: gaussian_process(bed, train, test, one_length=False),
    }
    found = {name: np.full(len(bed.points), np.nan) for name in (*names, "curve")}
    covered, widths = [], []
    for test in tests:
        for name, forecast in names.items():
            found[name][test] = forecast(~test, test)[test]
        several = len(np.unique(bed.points.language[test])) > 1
        scores, share, width = pooled(bed, ~test, test, 0.9, together=several)
        found["curve"][test] = scores[test]
        covered.append((share, int(test.sum())))
        widths.append((width, int(test.sum())))
    # A law of one language, English size and number of translations needs two sizes there.
    common = asked & np.all([np.isfinite(scores) for scores in found.values()], axis=0)
    return {"errors": {name: errors(bed, scores, common) for name, scores in found.items()}} | {
        "band_90": {"coverage": round(weighted(covered), 3), "width": round(weighted(widths), 2)}
    }


def unseen(bed: Bed, level: float) -> dict[str, Any]:
    """Each language as if measured never, and as if measured once, without examples of its own."""
    result: dict[str, Any] = {"languages": len(bed.languages), "level": level}
    for known in (0, 1):
        found, naive = np.full((2, len(bed.points)), np.nan)
        covered, widths = [], []
        for language in bed.languages:
            own = np.flatnonzero(bed.points.of(language))
            anchor = own[(bed.points.features[own, :2].sum(1) == 0)]
            anchor = anchor[[int(bed.pivot[anchor].argmax())]] if known and len(anchor) else anchor[:0]
            rest = Evidence(bed.observations).without_language(language)
            kept = Points.read(rest.observations)
            question = read_question(kept, language, None, LABELLED, 1000.0)
            if len(anchor):
                kept = joined(kept, bed.points.take(anchor), language)
            link = Link.of(bed.observations)
            process, start = fit_process(kept, language, link), None
            if not len(anchor):
                start = zero_shot(kept, bed.setting, rest.observations, language, question.rest)
            test = np.setdiff1d(own, anchor)
            mean, spread = predict_line(process, question, bed.points.features[test], start, link)
            margin = calibrate(process, language, LABELLED).quantile(level) * spread
            ends = link.to_score(mean - margin), link.to_score(mean + margin)
            found[test] = link.to_score(mean)
            naive[test] = others_mean(kept, bed.points.features[test], language)
            if len(anchor):
                shift = bed.points.scores[anchor] - others_mean(kept, bed.points.features[anchor], language)
                naive[test] += shift
            truth = bed.points.scores[test]
            covered.append(((truth >= ends[0]) & (truth <= ends[1])).mean())
            widths.append((ends[1] - ends[0]).mean())
        asked = np.isfinite(found)
        result[f"{known}_points"] = {
            "curve": errors(bed, found, asked),
            "others_mean": errors(bed, naive, asked),
            "coverage": round(float(np.mean(covered)), 3),
            "width": points(np.mean(widths), 2),
        }
    return result


def new_mixes(bed: Bed) -> dict[str, Any]:
    """A fifth of the mixes of every third language held out.

    Beside the curve the language's mean, and a log law of its own and of all examples.
    """
    labels = np.arange(len(bed.points))
    some = np.isin(bed.points.language, np.arange(0, len(bed.points.languages), EVERY))
    test = some & (np.random.default_rng(0).permutation(labels.max() + 1)[labels] % FOLDS == 0)
    level, log = np.full((2, len(bed.points)), np.nan)
    for language in bed.points.languages:
        mine = bed.points.of(language)
        kept, asked = mine & ~test, mine & test
        design = np.column_stack([np.ones(len(bed.pivot)), np.log1p(bed.points.features[:, [LABELLED, 2]])])
        slopes = np.linalg.lstsq(design[kept], bed.points.scores[kept], rcond=None)[0]
        log[asked], level[asked] = design[asked] @ slopes, bed.points.scores[kept].mean()
    curve, covered, width = pooled(bed, ~test, test, 0.9)
    found = {"language_mean": level, "log_law": log, "curve": curve}
    return {"errors": {name: errors(bed, scores, test) for name, scores in found.items()}} | {
        "band_90": {"coverage": covered, "width": width}
    }


def pooled(bed: Bed, train: Array, test: Array, level: float, *, together: bool = False) -> tuple[Array, float, float]:
    """Scores of the pooled process and how good its band is.

    As `fit_curve` fits it, anew for each language, or once to all points (`together`), which is quicker here.
    """
    found, link = np.full(len(bed.points), np.nan), Link.of(bed.observations)
    low, high = np.full((2, len(bed.points)), np.nan)
    kept = bed.points.take(train)
    process = CurveGP().fit(kept.on_line(link)) if together else CurveGP()
    for language in bed.points.languages:
        asked = test & bed.points.of(language)
        if not asked.any():
            continue
        if not together:
            process = fit_process(kept, language, link)
        mean, spread = process.predict(bed.points.features[asked], language)
        margin = calibrate(process, language, LABELLED).quantile(level) * spread
        found[asked] = link.to_score(mean)
        low[asked], high[asked] = link.to_score(mean - margin), link.to_score(mean + margin)
    truth = bed.points.scores[test]
    covered = ((truth >= low[test]) & (truth <= high[test])).mean()
    return found, round(float(covered), 3), points((high - low)[test].mean(), 2)


def by_slice(bed: Bed, train: Array, test: Array, law: Callable[[], Law]) -> Array:
    """A law fitted to each language and English size; but for AMUE to each number of translations, too."""
    found = np.full(len(bed.points), np.nan)
    columns = [bed.points.language, bed.pivot]
    if law is not AmueLaw:
        columns.append(bed.points.features[:, TRANSLATED])
    slices = np.unique(np.column_stack(columns), axis=0, return_inverse=True)[1].ravel()
    labelled, translated = bed.points.features[:, LABELLED], bed.points.features[:, TRANSLATED]
    for one in np.unique(slices[test]):
        kept, asked = train & (slices == one), test & (slices == one)
        if kept.any():
            fitted = law().fit(labelled[kept], translated[kept], bed.points.scores[kept])
            found[asked] = fitted.predict(labelled[asked], translated[asked])
    return found


def gaussian_process(bed: Bed, train: Array, test: Array, *, one_length: bool) -> Array:
    """RBF + white noise over the three sizes, scaled to 0..1, for each language with any English."""
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, WhiteKernel

    found = np.full(len(bed.points), np.nan)
    sizes = np.column_stack([bed.pivot, bed.points.features[:, [TRANSLATED, LABELLED]]])
    for language in bed.points.languages:
        mine = bed.points.of(language) & (bed.pivot > 0)
        kept, asked = mine & train, mine & test
        if not asked.any():
            continue
        low, span = sizes[kept].min(0), np.ptp(sizes[kept], axis=0) + 1e-9
        kernel = RBF(1.0 if one_length else [1.0] * 3) + WhiteKernel()
        process = GaussianProcessRegressor(kernel, normalize_y=True)
        process.fit((sizes[kept] - low) / span, bed.points.scores[kept])
        found[asked] = process.predict((sizes[asked] - low) / span)
    return found


def others_mean(kept: Points, features: Array, language: str) -> Array:
    """Mean score of the other languages, each in its most similar mix by the logarithms of the amounts."""
    answers = np.zeros((len(kept.languages), len(features)))
    for position in range(len(kept.languages)):
        rows = np.flatnonzero(kept.language == position)
        doses = np.log1p(kept.features[rows, :3])
        nearest = [np.abs(doses - asked).sum(1).argmin() for asked in np.log1p(features[:, :3])]
        answers[position] = kept.scores[rows[nearest]]
    return answers[[name != language for name in kept.languages]].mean(0)


def joined(kept: Points, own: Points, language: str) -> Points:
    """The points, and one measured of the language that was left out."""
    return kept.with_forecast(language, own.features, float(own.scores[0]), 0.0, str(own.rests[0]))


def in_file_order(bed: Bed) -> Array:
    """Position among the points, which are sorted by target and mix, of each row of the file."""
    sorted_rows = bed.observations.sort("target", "train").with_row_index("point")
    assert sorted_rows.height == len(bed.points), "each run is a point of its own"
    return sorted_rows.sort("origin_row")["point"].to_numpy().astype(np.intp)


def repeats(bed: Bed, train: Array) -> Array:
    """Runs whose score stands among those learnt from, with the same English and translated examples.

    A language has only so many labelled examples: what the table lists above that is the largest run again.
    """
    key = list(zip(bed.points.language, bed.pivot, bed.points.features[:, TRANSLATED], bed.points.scores, strict=True))
    known = {one for one, kept in zip(key, train, strict=True) if kept}
    return np.array([one in known for one in key])


def errors(bed: Bed, scores: Array, asked: Array) -> dict[str, float]:
    """Root mean square and mean absolute error in points, r2 and the number of scores."""
    truth, found = bed.points.scores[asked], scores[asked]
    explained = 1 - ((found - truth) ** 2).sum() / ((truth - truth.mean()) ** 2).sum()
    return {
        "rmse": points(np.sqrt(((found - truth) ** 2).mean()), 2),
        "mae": points(np.abs(found - truth).mean(), 2),
        "r2": round(float(explained), 3),
        "n": int(asked.sum()),
    }


def weighted(pairs: list[tuple[float, int]]) -> float:
    """Mean of values by their counts."""
    return sum(value * count for value, count in pairs) / sum(count for _, count in pairs)


if __name__ == "__main__":
    main()
