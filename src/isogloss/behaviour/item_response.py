"""A two-parameter item response model across languages, with difficulties of their own in each language.

Birnbaum (1968): a model is right on an item with a probability that rises with its ability. Here ability has parts for
the model, the language, both, and the task; what an item asks has a part for each language, and one for each model,
which knows it or not in all languages. All parts are shrunk by variances that are learnt (empirical Bayes, by EM with
Laplace's approximation).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

LANGUAGE_PARTS = ("language", "model_language", "item_language")
ROUNDS, STEPS = 6, 60
LEAST, MOST = 1e-3, 25.0
"""Bounds of the variances."""


@dataclass(frozen=True)
class Cube:
    """Outcomes of models on items in languages.

    Attributes
    ----------
    right : numpy.ndarray, shape (models, items, languages)
        1, 0, or not a number where an item was not answered.
    tasks : numpy.ndarray of int, shape (items,)
        The task that each item is of.
    """

    right: Array
    tasks: NDArray[np.int64]

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shapes of the parts of the model; parts of which there is one alone, and so no variance, are left out."""
        models, items, languages = self.right.shape
        kinds = int(self.tasks.max()) + 1
        parts: dict[str, tuple[int, ...]] = {"level": (1,), "model": (models,), "item": (items,), "slope": (items,)}
        if kinds > 1:
            parts["model_task"] = (models, kinds)
        if languages > 1:
            parts |= {"language": (languages,), "model_language": (models, languages)}
            parts |= {"item_language": (items, languages), "model_item": (models, items)}
        return parts


