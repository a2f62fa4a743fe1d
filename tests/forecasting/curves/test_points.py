from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from isogloss import read_evidence
from isogloss.evidence import TrainingMix
from isogloss.forecasting.curves.points import Link, Points, describe_rests


def of(points: Points, language: str) -> np.ndarray:
    return points.features[points.of(language)]


def test_labelled_and_translated_examples_of_the_target_are_counted_apart(measured):
    points = Points.read(measured([("swa", "eng:3696,swa:500,swa+translated:1000", 0.6)]).observations)
    labelled, translated, total, _ = of(points, "swa")[0]
    assert (labelled, translated, total) == (500, 1000, 5196)
    assert points.rests.tolist() == ["eng:3696"]


def test_of_other_languages_the_similar_ones_count_more(measured):
    cells = [("nld", "deu:1000", 0.6), ("nld", "jpn:1000", 0.4)]
    points = Points.read(measured(cells).observations)
    german, japanese = of(points, "nld")[:, 3]
    assert 0 < japanese < german < 1000


def test_the_target_is_no_kin_of_itself(measured):
    points = Points.read(measured([("nld", "nld:1000", 0.6)]).observations)
    assert of(points, "nld")[0].tolist() == [1000, 0, 1000, 0]


def test_a_score_whose_own_size_nobody_knows_is_left_out_and_counted(measured):
    points = Points.read(measured([("nld", "deu:10,nld", 0.6), ("nld", "deu:10", 0.5)]).observations)
    assert (len(points), points.left_out) == (1, 1)


def test_other_unknown_sizes_are_taken_to_be_typical(measured):
    points = Points.read(measured([("nld", "deu,nld:100", 0.6), ("nld", "deu:300,nld:100", 0.5)]).observations)
    assert sorted(of(points, "nld")[:, 2]) == [200, 400]


def test_seeds_are_averaged():
    table = pl.DataFrame(
        {"target": "nld", "train": "eng:10", "score": [0.4, 0.6], "seed": [1, 2], "model": "m", "task": "t"}
    ).with_columns(metric=pl.lit("accuracy"))
    points = Points.read(read_evidence(table).observations)
    assert (points.scores.tolist(), points.runs.tolist()) == ([0.5], [2.0])


def test_a_rest_leaves_out_the_target_of_whatever_kind():
    (rest,) = describe_rests([TrainingMix.parse("eng:1000,swa:5,swa+translated:70")], "swa", 1000.0)
    assert (rest.text, rest.size) == ("eng:1000", 1000)


@pytest.mark.parametrize("link", [Link((0.0, 1.0), False), Link((-1.0, 1.0), True), Link(None, True)])
def test_scores_come_back_from_the_line_and_better_ones_are_higher_on_it(link):
    scores = np.array([0.1, 0.5, 0.9])
    assert link.to_score(link.to_line(scores)) == pytest.approx(scores)
    assert (np.diff(link.to_line(scores)) > 0).all() != link.falls


def test_the_ends_of_the_range_have_a_place_on_the_line():
    assert np.isfinite(Link((0.0, 1.0), False).to_line(np.array([0.0, 1.0]))).all()
