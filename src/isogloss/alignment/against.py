"""How stable vectors are: the same texts under two models, or one model's under two prompts, layer by layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from isogloss.alignment.encodings import Array, Encodings, Parallel
from isogloss.alignment.registry import alignment_measures
from isogloss.alignment.scoring import score
from isogloss.errors import BadValue, UnknownName
from isogloss.progress import Progress, steps

FIRST, SECOND = "first", "second"


def score_against(
    encodings: Encodings,
    against: Encodings,
    metrics: Sequence[str] = ("cka", "mplm-sim"),
    *,
    languages: Sequence[str] | None = None,
    layers: Sequence[int] | None = None,
    pooling: str | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> pl.DataFrame:
    """Score how alike the vectors of the same texts are in two folders of encodings.

    Parameters
    ----------
    encodings, against : Encodings
        Of two models with as many layers and dimensions, such as one before and after fine-tuning; or of one model
        and two corpora, such as the same items in two prompts. Texts are matched by language and id.
    metrics : sequence of str, default ("cka", "mplm-sim")
        Names of `alignment_measures` that compare two sets of vectors; `mplm-sim` is the mean cosine of the two
        vectors of a text.
    languages : sequence of str, optional
        By default all that both have.
    layers : sequence of int, optional
        By default all.
    pooling : str, optional
        Of token vectors; by default that of the measure's source, else `mean`, else the first.
    seed : int, default 0
        Of the bootstrap.
    progress : Progress, optional

    Returns
    -------
    polars.DataFrame
        One row per language, metric and layer, and one for the mean and for the maximum over layers: `language`,
        `metric`, `pooling`, `layers` (each, mean, max), `layer`, `value`, `lower`, `upper` (95 %, null where a measure
        has no interval), `chance`, `n` (texts that both have), `left_out` (those that one lacks), `reason` (of a value
        that does not exist).

    Raises
    ------
    BadValue, NotEnoughEvidence, UnknownName
        If layers or dimensions differ, no text is in both, or a measure describes single languages.

    Notes
    -----
    Measures, chance and intervals are those of `score`, with the two folders in the place of two languages. Linear CKA
    as in Kornblith et al. 2019, unbiased; it does not see a shift, a turn or another scale of all vectors, which a
    cosine does.
    """
    for name in metrics:
        if not alignment_measures.get(name).of_pairs:
            raise BadValue(f"{name} describes single languages", where="metrics", hint="take cka, mplm-sim or mexa")
    _check(encodings, against)
    chosen = [encodings.find(one) for one in languages or _common(encodings, against)]
    tables = []
    for language in steps("languages", chosen, progress):
        both = _Both(encodings, against, language)
        rows = score(both, metrics, pivot=FIRST, languages=[SECOND], layers=layers, pooling=pooling, seed=seed)
        rows = rows.filter(lang_b=SECOND).with_columns(
            language=pl.lit(language), left_out=pl.lit(both.left_out, pl.Int64)
        )
        tables.append(rows)
    return pl.concat(tables).select(
        "language", "metric", "pooling", "layers", "layer", "value", "lower", "upper", "chance", "n", "left_out",
        "reason",
    )  # fmt: skip


@dataclass(frozen=True)
class _Both:
    """The texts of one language in two folders, as if they were two languages."""

    first: Encodings
    second: Encodings
    language: str

    @property
    def languages(self) -> tuple[str, str]:
        return FIRST, SECOND

    @property
    def layers(self) -> tuple[int, ...]:
        return self.first.layers

    @property
    def poolings(self) -> tuple[str, ...]:
        return tuple(one for one in self.first.poolings if one in self.second.poolings)

    @property
    def left_out(self) -> int:
        """Texts that one of the two lacks."""
        return len({*self.first.ids(self.language)} ^ {*self.second.ids(self._other)})

    def find(self, name: str, where: str = "languages") -> str:
        if name not in self.languages:
            raise UnknownName("language", name, self.languages, where=where)
        return name

    def parallel(self, languages: Sequence[str], layer: int, pooling: str) -> Parallel:
        ids, places, others = self._shared
        vectors = {
            FIRST: self.first.vectors(self.language, layer, pooling)[places],
            SECOND: self.second.vectors(self._other, layer, pooling)[others],
        }
        return Parallel(ids, {name: vectors[name] for name in languages}, self.left_out)

    @cached_property
    def _other(self) -> str:
        return self.second.find(self.language, "against")

    @cached_property
    def _shared(self) -> tuple[list[str], Array, Array]:
        """Ids that both have, and where each has them."""
        own, other = ({one: at for at, one in enumerate(ids)} for ids in
                      (self.first.ids(self.language), self.second.ids(self._other)))  # fmt: skip
        kept = [one for one in own if one in other]
        if not kept:
            raise BadValue(
                f"no text of {self.language} has an id that is in {self.first.folder}", where=str(self.second.folder),
                hint="give the same text the same id in both corpora",
            )  # fmt: skip
        return kept, np.array([own[one] for one in kept]), np.array([other[one] for one in kept])


def _common(first: Encodings, second: Encodings) -> list[str]:
    """Languages that both have, under one name."""
    found = [one for one in first.languages if one in second.languages]
    if not found:
        named = ", ".join(second.languages[:4])
        raise BadValue(f"has {named}, and none of {', '.join(first.languages[:4])}", where=str(second.folder),
                       hint="encode the same texts with both")  # fmt: skip
    return found


def _check(first: Encodings, second: Encodings) -> None:
    """Layers and dimensions that stand for each other."""
    for name, one, other in (
        ("layers", len(first.layers), len(second.layers)), ("dimensions", first.dimension, second.dimension),
    ):  # fmt: skip
        if one != other:
            raise BadValue(f"has {other} {name}, and {first.folder} {one}", where=str(second.folder),
                           hint="compare a model with what was made of it")  # fmt: skip
    if not {*first.poolings} & {*second.poolings}:
        raise BadValue(f"is pooled by {', '.join(second.poolings)}, and {first.folder} by {', '.join(first.poolings)}",
                       where=str(second.folder), hint="encode both with the same pooling")  # fmt: skip
