"""A user's own tables of other tasks join what the background knows of languages."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from tests.forecasting.background.test_factors import without

from isogloss import read_evidence
from isogloss.forecasting import forecasters
from isogloss.forecasting.background.artefact import read_background
from isogloss.forecasting.background.joining import join_tables
from isogloss.forecasting.background.tables import ScoreTable
from isogloss.forecasting.settings import ask

LANGUAGES = ("eng", "deu", "rus", "hin", "swa", "hau", "yor", "wol", "kqn", "zap")


def table(levels: dict[str, float], rows: int = 2) -> ScoreTable:
    scores = np.tile(list(levels.values()), (rows, 1))
    return ScoreTable("own", "own", "other", "own", 0.0, ("a", "b")[:rows], tuple(levels), scores)


def falling(**others: float) -> ScoreTable:
    """Scores that fall in the order of `LANGUAGES`, and some that do not."""
    return table({language: 0.9 - 0.07 * place for place, language in enumerate(LANGUAGES)} | others)


@pytest.fixture(scope="module")
def factors():
    return read_background().factors


def test_a_language_without_public_scores_becomes_surer_and_rises_with_its_own_scores(factors):
    before = factors.of(["kqn"])
    good, bad = (join_tables(factors, [falling(kqn=score)]).of(["kqn"]) for score in (0.9, 0.2))
    assert good.mean[0, 0] > before.mean[0, 0] > bad.mean[0, 0]
    assert good.covariance[0, 0, 0] < before.covariance[0, 0, 0]
    assert good.provenance == ("scores",)


def test_a_language_well_known_in_public_hardly_moves(factors):
    joined = join_tables(factors, [falling(deu=0.5)])
    assert abs(joined.of(["deu"]).mean[0, 0] - factors.of(["deu"]).mean[0, 0]) < 0.3


def test_a_language_that_no_table_has_stays_but_for_its_kin(factors):
    joined = join_tables(factors, [falling()])
    np.testing.assert_array_equal(joined.of(["fin"]).mean, factors.of(["fin"]).mean)
    assert without(joined, "kqn").of(["kqn"]).covariance[0, 0, 0] > joined.of(["kqn"]).covariance[0, 0, 0]


def test_no_table_changes_nothing(factors):
    assert join_tables(factors, []) is factors


def test_scores_on_another_task_move_forecasts_and_those_of_the_same_task_by_another_metric_do_not():
    def forecast(*others: tuple[str, str, float]) -> float:
        rows = [("topics", "accuracy", language, 0.9 - 0.05 * place) for place, language in enumerate(LANGUAGES[:4])]
        for task, metric, level in others:
            rows += [(task, metric, language, 0.9 - 0.05 * place) for place, language in enumerate(LANGUAGES[:8])]
            rows.append((task, metric, "kqn", level))
        schema = ["task", "metric", "target", "score"]
        evidence = read_evidence(pl.DataFrame(rows, schema=schema, orient="row").with_columns(model=pl.lit("m")))
        queries = ask(task="topics", metric="accuracy", model="m", targets=["kqn"])
        return forecasters.get("hierarchical")().fit(evidence, queries).conformalize().predict(queries)["mean"][0]

    assert forecast(("names", "accuracy", 0.95)) > forecast() + 0.01
    assert forecast(("topics", "f1", 0.95)) == pytest.approx(forecast(), abs=1e-12)