@dataclass
class ItemResponse:
    """logit P(right) = slope * (model + language + model_language + model_task) + level + item + item_language
    + model_item.

    Parameters
    ----------
    blind : bool
        Leave out all parts of languages: the model that a language-blind analysis would fit.

    Attributes
    ----------
    parts_ : dict of str to numpy.ndarray
        By the names above; of slopes the logarithms.
    variances_ : dict of str to float
    information_ : dict of str to numpy.ndarray
        Second derivatives of the log likelihood with a minus sign, part by part.
    """

    blind: bool = False
    parts_: dict[str, Array] = field(default_factory=dict)
    variances_: dict[str, float] = field(default_factory=dict)
    information_: dict[str, Array] = field(default_factory=dict)

    def fit(self, cube: Cube) -> ItemResponse:
        """Learn the parts and their variances."""
        from scipy.optimize import minimize

        shapes = {name: shape for name, shape in cube.shapes.items() if not (self.blind and name in LANGUAGE_PARTS)}
        ends = np.cumsum([int(np.prod(shape)) for shape in shapes.values()])
        answered = ~np.isnan(cube.right)
        right = np.where(answered, cube.right, 0.0)
        self.variances_ = dict.fromkeys(shapes, 1.0) | {"level": 100.0, "slope": 0.1}

        def taken_apart(vector: Array) -> dict[str, Array]:
            pieces = np.split(vector, ends[:-1])
            return {name: piece.reshape(shape) for (name, shape), piece in zip(shapes.items(), pieces, strict=True)}

        def loss(vector: Array) -> tuple[float, Array]:
            self.parts_ = taken_apart(vector)
            logits = self.logits(cube)
            probability = _sigmoid(logits)
            likelihood = np.where(answered, right * logits - np.logaddexp(0, logits), 0.0).sum()
            slopes = self._sums(cube, np.where(answered, right - probability, 0.0), 1)
            penalty = sum(float((part**2).sum()) / (2 * self.variances_[name]) for name, part in self.parts_.items())
            gradient = [(part / self.variances_[name] - slopes[name]).ravel() for name, part in self.parts_.items()]
            return penalty - likelihood, np.concatenate(gradient)

        vector = np.zeros(ends[-1])
        for _ in range(ROUNDS):
            vector = minimize(loss, vector, jac=True, method="L-BFGS-B", options={"maxiter": STEPS}).x
            self.parts_ = taken_apart(vector)
            probability = _sigmoid(self.logits(cube))
            self.information_ = self._sums(cube, np.where(answered, probability * (1 - probability), 0.0), 2)
            for name, part in self.parts_.items():
                if name != "level":
                    spread = part**2 + 1 / (self.information_[name] + 1 / self.variances_[name])
                    self.variances_[name] = float(np.clip(spread.mean(), LEAST, MOST))
        return self

    @property
    def slopes(self) -> Array:
        """How strongly each item tells able models from others."""
        return np.asarray(np.exp(self.parts_["slope"]))

    def ability(self, cube: Cube) -> Array:
        """Of each model on each item's task in each language, shape (models, items, languages)."""
        found = self.parts_["model"][:, None, None] + np.zeros((1, 1, cube.right.shape[2]))
        if "model_task" in self.parts_:
            found = found + self.parts_["model_task"][:, cube.tasks, None]
        if "language" in self.parts_:
            found = found + self.parts_["language"] + self.parts_["model_language"][:, None, :]
        return np.asarray(found)

    def logits(self, cube: Cube, *, own: bool = True) -> Array:
        """Of the probabilities, shape (models, items, languages); `own` with what items have in single languages."""
        slope = self.slopes[None, :, None]
        found = slope * self.ability(cube) + self.parts_["level"] + self.parts_["item"][None, :, None]
        if own and "item_language" in self.parts_:
            found = found + self.parts_["item_language"]
        if "model_item" in self.parts_:
            found = found + self.parts_["model_item"][:, :, None]
        return np.asarray(np.broadcast_to(found, cube.right.shape))

    def probabilities(self, cube: Cube) -> Array:
        """Of right answers, with what is not known of abilities and items averaged over (MacKay 1992)."""
        slope = self.slopes[None, :, None] ** 2
        spread = self.posterior("item")[None, :, None]
        if "item_language" in self.parts_:
            spread = spread + self.posterior("item_language")
        if "model_item" in self.parts_:
            spread = spread + self.posterior("model_item")[:, :, None]
        ability = self.ability_variance(cube)[:, cube.tasks, :]
        logits = self.logits(cube)
        return _sigmoid(logits / np.sqrt(1 + np.pi / 8 * (spread + slope * ability)))

    def posterior(self, name: str) -> Array:
        """Variance of a part, given the others."""
        return np.asarray(1 / (self.information_[name] + 1 / self.variances_[name]))

    def ability_variance(self, cube: Cube) -> Array:
        """Of the ability of each model in each task and language, shape (models, tasks, languages).

        What other tasks and languages tell is the prior; the answers in the task and language add their information.
        """
        models, _, languages = cube.right.shape
        kinds = int(cube.tasks.max()) + 1
        before = self.posterior("model")[:, None, None] + np.zeros((models, kinds, languages))
        if "model_task" in self.parts_:
            before = before + self.posterior("model_task")[:, :, None]
        if "model_language" in self.parts_:
            before = before + self.variances_["model_language"] + self.posterior("language")
        probability = _sigmoid(self.logits(cube))
        each = np.where(np.isnan(cube.right), 0.0, probability * (1 - probability))
        each = each * self.slopes[None, :, None] ** 2
        own = np.stack([each[:, cube.tasks == kind].sum(axis=1) for kind in range(kinds)], axis=1)
        return np.asarray(1 / (own + 1 / before))

    def _sums(self, cube: Cube, values: Array, power: int) -> dict[str, Array]:
        """Sums of values over the cells that each part has a bearing on, times its coefficient to a power."""
        weighted = values * self.slopes[None, :, None] ** power
        found = {
            "level": np.array([values.sum()]), "item": values.sum(axis=(0, 2)), "model": weighted.sum(axis=(1, 2)),
            "slope": (weighted * self.ability(cube) ** power).sum(axis=(0, 2)),
        }  # fmt: skip
        if "model_task" in self.parts_:
            kinds = range(self.parts_["model_task"].shape[1])
            found["model_task"] = np.stack([weighted[:, cube.tasks == kind].sum(axis=(1, 2)) for kind in kinds], axis=1)
        if "model_item" in self.parts_:
            found["model_item"] = values.sum(axis=2)
        if "language" in self.parts_:
            found |= {"language": weighted.sum(axis=(0, 1)), "model_language": weighted.sum(axis=1)}
            found["item_language"] = values.sum(axis=0)
        return found


def _sigmoid(logits: Array) -> Array:
    from scipy.special import expit

    return np.asarray(expit(logits))
