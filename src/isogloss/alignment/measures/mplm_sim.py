"""mPLM-Sim: the mean cosine of translations, as it is and with each language's mean vector taken away."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from isogloss.alignment.layer import Array, unit
from isogloss.alignment.measure import Values
from isogloss.alignment.products import ProductMeasure


class MplmSim(ProductMeasure):
    """Mean cosine of translations: `mean cos(x_i, y_i)`.

    Notes
    -----
    Lin et al. 2024, "mPLM-Sim: Better cross-lingual similarity and transfer in multilingual pretrained language
    models". Not centred, so that anisotropy lifts all values: chance is the mean cosine of all pairs of sentences.
    """

    lowest = -1.0
    degree = 1
    needs_cosines = True
    pooling = "mean"

    def prepare(self, rows: Array) -> Array:
        """Vectors of length one."""
        return unit(rows).astype(rows.dtype)

    def tile(self, state: Array, rows: slice) -> Array:
        """The vectors themselves."""
        return state[rows]

    def shuffled(self, states: Sequence[Array], rows: Sequence[int], sentences: int) -> Values:
        """The product of mean vectors, for each sentence."""
        means = np.stack([state.mean(0, dtype=np.float64) for state in states])
        return np.asarray(sentences * means[list(rows)] @ means.T)


class CentredMplmSim(MplmSim):
    """Mean cosine of translations after the mean vector of each language was taken away: chance is about 0."""

    def prepare(self, rows: Array) -> Array:
        """Vectors less their mean, of length one."""
        centred = rows - rows.mean(0, dtype=np.float64)
        return unit(centred).astype(rows.dtype)


class LanguageRanker(MplmSim):
    """Mean cosine of translations and English by last tokens, in all layers but the embeddings.

    Notes
    -----
    Li et al. 2024, "Language Ranker: A metric for quantifying LLM performance across high and low-resource
    languages". The formula is that of mPLM-Sim; the paper's English sentences differ by language, ours do not.
    """

    pooling = "last"
    skips_embeddings = True
