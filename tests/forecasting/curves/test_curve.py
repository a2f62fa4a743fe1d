"""What a fitted curve promises: it rises, it is bounded, it says how far it can be believed."""

from __future__ import annotations

import numpy as np
import pytest
from planted_curves import LANGUAGES, SIZES, mix, planted, planted_scores, scores_of

from isogloss.errors import BadTrainingMix, BadValue, NotEnoughEvidence, UnknownLanguage, UnknownName
from isogloss.evidence import Evidence
from isogloss.forecasting import Mean
from isogloss.forecasting.curves import CURVE, CurveGP, Points, fit_curve
from isogloss.forecasting.curves.calibration import calibrate
from isogloss.forecasting.curves.points import Link, Rest

EVERY = [0, 3, 10, 40, 100, 300, 1000, 2500, 5000, 10_000, 100_000, 10_000_000]


def curve(evidence, target="deu", **question):
    return fit_curve(evidence, task="t", model="m", target=target, **question)


@pytest.fixture(scope="module")
def german():
    """German's curve in the first planted world."""
    return curve(planted())


def test_a_curve_is_a_table_of_sizes_scores_and_bands(german):
    table = german.predict([0, 100])
    assert table.schema == CURVE
    assert (table["lower"] < table["mean"]).all()
    assert (table["mean"] < table["upper"]).all()


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("target", ["deu", "swa"])
def test_more_examples_never_make_the_mean_or_the_band_worse(seed, target):
    table = curve(planted(seed, noise=0.03), target).predict(EVERY)
    for column in ("mean", "lower", "upper"):
        assert (np.diff(table[column]) >= -1e-12).all()


def test_scores_stay_within_the_range_of_the_metric():
    cells = [(name, mix(name, size), 0.9 + 0.0199 * np.log1p(size) / 2) for name in LANGUAGES for size in (0, 50)]
    cells += [(name, mix(name, size), 0.985) for name in LANGUAGES for size in (500, 5000)]
    table = curve(scores_of(cells)).predict(EVERY)
    assert (table["lower"] >= 0).all()
    assert (table["upper"] <= 1).all()


def test_what_one_size_gets_does_not_depend_on_which_others_are_asked(german):
    assert german.predict([300]).equals(german.predict([5, 300, 70_000])[1:2])


def test_the_same_evidence_gives_the_same_curve(german):
    assert curve(planted()).predict(EVERY).equals(german.predict(EVERY))


def test_a_wider_level_has_a_wider_band(german):
    narrow, wide = german.predict([300], 0.5), german.predict([300], 0.9)
    assert wide["lower"][0] < narrow["lower"][0] < narrow["upper"][0] < wide["upper"][0]


def test_bands_cover_sizes_that_were_held_out():
    """90 % bands hold 86 to 98 % of two sizes hidden from every language, over eight worlds."""
    covered = []
    for seed in range(8):
        chance = np.random.default_rng(seed)
        hidden = {name: set(chance.choice(SIZES, 2, replace=False)) for name in LANGUAGES}
        evidence = planted(seed, noise=0.01, hidden=lambda name, size, hidden=hidden: size in hidden[name])
        asked = [(name, size) for name in LANGUAGES for size in hidden[name]]
        covered += in_band(Points.read(evidence.observations), planted_scores(seed, LANGUAGES, SIZES, 0.01), asked, 0.9)
    assert 0.86 <= np.mean(covered) <= 0.98


def test_bands_cover_languages_that_were_never_measured():
    """80 % bands hold 70 to 93 % of the scores of three languages left out whole, over eight worlds."""
    covered = []
    for seed in range(8):
        left_out = set(np.random.default_rng(seed).choice(LANGUAGES, 3, replace=False))
        evidence = planted(seed, noise=0.01, hidden=lambda name, size, left_out=left_out: name in left_out)
        asked = [(name, size) for name in left_out for size in SIZES]
        covered += in_band(Points.read(evidence.observations), planted_scores(seed, LANGUAGES, SIZES, 0.01), asked, 0.8)
    assert 0.70 <= np.mean(covered) <= 0.93


