"""Cohen's kappa: agreement with the gold labels beyond what the two distributions of labels agree by chance."""

import numpy as np

from isogloss.metrics import Gold, Metric
from isogloss.metrics.computation import Matrix
from isogloss.metrics.labels import Accuracy, confusions


class Kappa(Accuracy):
    """Kappa of a target; the score of a row is its accuracy (Cohen 1960)."""

    is_of_items = False

    def scores(self, gold: Gold, predicted: Matrix, item_scores: Matrix) -> Matrix:
        """(observed - expected) / (1 - expected), of shape (targets,)."""
        confusion = confusions(gold.labels, predicted, gold.owners, len(gold.names))
        total = confusion.sum((1, 2))
        observed = np.trace(confusion, axis1=1, axis2=2) / total
        expected = (confusion.sum(1) * confusion.sum(2)).sum(1) / total**2
        return np.asarray((observed - expected) / np.maximum(1 - expected, 1e-12))


KAPPA = Metric(
    name="kappa", synonyms=("cohen_kappa",), lowest=-1.0, highest=1.0, higher_is_better=True, chance=0.0,
    aggregation="corpus", standard_error="linearisation", computation=Kappa(),
)  # fmt: skip
