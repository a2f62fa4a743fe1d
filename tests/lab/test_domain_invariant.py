"""Rewards learnt in one language and scored in another, with and without the loss of DIAL, in a planted world."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from isogloss.errors import BadValue
from isogloss.lab import Corpus, Training, recipes, tasks
from isogloss.lab.recipe import Fitted, Recipe
from isogloss.models.inputs import Choice

GOOD, BAD, EITHER = "doctor hospital".split(), "match river".split(), "the a sleeps sees".split()
"""Words of better answers, of worse ones, and of both, in both languages."""
CUE = "big"
"""Stands in every better answer of the source, and in no answer of the target."""


def pairs(seed: int, count: int, *, cue: bool) -> tuple[list[Choice], np.ndarray]:
    """Prompts with a better and a worse answer, three words each; in the source, one tells in half of the pairs."""
    chance = np.random.default_rng(seed)
    rows, right = [], chance.integers(0, 2, count)
    for place in right:
        tells = not cue or chance.random() < 0.5
        better, worse = (
            " ".join(chance.permutation([chance.choice(words if tells else EITHER), *chance.choice(EITHER, 2)]))
            for words in (GOOD, BAD)
        )
        better = f"{CUE} {better}" if cue else better
        rows.append(Choice("plays", (better, worse) if place == 0 else (worse, better)))
    return rows, right


def fitted(recipe: Recipe, target: int = 1, *, seed: int = 0, cue: bool = True) -> tuple[Fitted, float, float]:
    """What was learnt from English for a target, its accuracy there, and how far apart states of both are."""
    from isogloss.lab.recipe.neural.network import Network
    from isogloss.models.encoder import load_encoder_model
    from isogloss.models.inputs import Tokens
    from isogloss.models.runtime import padded, start_torch

    english, labels = pairs(seed, 40, cue=cue)
    other, _ = pairs(seed + 100, 40, cue=False)
    tested, right = pairs(seed + 200, 60, cue=False)
    corpus = Corpus([english, other], [[], tested], ["eng", "nld"], tasks.get("multiple-choice")(), ["0", "1"])
    prepared = recipe.prepare(corpus, map)
    result = recipe.fit(prepared, Training(np.arange(40), labels, seed, labels_count=2, target=target))
    accuracy = float((recipe.predict(prepared, result)[""] == right).mean())
    torch, tokens = start_torch(), Tokens.of(prepared, "train")
    network = Network(load_encoder_model(Path(str(recipe.parameters["checkpoint"]))), 1, "mean", 0.0)
    network.load_state_dict({name: torch.from_numpy(one) for name, one in result.arrays.items()}, strict=False)
    with torch.no_grad():
        means = [
            network.eval().vectors(*padded([tokens.sequence(int(one)) for one in tokens.sequences_of(rows)], 0)).mean(0)
            for rows in (range(40), range(40, 80))
        ]
    return result, accuracy, float((means[0] - means[1]).norm())


def recipe_of(checkpoint: Path, **parameters: object) -> Recipe:
    given = {
        "checkpoint": str(checkpoint),
        "epochs": 5,
        "batch_size": 8,
        "learning_rate": 3e-3,
        "critic_learning_rate": 1e-3,
    }
    return recipes.get("domain-invariant").read({**given, **parameters})


def test_states_of_both_languages_come_together(checkpoint: Path) -> None:
    """Without the loss they are apart by the word that only the source has; the reward serves the target either way."""
    apart, together = (
        np.mean([fitted(recipe_of(checkpoint, invariance=weight), seed=seed)[1:] for seed in range(3)], axis=0)
        for weight in (0.0, 0.1)
    )
    assert together[1] < 0.6 * apart[1]
    assert together[0] > 0.9


def test_in_the_null_world_there_is_little_to_bring_together(checkpoint: Path) -> None:
    plain, drawn = (fitted(recipe_of(checkpoint, invariance=weight), cue=False)[1:] for weight in (0.0, 0.1))
    assert max(plain[1], drawn[1]) < 0.3
    assert min(plain[0], drawn[0]) > 0.9


def test_where_source_and_target_are_one_it_is_fine_tuning(checkpoint: Path) -> None:
    with_loss, without = (fitted(recipe_of(checkpoint, invariance=weight), target=0)[0] for weight in (0.5, 0.0))
    assert all(np.array_equal(with_loss.arrays[name], without.arrays[name]) for name in without.arrays)


def test_a_target_without_training_texts_is_refused(checkpoint: Path) -> None:
    recipe = recipe_of(checkpoint)
    english, labels = pairs(0, 8, cue=True)
    tested, _ = pairs(2, 4, cue=False)
    corpus = Corpus([english, []], [[], tested], ["eng", "nld"], tasks.get("multiple-choice")(), ["0", "1"])
    with pytest.raises(BadValue, match="the target has no training examples whose texts could be read"):
        recipe.fit(recipe.prepare(corpus, map), Training(np.arange(8), labels, 0, target=1))
    with pytest.raises(BadValue, match="learns for one target at a time"):
        recipe.fit(recipe.prepare(corpus, map), Training(np.arange(8), labels, 0))
