"""Recipes that learn weights of the model itself: all of them, low-rank additions to them, or biases.

Hu et al. 2022, LoRA: low-rank adaptation of large language models; Ben Zaken, Goldberg and Ravfogel 2022, BitFit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from isogloss.extras import need
from isogloss.lab.parameters import Count, NotNegative, Positive
from isogloss.lab.recipe.neural.trained import TrainedRecipe


@dataclass(frozen=True)
class FineTune(TrainedRecipe):
    """Full fine-tuning.

    Notes
    -----
    Parameters are those of `TrainedRecipe`.
    """

    name: ClassVar[str] = "fine-tune"


@dataclass(frozen=True)
class BitFit(TrainedRecipe):
    """Fine-tuning of biases and head.

    Notes
    -----
    Parameters are those of `TrainedRecipe`, with a higher learning rate.
    """

    name: ClassVar[str] = "bitfit"

    learning_rate: Positive = 1e-3

    def is_learnt(self, name: str) -> bool:
        """Whether it is a bias."""
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
    packages: ClassVar[tuple[str, ...]] = (*TrainedRecipe.packages, "peft")

    learning_rate: Positive = 1e-3
    rank: Count = 8
    alpha: Count = 16
    adapter_dropout: NotNegative = 0.0

    def adapt(self, encoder: Any) -> Any:
        """The encoder with additions beside every linear layer, which change nothing at first."""
        need("peft")
        from peft import LoraConfig, inject_adapter_in_model

        configuration = LoraConfig(
            r=self.rank, lora_alpha=self.alpha, lora_dropout=self.adapter_dropout, target_modules=_linear(encoder)
        )
        return inject_adapter_in_model(configuration, encoder)

    def is_learnt(self, name: str) -> bool:
        """Whether it is part of an addition."""
        return "lora_" in name


def _linear(encoder: Any) -> list[str]:
    """Every linear layer within the model's own layers; a pooler is none of them."""
    from torch import nn

    return [name for name, module in encoder.named_modules() if isinstance(module, nn.Linear) and "pooler" not in name]