def test_a_language_measured_once_rises_as_others_do():
    evidence = planted(hidden=lambda language, size: language == "deu" and size > 0)
    truth = planted_scores(0, LANGUAGES, (0, 1000), 0.0)[0]
    mean = curve(evidence).predict([0, 1000])["mean"]
    assert mean[0] == pytest.approx(truth[0], abs=0.02)
    assert mean[1] - mean[0] == pytest.approx(truth[1] - truth[0], abs=0.06)
    assert (
        "deu measured with 0 labelled examples only, slope pooled over 11 other languages" in curve(evidence).notes[0]
    )


def test_a_language_never_measured_starts_where_the_forecaster_says():
    found = curve(planted(), "swa")
    assert found.notes[0].startswith("swa never measured: level at 0 forecast as 0.")
    assert "slope pooled over 12 other languages" in found.notes[0]
    assert found.predict([0])["mean"][0] == pytest.approx(0.4, abs=0.1)


def test_any_forecaster_can_forecast_where_the_curve_starts():
    """The mean of the scores without examples of the target, where the mean is asked."""
    evidence = planted()
    zero_shot = evidence.observations.filter(train="eng:1000")["score"].mean()
    assert (
        curve(evidence, "swa", forecaster=Mean())
        .notes[0]
        .startswith(f"swa never measured: level at 0 forecast as {zero_shot:.3f}")
    )


def test_one_language_alone_follows_the_law_that_held_out_sizes_choose():
    sizes = np.array([0, 10, 50, 100, 500, 1000, 3000])
    cells = [("deu", mix("deu", size), 0.3 + 0.05 * np.log1p(size)) for size in sizes]
    noisy = 0.002 * np.random.default_rng(0).standard_normal(len(sizes))
    cells = [(target, train, score + error) for (target, train, score), error in zip(cells, noisy, strict=True)]
    found = curve(scores_of(cells))
    assert found.law == "log law"
    assert found.predict([200])["mean"][0] == pytest.approx(0.3 + 0.05 * np.log1p(200), abs=0.005)


def test_the_number_needed_is_where_the_curve_meets_the_goal(german):
    found = german
    needed = found.needed(0.5)
    assert needed.lower < needed.expected < needed.upper
    assert found.predict([needed.expected])["mean"][0] == pytest.approx(0.5, abs=0.002)
    assert found.predict([needed.lower])["upper"][0] == pytest.approx(0.5, abs=0.002)
    assert found.predict([needed.upper])["lower"][0] == pytest.approx(0.5, abs=0.002)


def test_a_goal_reached_without_examples_needs_none(german):
    assert german.needed(0.1).expected == 0


def test_a_goal_beyond_the_curve_is_not_reachable_in_the_range_measured(german):
    needed = german.needed(0.99)
    assert (needed.lower, needed.expected, needed.upper) == (None, None, None)
    assert needed.reach == 10_000


def test_a_goal_in_percent_is_refused(german):
    with pytest.raises(BadValue, match=r"goal 80 is outside the range of accuracy, 0 to 1; write 0\.8"):
        german.needed(80)


def test_sizes_beyond_twice_the_largest_measured_are_far(german):
    flags = german.predict([1000, 5000, 10_000, 10_001])["flags"].to_list()
    assert ["size_outside_measured" in some for some in flags] == [False, False, False, True]


def test_each_size_says_how_near_it_is_to_what_was_measured():
    evidence = planted(hidden=lambda language, size: language == "deu" and size > 1000)
    flags = curve(evidence).predict([100, 300, 3000, 7000])["flags"].to_list()
    assert flags == [["measured"], [], ["size_from_other_languages"], ["size_from_other_languages"]]


def test_the_word_of_trust_goes_by_the_width_of_the_90_percent_band_at_every_level(german):
    table = german.predict([1000, 20_000], 0.9)
    assert table["trust"].to_list() == german.predict([1000, 20_000], 0.5)["trust"].to_list()
    assert table["trust"][0] == "solid"
    assert table["trust"][1] in ("shaky", "guess")


def test_a_level_that_the_evidence_cannot_support_gets_the_whole_range():
    found = curve(planted(languages=LANGUAGES[:3]), "swa")
    assert found.predict([0], 0.9).select("lower", "upper").row(0) == (0.0, 1.0)
    assert "level_unsupported" in found.predict([0], 0.9)["flags"][0]
    assert found.predict([0], 0.9)["trust"][0] == "guess"
    assert found.predict([0], 0.7)["upper"][0] < 1
    assert found.band.highest_level == 0.75
    assert not found.needed(0.5).banded


