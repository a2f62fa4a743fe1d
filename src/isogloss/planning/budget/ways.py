"""Ways to spend a budget, with one adaptation or none, and the choice between them.

Of examples a plan takes what the forecast says of the mean. An adaptation changes every language at once, some for the
worse, and most that are measured change little: it is bought only where the plan with it is better than the best
without it even if every change is as bad as its interval allows. If the errors of changes were one error, shared by all
languages, that would be a test at the level of the intervals; less dependent errors make it a stricter one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from isogloss.errors import InputError
from isogloss.forecasting import Trust
from isogloss.forecasting.curves.points import Link
from isogloss.forecasting.grid import Array
from isogloss.planning.budget.greedy import GuaranteeMissed
from isogloss.planning.budget.offers import Offer
from isogloss.planning.budget.result import CHANGES, HELPS_BUT_DEARER, OFFERS
from isogloss.planning.budget.search import BETTER, KEPT, Outcome, Problem, Scorer, search

BOUGHT = "buy"


def judged(score: Scorer, link: Link, offer: Offer | None = None, column: str = "change") -> Callable[[Array], Array]:
    """Scores of plans with an adaptation or without, larger being better.

    Parameters
    ----------
    score : Scorer
    link : Link
        Of the metric.
    offer : Offer, optional
    column : {"change", "lower", "upper"}
        Which end of the change counts.
    """

    def of_plans(amounts: Array) -> Array:
        scores = score(amounts)
        after = scores if offer is None else offer.added(scores, link.limits, column)
        return -after if link.falls else after

    return of_plans


@dataclass(frozen=True)
class Way:
    """One way to spend the budget.

    Attributes
    ----------
    offer : Offer or None
        The adaptation that is bought.
    problem : Problem
        Of spending the rest on examples.
    outcome : Outcome
    guesses : tuple of str
        Targets for which it is a guess what examples do.
    refused : bool
        Whether no examples are bought because all targets are `guesses`.
    """

    offer: Offer | None
    problem: Problem
    outcome: Outcome
    guesses: tuple[str, ...]
    refused: bool

    @property
    def spent(self) -> float:
        """On the adaptation and on examples."""
        return (self.offer.cost if self.offer else 0.0) + self.problem.cost(self.outcome.amounts)

    @property
    def label(self) -> str:
        """What is special about it, among other ways."""
        return f"with {self.offer.name}" if self.offer else "no adaptation"


@dataclass(frozen=True)
class Ways:
    """The way that is chosen, and what it was chosen from.

    Attributes
    ----------
    chosen : Way
    others : tuple of Way
    offers : tuple of Offer
        All adaptations that have a price.
    gains : array of shape (offers, 3)
        Of the objective by each adaptation alone: mean, worst and best end.
    link : Link
    budget : float
    unseen : set of str
        Targets that can be bought and of which nothing was measured.
    """

    chosen: Way
    others: tuple[Way, ...]
    offers: tuple[Offer, ...]
    gains: Array
    link: Link
    budget: float
    unseen: set[str]

    def shown(self, value: float) -> float:
        """A value of the objective as the metric counts it."""
        return -value if self.link.falls else value

    def intervals(self, score: Scorer, level: float) -> pl.DataFrame:
        """Forecasts under the plan."""
        forecasts = score.intervals(self.chosen.outcome.amounts, level)
        return forecasts if self.chosen.offer is None else self.chosen.offer.after(forecasts, self.link.limits)

    def table(self) -> pl.DataFrame:
        """Adaptations with the gain of each alone, and whether or why not it is bought."""
        rows = [
            (offer.name, offer.adaptation, offer.cost, *gains, self._verdict(offer, *gains[1:]))
            for offer, gains in zip(self.offers, self.gains.tolist(), strict=True)
        ]
        return pl.DataFrame(rows, schema=OFFERS, orient="row")

    def _verdict(self, offer: Offer, worst: float, best: float) -> str:
        if offer is self.chosen.offer:
            return BOUGHT
        if offer.cost > self.budget:
            return HELPS_BUT_DEARER if worst > 0 else "dearer than the budget"
        if all(way.offer is not offer for way in self.others):
            return "cannot keep the guarantees"
        if best < 0:
            return "loses"
        return "no gain is shown" if worst <= 0 else "other purchases do more"

    def changes(self) -> pl.DataFrame:
        """What each adaptation is forecast to change in each target."""
        parts = [
            offer.changes.select(pl.lit(offer.name).alias("offer"), *list(CHANGES)[1:]).cast(CHANGES)
            for offer in self.offers
        ]
        return pl.concat([CHANGES.to_frame(), *parts])


def ways_to_spend(
    problem: Problem, offers: Sequence[Offer], score: Scorer, link: Link, *, starts: Sequence[Array], unseen: set[str],
    level: float, robust: bool, fast: bool, rounds: int,
) -> Ways:  # fmt: skip
    """Plan examples without an adaptation and beside each that can be paid, and choose.

    Parameters
    ----------
    problem : Problem
        Without an adaptation.
    offers, score, link, unseen
        See `Ways`.
    starts : sequence of arrays of shape (languages,)
        Plans to do better than.
    level : float
        Of intervals.
    robust : bool
        Whether changes count by their worst ends.
    fast, rounds
        See `isogloss.planning.budget.search`.

    Raises
    ------
    InputError
        If no way keeps the budget and the guarantees.
    """
    worst, best = ("upper", "lower") if link.falls else ("lower", "upper")
    usual = worst if robust else "change"
    ways, refusals = list[Way](), []
    paid = [None, *(offer for offer in offers if offer.cost <= problem.budget)]
    # The least money for examples first: what was found for it is a start for all with more.
    for offer in sorted(paid, key=lambda one: -one.cost if one else 0.0):
        left = problem
        if offer is not None:
            budget = problem.budget - offer.cost
            left = replace(problem, score=judged(score, link, offer, usual), budget=budget)
        before = [*starts, *(way.outcome.amounts for way in ways)]
        try:
            ways.append(_spend(left, offer, score, before, unseen, level, fast, rounds))
        except InputError as error:
            refusals.append(error)
    nothing = np.zeros((1, len(problem.supplies)))
    plain = [way.outcome.scores for way in ways if way.offer is None] or [problem.score(nothing)[0]]

    def is_shown(way: Way) -> bool:
        if way.offer is None:
            return True
        scores = judged(score, link, way.offer, worst)(way.outcome.amounts[None])[0]
        return problem.objective.gain(scores, plain[0]) > BETTER

    if not (shown := [way for way in ways if is_shown(way)]):
        raise refusals[0]
    chosen = max(shown, key=lambda way: problem.merit(way.outcome.scores))
    base = problem.score(nothing)[0]
    gains = [
        [problem.objective.gain(judged(score, link, offer, end)(nothing)[0], base) for end in ("change", worst, best)]
        for offer in offers
    ]
    others = tuple(way for way in ways if way is not chosen)
    return Ways(chosen, others, tuple(offers), np.reshape(gains, (-1, 3)), link, problem.budget, unseen)


def _spend(
    problem: Problem, offer: Offer | None, score: Scorer, starts: Sequence[Array], unseen: set[str], level: float,
    fast: bool, rounds: int,
) -> Way:  # fmt: skip
    """What is left of the budget spent on examples, or on nothing where the forecasts of all targets are guesses."""
    nothing = np.zeros(len(problem.supplies))
    if not problem.supplies:
        return Way(offer, problem, _nothing(problem), (), False)
    paid = [start for start in starts if problem.cost(start) <= problem.budget]
    scores = problem.score(np.array([nothing, *paid]))[1:]
    kept = [start for start, row in zip(paid, scores, strict=True) if (row >= problem.floors).all()]
    outcome = search(problem, fast=fast, rounds=rounds, starts=kept)
    words = score.intervals(outcome.amounts, level).select("target", "trust").rows()
    guesses = tuple(target for target, word in words if word == Trust.GUESS or target in unseen)
    if refused := len(guesses) == len(problem.targets) and problem.budget > 0:
        outcome = replace(outcome, amounts=nothing, scores=problem.score(nothing[None])[0])
    return Way(offer, problem, outcome, guesses, refused)


def _nothing(problem: Problem) -> Outcome:
    """No examples, as none can be bought.

    Raises
    ------
    InputError
        If that misses a guarantee.
    """
    scores = problem.score(np.zeros((1, 0)))[0]
    if (short := problem.floors - scores).max() > KEPT:
        target = problem.targets[int(short.argmax())]
        by = float(short.max())
        raise GuaranteeMissed(
            lambda name, score: (
                f"no adaptation keeps the guarantees: {name(target)} misses its own by {score(by)} at least"
            ),
            hint="lower it, or give examples a price",
        )
    value = problem.objective.value(scores)
    return Outcome(np.zeros(0), scores, None, value, scores, 0, 0.0)
