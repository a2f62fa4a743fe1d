"""A plan as a table, in words and as JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from isogloss.languages import resolve
from isogloss.planning.budget.search import Outcome
from isogloss.planning.objectives import Objective
from isogloss.text import first_of

PURCHASES = pl.Schema(
    {
        "language": pl.String,
        "kind": pl.String,
        "examples": pl.Int64,
        "cost": pl.Float64,
        "without": pl.Float64,  # by how much the objective is worse if the language gets nothing
    }
)
"""One row per language and kind that is bought."""
FORECASTS = pl.Schema(
    [
        ("target", pl.String),
        *((name, pl.Float64) for name in ("before", "after", "lower", "upper", "guarantee")),
        ("flags", pl.List(pl.String)),
        ("nearest", pl.String),
        ("trust", pl.String),
    ]
)
"""One row per target: scores as fractions, before and after the purchase, and the flags after it."""
NAMED = 4
"""Purchases that a sentence names."""
RIVALS = pl.Schema({"plan": pl.String, "value": pl.Float64, "gain": pl.Float64, "spent": pl.Float64})
"""One row per other way to spend the budget, in the unit of the objective and of the costs."""
OFFERS = pl.Schema(
    [
        ("offer", pl.String),
        ("adaptation", pl.String),
        *((name, pl.Float64) for name in ("cost", "gain", "worst", "best")),
        ("verdict", pl.String),
    ]
)
"""One row per adaptation with a price: the objective's gain by it alone, at the means and both ends of its changes."""
HELPS_BUT_DEARER = "helps, but dearer than the budget"
"""Verdict on an adaptation whose gain is shown, and which cannot be paid."""
CHANGES = pl.Schema(
    [
        *((name, pl.String) for name in ("offer", "target")),
        *((name, pl.Float64) for name in ("change", "lower", "upper")),
        ("trust", pl.String),
    ]
)
"""One row per adaptation with a price and target: what it is forecast to change, as a fraction."""


