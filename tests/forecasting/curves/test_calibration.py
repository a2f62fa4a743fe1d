"""What is held out to size a band, and how certain a target never measured may look."""

from __future__ import annotations

import math

import numpy as np
import pytest
from planted_curves import LANGUAGES, SIZES, planted

from isogloss.forecasting.curves import CurveGP, Points
from isogloss.forecasting.curves.calibration import Calibration, HeldOut, calibrate
from isogloss.forecasting.curves.fit import ZeroShot, predict_line
from isogloss.forecasting.curves.points import Link, Rest
from isogloss.forecasting.curves.question import Question

LINK = Link((0.0, 1.0), False)


def process(**world) -> CurveGP:
    return CurveGP().fit(Points.read(planted(**world).observations).on_line(LINK))


@pytest.fixture(scope="module")
def whole() -> CurveGP:
    return process()


def test_a_language_with_several_sizes_is_judged_by_sizes_held_out_and_by_points_held_out(whole):
    by_size, alone = calibrate(whole, "deu", 0).ways
    assert len(by_size.groups) == len(alone.groups) == len(LANGUAGES) * len(SIZES)


def test_a_language_never_measured_is_judged_by_languages_held_out(whole):
    (by_language,) = calibrate(whole, "swa", 0).ways
    assert [len(group) for group in by_language.groups] == [len(SIZES)] * len(LANGUAGES)


def test_a_language_measured_once_is_judged_by_others_as_if_measured_once():
    once = process(hidden=lambda language, size: language == "deu" and size > 0)
    as_if, _ = calibrate(once, "deu", 0).ways
    assert [len(group) for group in as_if.groups] == [len(SIZES) - 1] * (len(LANGUAGES) - 1)


def test_where_all_were_measured_as_little_each_size_is_held_out():
    few = process(sizes=(0, 100, 1000))
    by_size, _ = calibrate(few, "deu", 0).ways
    assert len(by_size.groups) == 3 * len(LANGUAGES)


def test_the_way_that_asks_for_the_widest_band_counts():
    narrow, wide = (HeldOut([np.full(1, size)] * 20, 1.0) for size in (1.0, 2.0))
    assert Calibration([narrow, wide]).quantile(0.9) == 2
    assert Calibration([HeldOut([np.ones(1)] * 3, 1.0), wide]).quantile(0.9) == math.inf
    assert Calibration([HeldOut([np.ones(1)] * 3, 1.0), wide]).highest_level == 0.75


def test_a_forecast_moves_where_the_curve_starts_but_adds_no_certainty(whole):
    question = Question("swa", 0, Rest("eng:1000", 1000.0, whole.points_.features[0, 3]), 0.0, "as asked")
    features = question.features(np.array([0.0, 5000.0]))
    mean, spread = predict_line(whole, question, features, None, LINK)
    told, as_unsure = predict_line(whole, question, features, ZeroShot(0.2, 0.15, 0.25), LINK)
    assert (told < mean).all()
    assert abs(told - mean)[0] > abs(told - mean)[1]
    assert (as_unsure == spread).all()


def test_an_unsure_forecast_moves_it_less(whole):
    question = Question("swa", 0, Rest("eng:1000", 1000.0, whole.points_.features[0, 3]), 0.0, "as asked")
    features = question.features(np.zeros(1))
    sure, unsure = (
        predict_line(whole, question, features, ZeroShot(0.2, 0.2 - by, 0.2 + by), LINK)[0][0] for by in (0.02, 0.19)
    )
    assert sure < unsure
