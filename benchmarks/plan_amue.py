"""Claim: the published expansion slope for Swahili, 3.2, comes out; least-cost buys are as cheap as trying all.

AMUE's 2,922 fine-tunings of mBERT on TyDiQA. Beside 3,696 English examples each language's performance function is
fitted, the slope of its expansion path taken at a price ratio of .1 (as published), and what a goal costs least is
compared with every pair of numbers of examples on a grid. What translated examples are worth in a plan is measured too.
"""

from __future__ import annotations

import time

import numpy as np

from benchmarks.common import DATA, have_data, machine, versions, write_result
from isogloss.errors import NotEnoughEvidence
from isogloss.evidence import read_evidence
from isogloss.planning import plan_kinds
from isogloss.planning.budget.supply import measure_exchange_rate
from isogloss.planning.costs import parse_costs
from isogloss.planning.kinds import KindsPlan

AMUE = "observations/amue/tydiqa_mbert_results.csv"
PUBLISHED_SLOPE = 3.2
PRICE_LABELLED, PRICE_TRANSLATED = 0.1, 0.01
STEP = 8
LIFT = 5.0
"""Points above the zero-shot score that are asked for."""


def main() -> None:
    """Fit and weigh every language."""
    if not have_data(AMUE):
        return
    evidence = read_evidence(DATA / AMUE)
    costs = parse_costs({"labelled": PRICE_LABELLED, "translated": PRICE_TRANSLATED}, "costs")
    asked = {"task": "TyDiQA", "model": "bert-base-multilingual-cased", "train": "eng:3696", "costs": costs}
    rows, started = {}, time.process_time()
    for target in evidence.targets:
        try:
            start = plan_kinds(evidence, target=target, **asked)
        except NotEnoughEvidence:
            continue
        goal = (start.function.a_zs + LIFT) / 100
        found = plan_kinds(evidence, target=target, goal=goal, **asked)
        assert found.cheapest is not None
        only_labelled = float(found.function.isoperf(np.zeros(1), 100 * goal)[0])
        rows[target] = {
            "a_t": float(f"{found.function.a_t:.2g}"),
            "alpha_t": round(found.function.alpha_t, 2),
            "a_m": float(f"{found.function.a_m:.2g}"),
            "alpha_m": round(found.function.alpha_m, 2),
            "rmse": round(found.error, 2),
            "translated_worth_nothing": found.only_labelled,
            "goal": round(goal, 3),
            "cost": round(found.cheapest.cost, 2),
            "cost_by_trying_all": round(by_trying(found, 100 * goal), 2),
            "cost_with_labelled_only": round(PRICE_LABELLED * only_labelled, 2),
        }
        if target == "swa":
            slope = found.slope
    seconds = round(time.process_time() - started, 2)
    write_result(
        "plan_amue",
        {
            "claim": "Swahili's expansion slope of 3.2 reproduced; least-cost buys as cheap as trying all",
            "machine": machine(),
            "versions": versions("numpy", "scipy"),
            "input": {"scores": len(evidence), "english": 3696},
            "prices": {"labelled": PRICE_LABELLED, "translated": PRICE_TRANSLATED},
            "slope_swahili": round(slope, 2),
            "slope_published": PUBLISHED_SLOPE,
            "languages": rows,
            "exchange_rate_of_translated": round(measure_exchange_rate(evidence.observations, "translated") or 0.0, 3),
            "cpu_s": seconds,
        },
    )


def by_trying(found: KindsPlan, points: float) -> float:
    """Least cost over a grid of numbers of examples."""
    translated = np.arange(0, found.pivot + 1, STEP, dtype=float)
    labelled = np.ceil(found.function.isoperf(translated, points))
    return float((PRICE_TRANSLATED * translated + PRICE_LABELLED * labelled).min())


if __name__ == "__main__":
    main()
