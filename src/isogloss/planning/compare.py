"""What recipes are worth and what they cost: to make, to run, and to wait for.

The accounting of Rosa, Bonifacio, de Souza, Lotufo and Nogueira, "A cost-benefit analysis of cross-lingual transfer
methods" (2021): translating and training once, translating and answering for every query.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from isogloss.errors import InputError, NotEnoughEvidence, UnknownName
from isogloss.evidence import Evidence
from isogloss.evidence.summing import mean_in_order
from isogloss.planning.costs import DEFAULT, LABELLED, Costs, RecipeCost
from isogloss.planning.fairness import efficient, only_metric
from isogloss.stats.intervals import bootstrap_means
from isogloss.text import counted

SECONDS = 3600.0
RECIPES = pl.Schema(
    {
        "recipe": pl.String,
        "quality": pl.Float64,
        "lower": pl.Float64,
        "upper": pl.Float64,
        "development": pl.Float64,
        "serving": pl.Float64,  # for 1,000 queries
        "latency": pl.Float64,  # seconds for a query
        "efficient": pl.Boolean,  # no other recipe beats it in one of the four and loses in none
    }
)
"""One row per recipe; scores as fractions, costs in the currency of the comparison."""
BREAK_EVEN = pl.Schema(
    {"dearer_to_make": pl.String, "dearer_to_run": pl.String, "queries": pl.Float64, "quality_gained": pl.Float64}
)
"""One row per pair of recipes of which one is dearer to make and cheaper to run."""
DRAWS = 2000


@dataclass(frozen=True)
class Comparison:
    """Recipes side by side.

    Attributes
    ----------
    task, metric : str
    model : str or None
        None where every recipe has its own.
    currency : str
    targets : tuple of str
        Languages that all recipes were measured in.
    left_out : int
        Languages that some were not.
    recipes : polars.DataFrame
        With the columns of `RECIPES`, best quality first. `lower` and `upper` hold 90 % of means over languages
        drawn anew; costs are in `currency`.
    break_even : polars.DataFrame
        With the columns of `BREAK_EVEN`: from how many queries on the recipe that is dearer to make is the cheaper
        one in all, and by how much its quality is better than the other's, whichever way better is.
    cheapest : polars.DataFrame
        `recipe`, `from` and `to` (null: without end): the recipe that costs least in all between two volumes.
    volume : float or None
    totals : polars.DataFrame or None
        `recipe`, `total`, `quality`, `efficient` at that volume.
    bounded, higher_is_better : bool
        Whether quality is a fraction, and which way it is better.
    """

    task: str
    metric: str
    model: str | None
    currency: str
    targets: tuple[str, ...]
    left_out: int
    recipes: pl.DataFrame
    break_even: pl.DataFrame
    cheapest: pl.DataFrame
    volume: float | None
    totals: pl.DataFrame | None
    bounded: bool = True
    higher_is_better: bool = True

    def record(self) -> dict[str, Any]:
        """Everything, for JSON."""
        return {
            **{
                name: getattr(self, name)
                for name in (
                    *("task", "metric", "model", "currency", "left_out", "volume"),
                    *("bounded", "higher_is_better"),
                )
            },
            "targets": list(self.targets),
            "recipes": self.recipes.to_dicts(),
            "break_even": self.break_even.to_dicts(),
            "cheapest": self.cheapest.to_dicts(),
            "totals": None if self.totals is None else self.totals.to_dicts(),
        }

    def words(self, factor: float = 1.0, digits: int = 3) -> list[str]:
        """The answer in sentences, the verdict first.

        Parameters
        ----------
        factor, digits : float, int
            What scores are multiplied by to be shown, and their decimals.
        """
        front = self.recipes.filter("efficient")["recipe"].to_list()
        beaten = self.recipes.filter(~pl.col("efficient"))["recipe"].to_list()
        sentences = [f"Choose from {', '.join(front)}: no other recipe is better in everything."]
        if beaten:
            sentences.append(f"Another is as good, as cheap and as quick as {', '.join(beaten)}.")
        sentences.append(
            f"{self.task}, {self.metric}: mean over {counted(len(self.targets), 'language')} in which every recipe was "
            f"measured{f'; {self.left_out} left out' if self.left_out else ''}"
            f"{'' if self.higher_is_better else '; less is better'}."
        )
        for row in self.break_even.iter_rows(named=True):
            sentences.append(
                f"{row['dearer_to_make']} is cheaper in all than {row['dearer_to_run']} from {row['queries']:,.0f} "
                f"queries on, {self._better(row['quality_gained'])}."
            )
        for row in self.cheapest.iter_rows(named=True):
            end = "on" if row["to"] is None else f"to {row['to']:,.0f} queries"
            sentences.append(f"Cheapest from {row['from']:,.0f} {end}: {row['recipe']}.")
        if self.totals is not None and self.volume is not None:
            listed = "; ".join(
                f"{row['recipe']} {row['total']:.6g} {self.currency}, {factor * row['quality']:.{digits}f}"
                for row in self.totals.filter("efficient").iter_rows(named=True)
            )
            sentences.append(f"At {self.volume:,.0f} queries, worth choosing from: {listed}.")
        return sentences

    def _better(self, gained: float) -> str:
        size = f"{100 * abs(gained):.1f} points" if self.bounded else f"{abs(gained):.3g} {self.metric}"
        if float(size.split()[0]) == 0:
            return "and as good"
        return f"and {size} {'better' if gained > 0 else 'worse'}"


def compare_recipes(
    evidence: Evidence,
    costs: Costs,
    *,
    task: str,
    recipes: Sequence[str] | None = None,
    model: str | None = None,
    metric: str | None = None,
    targets: Sequence[str] | None = None,
    volume: float | None = None,
    seed: int = 0,
) -> Comparison:
    """Compare recipes by quality, development cost, serving cost and latency.

    Parameters
    ----------
    evidence : Evidence
    costs : Costs
        With `[recipes.NAME]` for each recipe.
    task : str
    recipes : sequence of str, optional
        By default all that the evidence has in this task and the costs know.
    model : str, optional
        Needed where a recipe was measured with several.
    metric : str, optional
        Needed only where the evidence has several.
    targets : sequence of str, optional
        Language ids that count; by default all in which every recipe was measured.
    volume : float, optional
        Queries to come, for totals.
    seed : int, default 0
        Of the bootstrap.

    Returns
    -------
    Comparison

    Raises
    ------
    NotEnoughEvidence
        If fewer than two recipes, or no language in common, were measured.
    InputError
        If a recipe has no costs, or was measured with several models or metrics.
    UnknownName

    Notes
    -----
    development = (translated x seconds per translation / 3600 + training hours) x price of an hour + labels x price;
    latency = serving seconds + texts to translate x seconds per translation; serving = latency x price of a second.
    """
    observations = _observations(evidence, task, recipes, model, metric, costs)
    names = sorted(observations["recipe"].unique())
    table, left_out = _cells(observations, names, targets)
    quality = np.array([table[name].mean() for name in names], dtype=float)
    scores = np.column_stack([table[name].to_numpy() for name in names])
    ends = np.quantile(bootstrap_means(scores, draws=DRAWS, seed=seed), [0.05, 0.95], axis=0)
    made = np.array([development(costs.recipes[name], costs) for name in names])
    waited = np.array([latency(costs.recipes[name], costs) for name in names])
    served = waited * costs.hour / SECONDS
    sign = 1.0 if bool(observations["higher_is_better"].all()) else -1.0
    table_of_recipes = pl.DataFrame(
        {
            "recipe": names,
            "quality": quality,
            "lower": ends[0],
            "upper": ends[1],
            "development": made,
            "serving": 1000 * served,
            "latency": waited,
            "efficient": efficient(np.column_stack([sign * quality, -made, -served, -waited])),
        },
        schema=RECIPES,
    )
    totals = None
    if volume is not None:
        total = made + volume * served
        totals = pl.DataFrame(
            {
                "recipe": names,
                "total": total,
                "quality": quality,
                "efficient": efficient(np.column_stack([sign * quality, -total])),
            }
        ).sort("total")
    models = observations["model"].unique().to_list()
    return Comparison(
        task=task,
        metric=str(observations["metric"][0]),
        model=models[0] if len(models) == 1 else None,
        currency=costs.currency,
        targets=tuple(table["target"]),
        left_out=left_out,
        recipes=table_of_recipes.sort("quality", descending=sign > 0, maintain_order=True),
        break_even=break_even(names, made, served, sign * quality),
        cheapest=cheapest_by_volume(names, made, served),
        volume=volume,
        totals=totals,
        bounded=bool((observations["scale"] != "raw").all()),
        higher_is_better=sign > 0,
    )


def development(recipe: RecipeCost, costs: Costs) -> float:
    """What a recipe costs before the first query."""
    hours = recipe.translated_examples * costs.seconds_per_translation / SECONDS + recipe.train_hours
    label = costs.price(LABELLED, DEFAULT)
    if recipe.labels and label is None:
        raise InputError("labels have no price", where="costs", hint=f"add '{DEFAULT}' to [{LABELLED}]")
    return hours * costs.hour + recipe.labels * (label or 0.0)


def latency(recipe: RecipeCost, costs: Costs) -> float:
    """Seconds from query to answer."""
    return recipe.serve_seconds + recipe.translated_per_query * costs.seconds_per_translation


def break_even(names: Sequence[str], made: np.ndarray, served: np.ndarray, quality: np.ndarray) -> pl.DataFrame:
    """From how many queries on what is dearer to make and cheaper to run costs less in all.

    Q = (made_a - made_b) / (served_b - served_a), for every pair in which a is dearer to make and b to run; of
    `quality`, more is better.

    Returns
    -------
    polars.DataFrame
        With the columns of `BREAK_EVEN`, fewest queries first.
    """
    rows = [
        (a, b, float((made[i] - made[j]) / (served[j] - served[i])), float(quality[i] - quality[j]))
        for i, a in enumerate(names)
        for j, b in enumerate(names)
        if made[i] > made[j] and served[j] > served[i]
    ]
    return pl.DataFrame(rows, schema=BREAK_EVEN, orient="row").sort("queries", maintain_order=True)


def cheapest_by_volume(names: Sequence[str], made: np.ndarray, served: np.ndarray) -> pl.DataFrame:
    """The lower envelope of total costs over volumes: which recipe costs least between which two."""
    rows: list[tuple[str, float, float | None]] = []
    start = 0.0
    at = min(range(len(names)), key=lambda place: (made[place], served[place]))
    while True:
        ahead = [
            ((made[other] - made[at]) / (served[at] - served[other]), served[other], other)
            for other in range(len(names))
            if served[other] < served[at]
        ]
        if not ahead:
            rows.append((names[at], start, None))
            break
        end, _, following = min(ahead)
        if end > start:
            rows.append((names[at], start, float(end)))
        start, at = float(end), following
    schema = {"recipe": pl.String, "from": pl.Float64, "to": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _observations(
    evidence: Evidence, task: str, recipes: Sequence[str] | None, model: str | None, metric: str | None, costs: Costs
) -> pl.DataFrame:
    kept = evidence.filter(task=task, model=model, metric=metric).observations.drop_nulls("recipe")
    measured = kept["recipe"].unique().sort().to_list()
    known = [name for name in measured if name in costs.recipes]
    names = known if recipes is None else list(dict.fromkeys(recipes))
    for name in names:
        if name not in measured:
            raise UnknownName("recipe", name, measured, where="evidence")
        if name not in costs.recipes:
            raise InputError(f"recipe '{name}' has no costs", where="costs", hint=f'add [recipes."{name}"]')
    if len(names) < 2:
        raise NotEnoughEvidence(
            f"{_counted(len(names), recipes is not None)}: nothing to compare",
            where="evidence",
            hint=f"measured: {', '.join(measured) or 'none'}; with costs: {', '.join(costs.recipes) or 'none'}",
        )
    kept = kept.filter(pl.col("recipe").is_in(names))
    only_metric(kept)
    several = kept.group_by("recipe").agg(pl.col("model").n_unique()).filter(pl.col("model") > 1)
    if several.height:
        listed = ", ".join(kept["model"].unique().sort())
        raise InputError(
            f"recipe '{several['recipe'][0]}' was measured with several models: {listed}",
            where="evidence",
            hint="say which with model=...",
        )
    return kept


def _counted(recipes: int, named: bool) -> str:
    if named:
        return f"{'only one recipe' if recipes else 'no recipe'} is named"
    return f"{'only one recipe has' if recipes else 'no recipe has'} scores and costs"


def _cells(observations: pl.DataFrame, names: Sequence[str], targets: Sequence[str] | None) -> tuple[pl.DataFrame, int]:
    """Mean score by target (rows) and recipe (columns) where all were measured, and how many targets were not."""
    cells = observations.group_by("target", "recipe").agg(mean_in_order("score"))
    table = cells.pivot("recipe", index="target", values="score").sort("target")
    if targets is not None:
        for target in targets:
            if target not in table["target"]:
                raise UnknownName("target", target, table["target"], where="evidence")
        table = table.filter(pl.col("target").is_in(list(targets)))
    whole = table.drop_nulls(list(names))
    if whole.is_empty():
        raise NotEnoughEvidence(
            "no language in which every recipe was measured", where="evidence", hint="name fewer recipes"
        )
    return whole, table.height - whole.height
