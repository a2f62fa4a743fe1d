"""Informedness: recall averaged over labels, as far as it is above chance."""

from typing import ClassVar

import numpy as np

from isogloss.metrics import Gold, Metric
from isogloss.metrics.labels import Accuracy, confusions
from isogloss.metrics.metric import Matrix


class Informedness(Accuracy):
    """Of a target; a row has none, its score is its accuracy (Powers 2011)."""

    is_of_items: ClassVar[bool] = False

    def scores(self, gold: Gold, predicted: Matrix, item_scores: Matrix) -> Matrix:
        """(mean recall - 1 / labels) / (1 - 1 / labels), of shape (targets,)."""
        confusion = confusions(gold.labels, predicted, gold.owners, len(gold.names))
        recall = np.diagonal(confusion, axis1=1, axis2=2) / np.maximum(confusion.sum(2), 1)
        chance = 1 / len(gold.names)
        return np.asarray((recall.mean(1) - chance) / (1 - chance))


INFORMEDNESS = Metric(
    name="informedness", lowest=-1.0, highest=1.0, higher_is_better=True, chance=0.0, aggregation="corpus",
    standard_error="linearisation", computation=Informedness(),
)  # fmt: skip
