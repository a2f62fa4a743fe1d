from __future__ import annotations

import numpy as np
import pytest

from isogloss.explanation.linear_models import CrossedDesign, RandomEffects
from isogloss.explanation.permutation import label_permutations, permutation_p_values


def test_languages_change_names_with_languages_of_the_same_role():
    rows, targets = ["deu", "eng", "fra", "spa"], ["fra", "pol", "rus", "spa", "tur"]
    of_rows, of_targets = label_permutations(rows, targets, False, 50, 0)
    for one, other in zip(of_rows, of_targets, strict=True):
        sources, tested = [rows[place] for place in one], [targets[place] for place in other]
        assert {sources[2], sources[3]} == {"fra", "spa"}
        assert sources[2] == tested[0], "a language that is both has one new name"
        assert {tested[1], tested[2], tested[4]} == {"pol", "rus", "tur"}


def test_no_pair_becomes_one_of_a_language_with_itself():
    names = [f"l{place}" for place in range(9)]
    of_rows, of_targets = label_permutations(names, names, False, 100, 1)
    assert (of_rows == of_targets).all()


def test_mixes_and_targets_are_permuted_apart():
    of_rows, of_targets = label_permutations(["eng:1", "deu:1"], ["deu", "eng", "fra"], True, 40, 0)
    assert of_rows.shape == (40, 2)
    assert len({tuple(order) for order in of_targets.tolist()}) == 6


def p_values(seed: int, effect: float, missing: bool = False) -> np.ndarray:
    """p-values of a factor with that effect and of one with none, among 14 languages with effects of their own."""
    chance = np.random.default_rng(seed)
    size = 14
    places = [f"l{place}" for place in range(size)]
    symmetric = chance.standard_normal((2, size, size))
    values = symmetric + symmetric.transpose(0, 2, 1)
    values /= values.std((1, 2), keepdims=True)
    scores = effect * values[0] + chance.normal(0, 1, size)[:, None] + chance.normal(0, 2, size)
    scores = scores + chance.standard_normal((size, size))
    np.fill_diagonal(scores, np.nan)
    if missing:
        scores[chance.random((size, size)) < 0.2] = np.nan
    rows, columns = np.nonzero(~np.isnan(scores))
    random_effects = RandomEffects(CrossedDesign(rows, columns), (1.0, 2.0))
    return permutation_p_values(values, scores, random_effects, label_permutations(places, places, False, 199, seed))


@pytest.mark.parametrize("missing", [False, True])
def test_an_effect_is_found_and_its_absence_not(missing):
    found, absent = p_values(3, 0.5, missing)
    assert found == 0.005
    assert absent > 0.05


def test_without_an_effect_one_in_twenty_is_below_one_in_twenty():
    """Over 300 tests; a binomial with probability .05 leaves .02 to .085 in one of a thousand runs."""
    found = np.concatenate([p_values(seed, 0.0) for seed in range(150)])
    assert 0.02 <= (found <= 0.05).mean() <= 0.085


def test_the_same_seed_gives_the_same_p_values():
    assert (p_values(1, 0.1) == p_values(1, 0.1)).all()
