"""Flags of a forecast: what was measured, how near it is, and what to beware of."""

from __future__ import annotations

import pytest

from isogloss.forecasting import Flag, Mean, ask
from isogloss.forecasting.flags import SENTENCES, sentences
from isogloss.languages import distances

EUROPE = "bul cat ces dan deu ell est fin fra hun isl ita lav lit nld".split()


@pytest.fixture
def fitted(measured):
    """A forecaster where all of Europe was measured after training on each of `mixes`."""

    def fitted(mixes=("eng:1000", "hin:4000")) -> Mean:
        evidence = measured([(one, mix, 0.5 + i / 100) for i, one in enumerate(EUROPE) for mix in mixes])
        return Mean().fit(evidence).conformalize()

    return fitted


@pytest.fixture
def forecast(fitted):
    """The forecast of one target under one mix."""

    def forecast(target: str, train: str, mixes=("eng:1000", "hin:4000"), level: float = 0.5) -> dict:
        queries = ask(task="t", model="m", train=train, targets=[target])
        return fitted(mixes).predict_interval(queries, level).row(0, named=True)

    return forecast


def test_a_measured_score(forecast):
    found = forecast("deu", "eng:1000")
    assert (found["flags"], found["nearest"], found["distance"]) == (["measured"], None, None)


def test_a_measured_language_under_another_mix(forecast):
    found = forecast("deu", "eng:2000")
    assert (found["flags"], found["nearest"], found["distance"]) == ([], None, None)


def test_an_unmeasured_language_has_its_nearest_and_how_far_it_is(forecast):
    near = distances(["swe"], others=EUROPE).values[0]
    found = forecast("swe", "eng:1000")
    assert (found["flags"], found["nearest"]) == ([], EUROPE[int(near.argmin())])
    assert found["distance"] == pytest.approx(near.min())


def test_a_language_far_from_all_is_flagged(forecast):
    found = forecast("jpn", "eng:1000")
    assert found["flags"] == ["far"]
    (said,) = sentences(found)
    assert said.startswith("Japanese is far from every measured language; the nearest is ")


def test_a_language_with_much_less_text_than_any_measured_one_is_flagged(forecast):
    assert "poorer_than_measured" in forecast("grn", "eng:1000")["flags"]
    assert forecast("swe", "eng:1000")["flags"] == []


@pytest.mark.parametrize(
    ("train", "flag"),
    [
        ("eng:8001", "size_outside_measured"),
        ("eng:499", "size_outside_measured"),
        ("eng:400,yor:401", "training_language_unmeasured"),
        ("tam:400,yor:401", "training_language_unmeasured"),
        ("", "mix_unmeasured"),
    ],
)
def test_a_mix_outside_those_measured_is_flagged(forecast, train, flag):
    assert forecast("deu", train)["flags"] == [flag]


@pytest.mark.parametrize("train", ["eng:8000", "eng:500", "eng:600,yor:600", "eng:10,hin:2000"])
def test_a_mix_within_twice_the_measured_range_is_not(forecast, train):
    assert forecast("deu", train)["flags"] == []


def test_a_trained_model_is_unlike_one_used_as_it_is(forecast):
    assert forecast("deu", "eng:1000", ("",))["flags"] == ["level_unsupported", "mix_unmeasured"]


@pytest.mark.parametrize("train", ["", "eng:1000"])
def test_a_mix_that_was_measured_is_never_outside(forecast, train):
    assert forecast("deu", train, ("", "eng:1000"))["flags"] == ["measured"]
    assert forecast("swe", train, ("", "eng:1000"))["flags"] == []


def test_a_small_mix_is_flagged_though_the_model_was_also_measured_as_it_is(forecast):
    assert forecast("deu", "eng:10", ("", "eng:1000"))["flags"] == ["size_outside_measured"]


def test_too_little_evidence_is_the_first_flag_and_makes_a_guess(forecast):
    found = forecast("jpn", "eng:1000", level=0.95)
    assert (found["flags"], found["trust"]) == (["level_unsupported", "far"], "guess")


def test_every_flag_has_a_sentence():
    assert set(SENTENCES) == set(Flag)


def test_what_holds_for_all_forecasts_is_said_once(fitted):
    queries = ask(task="t", model="m", train="eng:1000", targets=["swe", "jpn"])
    (extent,) = fitted().extents(queries)
    assert (extent.languages, extent.mixes, extent.sources) == (15, 2, ("eng", "hin"))
    assert extent.sentence == "15 languages and 2 mixes measured, with 1000 to 4000 examples of eng, hin"


def test_a_model_used_as_it_is_has_no_sizes(fitted):
    (extent,) = fitted(("",)).extents(ask(task="t", model="m", targets=["swe"]))
    assert extent.sentence == "15 languages and 1 mix measured"
