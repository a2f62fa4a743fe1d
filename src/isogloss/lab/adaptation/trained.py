"""What all adaptations share that train the whole model on texts."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Annotated, Any

from annotated_types import Ge, Lt

from isogloss.errors import UnknownName
from isogloss.lab.adaptation import OVERHEAD, Adaptation
from isogloss.lab.adaptation.draft import TRAINING
from isogloss.lab.adaptation.objectives.prediction import MOST_LOGITS
from isogloss.lab.adaptation.training import BYTES
from isogloss.lab.adaptation.weights import Weights
from isogloss.models.runtime import Schedule
from isogloss.parameters import Count, NotNegative, Positive


@dataclass(frozen=True)
class TrainedAdaptation(Adaptation):
    """Training of all weights on texts.

    Parameters
    ----------
    length : int, default 128
        Tokens of a text at most; what goes beyond is cut off.
    batch_size : int, default 16
        Texts of a step.
    learning_rate : float, default 1e-4
        The highest, of AdamW.
    warmup : float, default 0.1
        Share of the steps in which the learning rate rises.
    schedule : {"linear", "cosine", "constant"}, default "linear"
        How it falls then.
    weight_decay : float, default 0.01
        Of AdamW.
    parts : int, default 4
        After each of which the state is kept and the loss of each language is measured.
    measured : int, default 20
        Texts of each language that it is measured on; 0 for none.
    """

    length: Annotated[int, Ge(2)] = 128
    batch_size: Count = 16
    learning_rate: Positive = 1e-4
    warmup: Annotated[float, Ge(0), Lt(1)] = 0.1
    schedule: Schedule = "linear"
    weight_decay: NotNegative = 0.01
    parts: Count = 4
    measured: Annotated[int, Ge(0)] = 20

    @property
    @abstractmethod
    def steps(self) -> int:
        """Steps of training."""

    @property
    def needs_texts(self) -> bool:
        return True

    @property
    def is_random(self) -> bool:
        return True

    def memory(self, source: Weights) -> int:
        return BYTES * source.parameters + 12 * MOST_LOGITS + OVERHEAD

    def facts(self, source: Weights, target: Weights) -> dict[str, Any]:
        return target.read_json(TRAINING) | {"parameters": target.parameters}


def check_languages(codes: Iterable[str], texts: Collection[str]) -> None:
    """Make sure that there are texts of each language.

    Raises
    ------
    UnknownName
        For the first that has none.
    """
    for code in codes:
        if code not in texts:
            raise UnknownName("language of the texts", code, [*texts])
