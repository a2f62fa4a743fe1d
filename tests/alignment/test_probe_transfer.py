"""What carries over is found where it was planted; interference is flagged where languages contradict each other."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from isogloss.alignment import against_distance, probe_transfer, write_encodings
from isogloss.errors import BadValue, UnknownName
from isogloss.languages import distances

DIALECTS = ("ary", "aeb", "arz", "ajp", "apc", "acm", "ars", "acq")


def world(folder, signs, *, sentences=120, step=2.0, seed=0):
    """Languages that show one of two labels in the first number, some of them the other way round, and the labels."""
    drawn = np.random.default_rng(seed)
    labels = drawn.permutation(np.arange(sentences) % 2)
    vectors = {}
    for language, sign in signs.items():
        rows = drawn.normal(size=(1, sentences, 4))
        rows[0, :, 0] += sign * step * (labels - 0.5)
        vectors[language] = rows
    encodings = write_encodings(folder / "reps", vectors, dict.fromkeys(signs, range(sentences)), model="planted")
    return encodings, pl.DataFrame({"id": range(sentences), "label": [f"label {one}" for one in labels]})


def test_a_label_carries_over_where_languages_show_it_alike_and_not_where_they_differ(tmp_path):
    encodings, labels = world(tmp_path, {"eng": 1, "deu": 1, "wol": -1})
    transfer = probe_transfer(encodings, labels, strength=1.0)
    accuracy = {(a, b): value for a, b, value in transfer.pairs.select("source", "target", "accuracy").iter_rows()}
    assert accuracy["eng", "deu"] > 0.75
    assert accuracy["eng", "wol"] < 0.25
    assert transfer.matrix()[0].tolist() == [accuracy["eng", one] for one in transfer.labels.languages]
    assert (transfer.pairs["lower"] <= transfer.pairs["accuracy"]).all()


def test_one_probe_for_languages_that_contradict_each_other_is_flagged(tmp_path):
    encodings, labels = world(tmp_path, {"eng": 1, "deu": 1, "fra": 1, "wol": -1})
    table = probe_transfer(encodings, labels, strength=1.0).languages
    assert table.filter(pl.col("interference"))["language"].to_list() == ["wol"]
    assert table.filter(language="wol")["difference"][0] < -0.3


def test_one_probe_for_languages_that_agree_is_not(tmp_path):
    """Over ten worlds; sentences of other languages help, and none is flagged."""
    flagged, differences = 0, []
    for seed in range(10):
        encodings, labels = world(
            tmp_path / str(seed), dict.fromkeys(("eng", "deu", "fra"), 1), sentences=60, seed=seed
        )
        transfer = probe_transfer(encodings, labels, folds=3, seeds=2, strength=1.0, seed=seed)
        flagged += transfer.languages["interference"].sum()
        differences.append(transfer.mean["difference"])
    assert flagged == 0
    assert np.mean(differences) > -0.01


def test_the_probe_of_all_languages_is_no_weaker_for_having_copies(tmp_path):
    """The same vectors in every language: the probe of all of them is that of one."""
    encodings, labels = world(tmp_path, {"eng": 1})
    rows = encodings.vectors("eng", 1, encodings.poolings[0])[None]
    copies = dict.fromkeys(("eng", "deu", "wol"), rows)
    same = write_encodings(tmp_path / "copies", copies, dict.fromkeys(copies, range(120)), model="copies")
    table = probe_transfer(same, labels, seeds=1).languages
    assert table["difference"].to_list() == pytest.approx([0, 0, 0], abs=0.01)


def test_languages_that_are_alike_are_taken_for_each_other(tmp_path):
    drawn = np.random.default_rng(0)
    places = {"eng": (0.0, 0.0), "deu": (0.5, 0.0), "wol": (0.0, 6.0)}
    vectors = {one: drawn.normal(size=(1, 90, 2)) + place for one, place in places.items()}
    encodings = write_encodings(tmp_path / "reps", vectors, dict.fromkeys(places, range(90)), model="m")
    transfer = probe_transfer(encodings, "language", seeds=1, strength=1.0)
    share = {(a, b): value for a, b, value in transfer.pairs.select("source", "target", "accuracy").iter_rows()}
    assert share["eng", "deu"] > 0.25 > 0.05 > share["eng", "wol"]
    assert transfer.matrix().sum(1) == pytest.approx(np.ones(3))
    assert transfer.languages.is_empty()


def test_one_language_and_a_layer_that_there_is_not_are_refused(tmp_path):
    encodings, labels = world(tmp_path, {"eng": 1, "deu": 1})
    with pytest.raises(BadValue, match="languages: nothing carries over in one language"):
        probe_transfer(encodings, labels, languages=["eng"])
    with pytest.raises(UnknownName, match="layer '4'"):
        probe_transfer(encodings, labels, layer=4)


def test_a_response_that_falls_with_distance_is_found(tmp_path):
    far = np.asarray(distances(DIALECTS, "geographic").values)
    noise = np.random.default_rng(0).normal(size=far.shape)
    found = against_distance({"planted": 1 - 2 * far + 0.02 * noise, "null": noise}, DIALECTS)
    planted, null = found.fits.iter_rows(named=True)
    assert planted["slope"] == pytest.approx(-2 / 20.015, rel=0.3)  # per 1,000 km
    assert planted["p_holm"] < 0.01
    assert null["p"] > 0.05
    assert found.points.height == 2 * 8 * 7


def test_noise_is_said_to_go_with_distance_as_often_as_it_may():
    """Over 60 null worlds in which each dialect is easy or hard as a whole, 5 % at the level of .05."""
    drawn = np.random.default_rng(0)
    p = []
    for _ in range(60):
        target = drawn.normal(size=8)
        response = target + 0.3 * drawn.normal(size=(8, 8))
        p.append(against_distance({"null": response}, DIALECTS, permutations=199).fits["p"][0])
    assert np.mean(np.array(p) <= 0.05) <= 0.12


def test_languages_with_gaps_are_left_out_and_too_few_say_why():
    response = np.random.default_rng(0).normal(size=(8, 8))
    response[2] = np.nan
    fits = against_distance({"with a gap": response}, DIALECTS).fits
    assert fits["left_out"][0].to_list() == ["arz"]
    assert fits["languages"][0] == 7
    few = against_distance({"few": response[:2, :2]}, DIALECTS[:2]).fits
    assert few["p"][0] is None
    assert "too few to permute: 2" in few["reason"][0]
    with pytest.raises(BadValue, match="has the shape"):
        against_distance({"other": response}, DIALECTS[:2])
