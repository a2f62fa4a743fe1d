"""What the default forecaster promises, checked where the truth is known: in planted worlds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
import pytest
from planted import CELL_NOISE, World, single_source_world, world

from isogloss.forecasting import Additive, BaseLearners, Forecaster, Mean, Nearest

BASELINES = (Mean, Nearest, Additive)
WORLDS = 8
HELD_OUT = 4


@dataclass(frozen=True)
class Trial:
    """One world, forecast by the default and by the baselines."""

    truth: np.ndarray
    forecasts: dict[float, pl.DataFrame]  # by level
    errors: dict[type[Forecaster], float]

    def covered(self, level: float) -> float:
        lower, upper = (self.forecasts[level][name].to_numpy() for name in ("lower", "upper"))
        return float(((lower <= self.truth) & (self.truth <= upper)).mean())


def trial(planted: World, evidence, queries) -> Trial:
    truth = planted.answers(queries)
    default = BaseLearners().fit(evidence).conformalize()
    forecasts = {level: default.predict_interval(queries, level) for level in (0.5, 0.8, 0.9)}
    means = {BaseLearners: forecasts[0.9]["mean"]}
    means |= {baseline: baseline().fit(evidence).predict(queries)["mean"] for baseline in BASELINES}
    errors = {forecaster: float(np.abs(mean.to_numpy() - truth).mean()) for forecaster, mean in means.items()}
    return Trial(truth, forecasts, errors)


def unseen(planted: World, seed: int) -> Trial:
    hidden = tuple(np.random.default_rng(seed).choice(planted.languages, HELD_OUT, replace=False))
    return trial(planted, planted.evidence(hidden=hidden), planted.queries(hidden))


@pytest.fixture(scope="module")
def mix_worlds() -> list[Trial]:
    """Languages held out of grids of mixes."""
    return [unseen(world(seed, sources=6 + seed % 5), seed) for seed in range(WORLDS)]


@pytest.fixture(scope="module")
def single_source_worlds() -> list[Trial]:
    """Languages held out, as sources and as targets, of grids in which every mix is one language."""
    return [unseen(single_source_world(seed), seed) for seed in range(WORLDS)]


@pytest.fixture(scope="module")
def new_mix_worlds() -> list[Trial]:
    """Every other mix held out; all languages are known."""
    planted = [world(seed) for seed in range(WORLDS)]
    return [
        trial(one, one.evidence(rows=slice(0, None, 2)), one.queries(one.languages, rows=slice(1, None, 2)))
        for one in planted
    ]


@pytest.mark.parametrize("baseline", BASELINES)
@pytest.mark.parametrize("worlds", ["mix_worlds", "single_source_worlds"])
def test_base_learners_beat_baselines_on_new_languages_by_a_tenth_over_8_worlds(worlds, baseline, request):
    trials = request.getfixturevalue(worlds)
    default, other = (np.mean([one.errors[forecaster] for one in trials]) for forecaster in (BaseLearners, baseline))
    assert default < 0.9 * other


@pytest.mark.parametrize("baseline", BASELINES)
def test_base_learners_err_less_than_half_as_much_as_baselines_on_new_mixes_in_each_of_8_worlds(
    new_mix_worlds, baseline
):
    assert all(one.errors[BaseLearners] < 0.5 * one.errors[baseline] for one in new_mix_worlds)


def test_base_learners_are_off_by_no_more_than_twice_the_noise_on_new_mixes(new_mix_worlds):
    noise = CELL_NOISE * np.sqrt(2 / np.pi)  # mean absolute deviation of the cell noise that was planted
    assert np.mean([one.errors[BaseLearners] for one in new_mix_worlds]) < 2 * noise


@pytest.mark.parametrize(("level", "least", "most"), [(0.5, 0.4, 0.7), (0.8, 0.75, 0.95), (0.9, 0.87, 0.99)])
def test_intervals_cover_new_languages_at_the_level_or_a_little_above_over_16_worlds(
    mix_worlds, single_source_worlds, level, least, most
):
    """With 64 languages held out in all, chance alone moves the coverage of 90 % intervals by 4 points."""
    coverage = np.mean([one.covered(level) for one in (*mix_worlds, *single_source_worlds)])
    assert least <= coverage <= most


def test_90_percent_intervals_cover_new_mixes_in_85_to_99_percent_over_8_worlds(new_mix_worlds):
    assert 0.85 <= np.mean([one.covered(0.9) for one in new_mix_worlds]) <= 0.99


def test_intervals_around_new_languages_are_not_the_whole_range(mix_worlds, single_source_worlds):
    widths = [(one.forecasts[0.9]["upper"] - one.forecasts[0.9]["lower"]).mean() for one in mix_worlds]
    widths += [(one.forecasts[0.9]["upper"] - one.forecasts[0.9]["lower"]).mean() for one in single_source_worlds]
    assert np.median(widths) < 0.4


def every(*groups: list[Trial]) -> list[Trial]:
    return [one for group in groups for one in group]


def test_intervals_widen_with_the_level(mix_worlds, single_source_worlds, new_mix_worlds):
    for one in every(mix_worlds, single_source_worlds, new_mix_worlds):
        for narrow, wide in ((0.5, 0.8), (0.8, 0.9)):
            assert (one.forecasts[wide]["lower"] <= one.forecasts[narrow]["lower"]).all()
            assert (one.forecasts[wide]["upper"] >= one.forecasts[narrow]["upper"]).all()


def test_the_mean_does_not_depend_on_the_level(mix_worlds, new_mix_worlds):
    for one in every(mix_worlds, new_mix_worlds):
        assert one.forecasts[0.5]["mean"].equals(one.forecasts[0.9]["mean"])


def test_the_mean_lies_inside_its_interval_and_both_inside_0_and_1(mix_worlds, single_source_worlds, new_mix_worlds):
    for one in every(mix_worlds, single_source_worlds, new_mix_worlds):
        lower, mean, upper = (one.forecasts[0.9][name].to_numpy() for name in ("lower", "mean", "upper"))
        assert (lower >= 0).all()
        assert (lower <= mean).all()
        assert (mean <= upper).all()
        assert (upper <= 1).all()


@pytest.mark.parametrize(("languages", "level"), [(8, 0.9), (3, 0.8), (18, 0.95)])
def test_fewer_languages_than_1_over_alpha_minus_1_give_the_whole_range_and_say_so(languages, level):
    planted = world(0, languages=languages + 1, sources=2, mixes=10)
    hidden = planted.languages[-1:]
    forecaster = BaseLearners().fit(planted.evidence(hidden=hidden)).conformalize()
    forecasts = forecaster.predict_interval(planted.queries(hidden), level)
    assert forecasts["lower"].to_list() == [0.0] * forecasts.height
    assert forecasts["upper"].to_list() == [1.0] * forecasts.height
    assert forecasts["flags"].list.contains("level_unsupported").all()
    assert set(forecasts["trust"]) == {"guess"}


def test_just_enough_languages_give_an_interval():
    planted = world(0, languages=10, sources=2, mixes=10)
    hidden = planted.languages[-1:]
    forecaster = BaseLearners().fit(planted.evidence(hidden=hidden)).conformalize()
    forecasts = forecaster.predict_interval(planted.queries(hidden), 0.9)
    assert not forecasts["flags"].list.contains("level_unsupported").any()


@pytest.mark.parametrize("forecaster", [BaseLearners, *BASELINES])
def test_a_table_with_half_of_its_cells_missing_is_forecast_whole(forecaster):
    planted = world(1)
    hidden = planted.languages[-3:]
    evidence = planted.evidence(hidden=hidden, gaps=0.5)
    forecasts = forecaster().fit(evidence).conformalize().predict_interval(planted.queries(planted.languages))
    for name in ("mean", "lower", "upper"):
        assert forecasts[name].is_finite().all()
        assert forecasts[name].is_between(0, 1).all()


def test_base_learners_fill_the_gaps_of_a_table_better_than_baselines():
    planted = world(2)
    evidence, queries = planted.evidence(gaps=0.5), planted.queries(planted.languages)
    truth = planted.answers(queries)
    errors = {
        forecaster: np.abs(forecaster().fit(evidence).predict(queries)["mean"].to_numpy() - truth).mean()
        for forecaster in (BaseLearners, *BASELINES)
    }
    assert all(errors[BaseLearners] < errors[baseline] for baseline in BASELINES)
