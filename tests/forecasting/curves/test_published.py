"""AMUE's published figures, and curves of real evidence."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from isogloss import read_evidence
from isogloss.evidence import Evidence
from isogloss.forecasting.curves import PerformanceFunction, Points, fit_curve

pytest.importorskip("isogloss_papers", reason="the importers of papers are absent: pip install ./plugins")
pytestmark = pytest.mark.data
REPOSITORY = Path(__file__).parents[3]
MBERT = "bert-base-multilingual-cased"


@pytest.fixture(scope="module")
def observations_folder() -> Path:
    folder = Path(os.environ.get("ISOGLOSS_DATA", REPOSITORY.parent / "shared" / "data")) / "observations"
    if not (folder / "amue").is_dir():
        pytest.skip("the research data is absent: set ISOGLOSS_DATA to its folder")
    return folder


@pytest.fixture(scope="module")
def amue(observations_folder) -> Evidence:
    return read_evidence(observations_folder / "amue" / "tydiqa_mbert_results.csv")


def test_the_published_error_of_amue_comes_out(amue):
    """RMSE 5.84 and r2 .90 on 584 held-out runs, one function per language and English size."""
    from sklearn.model_selection import train_test_split

    runs = amue.observations.sort("target", "train").with_row_index("point").sort("origin_row")
    points = Points.read(amue.observations)
    labelled, translated, total, _ = points.features[runs["point"]].T
    score, language = 100 * points.scores[runs["point"]], points.language[runs["point"]]
    train, test = train_test_split(np.arange(len(score)), test_size=0.2, random_state=42)
    kind = np.unique(np.column_stack([language, total - labelled - translated]), axis=0, return_inverse=True)[1].ravel()
    errors, truth = [], []
    for one in np.unique(kind[test]):
        kept, asked = train[kind[train] == one], test[kind[test] == one]
        # English itself has one run of each size: held out, nothing is left to fit.
        if len(kept) and points.languages[language[asked[0]]] != "eng":
            function = PerformanceFunction.fit(translated[kept], labelled[kept], score[kept])
            errors += list(function.score(translated[asked], labelled[asked]) - score[asked])
            truth += list(score[asked])
    squares = np.square(errors)
    assert len(errors) == 584
    assert np.sqrt(squares.mean()) == pytest.approx(5.84, abs=0.005)
    assert np.abs(errors).mean() == pytest.approx(3.82, abs=0.005)
    assert 1 - squares.sum() / np.square(np.array(truth) - np.mean(truth)).sum() == pytest.approx(0.897, abs=0.001)


@pytest.mark.slow
def test_the_curve_of_swahili_passes_its_own_scores(amue):
    curve = fit_curve(amue, task="TyDiQA", model=MBERT, target="swa", train="eng:3696")
    table = curve.predict(curve.measured.filter("alike")["size"].to_list())
    inside = curve.measured.filter("alike")["score"].is_between(table["lower"], table["upper"])
    assert inside.mean() > 0.8
    assert 1000 < curve.needed(0.78).expected < 1600


def test_a_curve_of_mixes_of_many_languages_holds_a_middle_one(observations_folder):
    evidence = read_evidence(observations_folder / "sumeval" / "train" / "TyDiQA_XLMR_ID.json")
    curve = fit_curve(evidence, task="TyDiQA-ID", model="xlm-roberta-large", target="swa")
    assert any("in the middle of those measured" in note for note in curve.notes)
    mean = curve.predict([0, 100, 2755])["mean"]
    assert mean[0] < mean[1] < mean[2]
