from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
import pytest

from isogloss import read_evidence
from isogloss.errors import NotEnoughEvidence
from isogloss.evidence import Evidence
from isogloss.explanation import compare_additions
from isogloss.explanation.additions import ADDITIONS, describe_additions

ASKED = {"task": "t", "model": "m"}


def evidence(rows: Sequence[tuple[str, str, int, float]], **columns: Any) -> Evidence:
    table = pl.DataFrame(rows, schema=["train", "target", "seed", "score"], orient="row")
    told = {"task": "t", "model": "m", "metric": "accuracy"} | columns
    return read_evidence(table.with_columns(**{name: pl.lit(value) for name, value in told.items()}))


def seeds(train: str, target: str, score: float) -> list[tuple[str, str, int, float]]:
    luck = 2 if "hin" in train else 1
    return [(train, target, seed, score + 0.01 * (luck * seed % 3 - 1)) for seed in range(6)]


@pytest.fixture
def found() -> pl.DataFrame:
    """Hindi takes .1 from Russian and .05 from English, which was trained on before, and leaves French alone."""
    rows = [
        *seeds("eng:100", "rus", 0.6), *seeds("eng:100,hin:100", "rus", 0.5),
        *seeds("eng:100", "eng", 0.9), *seeds("eng:100,hin:100", "eng", 0.85),
        *seeds("eng:100", "fra", 0.7), *seeds("eng:100,hin:100", "fra", 0.7),
        *seeds("eng:100", "hin", 0.4), *seeds("eng:100,hin:100", "hin", 0.8),
    ]  # fmt: skip
    return compare_additions(evidence(rows), **ASKED)


def test_a_mix_is_compared_with_itself_without_a_language(found):
    assert found.schema == ADDITIONS
    rows = {row["target"]: row for row in found.to_dicts()}
    assert set(found["added"]) == {"hin"}
    assert rows["rus"]["difference"] == pytest.approx(-0.1)
    assert rows["rus"]["pairs"] == 6
    assert rows["rus"]["lower"] < -0.1 < rows["rus"]["upper"]


def test_losses_are_told_apart_by_whom_they_hit(found):
    kinds = dict(found.select("target", "kind").rows())
    assert kinds == {
        "rus": "other language",
        "fra": "other language",
        "eng": "source of before",
        "hin": "language added",
    }
    assert dict(found.select("target", "verdict").rows()) == {
        "rus": "hurts", "eng": "hurts", "fra": "not shown", "hin": "helps"
    }  # fmt: skip


def test_where_less_is_better_a_higher_score_hurts():
    rows = [*seeds("eng:100", "rus", 50.0), *seeds("eng:100,hin:100", "rus", 60.0),
            *seeds("eng:100", "fra", 50.0), *seeds("eng:100,hin:100", "fra", 40.0)]  # fmt: skip
    found = compare_additions(evidence(rows, metric="perplexity"), **ASKED)
    assert found.select("target", "verdict").rows() == [("rus", "hurts"), ("fra", "helps")]


def test_the_sentence_counts_interference_and_forgetting(found):
    words = " ".join(describe_additions(found))
    assert "Interference is shown in 1 of 2 cases and a gain in 0; the mean change is -5.0 points." in words
    assert "Forgetting is shown in 1 of 1 cases" in words


def test_many_small_differences_by_chance_are_corrected_for():
    """Forty targets and no effect: without a correction two would be expected to seem hurt or helped."""
    chance = np.random.default_rng(0)
    targets = "afr ben bul cat ces dan deu ell est fin fra guj heb hrv hun ind isl ita jpn kan".split()
    rows = [
        (train, target, seed, float(0.5 + chance.normal(0, 0.02)))
        for train in ("eng:100", "eng:100,rus:100")
        for target in targets
        for seed in range(4)
    ]
    assert set(compare_additions(evidence(rows), **ASKED)["verdict"]) == {"not shown"}


def test_one_pair_is_tested_by_its_standard_errors_or_not_at_all():
    rows = [("eng:100", "rus", 0, 0.6), ("eng:100,hin:100", "rus", 0, 0.5)]
    tested = compare_additions(evidence(rows, standard_error=0.01), **ASKED).row(0, named=True)
    assert tested["p"] == pytest.approx(1.5e-12, rel=0.1)
    assert tested["verdict"] == "hurts"
    bare = compare_additions(evidence(rows), **ASKED)
    assert bare["verdict"].to_list() == ["untested"]
    assert "1 case was not tested: of one pair without standard errors" in " ".join(describe_additions(bare))


def test_evidence_without_such_pairs_is_refused():
    rows = [("eng:100", "rus", 0, 0.6), ("eng:200,hin:100", "rus", 0, 0.5)]
    with pytest.raises(NotEnoughEvidence, match="no mix was measured both with and without one of its languages"):
        compare_additions(evidence(rows), **ASKED)
