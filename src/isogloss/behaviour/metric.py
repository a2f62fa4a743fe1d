"""What every metric of behaviour is: a formula with its range, its chance level and when it misleads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isogloss.errors import BadValue

Values = NDArray[np.float64]


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

    def __post_init__(self) -> None:
        if not self.lowest < self.highest:
            raise BadValue(f"'{self.name}' has no range", hint="give lowest=... below highest=...")
        for field in ("name", "meaning", "formula", "source", "chance", "misleads"):
            if not getattr(self, field):
                raise BadValue(f"'{self.name}' has no {field}", hint=f"give {field}=...")

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
