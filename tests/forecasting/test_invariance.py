"""What a forecast must not depend on."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from planted import world
from threadpoolctl import threadpool_limits

from isogloss import read_evidence, read_queries
from isogloss.evidence import Evidence
from isogloss.forecasting import Additive, BaseLearners, Mean, Nearest

PLANTED = world(5, languages=14, sources=6, mixes=14)
HIDDEN = tuple(name for name in PLANTED.languages if name not in " ".join(PLANTED.mixes))[::4]
NUMBERS = ["mean", "lower", "upper"]
WORDS = ["flags", "nearest", "trust"]


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return PLANTED.evidence(hidden=HIDDEN, rows=slice(0, 12))


@pytest.fixture(scope="module")
def queries() -> pl.DataFrame:
    """Known and unmeasured languages in measured and in new mixes."""
    return PLANTED.queries((*HIDDEN, *PLANTED.languages[:2]), rows=slice(9, None))


@pytest.fixture(scope="module")
def expected(evidence, queries) -> pl.DataFrame:
    return forecast(evidence, queries)


def forecast(evidence: Evidence, queries: pl.DataFrame, forecaster=BaseLearners) -> pl.DataFrame:
    return forecaster().fit(evidence).conformalize().predict_interval(queries)


def kinds(forecasts: pl.DataFrame) -> pl.Series:
    """What was measured of each query: its score, its language under another mix, or nothing."""
    scored, known = pl.col("flags").list.contains("measured"), pl.col("nearest").is_null()
    kind = pl.when(scored).then(pl.lit("score")).when(known).then(pl.lit("language")).otherwise(pl.lit("nothing"))
    return forecasts.select(kind).to_series()


def assert_close(found: pl.DataFrame, expected: pl.DataFrame) -> None:
    np.testing.assert_allclose(found.select(NUMBERS).to_numpy(), expected.select(NUMBERS).to_numpy(), atol=1e-7)
    assert found.select(WORDS).equals(expected.select(WORDS))


def test_the_questions_are_of_every_kind(expected):
    assert set(kinds(expected)) == {"score", "language", "nothing"}


@pytest.mark.parametrize("forecaster", [BaseLearners, Mean, Additive, Nearest])
def test_two_fits_agree_to_the_last_digit(evidence, queries, forecaster):
    assert forecast(evidence, queries, forecaster).equals(forecast(evidence, queries, forecaster))


def test_fitting_again_forgets_what_was_learnt_before(evidence, queries, expected):
    other = world(6, languages=14, sources=6, mixes=14).evidence()
    forecaster = BaseLearners().fit(other).conformalize()
    assert forecaster.fit(evidence).conformalize().predict_interval(queries).equals(expected)


def test_the_order_of_observations_does_not_matter(evidence, queries, expected):
    shuffled = Evidence(evidence.observations.sample(fraction=1, shuffle=True, seed=3))
    assert forecast(shuffled, queries).equals(expected)


def test_the_order_of_seeds_does_not_matter(evidence, queries):
    seeds = pl.concat(
        [evidence.observations.with_columns(pl.lit(seed).cast(pl.Int64).alias("seed"), pl.col("score") * factor)
         for seed, factor in enumerate((0.91, 1.03, 0.97))]
    )  # fmt: skip
    found = [forecast(Evidence(table), queries, Additive) for table in (seeds, seeds.reverse())]
    assert found[0].equals(found[1])


def test_the_order_of_queries_does_not_matter(evidence, queries, expected):
    shuffled = queries.with_row_index("at").sample(fraction=1, shuffle=True, seed=3)
    found = forecast(evidence, shuffled.drop("at")).with_columns(shuffled["at"]).sort("at").drop("at")
    assert found.equals(expected)


def test_a_question_asked_twice_is_answered_twice(evidence, queries, expected):
    assert forecast(evidence, pl.concat([queries, queries])).equals(pl.concat([expected, expected]))


def test_asking_one_by_one_equals_asking_together(evidence, queries, expected):
    forecaster = BaseLearners().fit(evidence).conformalize()
    one_by_one = pl.concat([forecaster.predict_interval(queries[[row]]) for row in range(queries.height)])
    assert_close(one_by_one, expected)


@pytest.mark.parametrize("kind", ["score", "language", "nothing"])
def test_what_was_asked_before_does_not_matter(evidence, queries, expected, kind):
    """What a forecaster learns only when a question needs it must not depend on which question that is."""
    chosen = kinds(expected) == kind
    assert_close(forecast(evidence, queries.filter(chosen)), expected.filter(chosen))


def test_asking_for_means_first_does_not_change_intervals(evidence, queries, expected):
    forecaster = BaseLearners().fit(evidence)
    means = forecaster.predict(queries)["mean"]
    found = forecaster.conformalize().predict_interval(queries)
    assert_close(found, expected)
    np.testing.assert_allclose(means.to_numpy(), found["mean"].to_numpy(), atol=1e-7)


def test_other_settings_that_lack_the_languages_asked_do_not_matter(evidence, queries, expected):
    other = world(6, languages=14, sources=6, mixes=14).evidence().observations
    other = other.filter(~pl.col("target").is_in(queries["target"].to_list()))
    both = Evidence(pl.concat([other.with_columns(task=pl.lit("another-task")), evidence.observations]))
    assert forecast(both, queries).equals(expected)


def test_the_names_of_task_and_model_do_not_matter(evidence, queries, expected):
    renamed = {"task": pl.lit("A task"), "model": pl.lit("B/model")}
    found = forecast(Evidence(evidence.observations.with_columns(**renamed)), queries.with_columns(**renamed))
    assert found.select(NUMBERS).equals(expected.select(NUMBERS))
    assert set(found["task"]) == {"A task"}


def test_seeds_are_averaged(evidence, queries):
    """With scores whose sums are exact in floating point, so that nothing else can differ."""
    exact = (pl.col("score") * 2**20).round() / 2**20
    seeds = [
        evidence.observations.with_columns(score=exact + step, seed=pl.lit(seed, dtype=pl.Int64))
        for seed, step in enumerate((2**-6, -(2**-6)))
    ]
    averaged = Evidence(evidence.observations.with_columns(score=exact))
    assert forecast(Evidence(pl.concat(seeds)), queries).equals(forecast(averaged, queries))


def test_the_way_languages_are_written_does_not_matter(measured):
    spelt = measured([(target, "en:100,hindi:50", 0.5) for target in ("de", "fra_Latn", "Urdu")])
    canonical = measured([(target, "hin:50,eng:100", 0.5) for target in ("deu", "fra", "urd")])
    assert spelt.observations["target"].to_list() == canonical.observations["target"].to_list()
    assert spelt.observations["train"].to_list() == canonical.observations["train"].to_list()


@pytest.mark.parametrize("threads", [1, 2])
def test_the_number_of_threads_of_linear_algebra_does_not_matter(evidence, queries, expected, threads):
    with threadpool_limits(limits=threads):
        assert forecast(evidence, queries).equals(expected)


def test_tables_in_memory_and_read_back_from_a_file_give_the_same(queries, expected, tmp_path):
    known = [language for language in PLANTED.languages if language not in HIDDEN]
    cells = PLANTED.evidence(hidden=HIDDEN, rows=slice(0, 12)).observations.select(
        "model", "task", "metric", "target", "train", "score"
    )
    assert set(cells["target"]) == set(known)
    cells.write_csv(tmp_path / "scores.csv")
    queries.select("model", "task", "metric", "target", "train").write_csv(tmp_path / "questions.csv")
    found = forecast(read_evidence(tmp_path / "scores.csv"), read_queries(tmp_path / "questions.csv"))
    assert_close(found, expected)
