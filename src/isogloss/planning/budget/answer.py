"""From evidence and a budget straight to a plan: what `isogloss plan` does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from isogloss.errors import BadValue, InputError, NotEnoughEvidence
from isogloss.evidence import Evidence, TrainingMix
from isogloss.forecasting import Trust, ask, fitted
from isogloss.forecasting.curves.points import Link
from isogloss.forecasting.grid import Array, TrainingMixes
from isogloss.forecasting.settings import Setting, find_setting
from isogloss.languages import resolve
from isogloss.languages.language import as_languages
from isogloss.planning.budget.offers import Offer
from isogloss.planning.budget.result import FORECASTS, PURCHASES, RIVALS, Plan
from isogloss.planning.budget.search import Outcome, Problem, Scorer, choose_base, labelled_of
from isogloss.planning.budget.supply import exchange_rates, supply_curve
from isogloss.planning.budget.ways import Ways, judged, ways_to_spend
from isogloss.planning.costs import DEFAULT, LABELLED, Costs
from isogloss.planning.objectives import Objective, objective
from isogloss.planning.table_alone import by_table_alone
from isogloss.progress import Progress
from isogloss.stats.intervals import check_level

BEYOND = 100
"""How many times the largest mix measured is still planned with."""
SMALLEST_LARGEST = 1000
"""Examples that the largest mix counts as at least."""
TRIAL = 100
"""Examples of the smaller of two trials that tell what examples add."""


def plan_budget(
    evidence: Evidence,
    *,
    task: str,
    model: str,
    targets: Sequence[str],
    budget: float,
    costs: Costs | None = None,
    offers: Sequence[Offer] = (),
    buy: Sequence[str] | None = None,
    train: str | None = None,
    aim: str = "mean",
    weights: Mapping[str, float] | None = None,
    tau: float | None = None,
    floors: Mapping[str, float] | None = None,
    metric: str | None = None,
    recipe: str | None = None,
    languages: Mapping[str, str] | None = None,
    forecaster: str = "default",
    robust: bool = False,
    level: float = 0.9,
    steps: int = 6,
    rounds: int = 8,
    fast: bool = False,
    progress: Progress | None = None,
) -> Plan:
    """How many examples of which language a budget buys best.

    Parameters
    ----------
    evidence : Evidence
    task, model : str
        As the evidence names them.
    targets : sequence of str
        Languages that count.
    budget : float
        In the unit of `costs`.
    costs : Costs, optional
        Prices, exchange_rates and caps; by default a labelled example costs 1.
    offers : sequence of Offer
        Adaptations that can be bought, from `forecast_offers`, of which a plan takes one at most.
    buy : sequence of str, optional
        Languages that can be bought; by default the targets.
    train : str, optional
        What there is to train on already, such as `eng:1000`; by default nothing where the evidence has scores of
        the model as it is, else the mix in the middle of those measured.
    aim : str, default "mean"
        What to make as good as can be, see `isogloss.planning.objectives.objective`.
    weights : mapping of str to float, optional
        Speakers of each target, or any other weight; needed by aims that count speakers.
    tau : float, optional
        Power of the weights in the aim `demand`, 0 (languages count alike) to 1 (speakers do).
    floors : mapping of str to float, optional
        Scores to guarantee, by target or for all (`default`).
    metric, recipe : str, optional
        Needed only where the evidence has several.
    languages : mapping of str to str, optional
        How to read a code, ahead of all else.
    forecaster : str, default "default"
    robust : bool, default False
        Plan with the lower ends of intervals instead of means.
    level : float, default 0.9
        Probability that an interval holds.
    steps, rounds, fast
        See `isogloss.planning.budget.search`.
    progress : Progress, optional
        Of the forecaster's learning.

    Returns
    -------
    Plan

    Raises
    ------
    InputError
        If the budget cannot keep the guarantees, saying which and by how much; if nothing of a language has a price.
    NotEnoughEvidence
        If all scores are under one training mix, so that nothing tells what examples add.
    BadValue, UnknownName, UnknownLanguage, BadTrainingMix
        For a question that cannot be read.

    Notes
    -----
    See docs/methods/budget.md.
    """
    check_level(level)
    _check(budget, steps, rounds, targets)
    costs = costs or Costs()
    queries = ask(
        task=task, model=model, targets=targets, train=train or "", metric=metric, recipe=recipe, languages=languages
    )
    names, read_as = queries["target"].to_list(), languages or {}
    buyable = names if buy is None else [one.id for one in as_languages(buy, where="buy", read_as=read_as)]
    _check_once(names, "targets")
    _check_once(buyable, "buy")
    goal = objective(aim, names, weights=weights, tau=tau)
    setting, observations = find_setting(evidence, task=task, model=model, metric=metric, recipe=recipe)
    link = Link.of(observations)
    if offers and goal.name == "gini":
        hint = "plan for 'welfare', or without adaptations"
        raise InputError("less inequality alone does not tell adaptations apart", where="objective", hint=hint)
    if offers and not costs.prices:
        buyable = []
        _check_falling(setting.metric, link, goal, floors, robust=robust)
    elif link.falls:
        raise InputError(f"{setting.metric} is better when lower", where="metric", hint="plan with another metric")
    else:
        _check_varied(observations, names, bool(offers))
    base, why = choose_base(
        observations, None if train is None else TrainingMix.parse(queries["train"][0], language=str)
    )
    rates, most = exchange_rates(costs, observations), _most(observations)
    supplies = tuple(supply_curve(name, costs, rates, labelled_of(base.without(name)), most) for name in buyable)
    estimator = fitted(evidence, queries, forecaster=forecaster, progress=progress)
    score = Scorer(estimator, queries, base, buyable, level if robust else None)
    wanted = _floors(floors, names, bounded=link.limits is not None)
    problem = Problem(judged(score, link), supplies, tuple(names), goal, budget, wanted, steps)
    others = _splits(problem, weights, score) if supplies else {}
    ways = ways_to_spend(
        problem, offers, score, link, starts=list(others.values()), level=level, robust=robust, fast=fast,
        rounds=rounds, unseen=by_table_alone(estimator, setting, names) & set(buyable),
    )  # fmt: skip
    return _answer(
        problem, ways, others, score, known=(setting, base, why, costs, rates), robust=robust, level=level, most=most
    )


def _answer(
    problem: Problem,
    ways: Ways,
    others: Mapping[str, Array],
    score: Scorer,
    *,
    known: tuple[Setting, TrainingMix, str, Costs, Mapping[str, float]],
    robust: bool,
    level: float,
    most: int,
) -> Plan:
    setting, base, why, costs, rates = known
    nothing = np.zeros(len(problem.supplies))
    chosen, goal, outcome = ways.chosen, problem.objective, ways.chosen.outcome
    before, after = score.intervals(nothing, level), ways.intervals(score, level)
    base_scores = problem.score(nothing[None])[0]
    forecasts = _forecasts(problem, before, after)
    plans = [("this plan", outcome.scores, chosen.spent)]
    plans += [(way.label, way.outcome.scores, way.spent) for way in ways.others]
    plans += [
        (name, problem.score(amounts[None])[0], problem.cost(amounts))
        for name, amounts in {**others, "nothing": nothing}.items()
    ]
    rivals = [
        {
            "plan": name,
            "value": ways.shown(goal.value(scores)),
            "gain": goal.gain(scores, base_scores) + 0.0,  # never -0
            "spent": spent,
        }
        for name, scores, spent in plans
    ]
    return Plan(
        task=setting.task,
        model=setting.model,
        metric=setting.metric,
        train=str(base),
        why_train=why,
        objective=goal,
        budget=problem.budget,
        spent=chosen.spent,
        currency=costs.currency,
        robust=robust,
        level=level,
        purchases=_purchases(chosen.problem, outcome),
        forecasts=forecasts,
        rivals=pl.DataFrame(rivals, schema=RIVALS),
        value=ways.shown(goal.value(outcome.scores)),
        base=ways.shown(goal.value(base_scores)),
        mix=_mix(problem, outcome.amounts, base),
        outcome=outcome,
        exchange_rates=rates,
        guesses=tuple(
            target
            for target, word in forecasts.select("target", "trust").rows()
            if word == Trust.GUESS or target in chosen.guesses
        ),
        refused=chosen.refused,
        notes=tuple(_notes(chosen.problem, outcome, most, ways)),
        adaptation=chosen.offer.name if chosen.offer else None,
        offers=ways.table(),
        changes=ways.changes(),
        examples=bool(problem.supplies),
    )


def _notes(problem: Problem, outcome: Outcome, most: int, ways: Ways) -> list[str]:
    """What was assumed."""
    notes = []
    if ways.chosen.offer and outcome.amounts.any():
        notes.append(f"what {ways.chosen.offer.name} changes is taken to be the same after training on more examples")
    if ways.unseen:
        listed = ", ".join(target for target in problem.targets if target in ways.unseen)
        notes.append(
            f"not measured: {listed}; what examples in these languages add is carried over from the measured ones"
        )
    types = [one for supply in problem.supplies for one in supply.types]
    if any(one.most == most and one.price * most < problem.budget for one in types):
        notes.append(
            f"at most {most:,} examples of a kind are planned with, {BEYOND} times the largest mix measured; caps "
            "say otherwise"
        )
    return notes


def _forecasts(problem: Problem, before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    floors = [float(floor) if np.isfinite(floor) else None for floor in problem.floors]
    return pl.DataFrame(
        {
            "target": after["target"],
            "before": before["mean"],
            "after": after["mean"],
            "lower": after["lower"],
            "upper": after["upper"],
            "guarantee": floors,
            **{name: after[name] for name in ("flags", "nearest", "trust")},
        },
        schema=FORECASTS,
    )


def _purchases(problem: Problem, outcome: Outcome) -> pl.DataFrame:
    rows = []
    bought = np.flatnonzero(outcome.amounts)
    without = np.tile(outcome.amounts, (len(bought), 1))
    without[np.arange(len(bought)), bought] = 0.0
    for place, scores in zip(bought, problem.score(without), strict=True):
        lost = problem.objective.gain(outcome.scores, scores)
        supply = problem.supplies[place]
        counts = supply.fill(outcome.amounts[place])
        for one in supply.types:
            if number := counts.get(one.kind, 0):
                rows.append((supply.language, one.kind, number, number * one.price, lost))
    return pl.DataFrame(rows, schema=PURCHASES, orient="row").sort("cost", descending=True, maintain_order=True)


def _mix(problem: Problem, amounts: Array, base: TrainingMix) -> str:
    """What is there already and what is bought, kinds told apart."""
    sizes: dict[str, int | None] = {
        part.language + (f"+{part.kind}" if part.kind else ""): part.size for part in base.parts
    }
    for supply, amount in zip(problem.supplies, amounts, strict=True):
        for kind, number in supply.fill(amount).items():
            name = supply.language + ("" if kind == LABELLED else f"+{kind}")
            sizes[name] = (sizes.get(name) or 0) + number
    return str(TrainingMix(sizes))


def _splits(problem: Problem, weights: Mapping[str, float] | None, score: Scorer) -> dict[str, Array]:
    """The usual ways to spend a budget: the same for each, and in proportion to speakers or to what is missing."""
    languages = [supply.language for supply in problem.supplies]
    even = np.full(len(languages), problem.budget / len(languages))
    splits = {"equal split": problem.amounts(even[None])[0]}
    by, need = "weights", np.array([(weights or {}).get(language, 0.0) for language in languages])
    if not need.sum():
        missing = dict(zip(problem.targets, 1 - score(np.zeros((1, len(languages))))[0], strict=True))
        by, need = "what is missing to 1", np.array([max(missing.get(language, 0.0), 0.0) for language in languages])
    if need.sum():
        money = problem.budget * need / need.sum()
        splits[f"in proportion to {by}"] = problem.amounts(money[None])[0]
    return splits


def _most(observations: pl.DataFrame) -> int:
    """Examples beyond which forecasts are not worth asking for, where nobody says how many there are."""
    largest = float(TrainingMixes.read(observations["train"].unique().to_list()).sizes.sum(1).max())
    return round(BEYOND * max(largest, SMALLEST_LARGEST))


def _floors(floors: Mapping[str, float] | None, targets: Sequence[str], *, bounded: bool) -> Array:
    """Guarantees in the order of the targets; -inf where there is none."""
    floors = floors or {}
    for language in floors:
        if language != DEFAULT and language not in targets:
            raise InputError(f"'{language}' is guaranteed a score but is no target", where="at_least")
    for floor in floors.values():
        if bounded and floor > 1:
            hint = f"write {floor / 100:g}" if floor <= 100 else "give a score between 0 and 1"
            raise BadValue(f"guarantee {floor:g} is no fraction", where="at_least", hint=hint)
    default = floors.get(DEFAULT, -np.inf)
    return np.array([floors.get(target, default) for target in targets], dtype=float)


def _check_falling(
    metric: str, link: Link, goal: Objective, floors: Mapping[str, float] | None, *, robust: bool
) -> None:
    """Refuse what a plan of adaptations alone cannot do for a metric that is better when lower."""
    given = {"objective": goal.name == "welfare", "at_least": floors, "robust": robust}
    if link.falls and (unfit := [name for name, value in given.items() if value]):
        hint = "leave it out, or plan with another metric"
        raise InputError(f"{metric} is better when lower", where=", ".join(unfit), hint=hint)


def _check_varied(observations: pl.DataFrame, targets: Sequence[str], adaptations: bool) -> None:
    """Refuse evidence in which no training mix varies: nothing tells what examples add."""
    mixes = observations["train"].unique().to_list()
    if len(mixes) > 1:
        return
    under = f"after training on {mixes[0]}" if mixes[0] else "of the model used as it is"
    raise NotEnoughEvidence(
        f"no purchase can be recommended: every score of this task and model is {under}, which does not tell what "
        "more examples add",
        where="evidence",
        hint=f"first train on {TRIAL} and on {10 * TRIAL} examples of {resolve(targets[0]).name}, measure both, and "
        f"plan with those scores too{'; or give adaptations a price and examples none' if adaptations else ''}",
    )


def _check(budget: float, steps: int, rounds: int, targets: Sequence[str]) -> None:
    if not np.isfinite(budget) or budget < 0:
        raise BadValue(f"a budget of {budget:g}", where="budget", hint="give a number from 0 up")
    if steps < 1:
        raise BadValue(f"{steps} steps", where="steps", hint="give at least 1")
    if rounds < 0:
        raise BadValue(f"{rounds} rounds", where="rounds", hint="give a number from 0 up")
    if not targets:
        raise InputError("no targets to plan for", where="targets", hint="name some, e.g. yor,wol")


def _check_once(names: Sequence[str], where: str) -> None:
    if twice := sorted({name for name in names if list(names).count(name) > 1}):
        raise BadValue(f"{', '.join(twice)} named twice", where=where, hint="name each language once")
