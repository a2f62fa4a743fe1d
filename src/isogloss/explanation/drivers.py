"""Drivers of transfer: the factors of one setting with their effects, and the same in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from isogloss.explanation.pairs import RELATIVE, SILENT_GROUPS, Factor
from isogloss.text import counted

PERMUTATIONS = 999
INSEPARABLE = 5.0
"""Variance inflation above which a factor can hardly be separated from the others."""
OVERFITTED = 0.1
"""Fall of R2 for held-out languages that is worth a sentence."""
FEW = 15
"""With fewer languages, results may not carry over to others."""

_MEASURES = (
    "share partial_r2 vif availability beta p_crossed least_squares least_squares_lower least_squares_upper p_clustered"
)
DRIVERS = pl.Schema(
    {
        "factor": pl.String,
        "group": pl.String,
        **dict.fromkeys(("effect", "lower", "upper", "p", "q"), pl.Float64),
        "driver": pl.Boolean,
        **dict.fromkeys(_MEASURES.split(), pl.Float64),
    }
)
"""Columns of `Drivers.table`."""


@dataclass(frozen=True)
class Drivers:
    """Drivers of transfer in one setting.

    Attributes
    ----------
    table : polars.DataFrame
        One row per factor, largest share first, with the columns of `DRIVERS`. `effect` is the change of the response,
        in `unit`, with one standard deviation more of the factor, all others held, from the model with crossed
        random effects, with a 95 % interval from errors clustered by source and target; `p` by permutation of
        language labels, `q` corrected by Benjamini and Hochberg; `driver` where `q` is at most .05 and the
        interval excludes 0; `share` of the variance (LMG); `availability` the share of pairs in which the factor is
        known; `beta` the effect in standard deviations of the response; `p_crossed` if the random effects are all
        that pairs have in common; `least_squares` and `p_clustered` from least squares with errors clustered by
        source and target.
    groups : polars.DataFrame
        `group`, `share` of the variance.
    interactions : polars.DataFrame
        The same columns for products of factors, in a model that has them beside all factors; may be empty.
    task, model, metric, response, unit : str
    pairs, sources, targets : int
        Pairs of different languages, and how many of each.
    mixed : bool
        Whether rows are mixes.
    r2, held_out_r2 : float
        In sample, and for targets whose every pair was left out.
    between_sources, between_targets : float
        Shares of the residual variance between sources, and between targets.
    excluded : dict of str to str
        Factors that were not used, and why.
    notes : tuple of str
    permutations : int
        How often the labels of languages were permuted.
    higher_is_better : bool
        Of the metric.
    """

    table: pl.DataFrame
    groups: pl.DataFrame
    interactions: pl.DataFrame
    task: str
    model: str
    metric: str
    response: str
    unit: str
    pairs: int
    sources: int
    targets: int
    mixed: bool
    r2: float
    held_out_r2: float
    between_sources: float
    between_targets: float
    excluded: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    permutations: int = PERMUTATIONS
    higher_is_better: bool = True

    @property
    def words(self) -> str:
        """The same in a paragraph that claims no more than the numbers."""
        return " ".join(self.sentences())

    def sentences(self) -> tuple[str, ...]:
        """The same in sentences; those about drivers first."""
        return tuple(_sentences(self))

    def as_dict(self) -> dict[str, Any]:
        """Everything as plain values, for JSON."""
        names = ("task", "model", "metric", "response", "unit", "pairs", "sources", "targets", "mixed", "r2",
                 "held_out_r2", "between_sources", "between_targets", "permutations", "higher_is_better",
                 "excluded")  # fmt: skip
        return {name: getattr(self, name) for name in names} | {
            "notes": list(self.notes),
            "words": self.words,
            "factors": self.table.to_dicts(),
            "groups": self.groups.to_dicts(),
            "interactions": self.interactions.to_dicts(),
        }


def _sentences(drivers: Drivers) -> Iterator[str]:
    what = "mix" if drivers.mixed else "source"
    scores = "Scores relative to the target's own" if drivers.response == RELATIVE else "Scores"
    rows = drivers.table.to_dicts()
    driving = sorted((row for row in rows if row["driver"]), key=lambda row: -abs(row["effect"]))
    yield from _driving(driving, drivers)
    yield (
        f"{scores} of {drivers.model} on {drivers.task} in {counted(drivers.pairs, 'pair')} of "
        f"{counted(drivers.sources, what)} and {counted(drivers.targets, 'target')} were compared with "
        f"{counted(drivers.table.height, 'factor')}."
    )
    yield from _silent([row["factor"] for row in rows if not row["driver"]], bool(driving))
    yield _how_much(drivers)
    yield from _cautions(drivers, rows)


def _driving(driving: Sequence[Mapping[str, Any]], drivers: Drivers) -> Iterator[str]:
    if not driving:
        yield (
            "No factor is shown to go with the scores: what was found could as well be chance. That is no proof that "
            "none matters."
        )
        return
    for first, row in enumerate(driving):
        phrase = Factor.named(row["factor"]).phrase
        more = "higher" if row["effect"] > 0 else "lower"
        lead = "Shown to go with the scores: " if first == 0 else ""
        yield (
            f"{lead}{phrase if lead else phrase[0].upper() + phrase[1:]} goes with {more} scores, "
            f"{abs(row['effect']):.2g} {drivers.unit} per standard deviation "
            f"(95 % interval {_ends(row)}){_share(row)}."
        )


def _ends(row: Mapping[str, Any]) -> str:
    ends = sorted(abs(row[end]) for end in ("lower", "upper"))
    return f"{ends[0]:.2g} to {ends[1]:.2g}"


def _share(row: Mapping[str, Any]) -> str:
    if row["share"] is None:
        return ""
    return f", {100 * row['share']:.0f} % of the variance" if row["share"] >= 0.01 else ", under 1 % of the variance"


def _silent(names: Sequence[str], others: bool) -> Iterator[str]:
    if names and others:
        yield f"Not shown to matter beside these, which is no proof that they do not: {', '.join(names)}."


def _how_much(drivers: Drivers) -> str:
    sentence = f"Together the factors account for {100 * drivers.r2:.0f} % of the differences between these pairs"
    if drivers.held_out_r2 != drivers.held_out_r2:
        return f"{sentence}; there are too few languages to say how much in others."
    if drivers.held_out_r2 <= 0:
        return (
            f"{sentence}, but for held-out languages they predict less than the mean does: do not forecast with them."
        )
    fall = "; the rest does not carry over to them" if drivers.r2 - drivers.held_out_r2 > OVERFITTED else ""
    return f"{sentence}, and for {100 * drivers.held_out_r2:.0f} % for held-out languages{fall}."


def _cautions(drivers: Drivers, rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if not drivers.higher_is_better:
        yield f"Of {drivers.metric} less is better: what goes with higher scores goes with worse ones."
    tangled = [row["factor"] for row in rows if row["vif"] > INSEPARABLE]
    if tangled:
        yield f"Hardly separable from the other factors here: {', '.join(tangled)}."
    if drivers.sources == 1:
        yield (
            "All scores come from one mix, so nothing can be said about others, and what is peculiar to it is "
            "in every number."
            if drivers.mixed
            else "All scores come from one source, so nothing can be said about sources, and what is peculiar to it is "
            "in every number."
        )
    elif drivers.between_targets > 0.5:
        yield "Most of what is left differs between targets, whatever the source: factors lack something about them."
    if min(drivers.targets, drivers.sources if drivers.sources > 1 else drivers.targets) < FEW:
        yield "With so few languages, what is true of these may not be true of others."
    yield (
        f"The model is one, so nothing is said about {' and '.join(SILENT_GROUPS)}. These are associations between "
        "measured scores: languages that are alike in one way are alike in others, and no cause is shown."
    )
