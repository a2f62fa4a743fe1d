"""Random states of an encoder-decoder, brought together for translations, as Minotaur trains them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the extra lab")

import torch
from scipy.linalg import sqrtm
from tests.lab.checkpoints import make_seq2seq

from isogloss.errors import BadValue
from isogloss.lab import Corpus, Training, clone_text, recipes, tasks
from isogloss.lab.recipe import Fitted
from isogloss.lab.tuning.instructions import in_tokens
from isogloss.lab.tuning.posterior import Variance, discrepancy, to_prior, transport
from isogloss.models.decoder import encoded

TEXTS, ANSWERS = ["find sun", "find ice", "open cat", "open sun"], ["fi(su)", "fi(ic)", "op(ca)", "op(su)"]


def test_the_distance_of_normal_distributions_is_that_of_bures() -> None:
    """|m1 - m2|^2 + trace(C1 + C2 - 2 (C1^1/2 C2 C1^1/2)^1/2) with matrices; 0 from a distribution to itself."""
    chance = np.random.default_rng(0)
    means, spreads = chance.normal(size=(2, 5)), chance.uniform(0.1, 2, size=(2, 5))
    first, second = (np.diag(one**2) for one in spreads)
    root = sqrtm(first)
    expected = ((means[0] - means[1]) ** 2).sum() + np.trace(first + second - 2 * sqrtm(root @ second @ root)).real
    m, s = (torch.from_numpy(one)[:, None] for one in (means, spreads))
    assert float(transport(m[0], s[0], m[1], s[1])[0]) == pytest.approx(expected)
    assert float(transport(m[0], s[0], m[0], s[0])[0]) == 0


def test_discrepancy_is_zero_between_a_set_and_itself_and_sums_over_all_scales() -> None:
    first, second = (torch.randn(6, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(one))
                     for one in (0, 1))  # fmt: skip
    assert float(discrepancy(first, first)) == pytest.approx(0, abs=1e-12)
    expected = 0.0
    for scale in (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0):
        c = 2 * scale * 3
        for one, other, sign in ((first, first, 1), (second, second, 1), (first, second, -2)):
            expected += sign * float(np.mean([c / (c + float(((x - y) ** 2).sum())) for x in one for y in other]))
    assert float(discrepancy(first, second)) == pytest.approx(expected)


def test_the_divergence_from_the_prior_is_zero_at_the_prior() -> None:
    assert to_prior(torch.zeros(2, 3), torch.zeros(2, 3)).tolist() == [[0.0] * 3] * 2
    assert float(to_prior(torch.tensor(1.0), torch.tensor(0.0))) == 0.5


def test_padding_is_no_part_of_a_sentence() -> None:
    states, variance = torch.randn(1, 4, 8), Variance(8)
    torch.nn.init.normal_(variance.out.weight)
    there = torch.tensor([[1, 1, 1, 1]])
    longer = torch.cat([states, torch.full((1, 2, 8), 9.0)], dim=1), torch.tensor([[1, 1, 1, 1, 0, 0]])
    assert torch.allclose(variance(states, there), variance(*longer), atol=1e-6)


def corpus(items: list[str]) -> tuple[Corpus, Training]:
    """Phrases with what they mean, in a language and its copy."""
    texts = [TEXTS, [clone_text(one) for one in TEXTS]]
    own = [str(place) for place in range(4)]
    made = Corpus(texts, texts, ["eng", "deu"], tasks.get("generation")(), sorted(ANSWERS), ["eng", "deu"],
                  [own, items], [own, own])  # fmt: skip
    return made, Training(np.arange(8), np.array([sorted(ANSWERS).index(one) for one in ANSWERS * 2]), 0)


def apart(recipe: Any, prepared: Any, fitted: Fitted) -> float:
    """Mean squared distance of the mean states of translations, over that of other pairs."""
    ready = recipe.decoder(fitted)
    with torch.no_grad():
        means = [encoded(ready, [in_tokens(ready, text, "")[0]])[0][0].mean(0)
                 for one in (str, clone_text) for text in map(one, TEXTS)]  # fmt: skip
    distances = torch.cdist(torch.stack(means[:4]), torch.stack(means[4:])) ** 2
    same = torch.eye(4, dtype=torch.bool)
    return float(distances[same].mean() / distances[~same].mean())


def test_translations_are_brought_together_and_answers_are_learnt(tmp_path: Path) -> None:
    folder = str(make_seq2seq(tmp_path / "model", copies=1, is_aligned=False))
    settings = {"checkpoint": folder, "epochs": 30, "learning_rate": 0.01, "max_length": 64, "max_new": 8}
    made, training = corpus(["0", "1", "2", "3"])
    found, right = {}, {}
    for name, weight in (("together", 5.0), ("not", 0.0)):
        recipe: Any = recipes.get("seq2seq-posterior").read(
            {**settings, "transport": weight, "discrepancy": 0.0, "every": 1}
        )
        prepared = recipe.prepare(made, map)
        fitted = recipe.fit(prepared, training)
        found[name] = apart(recipe, prepared, fitted)
        right[name] = np.mean(recipe.predict(prepared, fitted)[""] == np.array(ANSWERS * 2))
    assert found["together"] < 0.5 * found["not"]
    assert right["together"] >= 0.75


def test_pairs_are_the_same_items_in_two_languages(tmp_path: Path) -> None:
    recipe: Any = recipes.get("seq2seq-posterior").read({"checkpoint": str(make_seq2seq(tmp_path / "model", copies=1))})
    made, training = corpus(["3", "x", "0", "y"])
    prepared = recipe.prepare(made, map)
    assert recipe.lesson(prepared, training).pairs.tolist() == [[0, 6], [3, 4]]


def test_without_translations_it_is_refused(tmp_path: Path) -> None:
    settings = {"checkpoint": str(make_seq2seq(tmp_path / "model", copies=1))}
    made, training = corpus(["a", "b", "c", "d"])
    recipe: Any = recipes.get("seq2seq-posterior").read(settings)
    with pytest.raises(BadValue, match="no item is learnt from in two languages"):
        recipe.fit(recipe.prepare(made, map), training)
    with pytest.raises(BadValue, match="consistency: is not learnt with random states"):
        recipes.get("seq2seq-posterior").read({**settings, "consistency": 1.0})
