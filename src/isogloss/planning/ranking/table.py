"""Scores of single sources on targets, as a table that a ranker learns from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isogloss.errors import NotEnoughEvidence
from isogloss.evidence import TrainingMix
from isogloss.evidence.summing import mean_in_order

Array = NDArray[np.float64]

FEWEST_SOURCES, FEWEST_TARGETS = 3, 4
"""Of each there must be so many, or nothing tells which source is better."""
COMMON_SIZE = 0.5
"""Share of the sources that must have the same number of examples for only these to be compared."""


@dataclass(frozen=True)
class SourceTable:
    """How well each source serves each target.

    Attributes
    ----------
    sources, targets : tuple of str
        Canonical ids, sorted.
    scores : array of shape (sources, targets)
        The larger, the better; NaN where nothing was measured.
    errors : array of shape (sources, targets)
        Their standard errors, as recorded or, for shares of right items, as the number of items tells; 0 where neither
        is known.
    lower_is_better : bool
        Whether the metric's own scores are these with the sign turned.
    """

    sources: tuple[str, ...]
    targets: tuple[str, ...]
    scores: Array
    errors: Array
    lower_is_better: bool = False

    @classmethod
    def read(cls, observations: pl.DataFrame, examples: int | None = None) -> SourceTable:
        """From the observations of one setting; means over seeds.

        Parameters
        ----------
        observations : polars.DataFrame
        examples : int, optional
            Compare only sources trained on that many examples. By default the number that most sources have, if
            half of them have it; else the largest that each one has.

        Raises
        ------
        NotEnoughEvidence
            If nothing was trained on a single language, or not on so many examples.
        """
        single = single_sources(observations)
        if single.is_empty():
            raise NotEnoughEvidence(
                "nothing was trained on a single language", where="evidence", hint="give mixes of one source each"
            )
        kept = single.join(_chosen_sizes(single, examples), on=["source", "examples"], how="semi", nulls_equal=True)
        # Seeds are tested on the same items, so that their mean is hardly surer than each of them.
        cells = kept.group_by("source", "target").agg(mean_in_order("score", "error"))
        sources = tuple(cells["source"].unique().sort())
        targets = tuple(cells["target"].unique().sort())
        scores, errors = np.full((2, len(sources), len(targets)), np.nan)
        rows, columns = ({name: place for place, name in enumerate(names)} for names in (sources, targets))
        for source, target, score, error in cells.iter_rows():
            scores[rows[source], columns[target]], errors[rows[source], columns[target]] = score, error
        lower = not bool(observations["higher_is_better"].all())
        return cls(sources, targets, -scores if lower else scores, errors, lower)

    @property
    def itself(self) -> NDArray[np.bool_]:
        """Where source and target are the same, of shape (sources, targets)."""
        return np.array(self.sources, dtype=object)[:, None] == np.array(self.targets, dtype=object)

    @property
    def of_others(self) -> Array:
        """The scores, NaN where a language was trained on itself: a source is never its own target's choice."""
        return np.where(self.itself, np.nan, self.scores)

    def take(self, sources: Sequence[str], targets: Sequence[str]) -> SourceTable:
        """Only some sources and targets, in the order given."""
        rows, columns = ([names.index(name) for name in some] for names, some in
                         ((self.sources, sources), (self.targets, targets)))  # fmt: skip
        cells = np.ix_(rows, columns)
        return replace(
            self, sources=tuple(sources), targets=tuple(targets), scores=self.scores[cells], errors=self.errors[cells]
        )

    def without(self, language: str) -> SourceTable:
        """As if `language` had neither been tested nor trained on; targets that only it served go with it."""
        rest = self.take(
            [source for source in self.sources if source != language],
            [target for target in self.targets if target != language],
        )
        served = (~np.isnan(rest.of_others)).sum(0) > 1
        return rest.take(rest.sources, [target for target, many in zip(rest.targets, served, strict=True) if many])

    def check(self) -> None:
        """Refuse what is too small to rank by.

        Raises
        ------
        NotEnoughEvidence
        """
        for names, fewest, kind in ((self.sources, FEWEST_SOURCES, "source"), (self.targets, FEWEST_TARGETS, "target")):
            if len(names) < fewest:
                raise NotEnoughEvidence(
                    f"{len(names)} other {kind} language{'' if len(names) == 1 else 's'}, {fewest} are needed",
                    where="evidence",
                    hint=f"give scores of models trained on one language each, with more {kind} languages",
                )


def single_sources(observations: pl.DataFrame) -> pl.DataFrame:
    """Observations trained on one language: `source`, `examples` (null where unknown), `target`, `score`, `error`."""
    parsed = {text: TrainingMix.parse(text, language=str) for text in observations["train"].unique()}
    single = [(text, *next(iter(mix.items()))) for text, mix in parsed.items() if len(mix) == 1]
    kinds = pl.DataFrame(
        single, schema={"train": pl.String, "source": pl.String, "examples": pl.Int64}, orient="row"
    )  # fmt: skip
    score = pl.col("score")
    share = pl.when(pl.col("scale") != "raw").then((score * (1 - score) / pl.col("items")).sqrt())
    error = pl.coalesce("standard_error", share).fill_nan(None).fill_null(0.0).alias("error")
    return observations.join(kinds, on="train").select("source", "examples", "target", "score", error)


def _chosen_sizes(single: pl.DataFrame, examples: int | None) -> pl.DataFrame:
    """One number of examples for each source that has it."""
    sizes = single.select("source", "examples").unique()
    if examples is not None:
        chosen = sizes.filter(pl.col("examples") == examples)
        if chosen.is_empty():
            known = ", ".join(map(str, sizes["examples"].drop_nulls().unique().sort().head(8))) or "unknown"
            raise NotEnoughEvidence(
                f"no source was trained on {examples} examples", where="evidence", hint=f"sizes there are: {known}"
            )
        return chosen
    counts = Counter(sizes["examples"].to_list())
    size, count = max(counts.items(), key=lambda item: (item[1], -1 if item[0] is None else item[0]))
    if count >= COMMON_SIZE * sizes["source"].n_unique():
        return sizes.filter(pl.col("examples").eq_missing(pl.lit(size, dtype=pl.Int64)))
    return sizes.group_by("source").agg(pl.col("examples").max())
