from __future__ import annotations

import pytest

from isogloss.evidence.metrics import describe


@pytest.mark.parametrize("name", ["ter", "eval_loss", "word_perplexity", "MAE", "rmse", "WER", "bits_per_byte"])
def test_errors_and_losses_are_unbounded_and_better_when_lower(name):
    assert not describe(name).bounded
    assert not describe(name).higher_is_better


@pytest.mark.parametrize("name", ["accuracy", "macro-F1", "exact_match", "BLEU", "chrF2++", "score", "anything"])
def test_other_metrics_are_bounded_and_better_when_higher(name):
    assert describe(name).bounded
    assert describe(name).higher_is_better


def test_an_error_rate_is_bounded_and_better_when_lower():
    assert describe("error_rate").bounded
    assert not describe("error_rate").higher_is_better


def test_comet_has_no_bounds_but_is_better_when_higher():
    assert not describe("comet").bounded
    assert describe("comet").higher_is_better


def test_correlations_may_be_negative():
    assert describe("cosine_spearman").lowest == -1.0
