"""What every metric of behaviour is: a formula with its range, its chance level and when it misleads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from isogloss.errors import BadValue

if TYPE_CHECKING:
    import polars as pl

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Tally:
    """How a metric is counted from a table of items.

    Attributes
    ----------
    columns : mapping of str to str
        The columns that the table must have, and what each holds; `correct` stands for a rating or a score of 0 or 1,
        too, or for `text` with `answers`.
    count : callable
        From the items of one model, and whether to pass over items that lack their counterpart, to a frame with
        `item` (what the bootstrap draws), `language` and `part` where there are any, and one further column for each
        of the metric's `inputs`, in their order. The metric is computed from their sums over items.
    optional : mapping of str to str
        Further columns that count where the table has them.
    pooled : bool
        Whether the value over all languages is that of their sums; else it is the mean of the languages' values.
    """

    columns: Mapping[str, str]
    count: Callable[[pl.DataFrame, bool], pl.DataFrame]
    optional: Mapping[str, str] = field(default_factory=dict)
    pooled: bool = False


@dataclass(frozen=True, kw_only=True)
class BehaviourMetric:
    """A metric of how a model behaves across languages.

    Attributes
    ----------
    name : str
        Also the column of answers that holds it.
    meaning : str
        What it says, in a sentence.
    formula : str
        In the names of `inputs`.
    inputs : tuple of str
        What it is computed from; arrays of one shape, whose elements are computed one by one, unless `meaning` says
        otherwise.
    source : str
    lowest, highest : float
        Range of its values.
    higher_is_better : bool or None
        None where neither end is good in itself.
    chance : str
        Its value for answers that know nothing.
    misleads : str
        When its value says something else than it seems to say.
    compute : callable
        From `inputs` to values.
    command : str
        The command that answers with it.
    tally : Tally, optional
        How `isogloss behaviour score` counts it.

    Raises
    ------
    BadValue
        If the range is empty, or a text is missing.

    Examples
    --------
    >>> from isogloss.behaviour import behaviour_metrics
    >>> float(behaviour_metrics.get("kts")(0.2, 0.2))
    1.0
    """

    name: str
    meaning: str
    formula: str
    inputs: tuple[str, ...]
    source: str
    lowest: float
    highest: float
    higher_is_better: bool | None
    chance: str
    misleads: str
    compute: Callable[..., Values]
    command: str = "behaviour score"
    tally: Tally | None = None

    def __post_init__(self) -> None:
        if not self.lowest < self.highest:
            raise BadValue(f"'{self.name}' has no range", hint="give lowest=... below highest=...")
        for attribute in ("name", "meaning", "formula", "source", "chance", "misleads"):
            if not getattr(self, attribute):
                raise BadValue(f"'{self.name}' has no {attribute}", hint=f"give {attribute}=...")

    def __call__(self, *inputs: Any) -> Values:
        """Compute it.

        Parameters
        ----------
        *inputs : array-like
            See `inputs`.

        Returns
        -------
        numpy.ndarray of float
            NaN where it does not exist.
        """
        return np.asarray(self.compute(*inputs), dtype=float)
