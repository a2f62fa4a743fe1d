"""The background as a file: checked, sourced, and learnt again from its tables."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from isogloss import read_evidence
from isogloss.errors import BadFile, NotEnoughEvidence
from isogloss.forecasting.background.artefact import read_background, records
from isogloss.forecasting.background.build import build_background
from isogloss.forecasting.background.evidence_tables import tables_of
from isogloss.forecasting.background.factor_learning import learn_factors
from isogloss.forecasting.background.profiles import read_profiles
from isogloss.forecasting.background.show import language_factors, show_background
from isogloss.forecasting.background.slopes import learn_slopes
from isogloss.forecasting.background.tables import ScoreTable, read_tables, write_tables


def test_a_background_comes_back_as_it_was_written(tmp_path):
    shipped = read_background()
    shipped.write(tmp_path / "background.json")
    again = read_background(tmp_path / "background.json")
    assert again.tables == shipped.tables
    assert again.factors.languages == shipped.factors.languages
    np.testing.assert_array_equal(again.factors.covariance, shipped.factors.covariance)
    np.testing.assert_array_equal(again.slopes.direction_covariance, shipped.slopes.direction_covariance)
    assert again.quantiles.bounds(0.9) == shipped.quantiles.bounds(0.9)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda text: text.replace('"format":1', '"format":2'), "does not fit its checksum"),
        (lambda text: text[:-100], "is no background"),
        (lambda text: "[]", "is no background"),
    ],
)
def test_a_damaged_background_is_refused_in_one_line(tmp_path, damage, reason):
    path = tmp_path / "background.json"
    read_background().write(path)
    path.write_text(damage(path.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(BadFile, match=reason):
        read_background(path)


def test_everything_the_shipped_background_learnt_from_ships_and_has_a_licence():
    assert read_background().tables == records([table.merged() for table in read_tables()])
    shown = show_background()
    assert shown["licence"].null_count() == 0
    assert not shown["licence"].str.contains("SA").any()


def test_the_shipped_file_is_small_and_holds_no_item_text():
    content = json.loads(json.dumps([vars(table) for table in read_background().tables]))
    assert {"name", "source", "kind", "corpus", "rows", "languages"} == set(content[0])


def test_factors_and_slopes_are_those_that_the_shipped_tables_give():
    tables = [table.merged() for table in read_tables()]
    factors = learn_factors(read_profiles(tables))
    shipped = read_background()
    np.testing.assert_allclose(factors.mean, shipped.factors.mean, atol=1e-3)
    np.testing.assert_allclose(learn_slopes(tables, factors).direction, shipped.slopes.direction, atol=1e-3)


def test_tables_come_back_as_they_were_written(tmp_path):
    scores = np.array([[0.5, np.nan, 0.25], [np.nan, 0.75, 0.125]])
    table = ScoreTable("mine", "us", "other", "ours", 0.25, ("a", "b"), ("deu", "hau", "yor"), scores)
    write_tables([table], tmp_path / "tables.parquet")
    (again,) = read_tables(tmp_path / "tables.parquet")
    np.testing.assert_array_equal(again.scores, scores)
    assert (again.name, again.chance, again.rows, again.languages) == ("mine", 0.25, ("a", "b"), ("deu", "hau", "yor"))


def test_too_few_test_corpora_are_refused():
    with pytest.raises(NotEnoughEvidence, match="3 test corpora with at least 12 languages"):
        build_background([table for table in read_tables() if table.corpus in ("sib", "massive", "flores")])


def test_tables_of_few_models_are_refused():
    public = [table for table in read_tables() if len(table.languages) >= 12]
    with pytest.raises(NotEnoughEvidence, match="0 test corpora with at least 12 languages and 4 models, not 2"):
        build_background([table.take(np.arange(min(3, len(table.rows)))) for table in public])


def test_scores_of_ones_own_become_tables_that_join_the_public_ones():
    languages = ["eng", "deu", "fra", "spa", "rus", "hin", "swa", "yor"]
    rows = [
        {"model": model, "task": "support", "metric": metric, "language": language, "score": 0.9 - 0.1 * place}
        for metric in ("accuracy", "error_rate")
        for model in ("a", "b")
        for place, language in enumerate(languages)
    ]
    tables = tables_of(read_evidence(pl.DataFrame(rows)), source="us")
    assert [table.name for table in tables] == ["us:support:accuracy:0", "us:support:error_rate:1"]
    assert tables[0].languages == tuple(sorted(languages))
    np.testing.assert_allclose(tables[1].scores, 1 - tables[0].scores)


def test_factors_of_a_language_say_how_sure_they_are_and_where_they_come_from():
    shown = language_factors(["Wolof", "nav", "srp_Latn"])
    assert shown["provenance"].to_list() == ["scores", "side facts and kin", "scores of hrv"]
    assert shown["resourced"][0] < shown["resourced"][2]
    assert shown["resourced_sd"][1] > 2 * shown["resourced_sd"][0]
    assert shown["probe_imputed"].to_list() == [False, True, False]
