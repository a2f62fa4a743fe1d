"""`prototype-distil`: classes of two languages that come together, and a student that doubts its teacher.

Ge et al. 2023, ProKD: an unsupervised prototypical knowledge distillation network for zero-resource cross-lingual named
entity recognition.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge, Le, Lt

from isogloss.lab.recipe import Arrays, Fitted, Training
from isogloss.lab.recipe.distillation import TargetTaughtRecipe
from isogloss.lab.recipe.neural.target_texts import TargetTextsRecipe
from isogloss.lab.recipe.neural.trained import TrainedRecipe
from isogloss.models.inputs import Tokens
from isogloss.models.runtime import start_torch
from isogloss.parameters import NotNegative, Positive

if TYPE_CHECKING:
    from isogloss.lab.recipe.neural.network import Network


@dataclass(frozen=True)
class _Aligned(TargetTextsRecipe):
    answers: ClassVar[tuple[str, ...]] = ("label", "tags")

    alignment: NotNegative = 0.1
    contrast_temperature: Positive = 0.1
    confidence: Annotated[float, Ge(0), Le(1)] = 0.9
    momentum: Annotated[float, Ge(0), Lt(1)] = 0.9


@dataclass(frozen=True)
class PrototypeTeacher(_Aligned):
    """Fine-tuning on a source whose classes are drawn to those that the model sees in texts of the target."""

    name: ClassVar[str] = "prototype-distil: teacher"

    def fit(self, prepared: Arrays, training: Training) -> Fitted:
        return super().fit(prepared, replace(training, unlabelled=self.target_rows(prepared, training)))

    def beside(self, network: Network, tokens: Tokens, training: Training) -> Callable[[Any], None] | None:
        """Adds the gradient of the contrast between the prototypes of both languages."""
        if not self.alignment:
            return None
        from isogloss.lab.recipe.distillation.prototypes import Prototypes, contrast
        from isogloss.lab.recipe.neural.network import labels_by_unit, vectors_of

        torch = start_torch()
        right = labels_by_unit(tokens, training.rows, training.labels)
        source, target = Prototypes(self.momentum), Prototypes(self.momentum)
        chance = np.random.default_rng(training.seed)

        def add(batch: Any) -> None:
            ours, units = vectors_of(network, tokens, batch)
            theirs, _ = vectors_of(network, tokens, chance.permutation(training.unlabelled)[: len(batch)])
            with torch.no_grad():
                guessed = network.head(theirs).softmax(1)
                likely, chosen = guessed.max(1)
                sure = (likely >= self.confidence).to(guessed.dtype)
            known = torch.nn.functional.one_hot(torch.from_numpy(right[units]).to(ours.device), network.outputs)
            first = source.update(ours, known.to(ours.dtype))
            second = target.update(theirs, torch.nn.functional.one_hot(chosen, network.outputs) * sure[:, None])
            loss = contrast(first, second, source.seen & target.seen, self.contrast_temperature)
            (self.alignment * loss).backward()

        return add


@dataclass(frozen=True)
class PrototypeDistil(TargetTaughtRecipe, _Aligned):
    """A teacher whose classes are aligned across languages, and a student that also learns from nearby prototypes.

    Parameters
    ----------
    alignment : float, default 0.1
        Weight of the contrast between the prototypes of source and target, beside the teacher's loss of the source.
    contrast_temperature : float, default 0.1
        That cosines of prototypes are divided by.
    confidence : float, default 0.9
        The least share that the teacher must give to a label of the target for a unit to count in its prototype.
    self_training : float, default 1
        Weight of the loss on pseudo-labels, beside that of learning the teacher's shares; 0 for plain distillation.
    doubt : float, default 0.5
        Share of the prototypes in a pseudo-label, beside the teacher's.
    distance_temperature : float, default 0.2
        How even the shares are that distances from prototypes give.
    momentum : float, default 0.9
        Of the moving means that prototypes are.

    Notes
    -----
    One training for each target, whose training texts are read without labels. A prototype is the moving mean of the
    vectors of a class: in the source by its labels, in the target by the labels the teacher is confident of. A unit's
    pseudo-label is (1 - doubt) times the teacher's shares + doubt times softmax(-d_k^2 / (t D)), d_k being its distance
    from the prototype of class k in the student, and D the mean squared distance of two prototypes. The other
    parameters are those of `TrainedRecipe`, and of the student.
    """

    name: ClassVar[str] = "prototype-distil"
    answers: ClassVar[tuple[str, ...]] = ("label", "tags")

    self_training: NotNegative = 1.0
    doubt: Annotated[float, Ge(0), Le(1)] = 0.5
    distance_temperature: Positive = 0.2

    @property
    def teacher_recipe(self) -> type[TrainedRecipe]:
        return PrototypeTeacher

    def beside(self, network: Network, tokens: Tokens, training: Training) -> Callable[[Any], None] | None:
        """Adds the gradient of the loss on pseudo-labels."""
        if not self.self_training:
            return None
        from isogloss.lab.recipe.distillation.prototypes import Prototypes
        from isogloss.lab.recipe.neural.network import labels_by_unit, vectors_of

        torch = start_torch()
        shares = labels_by_unit(tokens, training.rows, training.labels)
        prototypes = Prototypes(self.momentum)

        def add(batch: Any) -> None:
            vectors, units = vectors_of(network, tokens, batch)
            taught = torch.from_numpy(shares[units]).to(vectors.device)
            with torch.no_grad():
                prototypes.update(vectors, taught)
                near = prototypes.nearness(vectors, self.distance_temperature)
                pseudo = (1 - self.doubt) * taught + self.doubt * near
            loss = torch.nn.functional.cross_entropy(network.head(network.dropout(vectors)), pseudo)
            (self.self_training * loss).backward()

        return add
