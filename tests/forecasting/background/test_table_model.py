"""The table model in planted worlds: those it assumes, and those in which language facts mislead."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from isogloss.forecasting.background.artefact import Background, read_background
from isogloss.forecasting.background.features import read_features
from isogloss.forecasting.background.side_facts import shared_web_text
from isogloss.forecasting.background.table_model import TableModel, factorize

WORLDS, ROWS, MEASURED = 40, 4, 15


@pytest.fixture(scope="module")
def background() -> Background:
    return read_background()


class World(NamedTuple):
    """Values of every row in every language, and which are measured."""

    languages: tuple[str, ...]
    values: np.ndarray
    measured: np.ndarray
    poorest: np.ndarray


def world(background: Background, seed: int, kind: str, count: int = MEASURED) -> World:
    """A table on the unbounded scale: `model` as assumed, `null` without slopes, `reversed` rising towards the poor."""
    random = np.random.default_rng([seed, len(kind)])
    languages = background.factors.languages[::3]
    features, priors = read_features(background.factors, languages).values, background.slopes
    slope, rest = np.exp(random.multivariate_normal(priors.size, priors.size_covariance))
    direction = random.multivariate_normal(priors.direction, priors.direction_covariance)
    shared = {
        "model": slope * features @ direction + random.normal(0, rest, len(languages)),
        "null": random.normal(0, 0.08, len(languages)),
        "reversed": -0.5 * slope * features @ priors.direction + random.normal(0, rest, len(languages)),
    }[kind]
    size = np.hypot(slope, rest)
    own = random.multivariate_normal(np.zeros(features.shape[1] + 1), priors.row_covariance, ROWS)
    rows = own @ np.column_stack([np.ones(len(languages)), features]).T
    rows += random.normal(0, np.sqrt(priors.row_residual), rows.shape)
    web = np.array([shared_web_text(language) for language in languages])
    order = np.argsort(web + random.uniform(0, 0.02, len(web)))
    third = len(order) // 3
    odds = np.exp(1.2 * web[order[third:]])
    measured = random.choice(order[third:], count, replace=False, p=odds / odds.sum())
    return World(languages, random.normal(0.2, 0.1) + shared + size * rows, np.sort(measured), order[:third])


def forecast(background: Background, planted: World, measured: np.ndarray):
    model = TableModel(background.factors, background.slopes)
    names = np.array(planted.languages)
    fitted = model.fit(planted.values[:, measured], names[measured].tolist())
    return fitted.predict(names[planted.poorest].tolist())


def coverage_and_errors(background: Background, kind: str) -> tuple[float, float, float]:
    """Coverage of 90 % intervals, mean error of the model, and of each row's mean."""
    lower, upper = background.quantiles.bounds(0.9)
    results = []
    for seed in range(WORLDS):
        planted = world(background, seed, kind)
        found = forecast(background, planted, planted.measured)
        truth = planted.values[:, planted.poorest]
        off = (truth - found.mean) / found.deviation
        row_means = planted.values[:, planted.measured].mean(1, keepdims=True)
        results.append(
            (
                np.mean((off >= lower) & (off <= upper)),
                np.abs(found.mean - truth).mean(),
                np.abs(row_means - truth).mean(),
            )
        )
    return tuple(np.mean(results, axis=0))


def test_in_a_world_as_assumed_intervals_hold_and_errors_are_below_those_of_the_mean(background):
    coverage, error, of_mean = coverage_and_errors(background, "model")
    assert coverage >= 0.88
    assert error < 0.8 * of_mean


@pytest.mark.parametrize("kind", ["null", "reversed"])
def test_where_language_facts_mislead_intervals_still_hold_four_in_five_times(background, kind):
    coverage, _, _ = coverage_and_errors(background, kind)
    assert coverage >= 0.80


def test_one_measured_poor_language_lowers_error_and_bias(background):
    errors = []
    for seed in range(WORLDS):
        planted = world(background, seed, "reversed")
        rest = planted._replace(poorest=planted.poorest[1:])
        truth = rest.values[:, rest.poorest]
        for measured in (rest.measured, np.append(rest.measured, planted.poorest[0])):
            off = forecast(background, rest, measured).mean - truth
            errors.append((np.abs(off).mean(), off.mean()))
    without, anchored = np.array(errors)[::2], np.array(errors)[1::2]
    assert anchored[:, 0].mean() < without[:, 0].mean()
    assert abs(anchored[:, 1].mean()) < abs(without[:, 1].mean())


def test_one_measured_language_in_one_row_gets_finite_forecasts_that_fall_with_scarcity(background):
    model = TableModel(background.factors, background.slopes)
    found = model.fit(np.array([[0.3]]), ["eng"]).predict(["deu", "swa", "wol"])
    assert np.isfinite(found.deviation).all()
    assert (np.diff(found.mean[0]) < 0).all()
    assert (np.diff(found.deviation[0]) > 0).all()


