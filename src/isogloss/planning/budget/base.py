"""What there is to train on before anything is bought."""

from __future__ import annotations

import numpy as np
import polars as pl

from isogloss.evidence import TrainingMix
from isogloss.forecasting.grid import TrainingMixes


def choose_base(observations: pl.DataFrame, asked: TrainingMix | None) -> tuple[TrainingMix, str]:
    """The mix that a plan adds to, and why it is that one.

    Parameters
    ----------
    observations : polars.DataFrame
        Of one setting.
    asked : TrainingMix or None
        None where nobody said.

    Notes
    -----
    Where every model was trained on something, forecasts of a model trained on nothing rest on nothing. Then the
    mix is taken whose sizes of languages are nearest the median of those measured, by their logarithms.
    """
    if asked is not None:
        return asked, "as asked"
    texts = observations["train"].unique().sort().to_list()
    if "" in texts:
        return TrainingMix({}), "the model as it is was measured"
    sizes = np.log1p(TrainingMixes.read(texts).sizes)
    apart = np.abs(sizes - np.median(sizes, axis=0)).sum(1) + np.abs(sizes.sum(1) - np.median(sizes.sum(1)))
    middle = TrainingMix.parse(texts[int(apart.argmin())], language=str)
    return middle, "in the middle of those measured; a mix of your own may be given"
