"""From a forecaster to a plan: a program over gains that add up, then programs around what the forecaster says of it.

A forecaster answers about whole mixes; a program needs gains that add up. So gains are asked for one language at a
time, the program is solved, and the forecaster is asked about the whole of its answer. Then the same again around
that answer, where adding up is right for a change of one language: sequential linearisation with a trust region, in
numbers of languages, after Palacios-Gomez, Lasdon and Engquist (1982).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
import polars as pl

from isogloss.errors import BadTrainingMix, IsoglossError
from isogloss.evidence import TrainingMix
from isogloss.forecasting.grid import Array, TrainingMixes
from isogloss.planning.budget.greedy import greedy
from isogloss.planning.budget.program import Infeasible, Solution, solve
from isogloss.planning.budget.supply import Choice, Menu, SupplyCurve, steps_of
from isogloss.planning.objectives import Objective

BETTER = 2e-6
"""Score by which the forecaster must find a plan better for another round."""
KEPT = 1e-6
"""Shortfall that is only rounding."""
FEWEST = 2
"""Languages that a program may change at least, in the round after a change of one language was the best."""
TIE = 1e-4
"""Say of the mean beside the worst-off language: money that cannot help that one shall help others."""
HALVINGS = 16
"""Parts of the budget, each half the one before, that are split equally to begin from: more is not always better."""
SLACK = 1e-3
"""By how much a guarantee that is out of reach may be missed further while other languages are looked at."""
RATE = 10.0
"""How much of the objective a shortfall is worth, where guarantees stay out of reach: not everything for a hair."""


@dataclass(frozen=True)
class Problem:
    """What a plan is asked for.

    Attributes
    ----------
    score : function
        Amounts of shape (mixes, languages), in labelled examples, to scores of shape (mixes, targets).
    supplies : tuple of SupplyCurve
        One for each language that can be bought.
    targets : tuple of str
    objective : Objective
    budget : float
    floors : array of shape (targets,)
        -inf where there is none.
    steps : int
        Sums of money that are tried for each language, each half the one before.
    """

    score: Callable[[Array], Array]
    supplies: tuple[SupplyCurve, ...]
    targets: tuple[str, ...]
    objective: Objective
    budget: float
    floors: Array
    steps: int = 6

    def amounts(self, money: Array) -> Array:
        """What some money for each language buys, of the shape of `money`, (mixes, languages)."""
        bought = [
            [supply.amount(supply.afford(spent)) for supply, spent in zip(self.supplies, row, strict=True)]
            for row in money
        ]
        return np.array(bought)

    def cost(self, amounts: Array) -> float:
        """What amounts of shape (languages,) cost."""
        return float(sum(curve.cost(curve.fill(amount)) for curve, amount in zip(self.supplies, amounts, strict=True)))

    def merit(self, scores: Array) -> tuple[bool, float]:
        """How good scores are: first whether they keep the guarantees, then the objective less what is short."""
        short = float(np.maximum(self.floors - scores, 0.0).sum())
        tie = TIE * float(scores.mean()) if self.objective.name == "min" else 0.0
        return short <= KEPT, self.objective.direction * self.objective.value(scores) + tie - RATE * short


@dataclass(frozen=True)
class Outcome:
    """Where the search ended.

    Attributes
    ----------
    amounts : array of shape (languages,)
        In labelled examples.
    scores : array of shape (targets,)
        As the forecaster says of the whole plan.
    program : Solution or None
        The first program, in which gains add up from buying nothing; None of a fast plan.
    promised : float
        The objective as the first program (or fast plan) has it.
    program_scores : array of shape (targets,)
        What the forecaster says of that answer.
    rounds : int
        Programs solved around a plan afterwards.
    seconds : float
        Spent on programs and search, the forecaster left aside.
    """

    amounts: Array
    scores: Array
    program: Solution | None
    promised: float
    program_scores: Array
    rounds: int
    seconds: float


def search(
    problem: Problem, *, fast: bool = False, rounds: int = 8, gap: float = 1e-4, starts: Sequence[Array] = ()
) -> Outcome:
    """The best plan found.

    Parameters
    ----------
    problem : Problem
    fast : bool, default False
        Whether to take the greedy answer to the first program, and leave it at that.
    rounds : int, default 8
        How often gains may be asked for again around the best plan.
    gap : float, default 1e-4
        See `isogloss.planning.budget.program.solve`.
    starts : sequence of arrays of shape (languages,)
        Other plans to do better than.

    Raises
    ------
    InputError
        If no plan keeps the budget and the guarantees.
    """
    watch = _Watch(problem.score)
    menu = make_menu(problem, np.zeros(len(problem.supplies)), watch)
    program: Solution | None = None
    if fast:
        choice = greedy(menu, problem.objective, problem.budget, problem.floors)
    else:
        program = solve(menu, problem.objective, problem.budget, problem.floors, gap=gap)
        choice = program.choice
    promised = problem.objective.value(menu.scores(choice))
    amounts = menu.amounts[choice]
    first = scores = watch(amounts[None])[0]
    done = 0
    if not fast:
        plans = [amounts, np.zeros(len(amounts)), *_even_splits(problem), *starts]
        amounts, scores = _best(problem, plans, watch)
        amounts, scores, done = _improve(problem, amounts, scores, watch, rounds, gap)
    return Outcome(amounts, scores, program, promised, first, done, watch.rest())


def _even_splits(problem: Problem) -> Array:
    """What ever smaller parts of the budget buy of every language alike, of shape (plans, languages)."""
    each = problem.budget / len(problem.supplies) / 2.0 ** np.arange(1, HALVINGS + 1)
    return problem.amounts(np.tile(each[:, None], len(problem.supplies)))


def make_menu(problem: Problem, amounts: Array, score: Callable[[Array], Array]) -> Menu:
    """Options for every language, with their gains over a plan as the forecaster says of each alone."""
    unspent = max(problem.budget - problem.cost(amounts), 0.0)
    owner, options, costs, rows = [], [], [], [amounts]
    for place, supply in enumerate(problem.supplies):
        for amount, cost in _options(problem, supply, amounts[place], unspent):
            owner.append(place)
            options.append(amount)
            costs.append(cost)
            row = amounts.copy()
            row[place] = amount
            rows.append(row)
    scores = score(np.array(rows))
    languages = tuple(supply.language for supply in problem.supplies)
    return Menu(
        languages, problem.targets, scores[0], np.array(owner), np.array(options), np.array(costs),
        scores[1:] - scores[0],
    )  # fmt: skip


def _options(problem: Problem, supply: SupplyCurve, held: float, unspent: float) -> list[tuple[float, float]]:
    """Amounts and costs to choose from: halves of the budget, an equal share, what is held and about it."""
    most = min(problem.budget, supply.whole)
    moneys = [most / 2**step for step in range(problem.steps)]
    moneys.append(problem.budget / len(problem.supplies))
    if held > 0:
        counts = supply.fill(held)
        spent = supply.cost(counts)
        moneys += [spent + unspent, spent * sqrt(2), spent / sqrt(2)]
        moneys = [min(money, problem.budget) for money in moneys]
    options = {amount: cost for amount, cost, _ in steps_of(supply, moneys)}
    if held > 0:
        options = {amount: cost for amount, cost in options.items() if abs(amount - held) > 1e-6} | {held: spent}
    return sorted(options.items())


def _best(problem: Problem, plans: Sequence[Array], score: Callable[[Array], Array]) -> tuple[Array, Array]:
    """The best of some plans, with its scores."""
    scores = score(np.array(plans))
    ranked = max(range(len(plans)), key=lambda place: problem.merit(scores[place]))
    return plans[ranked], scores[ranked]


def _improve(
    problem: Problem, amounts: Array, scores: Array, score: Callable[[Array], Array], rounds: int, gap: float
) -> tuple[Array, Array, int]:
    """Take the best change around the best plan, of one language or by a program of several, while that helps."""
    radius = len(problem.supplies)
    for done in range(rounds):
        menu = make_menu(problem, amounts, score)
        held = _place(menu, amounts)
        best, best_scores = _best_alone(problem, menu, held)  # the forecaster has scored these already
        while radius > 1:
            choice = _around(problem, menu, held, radius, gap)
            changed = radius if choice is None else int((choice != held).sum())
            if choice is not None and changed > 1:
                scored = score(menu.amounts[choice][None])[0]
                if problem.merit(scored) > problem.merit(best_scores):
                    best, best_scores = menu.amounts[choice], scored
                    break
            radius = changed // 2  # as good as any that changes as many, by what adds up: now fewer
        before, after = problem.merit(scores), problem.merit(best_scores)
        if after[0] == before[0] and after[1] - before[1] < BETTER:
            return amounts, scores, done + 1
        amounts, scores, radius = best, best_scores, max(radius, min(FEWEST, len(problem.supplies)))
    return amounts, scores, rounds


def _best_alone(problem: Problem, menu: Menu, held: Choice) -> tuple[Array, Array]:
    """The best plan in which one language at most is changed, with its scores."""
    costs = menu.cost(held) + menu.costs - menu.costs[held][menu.owner]
    paid = np.union1d(held, np.flatnonzero(costs <= problem.budget + 1e-9))
    option = max(paid, key=lambda one: problem.merit(menu.base + menu.gains[one]))
    amounts = menu.amounts[held]
    amounts[menu.owner[option]] = menu.amounts[option]
    return amounts, menu.base + menu.gains[option]


def _around(problem: Problem, menu: Menu, held: Choice, radius: int, gap: float) -> Choice | None:
    # A guarantee that the plan itself misses is goal for only as far as the plan goes.
    floors = np.minimum(problem.floors, menu.scores(held) - SLACK)
    for goal in (problem.floors, floors):
        try:
            return solve(
                menu, problem.objective, problem.budget, goal, gap=gap, seconds=10.0, centre=held, radius=radius
            ).choice
        except (Infeasible, IsoglossError):  # no choice keeps the floors, or none was found in time
            continue  # the plan there is stands, and is looked at with looser floors or not at all
    return None


def _place(menu: Menu, amounts: Array) -> Choice:
    """The options that are a plan itself."""
    return np.array(
        [
            np.flatnonzero((menu.owner == place) & (np.abs(menu.amounts - amount) < 1e-5))[0]
            for place, amount in enumerate(amounts)
        ],
        dtype=np.intp,
    )


class _Watch:
    """Counts the time that is not the forecaster's."""

    def __init__(self, score: Callable[[Array], Array]):
        self._score, self._started, self._inside = score, time.perf_counter(), 0.0

    def __call__(self, amounts: Array) -> Array:
        before = time.perf_counter()
        scores = self._score(amounts)
        self._inside += time.perf_counter() - before
        return scores

    def rest(self) -> float:
        """Seconds since the start, without those inside the forecaster."""
        return time.perf_counter() - self._started - self._inside


