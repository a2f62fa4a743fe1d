"""The best choice from a menu, as a mixed-integer program with a proof of how good it is.

One binary variable for each option, one option for each language (a multiple-choice knapsack; Kellerer, Pferschy and
Pisinger 2004, chapter 11), solved by HiGHS (Huangfu and Hall 2018) through `scipy.optimize.milp`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np

from isogloss.errors import InputError, IsoglossError
from isogloss.forecasting.grid import Array
from isogloss.planning.budget.greedy import GuaranteeMissed, greedy
from isogloss.planning.budget.supply import Choice, Menu
from isogloss.planning.objectives import Objective

THRIFT = 1e-8
"""Score that buying everything must bring at least: nothing is bought for nothing."""
LOOSE = 1e-9
"""Score by which a floor may be missed, for rounding."""
LEAST_SECONDS = 0.1
"""What a further program is given where the first has taken all the time."""
ROUNDS = 30
RATIO_DONE = 1e-9


@dataclass(frozen=True)
class Solution:
    """A choice and how good it is, by what the menu says.

    Attributes
    ----------
    choice : array of int of shape (languages,)
    value : float
        Of the objective.
    bound : float
        What no choice can exceed (fall below, for `gini`).
    gap : float
        Distance from value to bound, as a share of what was gained over buying nothing (of the bound's gain, where
        nothing was); 0 where the two are the same.
    seconds : float
        It took to solve.
    """

    choice: Choice
    value: float
    bound: float
    gap: float
    seconds: float


class Infeasible(Exception):
    """No choice meets all constraints."""


def solve(
    menu: Menu,
    objective: Objective,
    budget: float,
    floors: Array,
    *,
    gap: float = 1e-4,
    seconds: float = 20.0,
    centre: Choice | None = None,
    radius: int | None = None,
) -> Solution:
    """The choice that is best by what the menu says.

    Parameters
    ----------
    menu : Menu
    objective : Objective
    budget : float
        In the unit of the menu's costs.
    floors : array of shape (targets,)
        Scores to guarantee; -inf where there is none.
    gap : float, default 1e-4
        Share of what was gained within which the choice is proven to be best.
    seconds : float, default 20
        Time limit, of all programs together but for `LEAST_SECONDS`; the gap says how far it came.
    centre : array of int of shape (languages,), optional
        A choice of which at most `radius` languages may change.
    radius : int, optional

    Raises
    ------
    InputError
        If no choice keeps the budget and the floors, saying which and by how much.

    Notes
    -----
    The solver rounds: a floor may be missed by a millionth, and the budget by a
    millionth of what everything costs.
    """
    started = time.perf_counter()
    program = _Program(menu, objective, budget, floors, gap, seconds, centre, radius)
    quick = None if centre is not None else _quick(menu, objective, budget, floors)
    try:
        choice, bound = _of_ratio(program, quick) if objective.name == "gini" else program.best()
        if choice is not None and objective.name == "min":
            left = max(seconds - (time.perf_counter() - started), LEAST_SECONDS)
            choice = _break_ties(replace(program, seconds=left), choice)
    except Infeasible:
        if centre is not None:
            raise
        raise infeasible(menu, budget, floors) from None
    choice = _better(menu, objective, choice, quick)
    if choice is None:
        raise IsoglossError(f"no plan found in {seconds:g} s", hint="ask for fewer steps, or the fast plan")
    value, base = objective.value(menu.scores(choice)), objective.value(menu.scores(menu.nothing))
    missing = max(objective.direction * (bound - value), 0.0)
    if missing <= THRIFT + LOOSE:  # no more than the bound was widened by
        bound, missing = value, 0.0
    gained = max(objective.direction * (value - base), objective.direction * (bound - base), 0.0)
    share = missing / max(gained, LOOSE)
    return Solution(choice, value, bound, share, time.perf_counter() - started)


def _quick(menu: Menu, objective: Objective, budget: float, floors: Array) -> Choice | None:
    """What to fall back on where time runs out; None where the greedy plan does not keep the floors."""
    try:
        return greedy(menu, objective, budget, floors)
    except InputError:
        return None


def _better(menu: Menu, objective: Objective, first: Choice | None, second: Choice | None) -> Choice | None:
    """The better of two choices; the first if they are as good."""
    if first is None or second is None:
        return second if first is None else first
    values = [objective.direction * objective.value(menu.scores(choice)) for choice in (first, second)]
    return second if values[1] > values[0] + LOOSE else first


def infeasible(menu: Menu, budget: float, floors: Array) -> InputError:
    """Why no choice keeps the floors: which are missed by how much, and what keeping them would cost."""
    alone = []
    for place in np.flatnonzero(np.isfinite(floors)):
        only = Objective("mean", np.eye(len(floors))[place])
        _, best = _Program(menu, only, budget, np.full(len(floors), -np.inf), 1e-6, 20.0).best()
        if best < floors[place] - 1e-6:
            alone.append((menu.targets[place], best, float(floors[place])))
    try:
        needed = _least_cost(menu, floors)
        hint = f"keeping all of them costs {needed:.6g}, {needed - budget:.6g} more"
    except Infeasible:
        hint = "no budget keeps all of them with these caps and steps: lower a guarantee or raise a cap"

    def say(name: Callable[[str], str], score: Callable[[float], str]) -> str:
        reasons = [
            f"{name(target)} reaches at most {score(best)} of {score(floor)} ({score(floor - best)} short)"
            for target, best, floor in alone
        ] or ["each can be kept alone, not all together"]
        return f"a budget of {budget:.6g} cannot keep the guarantees: {'; '.join(reasons)}"

    return GuaranteeMissed(say, hint)


def _least_cost(menu: Menu, floors: Array) -> float:
    """What the cheapest choice costs that keeps the floors, whatever the budget."""
    flat = Objective("mean", np.zeros(len(floors)))
    program = _Program(menu, flat, np.inf, floors, 1e-4, 20.0, cost_weight=1.0)
    choice, _ = program.best()
    if choice is None:
        raise Infeasible
    return menu.cost(choice)


def _break_ties(program: _Program, choice: Choice) -> Choice:
    """Of the choices whose worst-off language is as good, the one with the best mean."""
    menu = program.menu
    floors = np.maximum(program.floors, menu.scores(choice).min() - LOOSE)
    even = Objective("mean", np.full(len(menu.targets), 1 / len(menu.targets)))
    try:
        better, _ = replace(program, objective=even, floors=floors).best()
    except Infeasible:  # by a rounding error
        return choice
    return (
        better if better is not None and menu.scores(better).min() >= menu.scores(choice).min() - 2 * LOOSE else choice
    )


def _of_ratio(program: _Program, quick: Choice | None) -> tuple[Choice | None, float]:
    """Least Gini coefficient, spread over twice the mean, by Dinkelbach's algorithm (1967).

    Where min(spread - 2 g mean) is b < 0, the least coefficient is above g + b / (2 smallest mean).
    """
    menu, shares, ends = program.menu, program.objective.shares, time.perf_counter() + program.seconds
    choice = quick if quick is not None else program.best(ratio=1.0)[0]
    if choice is None:
        return None, 0.0
    places = range(len(menu.languages))
    least = menu.base + sum((menu.gains[menu.owner == place].min(0) for place in places), np.zeros(len(shares)))
    smallest = max(float(shares @ least), 1e-6)
    value, bound = program.objective.value(menu.scores(choice)), 0.0
    for _ in range(ROUNDS):
        left = replace(program, seconds=max(ends - time.perf_counter(), LEAST_SECONDS))
        better, top = left.best(ratio=value)
        bound = max(value + min(-top, 0.0) / (2 * smallest), 0.0)
        if better is None or (reached := program.objective.value(menu.scores(better))) >= value - RATIO_DONE:
            break
        choice, value = better, reached
    return choice, min(bound, value)


@dataclass(frozen=True)
class _Program:
    """Rows and columns of one program; the first columns are options."""

    menu: Menu
    objective: Objective
    budget: float
    floors: Array
    gap: float
    seconds: float
    centre: Choice | None = None
    radius: int | None = None
    cost_weight: float = 0.0

    @property
    def _dearest(self) -> float:
        """What all languages' dearest options cost together; the unit of costs in the program."""
        places = range(len(self.menu.languages))
        return sum(float(self.menu.costs[self.menu.owner == place].max()) for place in places) or 1.0

    def best(self, ratio: float | None = None) -> tuple[Choice | None, float]:
        """The best choice (None: out of time) and what none exceeds; with `ratio`, by 2 ratio mean - spread."""
        from scipy.optimize import Bounds, LinearConstraint, milp
        from scipy.sparse import vstack

        options = len(self.menu.owner)
        weights, rows, offset = self._columns(ratio)
        width = len(weights)
        matrix, low, high = self._rows(width)
        if rows is not None:
            matrix, low, high = vstack([matrix, rows[0]]), np.r_[low, rows[1]], np.r_[high, rows[2]]
        lowest, highest = np.full(width, -np.inf), np.full(width, np.inf)
        lowest[:options], highest[:options] = 0, 1
        solution = milp(
            -weights,
            integrality=(np.arange(width) < options).astype(int),
            bounds=Bounds(lowest, highest),
            constraints=LinearConstraint(matrix.tocsc(), low, high),
            options={"mip_rel_gap": self.gap, "time_limit": self.seconds},
        )
        if solution.status == 2:
            raise Infeasible
        bound = solution.mip_dual_bound if solution.mip_dual_bound is not None else solution.fun
        top = np.inf if bound is None else float(-bound) + offset + THRIFT  # thrift may have lowered the bound as well
        if solution.x is None:
            return None, top
        picked = np.flatnonzero(solution.x[:options] > 0.5)
        return picked[np.argsort(self.menu.owner[picked])], top

    def _columns(self, ratio: float | None) -> tuple[Array, Any, float]:
        """Weight of each column in the objective, the rows that define columns after the options, a constant."""
        menu, name = self.menu, self.objective.name
        thrift = menu.costs * (THRIFT / self._dearest + self.cost_weight)
        if name == "min":
            lowest = float(menu.base.min())
            return np.r_[-thrift, 1.0], _minimum_rows(menu, lowest), lowest
        if name in ("welfare", "gini"):
            shares, pairs = self.objective.shares, list(combinations(range(len(menu.targets)), 2))
            apart = np.array([-2 * shares[i] * shares[j] for i, j in pairs])
            by_mean, by_spread = (1.0, 0.5) if ratio is None else (2 * ratio, 1.0)
            weights = np.r_[-thrift, by_mean * shares, by_spread * apart]
            return weights, _spread_rows(menu, pairs), 0.0
        return menu.gains @ self.objective.shares - thrift, None, float(menu.base @ self.objective.shares)

    def _rows(self, width: int) -> tuple[Any, Array, Array]:
        """Rows that any plan keeps: one option each, the budget, the floors, what may change."""
        from scipy.sparse import coo_array, csr_array, hstack, vstack

        menu, options = self.menu, len(self.menu.owner)
        one = coo_array((np.ones(options), (menu.owner, np.arange(options))), shape=(len(menu.languages), options))
        parts: list[Any] = [one]
        low, high = [np.ones(len(menu.languages))], [np.ones(len(menu.languages))]
        if np.isfinite(self.budget):
            parts.append(csr_array(menu.costs[None] / self._dearest))
            low.append(np.array([-np.inf]))
            high.append(np.array([self.budget / self._dearest]))
        kept = np.isfinite(self.floors)
        if kept.any():
            parts.append(csr_array(menu.gains.T[kept]))
            low.append((self.floors - menu.base)[kept] - LOOSE)
            high.append(np.full(int(kept.sum()), np.inf))
        if self.centre is not None and self.radius is not None:
            parts.append(csr_array(np.isin(np.arange(options), self.centre).astype(float)[None]))
            low.append(np.array([len(menu.languages) - self.radius]))
            high.append(np.array([np.inf]))
        matrix = vstack(parts)
        if width > options:
            matrix = hstack([matrix, csr_array((matrix.shape[0], width - options))])
        return matrix, np.concatenate(low), np.concatenate(high)


