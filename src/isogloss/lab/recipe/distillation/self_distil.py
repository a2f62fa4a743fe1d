"""`self-distil`: a model that answers from contexts learns on beside what it answered, as far as that was right.

Carrino, Escolano and Fonollosa 2023, Promoting generalized cross-lingual question answering in few-resource scenarios
via self-knowledge distillation.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
from annotated_types import Ge

from isogloss.lab.recipe import Arrays, Fitted, Stage, Training
from isogloss.lab.recipe.neural.trained import TrainedRecipe
from isogloss.models.inputs import Tokens
from isogloss.models.runtime import start_torch
from isogloss.parameters import Count, NotNegative, Positive

if TYPE_CHECKING:
    from isogloss.lab.recipe.neural.network import Network


@dataclass(frozen=True)
class SelfDistil(TrainedRecipe):
    """Fine-tuning on the source, and then on more, beside the divergence from what the model expected before.

    Parameters
    ----------
    strength : float, default 1
        Weight of the divergence; 0 for sequential transfer.
    weighting : {"precision", "constant"}, default "precision"
        Whether the weight of each batch is also multiplied by how precise the teacher is on it, its mAP@k.
    temperature : float, default 2
        That scores of tokens are divided by in the divergence.
    top : int, default 10
        How many of the teacher's likeliest tokens are looked at, the k of mAP@k.
    within : int, default 5
        Tokens that one of these may be away from the right one.
    rounds : int, default 1
        How often the source is learnt from again with the model as its own teacher, where no examples of a target
        follow.

    Notes
    -----
    The first model is fine-tuned on the source. Then come the `shots` examples of a target, or the source again; the
    teacher is the model before that. The loss is the cross entropy + strength x alpha x T^2 KL(teacher || student), of
    tokens as beginning and as end, the mean of both. alpha is the mean over a batch and both ends of the average
    precision of the teacher's k likeliest tokens: the sum over hits of the precision so far, by the smaller of k and
    the number of tokens near the right one. The other parameters are those of `TrainedRecipe`.
    """

    name: ClassVar[str] = "self-distil"
    answers: ClassVar[tuple[str, ...]] = ("span",)
    continues: ClassVar[bool] = False

    strength: NotNegative = 1.0
    weighting: Literal["precision", "constant"] = "precision"
    temperature: Positive = 2.0
    top: Count = 10
    within: Annotated[int, Ge(0)] = 5
    rounds: Count = 1

    @property
    def sequential(self) -> bool:
        return True

    def fit(self, prepared: Arrays, training: Training) -> Fitted:
        again = (Stage(training.rows, training.labels),) * self.rounds
        return super().fit(prepared, training if training.then else replace(training, then=again))

    def beside_stage(self, network: Network, tokens: Tokens, stage: Stage) -> Callable[[Any], None] | None:
        """Adds the gradient of the divergence from the network as it is now."""
        if not self.strength:
            return None
        from isogloss.lab.recipe.neural.network import answer_places, labels_by_unit, log_probabilities

        torch = start_torch()
        teacher = deepcopy(network).eval()
        right = labels_by_unit(tokens, stage.rows, stage.labels)

        def add(batch: Any) -> None:
            windows = tokens.sequences_of(batch)
            with torch.no_grad():
                theirs = log_probabilities(teacher, tokens, windows)
            weight = self.strength
            if self.weighting == "precision":
                owners = np.repeat(batch, np.diff(tokens.rows)[batch])
                places = answer_places(tokens, windows, right, owners)
                weight *= mean_precision(theirs.float().cpu().numpy(), places, self.top, self.within)
            ours = log_probabilities(network, tokens, windows)
            (weight * divergence(ours, theirs, self.temperature)).backward()

        return add


def mean_precision(likely: Any, places: Any, top: int, within: int) -> float:
    """mAP@k of tokens near the right ones, the mean over windows and both ends.

    Parameters
    ----------
    likely : numpy.ndarray of float, shape (windows, tokens, 2)
        Of each token, how likely it is as beginning and as end; -inf where no answer can be.
    places : numpy.ndarray of int, shape (windows, 2)
        The right tokens.
    top : int
        k.
    within : int
        Tokens that a hit may be away from the right one.
    """
    near = np.abs(np.arange(likely.shape[1])[None, :, None] - places[:, None]) <= within
    near &= np.isfinite(likely)
    order = np.argsort(-likely, axis=1, kind="stable")[:, :top]
    hits = np.take_along_axis(near, order, axis=1)
    so_far = hits.cumsum(1) / np.arange(1, hits.shape[1] + 1)[None, :, None]
    return float(((so_far * hits).sum(1) / np.clip(near.sum(1), 1, top)).mean())


def divergence(ours: Any, theirs: Any, temperature: float) -> Any:
    """T^2 KL(theirs || ours), the mean over windows and both ends.

    Parameters
    ----------
    ours, theirs : torch.Tensor, shape (windows, tokens, 2)
        Logarithms of shares of tokens; -inf where no answer can be, in both alike.
    temperature : float
    """
    ours, theirs = ((one / temperature).log_softmax(1) for one in (ours, theirs))
    apart = (theirs.exp() * (theirs - ours)).masked_fill(~theirs.isfinite(), 0.0)
    return temperature**2 * apart.sum(1).mean()
