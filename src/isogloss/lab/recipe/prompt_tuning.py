"""`prompt-tuning`: vectors before the text are learnt instead of weights, by the library peft.

At the input alone (Lester, Al-Rfou and Constant 2021, The power of scale for parameter-efficient prompt tuning), or as
keys and values of every layer (Liu et al. 2022, P-tuning v2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from isogloss.extras import need
from isogloss.lab.recipe import Answers, Arrays, Corpus, Fitted, Training
from isogloss.lab.recipe.neural.trained import TrainedRecipe
from isogloss.models.encoder import shared_encoder_model
from isogloss.models.inputs import Tokens
from isogloss.models.runtime import coefficients, count, forward_flops
from isogloss.parameters import Count, Positive


@dataclass(frozen=True)
class PromptTuning(TrainedRecipe):
    """Soft prompts and the head.

    Parameters
    ----------
    length : int, default 20
        How many vectors stand before each text.
    deep : bool, default False
        Whether every layer has its own, as keys and values that its attention finds beside those of the text.
    epochs : int, default 20
        How often all examples are gone through.
    learning_rate : float, default 1e-2
        The highest, of AdamW.

    Notes
    -----
    The other parameters are those of `TrainedRecipe`. Prompts at the input begin as vectors of pieces of the
    vocabulary, drawn by the seed; those of layers as small noise. What stands for a text, and for its words, are the
    states of the text, never those of the prompts.
    """

    name: ClassVar[str] = "prompt-tuning"
    packages: ClassVar[tuple[str, ...]] = (*TrainedRecipe.packages, "peft")

    epochs: Count = 20
    learning_rate: Positive = 1e-2
    length: Count = 20
    deep: bool = False

    def adapt(self, encoder: Any) -> Any:
        """The encoder with prompts before whatever it reads.

        Raises
        ------
        BadValue
            If it has no positions for them, or cannot be given any in its layers.
        """
        need("peft")
        from isogloss.lab.recipe.soft_prompts import Prompted

        return Prompted(encoder, self.length, self.max_length, deep=self.deep)

    def is_learnt(self, name: str) -> bool:
        return "prompt_encoder" in name

    def fit(self, prepared: Arrays, training: Training) -> Fitted:
        fitted = super().fit(prepared, training)
        rows = np.concatenate([training.rows, *(stage.rows for stage in training.then)])
        tokens = Tokens.of(prepared, "train")
        # Backwards through the states, not through the weights.
        self._count_prompts(tokens.lengths[tokens.sequences_of(rows)], 2 * self.epochs)
        return fitted

    def predict(self, prepared: Arrays, fitted: Fitted) -> Answers:
        self._count_prompts(Tokens.of(prepared, "test").lengths, 1)
        return super().predict(prepared, fitted)

    def _count_prompts(self, lengths: np.ndarray[Any, Any], passes: int) -> None:
        """Operations that are the prompts', beside those of the texts."""
        per_token, per_pair = coefficients(shared_encoder_model(self.folder, "float32"))
        if self.deep:  # found by attention, computed by no layer
            flops = per_pair * self.length * float(lengths.sum())
        else:
            both = (per_token, per_pair)
            flops = forward_flops(both, lengths + self.length) - forward_flops(both, lengths)
        count(flops=passes * flops)

    def _count_tokens(self, corpus: Corpus) -> tuple[float, float, np.ndarray[Any, Any]]:
        per_text, tested, lengths = super()._count_tokens(corpus)
        more = 0 if self.deep else self.length
        return per_text + more, tested + more * sum(map(len, corpus.test)), lengths + more
