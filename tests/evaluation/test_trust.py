"""Where forecasts can be believed: coverage at several levels, kinds of languages, and words that claim no more."""

from __future__ import annotations

from typing import ClassVar

import polars as pl
import pytest
from planted import world

from isogloss import read_evidence
from isogloss.errors import InputError, NotEnoughEvidence, UnknownName
from isogloss.evaluation import assess_trust
from isogloss.evaluation.trust import LEVELS
from isogloss.evidence import Evidence
from isogloss.forecasting import Forecaster, forecasters
from isogloss.languages import resolve


@pytest.fixture(scope="module")
def planted():
    return world(7, languages=24, sources=5, mixes=6)


@pytest.fixture(scope="module")
def found(planted):
    return assess_trust(planted.evidence(), forecaster="additive")


class LatinOnly(Forecaster):
    """Right, with intervals that hold, in Latin script; far off elsewhere. It was told the truth."""

    truth: ClassVar[dict[tuple[str, str], float]] = {}

    def fit(self, evidence: Evidence, queries: pl.DataFrame | None = None) -> LatinOnly:
        return self

    def conformalize(self) -> LatinOnly:
        return self

    def predict_interval(self, queries: pl.DataFrame, level: float = 0.9) -> pl.DataFrame:
        rows = queries.select("train", "target").rows()
        off = [0.001 if resolve(target).script == "Latn" else 0.3 for _, target in rows]
        mean = pl.Series("mean", [self.truth[row] + error for row, error in zip(rows, off, strict=True)])
        return queries.with_columns(mean, lower=mean - 0.02 * level, upper=mean + 0.02 * level, level=pl.lit(level))


@pytest.fixture
def latin_only(planted):
    """Evidence trained on one language only, so that questions have the mixes that were measured."""
    evidence = Evidence(planted.evidence().observations.with_columns(train=pl.lit("")).unique(["target"]))
    LatinOnly.truth = {("", target): score for target, score in evidence.observations.select("target", "score").rows()}
    forecasters.register("test-latin-only")(LatinOnly)  # only now, or other tests would take it for one of ours
    return assess_trust(evidence, forecaster="test-latin-only")


def test_coverage_is_told_at_four_levels_and_rises_with_them(found):
    assert found.calibration["level"].to_list() == list(LEVELS)
    assert found.calibration["coverage"].is_sorted()
    assert found.calibration["mean_width"].is_sorted()


def test_intervals_hold_at_each_level_as_far_as_so_many_languages_can_tell(found):
    for row in found.calibration.iter_rows(named=True):
        assert row["coverage_high"] >= row["level"]
        assert row["coverage_low"] < row["coverage"] <= row["coverage_high"]


def test_every_language_is_of_one_kind_each(found):
    counted = dict(found.strata.group_by("stratum").agg(pl.col("groups").sum()).rows())
    assert counted == dict.fromkeys(["family", "script", "resources", "nearness"], 24)


def test_a_kind_of_language_in_which_forecasts_fail_is_named(latin_only):
    assert "Do not trust intervals for" in latin_only.words
    cyrillic = latin_only.strata.filter((pl.col("stratum") == "script") & (pl.col("value") != "Latn"))
    latin = latin_only.strata.filter(pl.col("value") == "Latn").row(0, named=True)
    assert latin["coverage"] == 1.0
    assert cyrillic["coverage"].to_list() == [0.0] * cyrillic.height
    assert "the script Latn" not in latin_only.words


def test_intervals_that_fail_at_all_levels_are_called_too_narrow(latin_only):
    assert "they are too narrow" in latin_only.words
    assert "Also too narrow: those at" in latin_only.words


def test_a_level_for_which_there_are_too_few_languages_is_said_to_have_none():
    few = world(1, languages=12, sources=3, mixes=4)
    found = assess_trust(few.evidence(), forecaster="mean")
    assert "At 95 % only the whole range is left" in found.words
    assert found.calibration.filter(pl.col("level") == 0.95)["whole_range"].to_list() == [1.0]


def test_words_are_in_the_unit_of_the_scores(measured):
    cells = [(target, "eng:5", 3.0 + place) for place, target in enumerate("deu fra ita spa nld".split())]
    found = assess_trust(measured(cells, metric="perplexity"), forecaster="mean", levels=(0.5,))
    assert found.unit == "perplexity"
    assert "perplexity on average" in found.words


def test_other_models_stay_evidence_but_are_not_asked_about(planted):
    cells = planted.cells()
    second = cells.filter(pl.col("target").is_in(planted.languages[:10])).with_columns(model=pl.lit("second"))
    found = assess_trust(
        read_evidence(pl.concat([cells, second])), model="second", forecaster="mean", protocol="target-in-model",
        levels=(0.5,),
    )  # fmt: skip
    assert found.overall["groups"] == 10
    assert (found.model, found.protocol) == ("second", "target-in-model")


def test_several_settings_are_refused_with_what_tells_them_apart(planted):
    cells = planted.cells()
    both = read_evidence(pl.concat([cells, cells.with_columns(metric=pl.lit("f1"))]))
    with pytest.raises(
        InputError, match=r"trust: the evidence has more than one metric: accuracy, f1; say which: metric='accuracy'"
    ):
        assess_trust(both, forecaster="mean")
    assert assess_trust(both, forecaster="mean", metric="f1", levels=(0.5,), every=6).overall["groups"] == 4


def test_an_unknown_model_is_refused_by_name(planted):
    with pytest.raises(UnknownName, match="unknown model 'planted-modl'; did you mean 'planted-model'"):
        assess_trust(planted.evidence(), model="planted-modl")


def test_a_single_language_is_refused(measured):
    with pytest.raises(NotEnoughEvidence, match="only one language was tested"):
        assess_trust(measured([("deu", "eng:5", 0.5)]), forecaster="mean")
