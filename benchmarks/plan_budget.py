"""Claim: plans are optimal where all can be tried, proven for 100 languages in seconds, never below LITMUS's search.

Three parts. Small menus: every choice is tried. Large menus: 100 languages with 6 amounts each, gains saturating with
the logarithm of the amount, neighbours gaining a share; the program's own gap and time. LITMUS: on SumEval's training
files both searches ask the same forecaster, which does not know what the other asked; LITMUS's search gets its mixes
answered a whole step at a time, and, timed on some, one by one, as LITMUS asks. Its pruning, which gives up 2 % of the
gain for fewer examples, is left out of its score.
"""

from __future__ import annotations

import json
import sys
import time
from itertools import product
from typing import Any

import numpy as np

from benchmarks.common import RESULTS, have_data, machine, read_sumeval, versions, write_result
from benchmarks.litmus_search import beam_search
from isogloss.evidence import TrainingMix
from isogloss.forecasting import Default, ask
from isogloss.planning.budget.program import solve
from isogloss.planning.budget.search import Problem, Scorer, search
from isogloss.planning.budget.supply import Menu, supply_curve
from isogloss.planning.costs import Costs
from isogloss.planning.objectives import Objective

SMALL, SEEDS = 100, 3
LANGUAGES, AMOUNTS = 100, 6
LARGE = ("mean", "speakers", "min")
CASES = {
    "UDPOS_XLMR": ("eng:1000", (4, 8, 16)),
    "WikiANN_XLMR": ("eng:1000", (4, 8)),
    "XNLI_XLMR": ("eng:100000", (4, 8)),
}
BUDGETS = (2_000, 20_000)
ROUNDS = 8
"""As the plan's default."""
ROUNDING = 1e-9
ONE_BY_ONE = 20
"""Mixes that are asked about one by one, to time that."""


def main() -> None:
    """Run the parts that are named, or all: `small`, objectives of large menus, SumEval files; others are kept."""
    asked = sys.argv[1:] or ["small", *LARGE, *CASES]
    if not have_data("observations/sumeval"):
        return
    known = RESULTS / "plan_budget.json"
    before = json.loads(known.read_text(encoding="utf-8")) if known.exists() else {}
    parts = {name: before[name] for name in ("small", "large", "cases") if name in before}
    for name in asked:
        if name == "small":
            parts["small"] = small()
        elif name in LARGE:
            kept = [row for row in parts.get("large", []) if row["objective"] != name]
            parts["large"] = sorted(kept + large(name), key=lambda row: LARGE.index(row["objective"]))
        else:
            others = [row for row in parts.get("cases", []) if row["file"] != name]
            parts["cases"] = others + litmus(name)
    write_result(
        "plan_budget",
        {
            "claim": "optimal where all can be tried; 100 languages x 6 amounts to a gap < .1 % in < 5 s; at least as "
            "good as LITMUS's search on every case, in less time whether that asks the forecaster whole steps at once "
            "(batched) or one mix at a time, as LITMUS does (one_by_one)",
            "machine": machine(),
            "versions": versions("numpy", "scipy", "scikit-learn"),
            **{name: parts[name] for name in ("small", "large") if name in parts},
            "litmus": summary(parts["cases"]) if "cases" in parts else {},
            "cases": parts.get("cases", []),
        },
    )


def small() -> dict[str, Any]:
    """Every choice of small menus is tried."""
    result = {}
    for name in ("mean", "min", "welfare", "gini"):
        losses = []
        for seed in range(SMALL):
            chance = np.random.default_rng(seed)
            languages = int(chance.integers(2, 6))
            menu = planted(seed, languages, 4, cross=0.1)
            objective = Objective(name, demand_of(chance, languages))
            budget = float(chance.uniform(0.1, 0.9)) * dearest(menu)
            found = solve(menu, objective, budget, np.full(languages, -np.inf), gap=1e-7)
            losses.append(objective.direction * (best_of_all(menu, objective, budget) - found.value))
        result[name] = {
            "menus": SMALL,
            "optimal": int((np.array(losses) < 2e-6).sum()),
            "largest_loss": float(f"{max(*losses, 0.0):.1e}"),
        }
    return result