@dataclass(frozen=True)
class Plan:
    """What to buy, and what it is forecast to do.

    Attributes
    ----------
    task, model, metric : str
    train : str
        What there was to train on already, and why that was assumed where nobody said.
    why_train : str
    objective : Objective
    budget, spent : float
        In `currency`.
    currency : str
    robust : bool
        Whether lower ends of intervals were planned with instead of means.
    level : float
        Of the intervals.
    purchases : polars.DataFrame
        With the columns of `PURCHASES`; only what is bought.
    forecasts : polars.DataFrame
        With the columns of `FORECASTS`, one row for each target.
    rivals : polars.DataFrame
        With the columns of `RIVALS`: this plan, buying nothing, and other ways to spend the budget, by the forecaster.
    value, base : float
        The objective after and before, by the forecaster (of lower ends, if `robust`).
    mix : str
        What to train on then.
    outcome : Outcome
        How it was found.
    exchange_rates : mapping of str to float
        Labelled examples that one of each other kind was counted as.
    guesses : tuple of str
        Targets for which the plan is a guess: their forecast under it is one, or it does not show what examples in
        their own language add.
    refused : bool
        Whether nothing is bought because all targets are `guesses`.
    notes : tuple of str
        What else there is to know.
    adaptation : str or None
        Name of the adaptation that is bought.
    offers : polars.DataFrame
        With the columns of `OFFERS`.
    changes : polars.DataFrame
        With the columns of `CHANGES`.
    examples : bool
        Whether examples could be bought.
    """

    task: str
    model: str
    metric: str
    train: str
    why_train: str
    objective: Objective
    budget: float
    spent: float
    currency: str
    robust: bool
    level: float
    purchases: pl.DataFrame
    forecasts: pl.DataFrame
    rivals: pl.DataFrame
    value: float
    base: float
    mix: str
    outcome: Outcome
    exchange_rates: Mapping[str, float]
    guesses: tuple[str, ...]
    refused: bool
    notes: tuple[str, ...]
    adaptation: str | None
    offers: pl.DataFrame
    changes: pl.DataFrame
    examples: bool

    @property
    def missed(self) -> dict[str, float]:
        """By how much the forecaster sees each guarantee missed that is kept where gains add up."""
        wanted = zip(self.forecasts["target"], self.forecasts["guarantee"], self.outcome.scores, strict=True)
        short = {target: floor - float(score) for target, floor, score in wanted if floor is not None}
        return {target: by for target, by in short.items() if by > 1e-6}

    def record(self) -> dict[str, Any]:
        """Everything, for JSON."""
        names = (
            *("task", "model", "metric", "train", "why_train", "budget", "spent", "currency", "robust", "level"),
            *("value", "base", "mix", "adaptation"),
        )
        program = self.outcome.program
        return {
            **{name: getattr(self, name) for name in names},
            "objective": self.objective.name,
            "exchange_rates": dict(self.exchange_rates),
            "purchases": self.purchases.to_dicts(),
            "forecasts": self.forecasts.to_dicts(),
            "rivals": self.rivals.to_dicts(),
            "offers": self.offers.to_dicts(),
            "changes": self.changes.to_dicts(),
            "program": {
                "promised": self.outcome.promised,
                "forecast": self.objective.value(self.outcome.program_scores),
                "bound": program.bound if program else None,
                "gap": program.gap if program else None,
                "rounds": self.outcome.rounds,
                "seconds": self.outcome.seconds,
            },
            "verdict": self.verdict(),
            "guesses": list(self.guesses),
            "refused": self.refused,
            "notes": list(self.notes),
        }

    def verdict(
        self, name: Callable[[str], str] = lambda code: resolve(code).name, factor: float = 1.0, digits: int = 3
    ) -> str:
        """What to do, in a sentence, after what it rests on.

        Parameters
        ----------
        name : function of str to str
            Name of a language.
        factor, digits : float, int
            What scores are multiplied by to be shown, and their decimals.
        """
        guesses = " and ".join(map(name, self.guesses))
        refusal = (
            f"Nothing is recommended: what examples would do for {guesses} is a guess. First measure "
            f"{'it' if len(self.guesses) == 1 else 'one of them'} after training on a few examples."
        )
        if self.adaptation is None and (self.refused or self.purchases.is_empty()):
            if self.refused:
                return refusal
            if not self.budget:
                return "A budget of 0 buys nothing."
            if self.examples:
                return "Nothing that can be bought is forecast to help."
            helps = self.offers.filter(verdict=HELPS_BUT_DEARER).select("offer", "cost").rows()
            dear = [f"{offer} ({cost:.6g})" for offer, cost in helps]
            named = f"dearer than the budget of {self.budget:.6g} {self.currency}: {', '.join(dear)}"
            return f"Nothing is bought. Forecast to help, but {named}." if dear else "No adaptation is shown to help."
        bought = [
            f"{row['examples']:,} {row['kind']} examples of {name(row['language'])}"
            for row in self.purchases.iter_rows(named=True)
        ]
        listed = " and ".join(filter(None, [self.adaptation, first_of(bought, NAMED)]))
        base, value = (f"{factor * one:.{digits}f}" for one in (self.base, self.value))
        spent = f"for {self.spent:.6g} of {self.budget:.6g} {self.currency}"
        buy = f"buy {listed} {spent}: {self.objective.name} {base} -> {value}, by the forecast."
        if self.refused:
            return f"{buy[0].upper()}{buy[1:]} {refusal.replace('Nothing is', 'No examples are')}"
        if self.guesses:
            return f"What this does for {guesses} is a guess: {buy}"
        return buy[0].upper() + buy[1:]

    def why_no_adaptation(self) -> str:
        """Why none is bought, in a sentence; empty where one is, or none has a price."""
        if self.adaptation is not None or self.offers.is_empty():
            return ""
        rows = self.offers.select("offer", "verdict").rows()
        if not self.examples:  # the verdict names these
            rows = [row for row in rows if row[1] != HELPS_BUT_DEARER]
        listed = ", ".join(f"{offer} ({verdict})" for offer, verdict in rows)
        return f"No adaptation is bought: {listed}." if listed else ""

    def words(self, factor: float = 1.0) -> list[str]:
        """What there is to say below the tables.

        Parameters
        ----------
        factor : float
            What scores are multiplied by to be shown.
        """
        name, program = self.objective.name, self.outcome.program
        of = f"{name} of lower ends" if self.robust else name

        def shown(value: float) -> str:
            return f"{factor * value:.{2 if factor > 1 else 4}f}"

        sentences = [
            self.verdict(),
            f"on top of {self.train or 'nothing'} ({self.why_train})",
            f"{of} {shown(self.base)} -> {shown(self.value)} by the forecaster; spent {self.spent:.6g} of "
            f"{self.budget:.6g} {self.currency}",
        ]
        if not self.examples:
            return [*sentences, *self.notes]
        forecast = self.objective.value(self.outcome.program_scores)
        proof = f", proven within {_percent(program.gap)} of the best gain" if program else ", not proven"
        sentences.append(
            f"program of gains that add up: {shown(self.outcome.promised)} promised{proof}; {shown(forecast)} by the "
            f"forecaster; {self.outcome.rounds} more round{'' if self.outcome.rounds == 1 else 's'} around it"
        )
        rates = self.exchange_rates.items()
        sentences += [f"one {kind} example counted as {rate:.2g} labelled ones" for kind, rate in rates]
        return [*sentences, *self.notes, f"train on: {self.mix or 'nothing'}"]


def _percent(share: float) -> str:
    return "0.01 %" if share < 1e-4 else f"{100 * share:.2g} %"
