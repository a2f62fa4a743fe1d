"""What a law finds in worlds with a planted one, and that it finds nothing where there is none."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from tests.forecasting.planted_laws import COUNTS, TARGETS, flat, with_languages, with_models, with_shots, with_web_text

from isogloss import read_evidence
from isogloss.errors import InputError, NotEnoughEvidence, UnknownName
from isogloss.evidence import Evidence
from isogloss.forecasting.curves import Growth, LawBand, fit_law
from isogloss.forecasting.grid import Array


def growth(evidence: Evidence, vary: str, **given: str) -> Growth:
    band = fit_law(evidence, vary=vary, **given).band
    assert isinstance(band, LawBand)
    return band.growth()


def log_law(doses: Array) -> Array:
    return 0.4 * doses


def size_law(doses: Array) -> Array:
    return 0.4 * (doses - 18)


def knee_at_ten(doses: Array) -> Array:
    return 0.6 * np.minimum(doses, np.log1p(10))


def power_law(doses: Array) -> Array:
    """Exponent .4 in the number of parameters."""
    return 2 + 3 * np.exp(-0.4 * (doses - 16))


def test_a_planted_knee_is_found_with_intervals_that_hold_it():
    """Of six worlds with little noise most show it, and most intervals hold it."""
    found = [growth(with_languages(seed, knee_at_ten, noise=0.04, run=0.03), "languages").knee for seed in range(6)]
    shown = [knee for knee in found if knee is not None]
    assert len(shown) >= 4
    assert np.mean([lower <= 10 <= upper for _, lower, upper in shown]) >= 0.7
    assert np.median([knee for knee, _, _ in shown]) == pytest.approx(10, rel=0.15)


@pytest.mark.parametrize("law", [flat, log_law])
def test_no_knee_is_shown_where_there_is_none(law):
    assert [growth(with_languages(seed, law), "languages").knee for seed in range(5)] == [None] * 5


def test_where_nothing_grows_a_change_is_seldom_shown():
    """At 90 %, of ten flat worlds at most 3 show one in 99 % of runs."""
    assert sum(growth(with_languages(seed, flat), "languages").shown for seed in range(10)) <= 3


def test_a_planted_exponent_is_found():
    found = growth(with_models(0, power_law, metric="loss", noise=0.02, run=0.02), "parameters")
    assert found.change < 0
    assert found.exponent is not None
    exponent, lower, upper = found.exponent
    assert lower < 0.4 < upper
    assert exponent == pytest.approx(0.4, abs=0.1)


def test_intervals_hold_models_eight_times_larger_than_any_measured():
    """90 % intervals hold at least 8 of 12 new models, as they do in 99.5 % of runs."""
    held = 0
    for seed in range(12):
        sizes = (15, 30, 60, 120, 250, 2000)
        evidence = with_models(seed, size_law, sizes=sizes)
        new = evidence.models.filter(pl.col("parameters") >= 2_000_000_000)["model"]
        of_new = pl.col("model").is_in(new.implode())
        known = evidence.with_observations(evidence.observations.filter(~of_new))
        curve = fit_law(known, vary="parameters", target="swa")
        forecast = curve.predict([2_000_000_000])
        truth = evidence.observations.filter(of_new & (pl.col("target") == "swa"))["score"][0]
        assert forecast["flags"][0].to_list() == ["size_outside_measured"]
        held += forecast["lower"][0] <= truth <= forecast["upper"][0]
    assert held >= 8


def test_intervals_are_finite_and_widen_away_from_the_evidence():
    table = fit_law(with_models(0, size_law), vary="parameters").predict([10**9, 10**11, 10**12], 0.99)
    assert np.isfinite(table.select("lower", "upper").to_numpy()).all()
    ends = np.log(table.select("lower", "upper").to_numpy())
    logits = ends - np.log1p(-np.exp(ends))
    assert (np.diff(logits[:, 1] - logits[:, 0]) > 0).all()


def test_a_language_never_measured_grows_as_the_others_from_its_forecast():
    evidence = with_shots(0, log_law)
    measured, new = (fit_law(evidence, vary="shots", target=target) for target in ("swa", "wol"))
    table = new.predict([0, 8, 64])
    assert table["flags"].to_list()[0] == ["size_from_other_languages"]
    assert table["mean"].is_sorted()
    widths = [(one.predict([8])["upper"] - one.predict([8])["lower"])[0] for one in (measured, new)]
    assert widths[1] > 2 * widths[0]
    assert "wol never measured: its level is forecast, its growth is that of the others" in new.notes


def test_web_text_goes_with_scores_where_it_was_planted_and_relatives_do_not():
    evidence = with_web_text(0, 0.3)
    assert growth(evidence, "web-text").shown
    assert not growth(evidence, "kin-text").shown


def test_a_measured_language_starts_from_its_own_score():
    evidence = with_web_text(0, 0.3)
    curve = fit_law(evidence, vary="web-text", target="zul")
    size, score = curve.measured.select("size", "score").row(0)
    assert curve.predict([size])["mean"][0] == pytest.approx(score, abs=0.03)


def test_web_text_is_read_at_the_mix_that_is_asked_about():
    as_it_is = with_web_text(0, 0.3).observations
    tuned = as_it_is.with_columns(train=pl.lit("spa:700"), score=pl.col("score") ** 0.5)
    evidence = Evidence(pl.concat([as_it_is, tuned]))
    low, high = (
        fit_law(evidence, vary="web-text", train=mix).predict([1000])["mean"][0] for mix in ("", "Spanish:700")
    )
    assert high > low + 0.1


def test_what_moves_along_is_said_and_what_does_not_has_its_own_effect():
    curve = fit_law(with_languages(0, log_law), vary="languages")
    assert "examples in all move with training languages, so that the law is of both" in curve.notes
    assert curve.held.startswith("held: examples of related languages: ")
    assert growth(with_languages(0, log_law), "languages").beside["amount"].to_list() == [
        "examples of related languages"
    ]


def test_own_examples_count_beside_the_number_of_languages():
    """Exposure to the language itself is worth as much as ten times more languages."""
    chance = np.random.default_rng(0)
    rows = []
    for seed, count in enumerate((*COUNTS, *COUNTS)):
        evidence = with_languages(seed, flat)
        mix = evidence.observations["train"].unique().sort(descending=False).to_list()[COUNTS.index(count)]
        for own in (0, 300):
            for target in TARGETS:
                line = 0.2 * np.log1p(len(mix.split(","))) + 0.1 * np.log1p(own) + chance.normal(0, 0.05)
                rows.append((target, mix + (f",{target}:{own}" if own else ""), 1 / (1 + np.exp(-line))))
    table = pl.DataFrame(rows, schema=["target", "train", "score"], orient="row")
    named = table.with_columns(model=pl.lit("m"), task=pl.lit("t"), metric=pl.lit("accuracy"))
    found = growth(read_evidence(named, duplicates="mean"), "languages").beside
    effect = dict(found.select("amount", "effect").iter_rows())["own examples"]
    assert 100 * effect == pytest.approx(100 * 0.1 * np.log(2) / 4, abs=0.5)


def test_own_examples_of_the_mix_that_is_asked_about_count():
    """Four models, each tuned with and without examples of the language; both have the same English."""
    sizes = {"a": 10**8, "b": 10**9, "c": 10**10, "d": 7 * 10**10}
    chance = np.random.default_rng(0)
    rows = [
        (model, target, f"eng:500,{target}:{own}" if own else "eng:500", 0.2 * np.log(size / 1e8) + 0.2 * np.log1p(own))
        for model, size in sizes.items() for own in (0, 1000) for target in ("swa", "hin", "rus", "tha")
    ]  # fmt: skip
    table = pl.DataFrame(rows, schema=["model", "target", "train", "line"], orient="row")
    line = pl.col("line") - 1 + pl.Series(chance.normal(0, 0.05, len(rows)))
    scores = table.select("model", "target", "train", score=1 / (1 + (-line).exp()))
    evidence = read_evidence(scores.with_columns(task=pl.lit("t"), metric=pl.lit("accuracy")))
    facts = pl.DataFrame({"model": [*sizes], "parameters": [*sizes.values()]})
    evidence = Evidence(evidence.observations, facts)
    for mix, own in (("eng:500", 0), ("eng:500,swa:1000", 1000)):
        curve = fit_law(evidence, vary="parameters", target="swa", train=mix)
        assert f"own examples: {own:,}" in curve.held
        true = 0.2 * np.log(10) + 0.2 * np.log1p(own) - 1
        assert curve.predict([10**9])["mean"][0] == pytest.approx(1 / (1 + np.exp(-true)), abs=0.05)


def test_scores_that_are_all_alike_still_have_an_interval():
    table = pl.DataFrame(
        {"target": ["swa"] * 3, "train": ["eng:9", "deu:9,eng:9", "deu:9,eng:9,fra:9"], "score": [0.5] * 3}
    )
    evidence = read_evidence(table.with_columns(model=pl.lit("m"), task=pl.lit("t"), metric=pl.lit("accuracy")))
    lower, upper = fit_law(evidence, vary="languages").predict([3]).select("lower", "upper").row(0)
    assert 0.2 < lower < 0.495
    assert 0.505 < upper < 0.8


def test_one_amount_and_unknown_sizes_are_refused_with_what_to_do():
    with pytest.raises(NotEnoughEvidence, match="fewer than two different numbers of shots were measured"):
        fit_law(with_languages(0, flat), vary="shots")
    with pytest.raises(NotEnoughEvidence, match="numbers of parameters were measured; give the models' sizes"):
        fit_law(Evidence(with_models(0, flat).observations), vary="parameters")
    with pytest.raises(UnknownName, match="unknown amount 'tokens'"):
        fit_law(with_languages(0, flat), vary="tokens")
    with pytest.raises(InputError, match="the evidence has several values of shots"):
        fit_law(with_shots(0, flat), vary="languages")
