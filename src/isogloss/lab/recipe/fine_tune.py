"""Recipes that learn weights of the model itself: all of them, low-rank additions, or biases; and means of such.

Hu et al. 2022, LoRA: low-rank adaptation of large language models; Ben Zaken, Goldberg and Ravfogel 2022, BitFit.
Which checkpoint or run does best in another language cannot be told from data of the source, so weights are averaged
(Schmidt, Vulić and Glavaš 2023, Free lunch: robust cross-lingual transfer via model checkpoint averaging).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from isogloss.errors import BadValue
from isogloss.extras import need
from isogloss.lab.recipe import Corpus, Estimate, Training
from isogloss.lab.recipe.neural.trained import LAST, TrainedRecipe, Weights
from isogloss.models.inputs import Tokens
from isogloss.models.runtime import start_torch
from isogloss.parameters import Count, NotNegative, Positive

if TYPE_CHECKING:
    from isogloss.lab.recipe.neural.network import Network


@dataclass(frozen=True)
class FineTune(TrainedRecipe):
    """Full fine-tuning.

    Notes
    -----
    Parameters are those of `TrainedRecipe`.
    """

    name: ClassVar[str] = "fine-tune"
    takes_gaps: ClassVar[bool] = True
    unfit: ClassVar[str | None] = 'written answers are learnt by name = "instruction-tune", of a decoder'


@dataclass(frozen=True)
class BitFit(TrainedRecipe):
    """Fine-tuning of biases and head.

    Notes
    -----
    Parameters are those of `TrainedRecipe`, with a higher learning rate.
    """

    name: ClassVar[str] = "bitfit"
    takes_gaps: ClassVar[bool] = True

    learning_rate: Positive = 1e-3

    def is_learnt(self, name: str) -> bool:
        return name.endswith(".bias")


@dataclass(frozen=True)
class Lora(TrainedRecipe):
    """Low-rank adaptation of the linear layers, and the head.

    Parameters
    ----------
    rank : int, default 8
        Of the two matrices whose product is added to each linear layer.
    alpha : int, default 16
        Additions are multiplied by alpha / rank.
    adapter_dropout : float, default 0
        Share of its inputs that an addition does without, while it is learnt.
    learning_rate : float, default 1e-3
        The highest, of AdamW.

    Notes
    -----
    The other parameters are those of `TrainedRecipe`.
    """

    name: ClassVar[str] = "lora"
    takes_gaps: ClassVar[bool] = True
    packages: ClassVar[tuple[str, ...]] = (*TrainedRecipe.packages, "peft")
    unfit: ClassVar[str | None] = 'written answers are learnt by name = "instruction-lora", of a decoder'

    learning_rate: Positive = 1e-3
    rank: Count = 8
    alpha: Count = 16
    adapter_dropout: NotNegative = 0.0

    def adapt(self, encoder: Any) -> Any:
        """The encoder with additions beside every linear layer, which change nothing at first."""
        return with_low_rank(encoder, self.rank, self.alpha, self.adapter_dropout)

    def is_learnt(self, name: str) -> bool:
        return "lora_" in name


def with_low_rank(encoder: Any, rank: int, alpha: int, dropout: float = 0.0) -> Any:
    """The encoder with additions of low rank beside every linear layer, which change nothing at first.

    What is learnt of them has `lora_` in its name.

    Raises
    ------
    MissingExtra
        If peft is not installed.
    """
    need("peft")
    from peft import LoraConfig, inject_adapter_in_model

    configuration = LoraConfig(r=rank, lora_alpha=alpha, lora_dropout=dropout, target_modules=_linear(encoder))
    return inject_adapter_in_model(configuration, encoder)


def _linear(encoder: Any) -> list[str]:
    """Every linear layer within the model's own layers; a pooler is none of them."""
    from torch import nn

    return [name for name, module in encoder.named_modules() if isinstance(module, nn.Linear) and "pooler" not in name]


APART = 1_000_003
"""Between the seeds of two runs: far more than anybody's seeds are."""


@dataclass(frozen=True)
class _WeightAverage(TrainedRecipe):
    takes_gaps: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.select != LAST:
            raise BadValue("an average leaves nothing to select", hint=f'leave out select, or set it to "{LAST}"')


@dataclass(frozen=True)
class CheckpointAverage(_WeightAverage):
    """Fine-tuning, and the mean of the weights after each of the last epochs.

    Parameters
    ----------
    averaged : int, default 3
        From how many of the last epochs.

    Notes
    -----
    The other parameters are those of `TrainedRecipe`; nothing is selected.
    """

    name: ClassVar[str] = "checkpoint-average"

    averaged: Count = 3

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.averaged > self.epochs:
            raise BadValue(f"averaged ({self.averaged}) is above epochs ({self.epochs})", hint="train for longer")

    def keeps(self, epoch: int) -> bool:
        return epoch > self.epochs - self.averaged

    def finish(self, epochs: list[Weights]) -> Weights:
        return mean_weights(epochs)


@dataclass(frozen=True)
class RunAverage(_WeightAverage):
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


def mean_weights(several: list[Weights]) -> Weights:
    """The mean of each weight."""
    return {
        name: np.asarray(np.mean([weights[name] for weights in several], axis=0, dtype=np.float64), np.float32)
        for name in several[0]
    }