class Scorer:
    """Scores of some targets after adding examples of some languages to a mix.

    Parameters
    ----------
    forecaster : Forecaster
        Fitted, with intervals if they are asked for.
    queries : polars.DataFrame
        One for each target; what they were trained on is filled in.
    base : TrainingMix
        What there is already.
    languages : sequence of str
        Languages that may be added to.
    level : float, optional
        Answer with the lower ends of intervals at this level instead of means.

    Attributes
    ----------
    query_count : int
        Mixes that the forecaster was asked about; each is asked about once.

    Raises
    ------
    BadTrainingMix
        If it is not known how much there is already of a language that may be added to.
    """

    def __init__(
        self,
        forecaster: Any,
        queries: pl.DataFrame,
        base: TrainingMix,
        languages: Sequence[str],
        level: float | None = None,
    ):
        self._forecaster, self._queries, self._languages, self._level = forecaster, queries, tuple(languages), level
        self.base = base
        for language in languages:
            if language in base and base[language] is None:
                raise BadTrainingMix(
                    f"how much there is of '{language}' is not known, so nothing can be added to it",
                    where="train",
                    hint=f"write {language}:1000, say",
                )
        self._known: dict[str, Array] = {}
        self.query_count = 0

    def mix(self, amounts: Array) -> str:
        """The mix with these amounts added, in labelled examples."""
        sizes: dict[str, int | None] = dict(self.base)
        for language, amount in zip(self._languages, amounts, strict=True):
            if amount > 0:
                sizes[language] = (sizes.get(language) or 0) + max(round(float(amount)), 1)
        return str(TrainingMix(sizes))

    def __call__(self, amounts: Array) -> Array:
        """Scores of shape (rows, targets) for amounts of shape (rows, languages)."""
        texts = [self.mix(row) for row in amounts]
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self.query_count += len(new)
            column = "mean" if self._level is None else "lower"
            scores = self._ask(new, self._level)[column].to_numpy().reshape(len(new), -1)
            self._known.update(zip(new, scores.astype(float), strict=True))
        return np.array([self._known[text] for text in texts]).reshape(len(texts), self._queries.height)

    def intervals(self, amounts: Array, level: float) -> pl.DataFrame:
        """Forecasts with intervals after adding amounts of shape (languages,), one row for each target."""
        return self._ask([self.mix(amounts)], level)

    def _ask(self, texts: Sequence[str], level: float | None) -> pl.DataFrame:
        columns = self._queries.columns
        queries = pl.DataFrame({"train": texts}).join(self._queries.drop("train"), how="cross").select(columns)
        forecasts: pl.DataFrame = (
            self._forecaster.predict(queries) if level is None else self._forecaster.predict_interval(queries, level)
        )
        return forecasts


