"""The evidence measured in the lab that ships with isogloss."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from isogloss.evidence import Evidence, Mixture, read_evidence
from isogloss.evidence.shipped import shipped_path
from isogloss.evidence.store import Store
from isogloss.lab.ship import ship

NAME = "isogloss:sib200-ngram"


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return read_evidence(NAME)


@pytest.fixture(scope="module")
def accuracy(evidence: Evidence) -> pl.DataFrame:
    """Accuracies with source and size in columns of their own."""
    source = pl.col("train").str.extract(r"^([^:]+):")
    size = pl.col("train").str.extract(r":(\d+)$").cast(pl.Int64)
    return evidence.filter(metric="accuracy").observations.with_columns(source=source, size=size)


def test_the_grid_is_complete(evidence: Evidence, accuracy: pl.DataFrame) -> None:
    """205 sources x 205 targets at 70 with two seeds and at 700 with one, in two metrics, once each."""
    assert len(evidence.sources) == len(evidence.targets) == 205
    counts = accuracy.group_by("size", "seed").len().sort("size", "seed")
    assert counts.rows() == [(70, 0, 205 * 205), (70, 1, 205 * 205), (700, 0, 205 * 205)]
    assert len(evidence) == 2 * accuracy.height
    assert accuracy.select("train", "target", "seed").n_unique() == accuracy.height


def test_scores_are_plausible(accuracy: pl.DataFrame) -> None:
    """Own test sets are mostly known at 700; more examples help; related languages beat unrelated scripts."""
    own = accuracy.filter(pl.col("source") == pl.col("target"))
    assert own.filter(size=700)["score"].mean() > 0.65
    assert own.filter(size=700)["score"].mean() > own.filter(size=70)["score"].mean() + 0.2

    def at_700(source: str, target: str) -> float:
        return float(accuracy.filter(size=700, source=source, target=target)["score"][0])

    trios = [("nob", "dan", "tha"), ("spa", "por", "kor"), ("rus", "ukr", "eng"), ("hin", "mai", "tam")]
    for source, near, far in trios:
        assert at_700(source, near) > at_700(source, far) + 0.2
    assert (accuracy["items"] == 204).all()


def test_card_and_size(evidence: Evidence) -> None:
    """A data card lies beside it, and all of it is under 3 MB."""
    folder = shipped_path(NAME)
    card = (folder / "CARD.md").read_text()
    for said in ("CC BY-SA 4.0", "isogloss lab run examples/sib200_ngram.toml", "scikit-learn"):
        assert said in card
    assert sum(path.stat().st_size for path in folder.iterdir()) < 3_000_000


def test_shipping_again_changes_nothing(evidence: Evidence, tmp_path: Path) -> None:
    """What is shipped is what `ship` makes of it."""
    ship(Store(shipped_path(NAME)), tmp_path / "sib200-ngram")
    assert_frame_equal(Store(tmp_path / "sib200-ngram").read().observations, evidence.observations)


def test_mixtures_are_canonical(evidence: Evidence) -> None:
    mixtures = evidence.observations["train"].unique()
    assert [str(Mixture.parse(text)) for text in mixtures] == mixtures.to_list()
