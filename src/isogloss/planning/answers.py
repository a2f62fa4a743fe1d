"""From files and words straight to answers: what `isogloss plan`, `compare` and `fair` do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from isogloss.errors import BadValue, InputError
from isogloss.evidence import read_evidence
from isogloss.forecasting.queries import split_names
from isogloss.languages import resolve
from isogloss.planning.budget.answer import plan_budget
from isogloss.planning.budget.result import Plan
from isogloss.planning.compare import Comparison, compare_recipes
from isogloss.planning.costs import Costs, parse_caps, parse_floors, read_costs
from isogloss.planning.fairness import Fairness, compare_fairness
from isogloss.planning.kinds import KindsPlan, plan_kinds
from isogloss.planning.objectives import read_weights


def answer_plan(
    evidence: Sequence[str],
    *,
    budget: float | None,
    cost: Path | None,
    weights: Path | None,
    at_least: Sequence[str],
    cap: Sequence[str],
    languages: Mapping[str, str] | None = None,
    **question: Any,
) -> Plan:
    """Plan a budget; `question` is that of `plan_budget`.

    Raises
    ------
    InputError
        If there is no budget, or what `plan_budget` cannot use.
    """
    if budget is None:
        raise InputError("no budget", where="budget", hint="give budget=..., or goal=... to learn what a score costs")
    costs = Costs() if cost is None else read_costs(cost, languages)
    return plan_budget(
        read_evidence(*evidence, languages=languages),
        budget=budget,
        costs=parse_caps(cap, costs, languages) if cap else costs,
        weights=None if weights is None else read_weights(weights, languages),
        floors=parse_floors(at_least, languages),
        languages=languages,
        **question,
    )


def answer_kinds(
    evidence: Sequence[str],
    *,
    targets: Sequence[str],
    cost: Path | None,
    beside: Mapping[str, Any],
    languages: Mapping[str, str] | None = None,
    **question: Any,
) -> KindsPlan:
    """Weigh labelled against translated examples of one target; `question` is that of `plan_kinds`.

    `beside` are the options of plans, none of which may be set.

    Raises
    ------
    BadValue
        If there is not one target.
    InputError
        If there are no prices, an option of plans is set, or what `plan_kinds` cannot use.
    """
    if given := [option for option, value in beside.items() if value]:
        hint = "leave it out, or leave out goal=... and kinds=True"
        raise InputError("does not go with a goal or kinds", where=", ".join(given), hint=hint)
    if len(targets) != 1:
        raise BadValue(f"{len(targets)} targets", where="targets", hint="kinds are weighed for one at a time")
    if cost is None:
        raise InputError("no prices", where="costs", hint="give [labelled] and [translated] in a file, costs=...")
    read = read_evidence(*evidence, languages=languages)
    return plan_kinds(read, target=targets[0], costs=read_costs(cost, languages), languages=languages, **question)


def answer_comparison(
    evidence: Sequence[str],
    *,
    costs: Path,
    recipes: str | None,
    targets: str | None,
    languages: Mapping[str, str] | None = None,
    **question: Any,
) -> Comparison:
    """Compare recipes (comma-separated); `question` is that of `compare_recipes`."""
    if (volume := question.get("volume")) is not None and not 0 <= volume < float("inf"):
        raise BadValue(f"{volume:g} queries", where="volume", hint="give a number from 0 up")
    read_as = languages or {}
    ids = None
    if targets is not None:
        ids = [resolve(read_as.get(code, code), where="targets").id for code in split_names(targets)]
    return compare_recipes(
        read_evidence(*evidence, languages=languages),
        read_costs(costs, languages),
        recipes=None if recipes is None else split_names(recipes),
        targets=ids,
        **question,
    )


def answer_fairness(
    evidence: Sequence[str],
    *,
    candidates: str | None,
    weights: Path | None,
    languages: Mapping[str, str] | None = None,
    **question: Any,
) -> Fairness:
    """Compare candidates (comma-separated); `question` is that of `compare_fairness`."""
    return compare_fairness(
        read_evidence(*evidence, languages=languages),
        candidates=None if candidates is None else split_names(candidates),
        weights=None if weights is None else read_weights(weights, languages),
        **question,
    )
