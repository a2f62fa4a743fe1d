"""`sequential-transfer`: learn from the source first, then from a few examples of the target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, ClassVar, Literal

from isogloss.errors import BadValue
from isogloss.lab.recipe import Answers, Arrays, Corpus, Estimate, Fitted, Recipe, Training, recipes
from isogloss.lab.recipe.neural import NeuralRecipe


@dataclass(frozen=True)
class SequentialTransfer(NeuralRecipe):
    """Another recipe, on source and target examples in a given order.

    Parameters
    ----------
    base : str, default "fine-tune"
        The recipe; it has to be one that can go on learning, from texts that are prepared as for fine-tuning.
    order : {"sequential", "joint"}, default "sequential"
        The source first, or both shuffled together, which is what `base` does by itself.
    settings : dict
        Parameters of `base`.

    Notes
    -----
    How many examples of the target there are is said by `shots` of the grid. What was learnt from a source is
    kept while its targets are gone through, so that it is learnt once. Since every training is tested on all
    targets, the source's own score tells what is forgotten.
    """

    name: ClassVar[str] = "sequential-transfer"
    answers: ClassVar[tuple[str, ...]] = ("label", "tags", "labels", "value", "ranking", "choice", "span")
    continues: ClassVar[bool] = True

    base: str = "fine-tune"
    order: Literal["sequential", "joint"] = "sequential"
    settings: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        kind: type[Recipe] = recipes.get(self.base)
        if not kind.continues or kind is SequentialTransfer:
            raise BadValue(f"{self.base} cannot go on learning where it stopped", hint='set base = "fine-tune"')
        if kind.prepare is not NeuralRecipe.prepare:
            raise BadValue(f"{self.base} prepares texts in a way of its own", hint='set base = "fine-tune"')
        _ = self.inner

    @cached_property
    def inner(self) -> Recipe:
        """The base with its parameters."""
        kind: type[Recipe] = recipes.get(self.base)
        given = {one.name: getattr(self, one.name) for one in fields(NeuralRecipe)}
        return kind.read(given | self.settings)

    @property
    def sequential(self) -> bool:
        return self.order == "sequential"

    @property
    def selects(self) -> bool:
        return self.inner.selects

    def estimate(self, corpus: Corpus, trainings: Sequence[Training]) -> Estimate:
        """As the base does; what is learnt once for several targets is counted for each."""
        return self.inner.estimate(corpus, trainings)

    def fit(self, prepared: Arrays, training: Training) -> Fitted:
        return self.inner.fit(prepared, training)

    def predict(self, prepared: Arrays, fitted: Fitted) -> Answers:
        return self.inner.predict(prepared, fitted)
