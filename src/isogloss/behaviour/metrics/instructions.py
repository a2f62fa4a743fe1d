"""Instructions: how many of the rules of a prompt does a reply keep, by turn of the conversation?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl

from isogloss.behaviour.metric import BehaviourMetric, Tally, Values
from isogloss.behaviour.rules import with_checked_rules
from isogloss.behaviour.tallies import LANGUAGE, OUTCOMES, flag, grouping, judged, require_once, share

COLUMNS = {
    "item": "a prompt; the same in all languages", "language": LANGUAGE, "rule": "one rule of the prompt",
    "correct": "whether the reply keeps the rule as it is (strict); or text, and what IFEval calls kwargs in arguments",
}  # fmt: skip
LOOSE = {"loose": "whether it keeps the rule without its first or last line, or without asterisks"}
OPTIONAL = {
    "arguments": "numbers and words of a rule, where text is to be checked",
    "turn": "turn of the conversation: 1, 2, ...; each is a part of its own",
}
INPUTS = ("prompts", "prompts with all rules kept, strict", "loose", "rules", "rules kept, strict", "loose")


def _count(items: pl.DataFrame, _: bool) -> pl.DataFrame:
    given = any(role in items.columns for role in OUTCOMES)
    table = judged(items) if given or "text" not in items.columns else with_checked_rules(items)
    table = flag(table, "loose") if "loose" in table.columns else table.with_columns(loose=pl.col("right"))
    require_once(table, "item", "language", "turn", "rule")
    turns = ["turn"] if "turn" in table.columns else []
    counted = table.group_by(*grouping(table), *turns, maintain_order=True).agg(
        prompts=pl.lit(1), prompts_strict=pl.col("right").all(), prompts_loose=pl.col("loose").all(), rules=pl.len(),
        rules_strict=pl.col("right").sum(), rules_loose=pl.col("loose").sum(),
    )  # fmt: skip
    return (
        counted.rename({"turn": "part"}).with_columns(pl.format("turn {}", "part").alias("part")) if turns else counted
    )


def _rate(place: int, whole: int) -> Callable[..., Values]:
    def rate(*sums: Any) -> Values:
        return share(sums[place], sums[whole])

    return rate


_RATES = {"prompts_strict": (1, 0), "prompts_loose": (2, 0), "rules_strict": (4, 3), "rules_loose": (5, 3)}


def mean_of_rates(*sums: Any) -> Values:
    """The mean of prompts and rules kept, strict and loose."""
    return sum(((_rate(*places)(*sums)) for places in _RATES.values()), share(0.0, sums[0])) / len(_RATES)


def _metric(name: str, meaning: str, formula: str, misleads: str, compute: Any, loose: bool) -> BehaviourMetric:
    return BehaviourMetric(
        name=name,
        meaning=meaning,
        formula=formula,
        inputs=INPUTS,
        source="Zhou et al. 2023 (IFEval); by turn as in He et al. 2024, arXiv 2410.15553 (Multi-IF)",
        lowest=0.0,
        highest=1.0,
        higher_is_better=True,
        chance="what a reply keeps that was written without the rules, not 0",
        misleads=misleads,
        compute=compute,
        tally=Tally(COLUMNS | (LOOSE if loose else {}), _count, OPTIONAL),
    )


_SCRIPTS = (
    "Rules of letter case mean nothing in scripts without it, and counts of words need to know what a word is: leave "
    "out what a language cannot keep."
)
INSTRUCTION_FOLLOWING = _metric(
    "instruction_following",
    "Mean of four rates: prompts with all rules kept and rules kept, each strict and loose.",
    "mean of |kept| / n of prompts and of rules, strict and loose",
    f"Four rates of the same replies in one number. {_SCRIPTS}",
    mean_of_rates,
    True,
)
PROMPTS_STRICT = _metric(
    "prompts_strict",
    "Share of prompts all of whose rules a reply keeps.",
    "|prompts with all rules kept| / |prompts|",
    f"It falls with the number of rules, which grows from turn to turn. {_SCRIPTS}",
    _rate(*_RATES["prompts_strict"]),
    False,
)
RULES_STRICT = _metric(
    "rules_strict",
    "Share of rules that replies keep.",
    "|rules kept| / |rules|",
    _SCRIPTS,
    _rate(*_RATES["rules_strict"]),
    False,
)
