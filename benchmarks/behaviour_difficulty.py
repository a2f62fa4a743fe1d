"""Claim: answers in languages held out are forecast with less cross-entropy than by language-blind and language means.

Item response across languages on the factual recall of X-FaKT (14 models, 802 facts, 13 languages) and on the answers
of two LLMs to SIB-200 (204 sentences, 205 languages). Blocks of one model in one language are held out in five folds:
whole, and all but 40 % of their items, drawn at random. Beside it: the mean of the other models on the item in the
language (Beta(1, 1) smoothed), their mean in the language, the model's mean in other languages, and the same item
response model without languages. Planted worlds have known difficulties, and 20 mistranslated items or none. Confidence
sequences are run on every block of X-FaKT: how often all of them hold, and after how many items they are 5 points wide
to each side.

    python -m benchmarks.behaviour_difficulty               # all of it
    python -m benchmarks.behaviour_difficulty calibrated    # widened intervals alone; the rest stays as it was
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import numpy as np
import polars as pl
from scipy.special import expit
from scipy.stats import norm

from benchmarks.common import DATA, RESULTS, have_data, machine, versions, write_result
from isogloss.behaviour.item_flags import count_distributions, language_p_values
from isogloss.behaviour.item_response import Array, Cube, ItemResponse
from isogloss.behaviour.item_scores import interval_widening
from isogloss.stats.confidence_sequence import share_sequence
from isogloss.stats.hypotheses import benjamini_hochberg

RATINGS, SIB = "observations/xfakt_ratings.parquet", "observations/sib200_llm_predictions.parquet"
FOLDS, REVEALED = 5, 0.4
WORLDS = 20
PAIRS = ((0, 7), (3, 10))
"""Models of X-FaKT, by their places."""


def main() -> None:
    """Run all parts and keep the result."""
    if not have_data(RATINGS, SIB):
        return
    start = time.process_time()
    cubes = {"X-FaKT factual recall": xfakt(), "SIB-200, two LLMs": sib200()}
    if sys.argv[1:] == ["calibrated"]:
        there = json.loads((RESULTS / "behaviour_difficulty.json").read_text())
        write_result("behaviour_difficulty", there | {"calibrated": calibrated(cubes)})
        return
    result = {name: {"whole": held_out(cube, 0.0), "40 %": held_out(cube, REVEALED)} for name, cube in cubes.items()}
    write_result(
        "behaviour_difficulty",
        {
            "claim": "languages held out: less cross-entropy than language-blind and language-mean models",
            "machine": machine(), "versions": versions("numpy", "scipy"),
            "held_out": result, "planted": {"20 mistranslated": worlds(20), "null": worlds(0)},
            "confidence_sequences": sequences(cubes["X-FaKT factual recall"]), "calibrated": calibrated(cubes),
            "cpu_s": round(time.process_time() - start, 1),
        },
    )  # fmt: skip


def xfakt() -> Cube:
    """Right in any language, as X-FaKT counts."""
    table = pl.read_parquet(DATA / RATINGS).filter(pl.col("task").cast(pl.String) == "factual_recall")
    return cube_of(table.select(pl.col("model", "lang", "i").cast(pl.String), right=(pl.col("rating") != 4)))


def sib200() -> Cube:
    table = pl.read_parquet(DATA / SIB)
    right = pl.col("gold").cast(pl.String) == pl.col("pred").cast(pl.String)
    return cube_of(
        table.select(pl.col("model", "lang").cast(pl.String), i=pl.col("index_id").cast(pl.String), right=right)
    )


def cube_of(table: pl.DataFrame) -> Cube:
    numbers = [table[name].rank("dense").cast(pl.Int64).to_numpy() - 1 for name in ("model", "i", "lang")]
    right = np.full([int(one.max()) + 1 for one in numbers], np.nan)
    right[tuple(numbers)] = table["right"].cast(pl.Float64).to_numpy()
    return Cube(right, np.zeros(right.shape[1], np.int64))


def held_out(cube: Cube, revealed: float) -> dict[str, Any]:
    """Cross-entropy of the hidden answers in nats, and the error of whole scores in points."""
    models, items, languages = cube.right.shape
    rng = np.random.default_rng(0)
    folds = (rng.permutation(models * languages) % FOLDS).reshape(models, languages)
    losses: dict[str, list[Array]] = {}
    errors: dict[str, list[Array]] = {}
    covered, widths = [], []
    for fold in range(FOLDS):
        hidden = (folds == fold)[:, None, :] & (rng.random((models, items, languages)) >= revealed)
        truth = cube.right
        shown = Cube(np.where(hidden, np.nan, truth), cube.tasks)
        fitted = ItemResponse().fit(shown)
        forecasts = {"item response": fitted.probabilities(shown)}
        forecasts["language-blind item response"] = ItemResponse(blind=True).fit(shown).probabilities(shown)
        forecasts |= means(shown)
        asked = hidden & ~np.isnan(truth)
        model, language = np.nonzero(folds == fold)
        scores = np.nanmean(truth[model, :, language], axis=1)
        for name, probability in forecasts.items():
            chance = np.clip(probability[asked], 1e-4, 1 - 1e-4)
            losses.setdefault(name, []).append(-np.where(truth[asked] == 1, np.log(chance), np.log(1 - chance)))
            whole = np.where(np.isnan(shown.right), probability, shown.right)[model, :, language]
            errors.setdefault(name, []).append(100 * np.abs(whole.mean(axis=1) - scores))
        if revealed:
            raw = np.nanmean(shown.right[model, :, language], axis=1)
            errors.setdefault("share of the answers given", []).append(100 * np.abs(raw - scores))
        mean, half = interval(shown, fitted, forecasts["item response"])
        covered.append(np.abs(mean - np.nanmean(truth, axis=1))[model, language] <= half[model, language])
        widths.append(200 * half[model, language])
    return {
        "cross_entropy": {name: round(float(np.concatenate(parts).mean()), 4) for name, parts in losses.items()},
        "score_error_points": {
            name: {
                "mean": round(float(np.concatenate(parts).mean()), 2),
                "within_2_points": round(float((np.concatenate(parts) <= 2).mean()), 3),
            }
            for name, parts in errors.items()
        },
        "interval_90": {
            "holds": round(float(np.concatenate(covered).mean()), 3),
            "width_points": round(float(np.concatenate(widths).mean()), 1),
        },
    }  # fmt: skip


def calibrated(cubes: dict[str, Cube]) -> dict[str, Any]:
    """What widening intervals on complete blocks does, with two models: pairs of X-FaKT, and SIB-200.

    It was chosen on X-FaKT. So was not to ask the items of whose answers the model is least sure first: with 40 % of
    the answers, that makes scores worse than items drawn at random.
    """
    whole = cubes["X-FaKT factual recall"]
    pairs = [Cube(whole.right[list(pair)], whole.tasks) for pair in PAIRS]
    return {"X-FaKT, pairs of models": widened(pairs, unsure_first=True), "SIB-200, two LLMs":
            widened([cubes["SIB-200, two LLMs"]], unsure_first=False)}  # fmt: skip


def widened(cubes: list[Cube], *, unsure_first: bool) -> dict[str, Any]:
    """Errors of scores, and what intervals hold before and after they are widened."""
    errors, z, factors, others = [], [], [], []
    for cube in cubes:
        models, _, languages = cube.right.shape
        rng = np.random.default_rng(0)
        folds = (rng.permutation(models * languages) % FOLDS).reshape(models, languages)
        for fold in range(FOLDS):
            at = np.nonzero(folds == fold)
            truth = np.nanmean(cube.right, axis=1)[at]
            hidden = (folds == fold)[:, None, :] & (rng.random(cube.right.shape) >= REVEALED)
            shown = Cube(np.where(hidden, np.nan, cube.right), cube.tasks)
            error, spread = errors_of(shown, at, truth)
            factors += [interval_widening(shown, 0.9)] * len(truth)
            errors += [*error]
            z += [*(error / spread)]
            if unsure_first:
                others += [*errors_of(least_sure_first(cube, folds == fold), at, truth)[0]]
    ratios, factor = np.array(z) / norm.ppf(0.95), np.array(factors)
    found = {
        "score_error_points": round(100 * float(np.mean(errors)), 2), "scores": len(errors),
        "interval_90_holds": round(float((ratios <= 1).mean()), 3),
        "widened_interval_90_holds": round(float((ratios <= factor).mean()), 3),
        "mean_factor": round(float(factor.mean()), 2),
    }  # fmt: skip
    return found | ({"score_error_points_least_sure_first": round(100 * float(np.mean(others)), 2)} if others else {})


def errors_of(shown: Cube, at: tuple[Any, ...], truth: Array) -> tuple[Array, Array]:
    """Errors of forecast scores of some blocks, and their spreads."""
    fitted = ItemResponse().fit(shown)
    probability = fitted.probabilities(shown)
    mean, half = interval(shown, fitted, probability)
    return np.abs(mean[at] - truth), half[at] / norm.ppf(0.95)


def least_sure_first(cube: Cube, hidden: Array) -> Cube:
    """Blocks of which the answers are shown that were least sure while all were hidden."""
    right = np.where(hidden[:, None, :], np.nan, cube.right)
    shown = Cube(right, cube.tasks)
    probability = ItemResponse().fit(shown).probabilities(shown)
    for model, language in np.argwhere(hidden):
        doubt = probability[model, :, language] * (1 - probability[model, :, language])
        asked = np.argsort(-doubt, kind="stable")[: round(REVEALED * len(doubt))]
        right[model, asked, language] = cube.right[model, asked, language]
    return Cube(right, cube.tasks)


def means(shown: Cube) -> dict[str, Array]:
    """Forecasts by means of what is shown."""
    right, known = np.nan_to_num(shown.right), ~np.isnan(shown.right)
    cell = (right.sum(0) + 1) / (known.sum(0) + 2)
    language = (right.sum((0, 1)) + 1) / (known.sum((0, 1)) + 2)
    model = (right.sum((1, 2)) + 1) / (known.sum((1, 2)) + 2)
    return {
        "mean of the item in the language": np.broadcast_to(cell, right.shape),
        "mean of the language": np.broadcast_to(language, right.shape),
        "mean of the model": np.broadcast_to(model[:, None, None], right.shape),
    }


def interval(shown: Cube, fitted: ItemResponse, probability: Array) -> tuple[Array, Array]:
    """Forecasts of scores and half of their 90 % interval, as `score_difficulty` has them."""
    unknown = np.isnan(shown.right)
    doubt = np.where(unknown, probability * (1 - probability), 0.0)
    moved = (doubt * fitted.slopes[None, :, None]).sum(axis=1)
    spread = np.sqrt(doubt.sum(axis=1) + moved**2 * fitted.ability_variance(shown)[:, 0]) / shown.right.shape[1]
    return np.where(unknown, probability, shown.right).mean(axis=1), norm.ppf(0.95) * spread


def worlds(mistranslated: int) -> dict[str, Any]:
    """14 models, 200 items, 8 languages; what is flagged at a false discovery rate of .05."""
    flagged, false, kept = [], [], []
    for seed in range(WORLDS):
        rng = np.random.default_rng(seed)
        ability = rng.normal(0, 1.2, 14)[:, None] + rng.normal(0, 0.6, 8) + rng.normal(0, 0.3, (14, 8))
        item, own, slope = rng.normal(0.5, 1.2, 200), rng.normal(0, 0.3, (200, 8)), np.exp(rng.normal(0, 0.2, 200))
        bad = {(place, place % 8) for place in range(mistranslated)}
        for cell in bad:
            own[cell] -= 5
        logits = slope[None, :, None] * ability[:, None, :] + item[None, :, None] + own
        cube = Cube((rng.random(logits.shape) < expit(logits)).astype(float), np.zeros(200, np.int64))
        fitted = ItemResponse().fit(cube)
        p, _ = language_p_values(cube, count_distributions(cube, fitted))
        hits = np.argwhere(np.array(benjamini_hochberg(p.ravel())).reshape(p.shape) <= 0.05)
        found = {(int(one), int(other)) for one, other in hits}
        flagged.append(len(found & bad))
        false.append(len(found - bad))
        kept.append(float(np.corrcoef(fitted.parts_["item"], item)[0, 1]))
    total = sum(flagged) + sum(false)
    return {
        "worlds": WORLDS, "planted": mistranslated, "found_per_world": round(float(np.mean(flagged)), 2),
        "false_per_world": round(float(np.mean(false)), 2), "share_false": round(sum(false) / max(1, total), 3),
        "correlation_of_difficulties": round(float(np.mean(kept)), 3),
    }  # fmt: skip


def sequences(cube: Cube) -> dict[str, Any]:
    """90 % sequences on each block in a random order, with a flat prior and with one at the mean of other models."""
    rng = np.random.default_rng(1)
    found: dict[str, list[tuple[bool, int]]] = {"flat prior": [], "prior from other models": []}
    models, items, languages = cube.right.shape
    for model in range(models):
        for language in range(languages):
            outcomes = rng.permutation(cube.right[model, :, language])
            others = float(np.delete(cube.right[:, :, language], model, axis=0).mean())
            for name, prior in (("flat prior", (0.5, 2.0)), ("prior from other models", (others, 10.0))):
                bounds = share_sequence(outcomes, items, level=0.9, mean=prior[0], strength=prior[1])
                held = bool(((bounds[:, 0] <= outcomes.mean()) & (outcomes.mean() <= bounds[:, 1])).all())
                narrow = bounds[:, 1] - bounds[:, 0] <= 0.1
                found[name].append((held, int(narrow.argmax()) + 1))
    return {
        name: {
            "all_hold": round(float(np.mean([held for held, _ in runs])), 3),
            "share_of_items_until_5_points_each_side": round(float(np.mean([count for _, count in runs])) / items, 3),
        }
        for name, runs in found.items()
    }


if __name__ == "__main__":
    main()