def large(name: str) -> list[dict[str, Any]]:
    """Gap and time of 100 languages with 6 amounts each, at three budgets."""
    rows = []
    for cross in (0.0, 0.1):
        gaps, seconds = [], []
        for seed, share in product(range(SEEDS), (0.1, 0.3, 0.6)):
            menu = planted(seed, LANGUAGES, AMOUNTS, cross=cross)
            shares = np.full(LANGUAGES, 1 / LANGUAGES)
            if name == "speakers":
                shares = demand_of(np.random.default_rng(seed), LANGUAGES)
            found = solve(
                menu, Objective(name, shares), share * dearest(menu), np.full(LANGUAGES, -np.inf), gap=9e-4, seconds=4.5
            )
            gaps.append(found.gap)
            seconds.append(found.seconds)
        rows.append(
            {
                "objective": name,
                "gained_by_neighbours": cross,
                "programs": len(gaps),
                "gap_below_0.1_percent": int((np.array(gaps) < 1e-3).sum()),
                "largest_gap_percent": round(100 * max(gaps), 3),
                "median_seconds": round(float(np.median(seconds)), 2),
                "largest_seconds": round(max(seconds), 2),
            }
        )
    return rows


def litmus(file: str) -> list[dict[str, Any]]:
    """Both searches on the same forecaster."""
    train, sizes = CASES[file]
    rows: list[dict[str, Any]] = []
    evidence = read_sumeval(file)
    setting = evidence.settings().row(0, named=True)
    fitted = Default().fit(evidence)
    for size, budget, name in product(sizes, BUDGETS, ("mean", "min")):
        others = [target for target in evidence.targets if target != "eng"]
        targets = others[:: len(others) // size][:size]
        queries = ask(task=setting["task"], model=setting["model"], targets=targets, train=train)
        rows.append({"file": file, "languages": size, "budget": budget, "objective": name})
        rows[-1] |= duel(fitted, queries, TrainingMix.parse(train), targets, budget, name)
        print(rows[-1], flush=True)
    return rows


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """In how many cases the plan is at least as good, and how much faster it is found, against two ways to ask.

    `batched`: a whole step of LITMUS's search is one question to the forecaster, as here. `one_by_one`: every mix
    is a question of its own, as in LITMUS itself. Each against the whole search and against as many of its rounds as
    it took to be as good as LITMUS's.
    """
    better = np.array([row["ours"] - row["litmus"] for row in rows])
    faster = {
        f"{ours}_than_{litmus}": np.array(
            [row[f"{key}_cpu_s"] / row[f"{mine}_cpu_s"] for row in rows if row[f"{mine}_cpu_s"]]
        )
        for ours, mine in (("whole", "ours"), ("until_as_good", "as_good"))
        for litmus, key in (("batched", "litmus"), ("one_by_one", "litmus_one_by_one"))
    }
    return {
        "cases": len(rows),
        "at_least_as_good": int((better >= -ROUNDING).sum()),
        "better_by_more_than_0.1_points": int((better > 1e-3).sum()),
        "mean_points_better": round(100 * float(better.mean()), 2),
        "first_program_at_least_as_good": sum(row["rounds_until_as_good"] == 0 for row in rows),
        "times_faster": {
            name: {"median": round(float(np.median(times)), 1), "smallest": round(float(times.min()), 1),
                   "at_least_100": int((times >= 100).sum())}
            for name, times in faster.items()
        },
    }  # fmt: skip


def duel(
    fitted: Default, queries: Any, base: TrainingMix, targets: list[str], budget: int, name: str
) -> dict[str, Any]:
    """Scores and seconds of both searches; the forecaster has been asked before, so that it has learnt all it needs."""
    objective = Objective(name, np.full(len(targets), 1 / len(targets)))
    supplies = tuple(supply_curve(target, Costs(), {}, None) for target in targets)
    floors = np.full(len(targets), -np.inf)
    Scorer(fitted, queries, base, targets)(np.eye(len(targets)) * budget)

    def ours(rounds: int) -> tuple[float, float, int]:
        score, start = Scorer(fitted, queries, base, targets), time.process_time()
        found = search(Problem(score, supplies, tuple(targets), objective, budget, floors), rounds=rounds)
        return objective.value(found.scores), time.process_time() - start, score.query_count

    score, start = Scorer(fitted, queries, base, targets), time.process_time()
    searched = beam_search(score, len(targets), budget, objective, prune=False)
    assert searched is not None
    took = time.process_time() - start
    chance, start = np.random.default_rng(0), time.process_time()
    score_singly = Scorer(fitted, queries, base, targets)
    for amounts in chance.uniform(0, budget / len(targets), (ONE_BY_ONE, len(targets))):
        score_singly(np.round(amounts)[None])
    singly = (time.process_time() - start) / ONE_BY_ONE * searched.asked
    value, seconds, asked = ours(ROUNDS)
    first, quick, _ = ours(0)
    as_good = next((rounds for rounds in range(ROUNDS + 1) if ours(rounds)[0] >= searched.value - ROUNDING), None)
    return {
        "ours": round(value, 6),
        "one_program": round(first, 6),
        "litmus": round(searched.value, 6),
        "ours_cpu_s": round(seconds, 3),
        "one_program_cpu_s": round(quick, 3),
        "rounds_until_as_good": as_good,
        "as_good_cpu_s": None if as_good is None else round(ours(as_good)[1], 3),
        "litmus_cpu_s": round(took, 3),
        "litmus_one_by_one_cpu_s": round(singly, 1),
        "ours_asked": asked,
        "litmus_asked": searched.asked,
    }


def planted(seed: int, languages: int, amounts: int, *, cross: float) -> Menu:
    """Own gains by a log law, and a share of them to languages near by."""
    chance = np.random.default_rng(seed)
    place = chance.random((languages, 2))
    near = np.exp(-((place[:, None] - place[None]) ** 2).sum(-1) / (2 * 0.08**2))
    near[near < 0.05] = 0
    np.fill_diagonal(near, 1 / cross if cross else 0.0)
    examples = np.r_[0.0, 1000 * 2.0 ** np.arange(1 - amounts, 1)]
    bent = np.log1p(examples / 50) / np.log1p(1000 / 50)
    most = chance.uniform(0.05, 0.4, languages)
    reach = cross * near if cross else np.eye(languages)
    gains = bent[None, :, None] * (reach * most[None, :])[:, None, :]
    costs = examples * chance.uniform(0.5, 2.0, (languages, 1))
    names = tuple(f"l{at}" for at in range(languages))
    return Menu(
        names, names, chance.uniform(0.2, 0.6, languages), np.repeat(np.arange(languages), amounts + 1),
        np.tile(examples, languages), costs.ravel(), gains.reshape(-1, languages),
    )  # fmt: skip


def demand_of(chance: np.random.Generator, languages: int) -> np.ndarray:
    """Shares as unequal as numbers of speakers."""
    speakers = 10 ** chance.uniform(5, 9, languages)
    return speakers / speakers.sum()


def dearest(menu: Menu) -> float:
    """What everything costs."""
    return float(menu.costs.reshape(len(menu.languages), -1).max(1).sum())


def best_of_all(menu: Menu, objective: Objective, budget: float) -> float:
    """The best value by trying every choice."""
    options = len(menu.owner) // len(menu.languages)
    starts = np.arange(len(menu.languages)) * options
    choices = np.array(list(product(range(options), repeat=len(menu.languages)))) + starts
    choices = choices[menu.costs[choices].sum(1) <= budget + 1e-9]
    values = objective.values(menu.base + menu.gains[choices].sum(1))
    return float(objective.direction * (objective.direction * values).max())


if __name__ == "__main__":
    main()