def labelled_of(base: Mapping[str, int | None]) -> int | None:
    """Examples of all languages together; None where one of them is not known."""
    sizes = list(base.values())
    return None if any(size is None for size in sizes) else sum(size or 0 for size in sizes)


def choose_base(observations: pl.DataFrame, mix: TrainingMix | None) -> tuple[TrainingMix, str]:
    """The mix that a plan adds to, and why it is that one.

    Parameters
    ----------
    observations : polars.DataFrame
        Of one setting.
    mix : TrainingMix or None
        What there is already, where it is given.

    Notes
    -----
    Where every model was trained on something, forecasts of a model trained on nothing rest on nothing. Then the
    mix is taken whose sizes of languages are nearest the median of those measured, by their logarithms.
    """
    if mix is not None:
        return mix, "as asked"
    texts = observations["train"].unique().sort().to_list()
    if "" in texts:
        return TrainingMix({}), "the model as it is was measured"
    sizes = np.log1p(TrainingMixes.read(texts).sizes)
    distance = np.abs(sizes - np.median(sizes, axis=0)).sum(1) + np.abs(sizes.sum(1) - np.median(sizes.sum(1)))
    middle = TrainingMix.parse(texts[int(distance.argmin())], language=str)
    return middle, "in the middle of those measured; a mix of your own may be given"
