"""Mixes that tell translated examples from labelled ones are read by every part that counts examples."""

from __future__ import annotations

import polars as pl
import pytest

from isogloss import read_evidence
from isogloss.forecasting import BaseLearners, ask
from isogloss.forecasting.grid import TrainingMixes

USUAL = {"model": "toy", "task": "topics", "metric": "accuracy"}


@pytest.fixture(scope="module")
def evidence():
    """Nine languages, each under English examples with some of Swahili: none, labelled, translated, both."""
    kinds = ["", ",swa:100", ",swa+translated:100", ",swa:100,swa+translated:100"]
    rows = [
        USUAL | {"target": target, "train": f"eng:{size}{kind}", "score": 0.3 + 0.02 * place + 0.05 * step + size / 1e5}
        for size in (500, 2000, 5000)
        for step, kind in enumerate(kinds)
        for place, target in enumerate(["eng", "swa", "deu", "fra", "hin", "rus", "fin", "tur", "yor"])
    ]
    return read_evidence(pl.DataFrame(rows))


def test_all_kinds_of_a_language_count_as_its_examples():
    mixes = TrainingMixes.read(["eng:500,swa:100,swa+translated:40", "eng:500"])
    assert mixes.sources == ("eng", "swa")
    assert mixes.sizes.tolist() == [[500, 140], [500, 0]]


def test_a_mix_with_translated_examples_can_be_forecast(evidence):
    queries = ask(**USUAL, targets=["swa", "deu", "zul"], train="eng:2000,swa+translated:300")
    answers = BaseLearners().fit(evidence).predict(queries)
    assert answers["mean"].is_between(0.3, 0.7).all()


def test_a_language_that_is_left_out_takes_its_translated_examples_with_it(evidence):
    rest = evidence.without_language("swa")
    assert rest.sources == ["eng"]
    assert not rest.observations["train"].str.contains("swa").any()
