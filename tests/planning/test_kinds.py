"""Label or translate: the published economics, on planted and on published scores."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from isogloss import read_evidence
from isogloss.errors import BadValue, InputError, NotEnoughEvidence
from isogloss.forecasting.curves import PerformanceFunction
from isogloss.planning import plan_kinds
from isogloss.planning.costs import parse_costs

PLANTED = PerformanceFunction(30.0, 0.4, 0.4, 1.5, 0.4)
PRICES = parse_costs({"currency": "USD", "labelled": 0.1, "translated": 0.01}, "costs")
ASKED = {"task": "qa", "model": "toy", "target": "swa", "costs": PRICES}


@pytest.fixture(scope="module")
def evidence():
    rows = []
    for translated in (0, 100, 500, 1000, 3000):
        for labelled in (0, 10, 100, 500, 1000, 3000):
            points = float(PLANTED.score(np.array(float(translated)), np.array(float(labelled))))
            train = f"eng:3000,swa:{labelled},swa+translated:{translated}"
            rows.append(
                {"task": "qa", "model": "toy", "metric": "f1", "target": "swa", "train": train, "score": points / 100}
            )
    return read_evidence(pl.DataFrame(rows))


def test_the_planted_function_is_found(evidence):
    found = plan_kinds(evidence, **ASKED, goal=0.6)
    assert (found.train, found.pivot) == ("eng:3000", 3000)
    assert found.error < 0.01
    assert found.function.a_m == pytest.approx(PLANTED.a_m, rel=0.02)


def test_no_other_buy_reaches_the_goal_for_less(evidence):
    found = plan_kinds(evidence, **ASKED, goal=0.6)
    translated, labelled = np.meshgrid(np.linspace(0, 3000, 301), np.linspace(0, 6000, 601))
    reaches = found.function.score(translated, labelled) >= 60
    cost = 0.01 * translated + 0.1 * labelled
    assert found.cheapest.cost <= cost[reaches].min() + 1e-6
    assert float(found.function.score(np.array(found.cheapest.translated), np.array(found.cheapest.labelled))) >= 59.99


def test_no_other_buy_for_the_budget_is_better(evidence):
    found = plan_kinds(evidence, **ASKED, budget=100)
    translated = np.linspace(0, 3000, 2001)
    scores = found.function.score(translated, np.maximum((100 - 0.01 * translated) / 0.1, 0))
    assert 100 * found.best_score >= scores.max() - 1e-3
    assert found.best.cost == pytest.approx(100)


def test_buys_beyond_what_was_measured_or_there_is_are_flagged(evidence):
    near, far = (plan_kinds(evidence, **ASKED, budget=budget) for budget in (100, 1e12))
    assert not any("were measured: the law may not hold" in line for line in near.words())
    assert far.best_score == 1
    assert "At most 3,000 labelled examples were measured: the law may not hold so far out." in far.words()
    few = parse_costs({"labelled": 0.1, "translated": 0.01, "caps": {"labelled": 400}}, "costs")
    capped = plan_kinds(evidence, **(ASKED | {"costs": few}), budget=100)
    assert "There are only 400 labelled examples of swa." in capped.words()


def test_lines_of_the_same_score_and_cost_meet_where_the_path_of_best_buys_crosses(evidence):
    found = plan_kinds(evidence, **ASKED, goal=0.5)
    path = float(found.function.expansion_path(np.array(found.cheapest.translated), 0.1))
    assert path == pytest.approx(found.cheapest.labelled, rel=0.01)
    assert set(found.lines["line"]) == {"same score", "same cost", "best buys"}


def test_a_goal_that_is_no_fraction_is_refused(evidence):
    with pytest.raises(BadValue, match=r"goal 60 is no fraction; write 0\.6"):
        plan_kinds(evidence, **ASKED, goal=60)


def test_prices_and_measurements_that_are_missing_are_named(evidence):
    with pytest.raises(InputError, match="translated examples of swa have no price"):
        plan_kinds(evidence, **(ASKED | {"costs": parse_costs({"labelled": 1}, "costs")}), goal=0.5)
    with pytest.raises(NotEnoughEvidence, match=r"swa was not measured with both .* beside eng:7"):
        plan_kinds(evidence, **ASKED, goal=0.5, train="eng:7")
    with pytest.raises(NotEnoughEvidence, match="yor was not measured with both"):
        plan_kinds(evidence, **(ASKED | {"target": "yor"}), goal=0.5)


@pytest.mark.data
def test_the_published_slope_for_swahili_comes_out_of_the_published_scores():
    """3.2 labelled examples for each translated one, at a tenth of the price, beside 3,696 English ones."""
    pytest.importorskip("isogloss_papers", reason="the importers of papers are absent: pip install ./plugins")
    data = Path(os.environ.get("ISOGLOSS_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
    path = data / "observations" / "amue" / "tydiqa_mbert_results.csv"
    if not path.exists():
        pytest.skip("the research data is absent: set ISOGLOSS_DATA to its folder")
    found = plan_kinds(
        read_evidence(path), task="TyDiQA", model="bert-base-multilingual-cased", target="swa", train="eng:3696",
        costs=PRICES, goal=0.78,
    )  # fmt: skip
    assert found.slope == pytest.approx(3.2, abs=0.1)
