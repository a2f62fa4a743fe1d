"""The program and its fast and old rivals, on menus small enough to try everything."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.litmus_search import beam_search
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.planning.menus import enumerate_best, make_menu, menus, planted

from isogloss.errors import InputError
from isogloss.planning.budget.greedy import greedy
from isogloss.planning.budget.program import solve
from isogloss.planning.objectives import OBJECTIVES, Objective, objective

NO_FLOORS = -np.inf


def even(name: str, targets: int) -> Objective:
    return Objective(name, np.full(targets, 1 / targets))


@settings(max_examples=60)
@given(menu=menus(), name=st.sampled_from(OBJECTIVES), share=st.floats(0, 1), data=st.data())
def test_no_choice_at_all_is_better_than_the_programs(menu, name, share, data):
    targets = len(menu.targets)
    weights = np.array(data.draw(st.lists(st.floats(0.1, 10), min_size=targets, max_size=targets)))
    goal = Objective(name, weights / weights.sum())
    budget = share * float(menu.costs.sum())
    floors = np.full(targets, NO_FLOORS)
    found = solve(menu, goal, budget, floors, gap=1e-7)
    assert menu.cost(found.choice) <= budget + 1e-6
    assert found.value == pytest.approx(enumerate_best(menu, goal, budget, floors), abs=2e-6)


@settings(max_examples=40)
@given(menu=menus(), share=st.floats(0, 1), lift=st.floats(0, 0.3))
def test_guarantees_are_kept_or_refused_as_trying_everything_says(menu, share, lift):
    goal, budget = even("mean", len(menu.targets)), share * float(menu.costs.sum())
    floors = np.full(len(menu.targets), NO_FLOORS)
    floors[0] = menu.base[0] + lift
    best = enumerate_best(menu, goal, budget, floors)
    # What is missed by less than a solver's rounding is kept.
    assume((enumerate_best(menu, goal, budget, floors - 1e-5) is None) == (best is None))
    if best is None:
        with pytest.raises(InputError, match="cannot keep the guarantees: t0 reaches at most"):
            solve(menu, goal, budget, floors)
    else:
        found = solve(menu, goal, budget, floors, gap=1e-7)
        assert (menu.scores(found.choice) >= floors - 1e-6).all()
        assert found.value == pytest.approx(best, abs=2e-6)


@given(menu=menus(), name=st.sampled_from(OBJECTIVES), share=st.floats(0, 1))
def test_the_greedy_plan_keeps_the_budget_and_is_never_better_than_the_program(menu, name, share):
    goal, budget = even(name, len(menu.targets)), share * float(menu.costs.sum())
    floors = np.full(len(menu.targets), NO_FLOORS)
    choice = greedy(menu, goal, budget, floors)
    assert menu.cost(choice) <= budget + 1e-6
    best = solve(menu, goal, budget, floors, gap=1e-7).value
    assert goal.direction * goal.value(menu.scores(choice)) <= goal.direction * best + 2e-6


@settings(max_examples=25)
@given(seed=st.integers(0, 1000), less=st.floats(0, 1))
def test_more_budget_is_never_worse(seed, less):
    menu = planted(seed, 4, 3)
    goal, floors = even("mean", 4), np.full(4, NO_FLOORS)
    budget = float(menu.costs.sum())
    values = [solve(menu, goal, share * budget, floors, gap=1e-7).value for share in sorted([less * 0.5, less])]
    assert values[0] <= values[1] + 2e-6


def test_the_gap_bounds_how_much_better_any_choice_can_be():
    menu, floors = planted(3, 5, 3), np.full(5, NO_FLOORS)
    found = solve(menu, even("mean", 5), 12.0, floors, gap=0.2)
    best = enumerate_best(menu, even("mean", 5), 12.0, floors)
    base = menu.base.mean()
    assert best <= found.bound + 1e-6
    assert best - found.value <= found.gap * (found.value - base) + 1e-6


def test_ties_for_the_worst_off_are_broken_by_the_mean():
    """The first language cannot be helped; money still goes to the second."""
    gains = np.zeros((2, 2, 2))
    gains[1, 1, 1] = 0.2
    menu = make_menu(gains, [[0, 1], [0, 1]], [0.3, 0.5])
    found = solve(menu, even("min", 2), 1.0, np.full(2, NO_FLOORS))
    assert menu.scores(found.choice).tolist() == pytest.approx([0.3, 0.7])


def test_nothing_is_bought_that_does_not_help():
    menu = make_menu(np.zeros((2, 2, 2)), [[0, 1], [0, 1]], [0.3, 0.5])
    found = solve(menu, even("mean", 2), 2.0, np.full(2, NO_FLOORS))
    assert menu.cost(found.choice) == 0
    assert found.gap == 0


def test_an_impossible_guarantee_says_what_it_would_cost():
    gains = np.zeros((1, 3, 1))
    gains[0, :, 0] = [0, 0.1, 0.2]
    menu = make_menu(gains, [[0, 100, 300]], [0.5])
    with pytest.raises(InputError) as refused:
        solve(menu, even("mean", 1), 150.0, np.array([0.65]))
    assert "t0 reaches at most 0.6 of 0.65 (0.05 short)" in str(refused.value)
    assert "keeping all of them costs 300, 150 more" in str(refused.value)
    with pytest.raises(InputError, match="no budget keeps all of them"):
        solve(menu, even("mean", 1), 150.0, np.array([0.9]))


def test_litmus_search_is_never_better_than_the_program_on_its_own_grid():
    """The menu has every sum that the search can end with."""
    for seed in range(5):
        chance = np.random.default_rng(seed)
        top, rate = chance.uniform(0.1, 0.5, 4), chance.uniform(20, 300, 4)
        base, budget = chance.uniform(0.2, 0.5, 4), 1000.0

        def score(money, base=base, top=top, rate=rate):
            return base + top * (1 - np.exp(-money / rate))

        moneys = np.r_[0.0, budget / 2.0 ** np.arange(11)[::-1]]
        moneys[1:][moneys[1:] < 1] = 0
        gains = np.zeros((4, len(moneys), 4))
        for place in range(4):
            gains[place, :, place] = top[place] * (1 - np.exp(-moneys / rate[place]))
        menu = make_menu(gains, np.tile(moneys, (4, 1)), base)
        for name in ("mean", "min"):
            goal = even(name, 4)
            searched = beam_search(score, 4, budget, goal)
            assert searched is not None
            assert searched.money.sum() <= budget
            assert solve(menu, goal, budget, np.full(4, NO_FLOORS), gap=1e-7).value >= searched.value - 1e-6


def test_litmus_search_survives_when_nothing_is_gained():
    """Its share of the gain that may be lost is of nothing then."""
    found = beam_search(lambda money: np.full((len(money), 2), 0.5), 2, 100, even("mean", 2))
    assert found is not None
    assert found.value == 0.5


def test_an_objective_of_a_single_language_is_its_score():
    menu, floors = planted(1, 1, 3), np.full(1, NO_FLOORS)
    for name in ("mean", "min", "welfare"):
        assert solve(menu, objective(name, ["t0"]), 8.0, floors).value == pytest.approx(
            enumerate_best(menu, even("mean", 1), 8.0, floors), abs=1e-5
        )
