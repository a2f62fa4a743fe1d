"""Regress scores of transfer on factors of the pairs, and test which of them drive it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import polars as pl

from isogloss.errors import BadValue, InputError, NotEnoughEvidence
from isogloss.evidence import Evidence
from isogloss.explanation.drivers import DRIVERS, PERMUTATIONS, Drivers
from isogloss.explanation.linear_models import (
    CrossedFit,
    collinear_factors,
    fit_crossed,
    fit_least_squares,
    held_out_r2,
    lmg_shares,
    variance_inflation,
)
from isogloss.explanation.pairs import ABSOLUTE, RELATIVE, Factor, Pairs, check_names, read_pairs
from isogloss.explanation.permutation import label_permutations, permutation_p_values
from isogloss.forecasting.features import LINGUISTIC
from isogloss.forecasting.grid import Array, Grid
from isogloss.forecasting.settings import find_setting
from isogloss.stats.hypotheses import benjamini_hochberg
from isogloss.text import counted
from isogloss.threads import one_blas_thread

FEWEST_PAIRS, PAIRS_PER_FACTOR, FEWEST_TARGETS = 20, 5, 5
FEWEST_PERMUTATIONS, MOST_PERMUTATIONS = 19, 99_999
USUAL = "usual"
"""Interactions worth a look; see `usual_products`."""
DISCOVERIES = 0.05
"""False discovery rate at which a factor is called a driver."""
LEVEL = 0.95


def find_drivers(
    evidence: Evidence,
    *,
    task: str,
    model: str,
    metric: str | None = None,
    recipe: str | None = None,
    response: str = ABSOLUTE,
    factors: Sequence[str] | None = None,
    interactions: Sequence[tuple[str, str]] | str = (),
    examples: int | None = None,
    facts: Mapping[str, Mapping[str, float]] | None = None,
    permutations: int = PERMUTATIONS,
    seed: int = 0,
) -> Drivers:
    """Test which factors drive transfer.

    Parameters
    ----------
    evidence : Evidence
    task, model : str
        As the evidence names them.
    metric, recipe : str, optional
        Needed only where the evidence has several.
    response : {"absolute", "relative"}
        Explain the score, or the score over that of the target trained on itself.
    factors : sequence of str, optional
        By default every one that can be computed (`isogloss.explanation.pairs`). Any similarity may be named.
    interactions : sequence of (str, str), or "usual"
        Products of two factors, tested in a model of their own beside all factors; see `usual_products`.
    examples : int, optional
        Which number of training examples to take, where sources were trained on several.
    facts : mapping of str to mapping of str to float, optional
        Facts of targets as further factors: a name, and the value for each language; see `target_facts`.
    permutations, seed : int
        Of the language labels, 19 to 99,999.

    Returns
    -------
    Drivers

    Raises
    ------
    UnknownName
        For a task, model or factor that there is none of.
    BadValue
        For a number of permutations out of range.
    InputError
        If several settings are left, all scores are alike, factors asked for are combinations of each other, or a
        product has a factor that is not used.
    NotEnoughEvidence
        If there are too few pairs or targets, saying how many are needed.
    """
    if not FEWEST_PERMUTATIONS <= permutations <= MOST_PERMUTATIONS:
        raise BadValue(
            f"{permutations} permutations", where="permutations",
            hint=f"give {FEWEST_PERMUTATIONS} to {MOST_PERMUTATIONS}",
        )  # fmt: skip
    setting, observations = find_setting(evidence, task=task, model=model, metric=metric, recipe=recipe)
    with one_blas_thread():
        pairs = read_pairs(Grid.read(observations), response=response, factors=factors, examples=examples, facts=facts)
        pairs = _usable(pairs, factors is not None)
        products = _named_products(pairs, interactions)
        fitted = _Fitted(pairs)
        orders = label_permutations(pairs.rows, pairs.targets, pairs.mixed, permutations, seed)
        p_values = fitted.p_values(orders)
        unit = "points" if pairs.bounded else setting.metric
        table = fitted.table(p_values, 100.0 if pairs.bounded else 1.0)
        of_products, alike = _products(pairs, products, orders)
        return Drivers(
            table=table.sort("share", descending=True, nulls_last=True, maintain_order=True),
            groups=table.group_by("group").agg(pl.col("share").sum()).sort("share", "group", descending=[True, False]),
            interactions=of_products,
            task=task, model=model, metric=setting.metric, response=response,
            unit=f"{unit} of the target's own score" if response == RELATIVE else unit,
            pairs=len(fitted.response), sources=fitted.counts[0], targets=fitted.counts[1],
            mixed=pairs.mixed, r2=fitted.least_squares.r2,
            held_out_r2=held_out_r2(fitted.design, fitted.response, fitted.row_names, fitted.column_names),
            between_sources=fitted.between[0], between_targets=fitted.between[1],
            excluded=pairs.excluded | alike, permutations=permutations,
            notes=(*pairs.notes, *_too_few(permutations, max(len(pairs.factors), len(products)))),
            higher_is_better=bool(observations["higher_is_better"].all()),
        )  # fmt: skip


class _Fitted:
    """Both models of some pairs."""

    def __init__(self, pairs: Pairs):
        self.pairs = pairs
        self.design, self.response, self.rows, self.columns = pairs.design()
        self.row_names = [pairs.rows[row] for row in self.rows]
        self.column_names = [pairs.targets[column] for column in self.columns]
        self.least_squares = fit_least_squares(self.design, self.response, self.rows, self.columns)
        counts = len(set(self.row_names)), len(set(self.column_names))
        self.effects = min(counts) > 1 and len(self.response) > sum(counts) + self.design.shape[1]
        self.crossed: CrossedFit = fit_crossed(
            self.design, self.response, self.rows, self.columns, effects=self.effects
        )
        self.counts = counts
        total = sum(self.crossed.variances)
        self.between = tuple(variance / total for variance in self.crossed.variances[:2])

    def p_values(self, orders: tuple[Any, Any], tested: Sequence[int] | None = None) -> Array:
        """By permutation of labels."""
        cells = self.pairs.cells
        values = self.pairs.values
        there = values[:, cells]
        standardised = (values - there.mean(1)[:, None, None]) / there.std(1)[:, None, None]
        # Weights that were learnt without any factor favour none, neither as it is nor permuted.
        without = fit_crossed(self.design[:, :0], self.response, self.rows, self.columns, effects=self.effects)
        return permutation_p_values(standardised, self.pairs.scores, without.random_effects, orders, tested)

    def table(self, p_values: Array, unit: float) -> pl.DataFrame:
        from scipy.special import stdtr, stdtrit

        degrees = self._degrees()
        clusters = max(min(count for count in self.counts if count > 1) - 1, 1)
        effects, errors = self.crossed.coefficients[1:], self.crossed.errors[1:]
        margins = stdtrit(clusters, (1 + LEVEL) / 2) * np.maximum(self.crossed.robust, self.crossed.errors)[1:]
        plain, robust = self.least_squares.coefficients, self.least_squares.errors
        margin = stdtrit(clusters, (1 + LEVEL) / 2) * robust
        adjusted = benjamini_hochberg(p_values)
        spread = float(self.response.std())
        return pl.DataFrame(
            {
                "factor": [factor.name for factor in self.pairs.factors],
                "group": [factor.group for factor in self.pairs.factors],
                "effect": unit * effects,
                "lower": unit * (effects - margins),
                "upper": unit * (effects + margins),
                "p": p_values,
                "q": adjusted,
                "driver": _drive(adjusted, effects, margins),
                "share": lmg_shares(self.design, self.response),
                "partial_r2": self.least_squares.partial,
                "vif": variance_inflation(self.design),
                "availability": self.pairs.availability,
                "beta": effects / spread,
                "p_crossed": 2 * stdtr(degrees, -np.abs(effects) / errors),
                "least_squares": unit * plain,
                "least_squares_lower": unit * (plain - margin),
                "least_squares_upper": unit * (plain + margin),
                "p_clustered": 2 * stdtr(clusters, -np.abs(plain) / robust),
            },
            schema=DRIVERS,
        ).with_columns(pl.col("share").fill_nan(None))

    def _degrees(self) -> Array:
        """Degrees of freedom of each factor: of the sources, the targets or the pairs, wherever it varies."""
        values = self.pairs.values
        of_source = np.array([np.ptp(value, axis=1).max() < 1e-12 for value in values])
        of_target = np.array([np.ptp(value, axis=0).max() < 1e-12 for value in values])
        pairs = len(self.response) - self.design.shape[1] - 1 - (sum(self.counts) if self.effects else 0)
        degrees = np.full(len(values), pairs)
        if self.effects:
            degrees = np.where(of_source, self.counts[0] - of_source.sum() - 1, degrees)
            degrees = np.where(of_target, self.counts[1] - of_target.sum() - 1, degrees)
        return np.asarray(np.maximum(degrees, 1), dtype=np.float64)


def _drive(adjusted: Sequence[float], effects: Array, margins: Array) -> list[bool]:
    """Whether two tests that assume different things agree: permutation, and an interval with clustered errors."""
    beyond = np.abs(effects) > margins
    return [q <= DISCOVERIES and bool(outside) for q, outside in zip(adjusted, beyond, strict=True)]


def _too_few(permutations: int, tested: int) -> list[str]:
    """A note where one factor alone could not be a driver: q of the least p, 1 / (1 + permutations), is too large."""
    needed = round(tested / DISCOVERIES) - 1
    if permutations >= needed:
        return []
    return [f"{permutations} permutations are too few to show one factor of {tested}: take {needed} or more"]


def _products(
    pairs: Pairs, there: Sequence[tuple[str, str]], orders: tuple[Any, Any]
) -> tuple[pl.DataFrame, dict[str, str]]:
    """Products of standardised factors, each tested beside all factors and the other products; and which cannot be."""
    names = [factor.name for factor in pairs.factors]
    if not there:
        return pl.DataFrame(schema=DRIVERS), {}
    cells = pairs.cells
    standardised = [(value - value[cells].mean()) / value[cells].std() for value in pairs.values]
    factors, values, known = list(pairs.factors), list(pairs.values), list(pairs.availability)
    for first, second in there:
        one, two = names.index(first), names.index(second)
        factors.append(Factor.product(pairs.factors[one], pairs.factors[two]))
        values.append(standardised[one] * standardised[two])
        known.append(min(pairs.availability[one], pairs.availability[two]))
    wider = replace(pairs, factors=tuple(factors), values=np.array(values), availability=np.array(known))
    design = wider.design()[0]
    same = collinear_factors(design, [factor.name for factor in factors])
    wider = wider.take([place for place, factor in enumerate(factors) if factor.name not in same])
    if len(wider.factors) == len(names):
        return pl.DataFrame(schema=DRIVERS), same
    fitted = _Fitted(wider)
    tested = list(range(len(names), len(wider.factors)))
    p_values = np.ones(len(wider.factors))
    p_values[tested] = fitted.p_values(orders, tested)
    table = fitted.table(p_values, 100.0 if pairs.bounded else 1.0)[tested]
    adjusted = benjamini_hochberg(table["p"].to_list())
    beyond = (table["lower"] > 0) | (table["upper"] < 0)
    table = table.with_columns(q=pl.Series(adjusted), driver=beyond & (pl.Series(adjusted) <= DISCOVERIES))
    return table, same


def _usable(pairs: Pairs, asked: bool) -> Pairs:
    """Without factors that are combinations of others; refused where there is too little to explain."""
    scores = pairs.scores[pairs.cells]
    if np.ptp(scores) < 1e-12:
        raise InputError(
            f"all {len(scores)} scores are alike: there is nothing to explain", where="evidence",
            hint="give scores that differ",
        )  # fmt: skip
    if not pairs.factors:
        raise NotEnoughEvidence(
            "no factor is known and differs between the pairs", where="evidence",
            hint="; ".join(f"{name}: {why}" for name, why in pairs.excluded.items()) or "name some with factors=...",
        )  # fmt: skip
    same = collinear_factors(pairs.design()[0], [factor.name for factor in pairs.factors])
    if same and asked:
        named = "; ".join(f"'{name}' is {why}" for name, why in same.items())
        raise InputError(f"factors that cannot be told apart: {named}", where="factors", hint="leave one of them out")
    pairs.excluded.update(same)
    pairs = pairs.take([place for place, factor in enumerate(pairs.factors) if factor.name not in same])
    _enough(pairs)
    return pairs


def _enough(pairs: Pairs) -> None:
    targets = int(pairs.cells.any(0).sum())
    if targets < FEWEST_TARGETS:
        raise NotEnoughEvidence(
            f"{counted(targets, 'target language')} measured, {FEWEST_TARGETS} are needed",
            where="evidence", hint="measure more targets",
        )  # fmt: skip
    count, width = int(pairs.cells.sum()), len(pairs.factors)
    needed = max(FEWEST_PAIRS, PAIRS_PER_FACTOR * width)
    if count < needed:
        most = count // PAIRS_PER_FACTOR
        hint = f"measure {needed - count} more"
        if count >= FEWEST_PAIRS:
            hint += f", or name at most {most} factors with factors=...: {', '.join(f.name for f in pairs.factors)}"
        raise NotEnoughEvidence(
            f"{count} pairs were measured, {needed} are needed to explain them by {width} factors",
            where="evidence", hint=hint,
        )  # fmt: skip


def _named_products(pairs: Pairs, interactions: Sequence[tuple[str, str]] | str) -> list[tuple[str, str]]:
    """Products of factors that are used, each once."""
    names = [factor.name for factor in pairs.factors]
    if isinstance(interactions, str):
        if interactions != USUAL:
            raise BadValue(
                f"'{interactions}' is no product", where="interactions", hint=f"name pairs, or say '{USUAL}'"
            )
        return usual_products(names)
    for name in dict.fromkeys(name for product in interactions for name in product):
        check_names([name], where="interactions")
        if name not in names:
            why = pairs.excluded.get(name, "it is not among the factors named")
            raise InputError(f"'{name}' is not used: {why}", where="interactions", hint="leave out its products")
    return list({frozenset(product): product for product in interactions}.values())


def usual_products(names: Sequence[str]) -> list[tuple[str, str]]:
    """Products of the script with each linguistic similarity, and among numbers of examples and sources."""
    linguistic = [name for name in names if Factor.named(name).group == LINGUISTIC]
    products = [("script", name) for name in linguistic if "script" in names]
    of_mixes = [name for name in ("own examples", "source examples", "sources") if name in names]
    return products + list(combinations(of_mixes, 2))
