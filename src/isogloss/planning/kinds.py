"""Label or translate: what reaching a score costs, and what a budget reaches, for one language.

By AMUE's economics (`isogloss.forecasting.curves.laws`), over the performance function that is fitted to the evidence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from isogloss.errors import BadValue, InputError, NotEnoughEvidence
from isogloss.evidence import Evidence, TrainingMix
from isogloss.forecasting import ask
from isogloss.forecasting.curves.laws import Bought, PerformanceFunction, isocost
from isogloss.forecasting.curves.points import Points
from isogloss.forecasting.grid import Array
from isogloss.forecasting.settings import find_setting
from isogloss.planning.costs import LABELLED, Costs

TRANSLATED = "translated"
FEWEST = 6
"""Scores that five parameters are fitted to at least."""
STEPS = 200
LINES = pl.Schema({"line": pl.String, "level": pl.Float64, "translated": pl.Float64, "labelled": pl.Float64})
"""Points of lines on the plane of translated and labelled examples; `level` is the score, or the cost, of a line."""
ISOPERF, ISOCOST, PATH = "same score", "same cost", "best buys"


@dataclass(frozen=True)
class KindsPlan:
    """Labelled against translated examples of one language.

    Attributes
    ----------
    task, model, metric, target : str
    train : str
        The other languages' examples, of which at most that many can be translated.
    pivot : int
        Their number.
    function : PerformanceFunction
        In points (hundredths of the score).
    error : float
        Root mean square error of the function on what it was fitted to, in points.
    scores, most : int
        Number of scores it was fitted to, and the most labelled examples behind any of them.
    cap : int or None
        Labelled examples that there are, if the costs say so.
    price_translated, price_labelled : float
        In `currency`.
    currency : str
    goal, budget : float or None
    cheapest : Bought or None
        The least that the goal costs; None without a goal, or where nothing reaches it.
    best : Bought or None
        What the budget buys best; None without a budget.
    best_score : float or None
        What that reaches, as a fraction; held at 1.
    slope : float
        Labelled examples to buy for each translated one, by AMUE's rule for exponents that are about alike.
    lines : polars.DataFrame
        With the columns of `LINES`.
    """

    task: str
    model: str
    metric: str
    target: str
    train: str
    pivot: int
    function: PerformanceFunction
    error: float
    scores: int
    most: int
    cap: int | None
    price_translated: float
    price_labelled: float
    currency: str
    goal: float | None
    budget: float | None
    cheapest: Bought | None
    best: Bought | None
    best_score: float | None
    slope: float
    lines: pl.DataFrame

    @property
    def only_labelled(self) -> bool:
        """Whether translated examples are worth so little that even all of them add less than a tenth of a point."""
        function = self.function
        return function.a_t * max(self.pivot, 1) ** function.alpha_t < 0.1

    def record(self) -> dict[str, Any]:
        """Everything, for JSON."""
        names = (
            *("task", "model", "metric", "target", "train", "pivot", "error", "scores", "most", "cap"),
            *("price_translated", "price_labelled", "currency", "goal", "budget", "best_score", "slope"),
            "only_labelled",
        )
        return {
            **{name: getattr(self, name) for name in names},
            "function": self.function._asdict(),
            "cheapest": self.cheapest._asdict() if self.cheapest else None,
            "best": self.best._asdict() if self.best else None,
            "lines": self.lines.to_dicts(),
        }

    def words(self, name: str | None = None, factor: float = 1.0, digits: int = 3) -> list[str]:
        """The answer in sentences.

        Parameters
        ----------
        name : str, optional
            What to call the language; by default its id.
        factor, digits : float, int
            What scores are multiplied by to be shown, and their decimals.
        """
        name, sentences = name or self.target, []
        if self.goal is not None:
            reached = f"{factor * self.goal:g} in {name}"
            sentences.append(
                f"{reached} is reached by no number of examples that can be had."
                if self.cheapest is None
                else f"{reached} costs {self.cheapest.cost:.6g} {self.currency} at least: "
                f"{self.cheapest.labelled:.0f} labelled and {self.cheapest.translated:.0f} translated examples."
            )
        if self.best is not None and self.best_score is not None:
            sentences.append(
                f"{self.budget:.6g} {self.currency} buy {self.best.labelled:.0f} labelled and "
                f"{self.best.translated:.0f} translated examples at best: {factor * self.best_score:.{digits}f}."
            )
        sentences += self._cautions(name)
        if self.only_labelled:
            sentences.append("Translated examples are worth next to nothing here.")
        else:
            sentences.append(f"By the rule for like exponents, {self.slope:.2g} labelled for each translated one.")
        function = self.function
        sentences.append(
            f"points = {function.a_zs:.3g} + {function.a_t:.2g} T^{function.alpha_t:.2g} + {function.a_m:.2g} "
            f"M^{function.alpha_m:.2g}, fitted to {self.scores} scores beside {self.train}, off by {self.error:.2f}."
        )
        return sentences

    def _cautions(self, name: str) -> Iterator[str]:
        wanted = max((bought.labelled for bought in (self.cheapest, self.best) if bought is not None), default=0.0)
        if self.cap is not None and wanted > self.cap:
            yield f"There are only {self.cap:,} labelled examples of {name}."
        if wanted > self.most:
            yield f"At most {self.most:,} labelled examples were measured: the law may not hold so far out."


def plan_kinds(
    evidence: Evidence,
    *,
    task: str,
    model: str,
    target: str,
    costs: Costs,
    train: str | None = None,
    goal: float | None = None,
    budget: float | None = None,
    metric: str | None = None,
    recipe: str | None = None,
    languages: Mapping[str, str] | None = None,
) -> KindsPlan:
    """Weigh labelled against translated examples of one language.

    Parameters
    ----------
    evidence : Evidence
        With scores of the target under both kinds, such as `eng:3696,swa:500,swa+translated:1000`.
    task, model, target : str
    costs : Costs
        With prices of both kinds.
    train : str, optional
        The other languages' examples; by default the largest mix under which the target was measured enough.
    goal : float, optional
        A score to reach, as a fraction.
    budget : float, optional
    metric, recipe : str, optional
        Needed only where the evidence has several.
    languages : mapping of str to str, optional

    Raises
    ------
    InputError
        If a kind has no price.
    NotEnoughEvidence
        If the target was not measured with both kinds of examples often enough.
    BadValue
        If the goal is no fraction, or the budget is negative.
    """
    if goal is not None and not 0 <= goal <= 1:
        hint = f"write {goal / 100:g}" if 1 < goal <= 100 else "give a score between 0 and 1"
        raise BadValue(f"goal {goal:g} is no fraction", where="goal", hint=hint)
    if budget is not None and not 0 <= budget < np.inf:
        raise BadValue(f"a budget of {budget:g}", where="budget", hint="give a number from 0 up")
    queries = ask(
        task=task, model=model, targets=[target], train=train or "", metric=metric, recipe=recipe, languages=languages
    )
    name = queries["target"][0]
    setting, observations = find_setting(evidence, task=task, model=model, metric=metric, recipe=recipe)
    prices = {f"price_{kind}": _price(costs, kind, name) for kind in (TRANSLATED, LABELLED)}
    points = Points.read(observations)
    own = points.take(points.of(name))
    rest = str(TrainingMix.parse(queries["train"][0], language=str)) if train else _usual_rest(own, name)
    own = own.take(own.rests == rest)
    _check(own, name, rest)
    function = PerformanceFunction.fit(own.features[:, 1], own.features[:, 0], 100 * own.scores)
    missed = function.score(own.features[:, 1], own.features[:, 0]) - 100 * own.scores
    pivot = int(own.features[0, 2] - own.features[0, :2].sum())
    cheapest = None if goal is None else function.cheapest(100 * goal, **prices, pivot=pivot)
    best = None if budget is None else function.best(budget, **prices, pivot=pivot)
    return KindsPlan(
        task=setting.task,
        model=setting.model,
        metric=setting.metric,
        target=name,
        train=rest,
        pivot=pivot,
        function=function,
        error=float(np.sqrt((missed**2).mean())),
        scores=len(own),
        most=int(own.features[:, 0].max()),
        cap=costs.cap(LABELLED, name),
        **prices,
        currency=costs.currency,
        goal=goal,
        budget=budget,
        cheapest=cheapest,
        best=best,
        best_score=None if best is None else min(_score(function, best) / 100, 1.0),
        slope=function.expansion_slope(prices["price_translated"] / prices["price_labelled"]),
        lines=_lines(function, prices, pivot, goal, [bought for bought in (cheapest, best) if bought]),
    )


def _price(costs: Costs, kind: str, language: str) -> float:
    price = costs.price(kind, language)
    if price is None:
        raise InputError(
            f"{kind} examples of {language} have no price", where="costs", hint=f"add [{kind}] with a default"
        )
    return price


def _usual_rest(own: Points, target: str) -> str:
    """The largest rest under which the target was measured often enough."""
    sizes: dict[str, float] = {}
    for rest in set(own.rests):
        part = own.take(own.rests == rest)
        if len(part) >= FEWEST and (part.features[:, 1] > 0).any():
            sizes[str(rest)] = float(part.features[0, 2] - part.features[0, :2].sum())
    if not sizes:
        _refuse(target, "")
    return max(sorted(sizes), key=lambda rest: sizes[rest])


def _check(own: Points, target: str, rest: str) -> None:
    if len(own) < FEWEST or not (own.features[:, 0] > 0).any() or not (own.features[:, 1] > 0).any():
        _refuse(target, f" beside {rest}" if rest else "")


def _refuse(target: str, beside: str) -> None:
    raise NotEnoughEvidence(
        f"{target} was not measured with both labelled and translated examples{beside} often enough",
        where="evidence",
        hint=f"{FEWEST} scores are needed, some with each kind (swa+translated:1000)",
    )


def _score(function: PerformanceFunction, bought: Bought) -> float:
    return float(function.score(np.array(bought.translated), np.array(bought.labelled)))


def _lines(
    function: PerformanceFunction, prices: Mapping[str, float], pivot: int, goal: float | None, bought: list[Bought]
) -> pl.DataFrame:
    """Lines of the same score and of the same cost through what is bought, and the path of best buys."""
    translated = np.linspace(0.0, float(pivot), STEPS + 1)
    parts: list[tuple[str, float | None, Array]] = []
    scores = {round(_score(function, one), 6) for one in bought}
    if goal is not None:
        scores = {round(100 * goal, 6)} | ({round(_score(function, bought[-1]), 6)} if len(bought) > 1 else set())
    parts += [(ISOPERF, score / 100, function.isoperf(translated, score)) for score in sorted(scores)]
    for cost in sorted({one.cost for one in bought}):
        parts.append((ISOCOST, cost, isocost(translated, budget=cost, **prices)))
    cost_ratio = prices["price_translated"] / prices["price_labelled"]
    parts.append((PATH, None, function.expansion_path(translated, cost_ratio)))
    rows = [
        (name, level, float(t), float(m))
        for name, level, labelled in parts
        for t, m in zip(translated, labelled, strict=True)
        if np.isfinite(m) and m >= 0
    ]
    return pl.DataFrame(rows, schema=LINES, orient="row")
