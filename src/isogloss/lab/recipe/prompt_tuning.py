"""`prompt-tuning`: vectors before the text are learnt instead of weights, by the library peft.

At the input alone (Lester, Al-Rfou and Constant 2021, The power of scale for parameter-efficient prompt tuning), or as
keys and values of every layer (Liu et al. 2022, P-tuning v2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge, Le

from isogloss.errors import BadValue
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
    encoded : float, default 0
        Share of the prompts that come out of a small network which is learnt with them: 1 for all, a share between for
        a dual prompt, of which at least one is encoded and at least one is not.
    epochs : int, default 20
        How often all examples are gone through.
    learning_rate : float, default 1e-2
        The highest, of AdamW.

    Notes
    -----
    The other parameters are those of `TrainedRecipe`. Prompts at the input begin as vectors of pieces of the
    vocabulary, drawn by the seed; those of layers as small noise. What stands for a text, and for its words, are the
    states of the text, never those of the prompts. Encoded prompts are those of the Cross-Prompt Encoder (2025): a
    prompt is W2 relu(W1 e + b1) + b2 with one network for all of them, so that what is learnt for several source
    languages goes through weights that all prompts share.
    """

    name: ClassVar[str] = "prompt-tuning"
    packages: ClassVar[tuple[str, ...]] = (*TrainedRecipe.packages, "peft")

    epochs: Count = 20
    learning_rate: Positive = 1e-2
    length: Count = 20
    deep: bool = False
    encoded: Annotated[float, Ge(0), Le(1)] = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.encoded and self.deep:
            raise BadValue("prompts of layers are not encoded", hint="leave out encoded, or deep")
        if 0 < self.encoded < 1 and self.length < 2:
            raise BadValue("a dual prompt has two vectors or more", hint="set length = 2 or more")

    @property
    def identity(self) -> dict[str, Any]:
        """Without what is not used, so that earlier jobs keep their name."""
        found = super().identity
        used = {name: value for name, value in found["parameters"].items() if name != "encoded" or value}
        return {**found, "parameters": used}

    def adapt(self, encoder: Any) -> Any:
        """The encoder with prompts before whatever it reads.

        Raises
        ------
        BadValue
            If it has no positions for them, or cannot be given any in its layers.
        """
        need("peft")
        from isogloss.lab.recipe.soft_prompts import Prompted

        between = min(max(1, int(self.length * self.encoded)), self.length - 1)
        encoded = int(self.encoded) * self.length if self.encoded in (0, 1) else between
        return Prompted(encoder, self.length, self.max_length, deep=self.deep, encoded=encoded)

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
