"""From files and words straight to answers: what `isogloss plan`, `compare` and `fair` do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from isogloss.errors import BadValue, InputError
from isogloss.evidence import Evidence, read_evidence
from isogloss.forecasting.settings import find_setting, split_names
from isogloss.languages.language import as_languages
from isogloss.planning.budget.answer import plan_budget
from isogloss.planning.budget.result import Plan
from isogloss.planning.compare import Comparison, compare_recipes
from isogloss.planning.costs import Costs, parse_caps, parse_floors, read_costs
from isogloss.planning.fairness import Fairness, compare_fairness
from isogloss.planning.kinds import KindsPlan, plan_kinds
from isogloss.planning.next import choose_next
from isogloss.planning.objectives import read_weights
from isogloss.planning.ranking.table import single_sources
from isogloss.planning.source_sets import choose_sources, rank_mixes, rank_sets
from isogloss.planning.sources import source_ranking


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
    ids = None
    if targets is not None:
        known = as_languages(split_names(targets), where="targets", read_as=languages)
        ids = [language.id for language in known]
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


SHOWN = ["source", "mean", "lower", "upper", "regret", "regret_upper", "basis"]


@dataclass(frozen=True)
class Answer:
    """What is shown, and what JSON holds of it.

    Attributes
    ----------
    tables : dict of str to polars.DataFrame
        By name.
    titles : dict of str to str
    lines : tuple of str
        Sentences under the tables.
    result : object
        What a picture is drawn of; None where there is none.
    """

    tables: dict[str, pl.DataFrame]
    titles: dict[str, str]
    lines: tuple[str, ...]
    result: Any = None

    def record(self) -> dict[str, Any]:
        """All of it, for JSON."""
        return {name: table.to_dicts() for name, table in self.tables.items()} | {"notes": list(self.lines)}


def answer_sources(
    evidence: Sequence[str],
    *,
    target: str,
    top: int = 5,
    together: int = 1,
    choose: int | None = None,
    candidates: str | None = None,
    languages: Mapping[str, str] | None = None,
    level: float = 0.9,
    **setting: Any,
) -> Answer:
    """Rank sources of one target, or sets of `together` of them; or `choose` sources for several targets.

    Parameters
    ----------
    target : str
        Languages, comma between.
    candidates : str, optional
        Sources to choose from, comma between.
    setting
        `task`, `model`, `metric`, `recipe` and `examples`, as in `isogloss.planning.rank_sources`.
    """
    targets = split_names(target)
    if not targets:
        raise InputError("no target language", where="target", hint="give one, such as yor")
    if len(targets) > 1 and choose is None:
        raise InputError(
            f"{len(targets)} targets", where="target", hint="give one, or choose=3 to serve all with three sources"
        )
    read = read_evidence(*evidence, languages=languages)
    if choose is not None:
        many = choose_sources(read, targets, choose, languages=languages, **setting)
        proof = "no other choice is better" if many.optimal else f"no choice has more than {many.bound:.3f}"
        return Answer(
            {"served": many.table, "baselines": many.baselines},
            {"served": f"Best served by {', '.join(many.sources)}", "baselines": "Mean over the targets"},
            (f"mean {many.value:.3f}; {proof}",),
            many,
        )  # fmt: skip
    named = None if candidates is None else split_names(candidates)
    question = {"candidates": named, "level": level, "languages": languages, **setting}
    if not _measured_alone(read, setting):
        sets = rank_mixes(read, targets[0], size=together, **question)
        titles = {"sets": "Mixes, in equal parts" if together > 1 else "Single sources, from mixes"}
        return Answer({"sets": sets.head(top)}, titles, ("no source was measured alone: forecast from mixes",))
    ranking = source_ranking(read, targets[0], **question)
    tables, titles = {"sources": ranking.table.head(top)}, {"sources": f"Sources for {ranking.target}"}
    if together > 1:
        tables["sets"] = rank_sets(ranking, together).head(top)
        titles["sets"] = f"{together} together"
    tables["baselines"], titles["baselines"] = ranking.baselines, "What the baselines choose"
    return Answer(tables, titles, ranking.notes, ranking)


def _measured_alone(evidence: Evidence, setting: Mapping[str, Any]) -> bool:
    """Whether anything was trained on one language only."""
    which = {name: setting[name] for name in ("task", "model", "metric", "recipe")}
    _, observations = find_setting(evidence, **which)
    return single_sources(observations).height > 0


def answer_next(
    evidence: Sequence[str], *, candidates: str, k: int = 5, languages: Mapping[str, str] | None = None, **setting: Any
) -> Answer:
    """Read evidence and choose; `setting` is `task`, `model`, `metric` and `recipe`, see `choose_next`."""
    read = read_evidence(*evidence, languages=languages)
    tests = choose_next(read, candidates, k=k, languages=languages, **setting)
    return Answer(
        {"next": tests.table, "baselines": tests.baselines},
        {"next": "Test these next", "baselines": f"How unsure the rest is after {k} more"},
        tests.notes,
        tests,
    )