def _minimum_rows(menu: Menu, lowest: float) -> tuple[Any, Array, Array]:
    """One column after the options, at most every target's score above `lowest`."""
    from scipy.sparse import csr_array, hstack

    targets = len(menu.targets)
    rows = hstack([csr_array(-menu.gains.T), csr_array(np.ones((targets, 1)))])
    return rows, np.full(targets, -np.inf), menu.base - lowest


def _spread_rows(menu: Menu, pairs: Sequence[tuple[int, int]]) -> tuple[Any, Array, Array]:
    """A column for each target's score, then one for each pair, at least their difference either way."""
    from scipy.sparse import coo_array, csr_array, eye_array, hstack, vstack

    targets, count = len(menu.targets), len(pairs)
    first, second = (np.array(side, dtype=np.intp) for side in zip(*pairs, strict=True)) if pairs else ([], [])
    scores = hstack([csr_array(-menu.gains.T), eye_array(targets), csr_array((targets, count))])
    if not count:
        return scores, menu.base, menu.base
    at = np.arange(count)
    signs = np.r_[np.ones(count), -np.ones(count)]
    apart = coo_array((signs, (np.r_[at, at], np.r_[first, second])), shape=(count, targets))
    none = csr_array((count, len(menu.owner)))
    above, below = hstack([none, -apart, eye_array(count)]), hstack([none, apart, eye_array(count)])
    endless = np.full(2 * count, np.inf)
    return vstack([scores, above, below]), np.r_[menu.base, np.zeros(2 * count)], np.r_[menu.base, endless]
