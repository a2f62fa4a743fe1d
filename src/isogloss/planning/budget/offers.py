"""Adaptations that a budget can buy beside examples, with what each is forecast to change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import NormalDist

import numpy as np
import polars as pl

from isogloss.errors import BadValue, InputError, NotEnoughEvidence
from isogloss.evidence import Evidence
from isogloss.evidence.adaptations import adapted_scores
from isogloss.forecasting.adaptation_setting import AdaptationSetting, find_measured
from isogloss.forecasting.changes import as_before, changes_alone, error_correlation, reads_texts, scores_after
from isogloss.forecasting.flags import Flag
from isogloss.forecasting.grid import Array
from isogloss.forecasting.settings import Setting
from isogloss.forecasting.trust_word import WORDS
from isogloss.planning.costs import Costs
from isogloss.progress import Progress

Limits = tuple[float, float] | None


@dataclass(frozen=True)
class Offer:
    """An adaptation with its price and what it is forecast to change.

    Attributes
    ----------
    name : str
        As the file of costs calls it.
    adaptation : str
        The label that is asked about.
    cost : float
    changes : polars.DataFrame
        One row per target: `target`, `change`, `lower`, `upper`, `flags`, `trust`, ...
    evidence : Evidence
        With scores before and after.
    about : AdaptationSetting
        What was measured of it.

    Notes
    -----
    Of a change that was measured, and of which no error is known, the interval is that of the standard deviation of the
    adaptation's changes over languages and mixes, so that chance in one score is no reason to buy it.
    """

    name: str
    adaptation: str
    cost: float
    changes: pl.DataFrame
    evidence: Evidence = field(repr=False)
    about: AdaptationSetting = field(repr=False)

    def added(self, scores: Array, limits: Limits, column: str = "change") -> Array:
        """Scores of shape (plans, targets) after it."""
        after: Array = scores + self.changes[column].to_numpy()
        return after if limits is None else np.clip(after, *limits)

    def after(self, forecasts: pl.DataFrame, limits: Limits) -> pl.DataFrame:
        """Forecasts of the targets after it, with intervals that count both errors, and the graver word of trust."""
        before = as_before(forecasts)
        related = 0.0 if before["before_measured"].all() else error_correlation(self.evidence, self.about)
        mean, lower, upper = scores_after(before, self.changes, related, limits)
        trust = [max(pair, key=WORDS.index) for pair in zip(forecasts["trust"], self.changes["trust"], strict=True)]
        flags = [
            [flag for flag in Flag if (flag in one and flag in other) or (flag in {*one, *other} - {Flag.MEASURED})]
            for one, other in zip(forecasts["flags"].to_list(), self.changes["flags"].to_list(), strict=True)
        ]
        return forecasts.with_columns(
            mean=mean, lower=lower, upper=upper, trust=pl.Series(trust, dtype=pl.String),
            flags=pl.Series(flags, dtype=pl.List(pl.String)),
        )  # fmt: skip


def forecast_offers(
    evidence: Evidence, costs: Costs, before: Setting, targets: Sequence[str], *, level: float = 0.9,
    defaults: Mapping[str, Mapping[str, str]] | None = None, progress: Progress | None = None,
) -> tuple[Offer, ...]:  # fmt: skip
    """What the adaptations that have a price are forecast to change.

    Parameters
    ----------
    evidence : Evidence
        With scores before and after adaptations.
    costs : Costs
    before : Setting
        Of the scores before.
    targets : sequence of str
        Canonical ids.
    level : float
    defaults : mapping of str to mapping of str to str, optional
        Values of parameters that labels leave out, by the name of the adaptation.
    progress : Progress, optional

    Raises
    ------
    NotEnoughEvidence
        If no score is of an adapted model that was measured before, too.
    UnknownName
        If nothing like an adaptation was measured.
    BadValue
        If an adaptation reads texts and nobody says which, or the other way round.
    """
    if costs.offers and adapted_scores(evidence).is_empty():
        raise NotEnoughEvidence(
            "adaptations have a price, but no score is of an adapted model that was measured before, too",
            where="evidence",
            hint="call the recipe of the scores before 'as it is', measure an adaptation with 'isogloss adapt', or "
            "leave out [offers]",
        )  # fmt: skip
    offers = []
    for name, offer in costs.offers.items():
        where = f"offers.{name}"
        try:
            about = find_measured(evidence, offer.adaptation, before, defaults)
        except InputError as error:
            raise error.at(where) from None
        reads = reads_texts(evidence, about)
        if reads and offer.train is None:
            raise BadValue(f"{offer.adaptation} reads texts", where=where, hint='say which: train = "hau:2000000"')
        if offer.train is not None and not reads:
            raise BadValue(f"{offer.adaptation} reads no texts", where=where, hint="leave out train")
        changes = _with_errors(
            changes_alone(evidence, about, targets, train=offer.train, level=level, progress=progress),
            adapted_scores(evidence).filter(adaptation=about.label, model=before.model, task=before.task), level,
        )  # fmt: skip
        offers.append(Offer(name, offer.adaptation, costs.of_offer(name), changes, evidence, about))
    return tuple(offers)


def _with_errors(changes: pl.DataFrame, measured: pl.DataFrame, level: float) -> pl.DataFrame:
    """Changes in which a measured one without a known error is as unsure as they differ between languages."""
    spread = (measured["after"] - measured["before"]).std()
    error = np.inf if spread is None else spread * NormalDist().inv_cdf((1 + level) / 2)
    is_bare = pl.col("flags").list.contains(Flag.MEASURED) & (pl.col("lower") == pl.col("upper"))
    return changes.with_columns(
        lower=pl.when(is_bare).then(pl.col("change") - error).otherwise("lower"),
        upper=pl.when(is_bare).then(pl.col("change") + error).otherwise("upper"),
    )
