"""Languages that were not measured score as a weighted mean of those that were."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from tests.forecasting.planted import POOL

from isogloss import read_evidence
from isogloss.evidence import Evidence
from isogloss.forecasting.grid import Panel
from isogloss.forecasting.kriging import NOISE, krige, kriging_weights, language_covariance
from isogloss.forecasting.pooled_features import TYPOLOGY_ONLY
from isogloss.forecasting.pooled_model import PooledModel

MEASURED, ASKED = ("deu", "fin", "hin", "jpn", "yor"), ("nld", "est", "ibo")


def test_weights_of_the_measured_languages_sum_to_one() -> None:
    np.testing.assert_allclose(kriging_weights(ASKED, MEASURED).sum(1), 1)


def test_kin_counts_most() -> None:
    found = kriging_weights(ASKED, MEASURED).argmax(1)
    assert [MEASURED[place] for place in found] == ["deu", "fin", "yor"]


def test_weights_are_those_of_the_dense_system_with_a_free_mean() -> None:
    """Solving for weights and the multiplier of their sum at once."""
    count = len(MEASURED)
    system = np.ones((count + 1, count + 1))
    system[:count, :count] = language_covariance(MEASURED, MEASURED) + NOISE * np.eye(count)
    system[-1, -1] = 0
    right = np.vstack([language_covariance(MEASURED, ASKED), np.ones(len(ASKED))])
    np.testing.assert_allclose(kriging_weights(ASKED, MEASURED), np.linalg.solve(system, right)[:count].T)


def test_where_all_scores_are_alike_so_is_the_forecast() -> None:
    np.testing.assert_allclose(krige(np.full((2, 5), 0.7), MEASURED, ASKED), 0.7)


def test_what_was_not_measured_in_a_row_is_not_in_its_forecast() -> None:
    known = np.array([[0.1, 0.5, np.nan, 0.3, 0.9], [0.2, 0.4, 0.6, 0.8, 0.1]])
    without = [name for name in MEASURED if name != "hin"]
    found = krige(known, MEASURED, ASKED)
    np.testing.assert_allclose(found[0], krige(known[:1, [0, 1, 3, 4]], without, ASKED)[0])
    np.testing.assert_allclose(found[1], krige(known[1:], MEASURED, ASKED)[0])


def test_a_row_without_scores_has_no_forecast() -> None:
    assert np.isnan(krige(np.full((1, 5), np.nan), MEASURED, ASKED)).all()


@pytest.fixture(scope="module")
def alike() -> Evidence:
    """Six models, ten languages, whose scores go by what makes languages alike and nothing else."""
    languages = tuple(sorted(POOL[::3][:10]))
    root = np.linalg.cholesky(language_covariance(languages, languages) + 1e-9 * np.eye(len(languages)))
    common = root @ np.random.default_rng(0).standard_normal(len(languages))
    rows = []
    for model in range(6):
        own = common + 0.3 * root @ np.random.default_rng(1 + model).standard_normal(len(languages))
        scores = (0.5 + 0.1 * own).tolist()
        rows += [
            {"model": f"model-{model}", "task": "topics", "metric": "accuracy", "train": "", "target": language,
             "score": score}
            for language, score in zip(languages, scores, strict=True)
        ]  # fmt: skip
    return read_evidence(pl.DataFrame(rows))


def test_kriging_outweighs_trees_where_few_languages_were_measured(alike: Evidence) -> None:
    assert PooledModel(Panel.read(alike.observations), 0).kriging_share(0, TYPOLOGY_ONLY) > 0.5
