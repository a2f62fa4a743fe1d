"""Language factors of every language: learnt, shared by near-identical relatives, or from side facts and kin."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from isogloss.forecasting.background.artefact import read_background
from isogloss.forecasting.background.factors import LanguageFactors
from isogloss.forecasting.background.probe import shipped_probe
from isogloss.forecasting.background.side_facts import shared_web_text
from isogloss.forecasting.features import web_text
from isogloss.languages import table
from isogloss.languages.near_identical import NEAR_IDENTICAL, relatives


@pytest.fixture(scope="module")
def factors() -> LanguageFactors:
    return read_background().factors


def without(factors: LanguageFactors, *names: str) -> LanguageFactors:
    rows = [row for language, row in factors.place.items() if language not in names]
    languages = tuple(factors.languages[row] for row in rows)
    return dataclasses.replace(
        factors, languages=languages, mean=factors.mean[rows], covariance=factors.covariance[rows]
    )


def test_the_first_factor_falls_from_rich_to_poor_languages_and_the_second_knows_latin_script(factors):
    mean = factors.of(["deu", "hin", "swa", "yor", "wol"]).mean
    assert mean[0, 0] > mean[1, 0] > mean[2, 0] > mean[3, 0] > mean[4, 0]
    latin, other = factors.of(["deu", "fra", "vie"]).mean[:, 1], factors.of(["hin", "tha", "amh"]).mean[:, 1]
    assert latin.min() > other.max()


def test_hiding_a_language_from_the_background_widens_it_and_keeps_it_near(factors):
    shown = factors.of(["hau", "xho", "ceb"])
    hidden = without(factors, "hau", "xho", "ceb").of(["hau", "xho", "ceb"])
    assert hidden.provenance == ("side facts and kin",) * 3
    assert (hidden.covariance[:, 0, 0] > 2 * shown.covariance[:, 0, 0]).all()
    assert (np.abs(hidden.mean - shown.mean)[:, 0] < 1.0).all()


@pytest.mark.parametrize(("poor", "rich"), [("fil", "tgl"), ("prs", "pes"), ("bos", "hrv"), ("hbs", "hrv")])
def test_near_identical_relatives_share_web_text_factors_and_probe(factors, poor, rich):
    assert shared_web_text(poor) == shared_web_text(rich) > 0
    hidden = without(factors, *(name for name in relatives(poor) if name != rich)).of([poor, rich])
    assert hidden.provenance == (f"scores of {rich}", "scores")
    np.testing.assert_array_equal(hidden.mean[0], hidden.mean[1])


def test_no_language_lacks_web_text_that_a_near_identical_relative_has():
    catalogue = table()["language"].to_list()
    grouped = {name for group in NEAR_IDENTICAL for name in group}
    lacking = [
        language
        for language in [*catalogue, *grouped]
        if shared_web_text(language) == 0 and any(web_text(relative) for relative in relatives(language))
    ]
    assert lacking == []


def test_a_probe_value_is_imputed_with_its_variance_where_the_language_was_not_probed():
    probed = shipped_probe().of(["wol", "fil", "tgl", "nav"])
    assert probed.imputed.tolist() == [False, False, False, True]
    np.testing.assert_array_equal(probed.values[1], probed.values[2])
    assert (probed.variance[:3] == 0).all()
    assert (probed.variance[3] > 0).all()


def test_languages_without_any_fact_get_factors_and_more_uncertainty_than_any_measured_one(factors):
    coordinates = factors.of(["kqn", "zap", "eng"])
    assert np.isfinite(coordinates.mean).all()
    assert coordinates.covariance[0, 0, 0] > factors.of(factors.languages).covariance[:, 0, 0].mean()