def test_the_order_of_rows_languages_and_questions_does_not_matter(background):
    planted = world(background, 3, "model")
    rows, columns = np.array([2, 0, 3, 1]), np.random.default_rng(0).permutation(len(planted.measured))
    moved = planted._replace(values=planted.values[rows], poorest=planted.poorest[::-1])
    one = forecast(background, planted, planted.measured)
    other = forecast(background, moved, planted.measured[columns])
    np.testing.assert_allclose(other.mean, one.mean[rows][:, ::-1], atol=1e-8)
    np.testing.assert_allclose(other.deviation, one.deviation[rows][:, ::-1], atol=1e-8)


def test_a_language_measured_in_other_rows_is_surer_than_one_measured_in_none(background):
    planted = world(background, 5, "model")
    poor = planted.poorest[:2]
    measured = np.append(planted.measured, poor[0])
    values = planted.values[:, measured].copy()
    values[0, -1] = np.nan
    names = np.array(planted.languages)
    model = TableModel(background.factors, background.slopes).fit(values, names[measured].tolist())
    found = model.predict(names[poor].tolist())
    assert found.deviation[0, 0] < 0.8 * found.deviation[0, 1]


def test_rows_with_gaps_are_forecast_near_those_without_and_less_surely(background):
    off, wider = [], []
    for seed in range(10):
        planted = world(background, seed, "model")
        values = planted.values[:, planted.measured].copy()
        values[1, ::2] = np.nan
        names = np.array(planted.languages)
        model = TableModel(background.factors, background.slopes)
        targets = names[planted.poorest].tolist()
        whole = model.fit(planted.values[:, planted.measured], names[planted.measured].tolist()).predict(targets)
        gappy = model.fit(values, names[planted.measured].tolist()).predict(targets)
        off.append(np.abs(gappy.mean - whole.mean)[1] / gappy.deviation[1])
        wider.append(gappy.deviation[1].mean() / whole.deviation[1].mean())
    assert np.mean(np.array(off) < 1) > 0.9
    assert np.mean(wider) > 1


def test_a_measured_language_tells_more_of_a_near_identical_one_than_of_any_other_kin(background):
    model = TableModel(background.factors, background.slopes)
    languages = ["eng", "deu", "hin", "rus", "tgl"]
    values = {level: np.array([[0.3, 0.25, 0.2, 0.2, level]]) for level in (-0.2, 0.2)}
    low, high = (model.fit(value, languages).predict(["fil", "ceb", "ilo"]) for value in values.values())
    assert (high.mean - low.mean)[0, 0] == pytest.approx(0.4, rel=0.25)
    assert high.deviation[0, 0] < 0.8 * high.deviation[0, 1:].min()


def test_near_identical_languages_measured_together_count_hardly_more_than_one(background):
    model = TableModel(background.factors, background.slopes)
    once = model.fit(np.array([[0.3, 0.1, -0.2]]), ["eng", "hin", "hrv"]).predict(["slv", "mkd"])
    twice = model.fit(np.array([[0.3, 0.1, -0.2, -0.2]]), ["eng", "hin", "hrv", "bos"]).predict(["slv", "mkd"])
    assert np.abs(twice.deviation / once.deviation - 1).max() < 0.1


def test_rows_in_several_languages_together_have_the_same_mean_and_deviation(background):
    planted = world(background, 3, "model")
    names = np.array(planted.languages)
    values = planted.values[:, planted.measured].copy()
    values[1, 2] = np.nan
    model = TableModel(background.factors, background.slopes).fit(values, names[planted.measured].tolist())
    languages = names[[*planted.poorest, planted.measured[2]]].tolist()
    each = model.predict(languages)
    for row in range(ROWS):
        together = model.joint(languages).of(row)
        assert together.mean == pytest.approx(each.mean[row])
        assert np.sqrt(np.diag(together.covariance)) == pytest.approx(each.deviation[row], rel=1e-6)
        assert np.linalg.eigvalsh(together.covariance).min() > 0


def test_measuring_a_language_takes_its_covariance_off(background):
    planted = world(background, 3, "model")
    names, (first, *rest) = np.array(planted.languages), planted.poorest.tolist()

    def joint(values, measured, others):
        model = TableModel(background.factors, background.slopes).fit(values[None], names[measured].tolist())
        return model.joint(names[others].tolist()).of(0)

    before = joint(planted.values[0, planted.measured], planted.measured, [first, *rest])
    values = np.append(planted.values[0, planted.measured], before.mean[0])
    after = joint(values, [*planted.measured, first], rest)
    taken = before.covariance[0, 1:] ** 2 / before.covariance[0, 0]
    assert np.diag(after.covariance) == pytest.approx(np.diag(before.covariance)[1:] - taken, rel=0.1)


def test_a_covariance_with_a_negative_eigenvalue_keeps_all_but_its_diagonal():
    """Kinship from distances with gaps is not always a covariance."""
    covariance = np.array([[1.0, 0.9, 0.0], [0.9, 1.0, 0.9], [0.0, 0.9, 1.0]])
    factor = factorize(covariance)
    added = factor @ factor.T - covariance
    assert added == pytest.approx(added[0, 0] * np.eye(3))
    assert added[0, 0] == pytest.approx(0.9 * np.sqrt(2) - 1)