def test_a_metric_that_falls_is_drawn_falling():
    cells = [
        (name, mix(name, size), 3 + 0.1 * k - 0.2 * np.log1p(size))
        for k, name in enumerate(LANGUAGES)
        for size in (0, 100, 1000, 2000)
    ]
    found = curve(scores_of(cells, metric="loss"))
    table = found.predict([0, 100, 5000])
    assert (np.diff(table["mean"]) < 0).all()
    assert (table["lower"] <= table["upper"]).all()
    assert 0 < found.needed(1.8).expected < 1000


def test_scores_that_get_worse_with_data_are_not_forced_to_rise():
    cells = [
        (name, mix(name, size), 0.8 - 0.02 * np.log1p(size) + 0.01 * k)
        for k, name in enumerate(LANGUAGES)
        for size in (0, 100, 1000, 2000)
    ]
    found = curve(scores_of(cells))
    assert "scores get worse with more examples" in found.notes
    assert found.predict([2000])["mean"][0] < found.predict([0])["mean"][0] - 0.1


def test_scores_all_alike_make_a_flat_curve():
    cells = [(name, mix(name, size), 0.5) for name in LANGUAGES for size in (0, 100, 1000, 2000)]
    assert curve(scores_of(cells)).predict(EVERY)["mean"].to_list() == pytest.approx([0.5] * len(EVERY))


def test_a_single_size_makes_no_curve():
    cells = [(name, "eng:1000", 0.5) for name in LANGUAGES]
    with pytest.raises(NotEnoughEvidence, match="no language of t by m was measured with two different numbers"):
        curve(scores_of(cells))


def test_sizes_nobody_recorded_make_no_curve():
    with pytest.raises(NotEnoughEvidence, match="nobody recorded how many examples of the target"):
        curve(scores_of([(name, f"eng:1000,{name}", 0.5) for name in LANGUAGES]))


def test_scores_without_a_size_are_left_out_and_counted():
    unknown = scores_of([("deu", "eng:1000,deu", 0.7)]).observations
    found = curve(Evidence(planted().observations.vstack(unknown)))
    assert "1 score left out for want of a number of examples" in found.notes


def test_a_mix_far_from_those_measured_is_flagged():
    found = curve(planted(), train="eng:90000,yor:500")
    assert "90500 examples of other languages, where 1000 to 1000 were measured" in found.notes
    assert "no measured mix has yor" in found.notes
    outside = {"training_language_unmeasured", "size_outside_measured"}
    assert all(outside <= set(flags) for flags in found.predict([0, 100])["flags"])


def test_unknown_tasks_languages_and_kinds_are_refused():
    with pytest.raises(UnknownName, match="unknown task 'u'"):
        fit_curve(planted(), task="u", model="m", target="deu")
    with pytest.raises(UnknownName, match="unknown model 'n'"):
        fit_curve(planted(), task="t", model="n", target="deu")
    with pytest.raises(UnknownLanguage):
        curve(planted(), "xyzzy")
    with pytest.raises(UnknownName, match="unknown kind of examples 'bought'"):
        curve(planted(), vary="bought")
    with pytest.raises(BadTrainingMix, match="which the curve varies"):
        curve(planted(), train="eng:1000,deu:5")


@pytest.mark.parametrize(("sizes", "level"), [([-1], 0.9), ([0], 1.0), ([float("nan")], 0.9)])
def test_sizes_and_levels_that_are_none_are_refused(german, sizes, level):
    with pytest.raises(BadValue):
        german.predict(sizes, level)


def in_band(points, truth, asked, level):
    """Which of some scores lie in the band of the process that was fitted to other points."""
    link = Link((0.0, 1.0), False)
    process = CurveGP().fit(points.on_line(link))
    quantiles = {name: calibrate(process, name, 0).quantile(level) for name in {name for name, _ in asked}}
    held = []
    for name, size in asked:
        features = Rest("eng:1000", 1000.0, points.features[0, 3]).features(np.array([float(size)]), np.zeros(1))
        mean, spread = process.predict(features, name)
        score = link.to_line(truth[LANGUAGES.index(name), SIZES.index(size)])
        held.append(bool(abs(score - mean[0]) <= quantiles[name] * spread[0]))
    return held
