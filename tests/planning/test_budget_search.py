"""The search around a program's answer, by a forecaster whose gains do not add up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from isogloss.planning.budget.search import BETTER, Problem, make_menu, search
from isogloss.planning.budget.supply import supply_curve
from isogloss.planning.costs import Costs
from isogloss.planning.objectives import Objective

NAMES = ("deu", "fin", "hin", "tam", "yor")
BUDGET = 1000.0


def score(amounts: np.ndarray) -> np.ndarray:
    """Own examples and those of the next language saturate together; all share what more examples do."""
    reached = amounts + 0.5 * np.roll(amounts, 1, axis=1)
    return 0.3 + 0.5 * (1 - np.exp(-reached / (80.0 + 60.0 * np.arange(len(NAMES))))) - amounts.sum(1)[:, None] * 1e-5


class Asked:
    """The same, counting how often it is asked."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, amounts: np.ndarray) -> np.ndarray:
        self.times += 1
        return score(amounts)


def problem(aim: str, asked=score) -> Problem:
    supplies = tuple(supply_curve(name, Costs(), {}, None) for name in NAMES)
    even = np.full(len(NAMES), 1 / len(NAMES))
    return Problem(asked, supplies, NAMES, Objective(aim, even), BUDGET, np.full(len(NAMES), -np.inf))


@pytest.mark.parametrize("aim", ["mean", "min", "welfare"])
def test_no_change_of_one_language_makes_the_plan_better(aim):
    asked = problem(aim)
    found = search(asked, rounds=50)
    menu = make_menu(asked, found.amounts, score)
    free = BUDGET - asked.cost(found.amounts)
    price = menu.costs - found.amounts[menu.owner]
    changed = [asked.merit(scores)[1] for scores in (menu.base + menu.gains)[price <= free + 1e-9]]
    assert max(changed) <= asked.merit(found.scores)[1] + BETTER


@pytest.mark.parametrize("aim", ["mean", "min"])
def test_rounds_only_make_it_better_and_keep_the_budget(aim):
    asked = problem(aim)
    found = [search(asked, rounds=rounds) for rounds in (0, 1, 3, 8)]
    merits = [asked.merit(one.scores) for one in found]
    assert merits == sorted(merits)
    assert all(asked.cost(one.amounts) <= BUDGET for one in found)
    assert merits[-1] > merits[0]


def test_a_round_asks_about_all_its_options_at_once():
    counted = Asked()
    before = search(problem("mean", counted), rounds=0)
    first, counted.times = counted.times, 0
    after = search(problem("mean", counted), rounds=1)
    programs = 3  # of 5 languages, then of at most 2, then none
    assert counted.times <= first + 1 + programs
    assert after.scores.mean() > before.scores.mean()


def harmed(amounts: np.ndarray) -> np.ndarray:
    """Forty examples of each language are best, and far beyond that more of them harm."""
    spread = np.log1p(amounts) - np.log1p(40.0)
    return 0.8 - 0.01 * (spread**2) @ np.ones((len(NAMES), len(NAMES))) / len(NAMES)


@pytest.mark.parametrize("times", [10, 1000, 10_000])
def test_a_larger_budget_is_worth_no_less_but_for_a_tenth_of_a_point(times):
    small = problem("mean", harmed)
    large = replace(small, budget=BUDGET * times)
    assert search(large).scores.mean() >= search(small).scores.mean() - 1e-3
