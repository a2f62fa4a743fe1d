"""`run-average`: the mean of the weights of several runs of fine-tuning, so that none of them need be chosen.

Runs that begin alike, with one and the same head, can be averaged although each saw the examples in another order
(Schmidt, Vulić and Glavaš 2023, Free lunch: robust cross-lingual transfer via model checkpoint averaging).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from isogloss.errors import BadValue
from isogloss.lab.outcome import Training
from isogloss.lab.parameters import Count
from isogloss.lab.recipe import Corpus, Estimate
from isogloss.lab.recipe.checkpoint_average import mean_weights
from isogloss.lab.recipe.neural.trained import LAST, TrainedRecipe
from isogloss.models.runtime import start_torch
from isogloss.models.tokens import Tokens

if TYPE_CHECKING:
    from isogloss.lab.recipe.neural.network import Network

APART = 1_000_003
"""Between the seeds of two runs: far more than anybody's seeds are."""


@dataclass(frozen=True)
class RunAverage(TrainedRecipe):
    """Fine-tuning several times, and the mean of where the runs end.

    Parameters
    ----------
    runs : int, default 3
        How many; one is fine-tuning itself.

    Notes
    -----
    The other parameters are those of `TrainedRecipe`; nothing is selected. The seed of the grid decides the examples
    and the head that all runs begin with; runs differ in the order of examples and in what dropout leaves out. Of a
    linear model there is nothing to average: whatever the order, it ends at the one optimum.
    """

    name: ClassVar[str] = "run-average"

    runs: Count = 3

    def __post_init__(self) -> None:
        """Check every parameter."""
        super().__post_init__()
        if self.select != LAST:
            raise BadValue("an average leaves nothing to select", hint=f'leave out select, or set it to "{LAST}"')

    def estimate(self, corpus: Corpus, trainings: Sequence[Training]) -> Estimate:
        """As for fine-tuning with all runs' epochs."""
        whole = replace(self, epochs=self.epochs * self.runs, runs=1)
        return TrainedRecipe.estimate(whole, corpus, trainings)

    def _learn_source(self, network: Network, tokens: Tokens, training: Training) -> dict[str, Any]:
        torch = start_torch()
        beginning, ends, notes = self._learnt(network), [], {}
        for run in range(self.runs):
            if run:  # the first goes on as fine-tuning would
                self._restore(network, beginning)
                torch.manual_seed(training.seed + run * APART)
            notes = super()._learn_source(network, tokens, replace(training, seed=training.seed + run * APART))
            ends.append(self._learnt(network))
        self._restore(network, mean_weights(ends))
        return notes
