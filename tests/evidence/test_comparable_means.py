"""Means that can be compared: over shared languages, each counted once, with ties within the error shown as ties."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from isogloss.evidence import Evidence, Store, read_evidence
from isogloss.evidence.comparable_means import comparable_means
from isogloss.evidence.overview import coverage
from isogloss.questions.evidence import ShowQuestion


def scored(*rows: tuple[str, str, float, int | None]) -> Evidence:
    """Accuracies of models in languages, with numbers of items."""
    columns = pl.DataFrame(rows, schema=["model", "target", "score", "items"], orient="row")
    return read_evidence(columns, task="t", metric="accuracy", train="")


UNEVEN = scored(("Rook", "deu", 0.7, 400), ("Rook", "tel", 0.3, 400), ("Knight", "deu", 0.69, 400))


def means(evidence: Evidence | Store) -> dict[str, tuple[float, str | None]]:
    rows = comparable_means(evidence).settings
    return {model: (round(mean, 6), standing) for model, mean, standing in
            rows.select("model", "shared_mean", "standing").rows()}  # fmt: skip


def test_a_model_that_was_also_tested_in_a_hard_language_is_not_worse_for_that(tmp_path):
    assert means(UNEVEN) == {"Knight": (0.69, "tie"), "Rook": (0.7, "best")}
    store = Store(tmp_path)
    store.append(UNEVEN.observations)
    assert means(store) == means(UNEVEN)


@pytest.mark.parametrize(("items", "standing"), [(100, "tie"), (100_000, "worse"), (None, None)])
def test_a_difference_within_its_error_is_a_tie(items, standing):
    evidence = scored(*(("Rook", code, 0.62, items) for code in ("deu", "tel")),
                      *(("Knight", code, 0.6, items) for code in ("deu", "tel")))  # fmt: skip
    assert means(evidence)["Knight"] == (0.6, standing)


def test_the_error_of_a_mean_is_that_of_its_languages():
    evidence = scored(("Rook", "deu", 0.5, 100), ("Rook", "tel", 0.5, 25), ("Knight", "deu", 0.1, 9),
                      ("Knight", "tel", 0.1, 9))  # fmt: skip
    error = comparable_means(evidence).settings.filter(model="Rook")["shared_error"].item()
    assert error == pytest.approx(np.sqrt(0.05**2 + 0.1**2) / 2)


@pytest.mark.parametrize(("items", "languages"), [(400, 0), (300, 1), (None, 0)])
def test_means_that_are_not_over_the_same_items_are_said(items, languages):
    evidence = scored(("Rook", "deu", 0.7, 400), ("Rook", "tel", 0.3, 400), ("Knight", "deu", 0.69, 400),
                      ("Knight", "tel", 0.2, items))  # fmt: skip
    assert comparable_means(evidence).other_items == languages
    said = "In 1 language models were tested on different numbers of items: there, means are not over the same items."
    assert (said in ShowQuestion(evidence=evidence).answer().sentences) == bool(languages)


def test_near_identical_languages_count_once():
    evidence = scored(("Rook", "swa", 0.6, 100), ("Rook", "swh", 0.4, 100), ("Rook", "deu", 0.8, 100),
                      ("Knight", "swh", 0.5, 100), ("Knight", "deu", 0.7, 100))  # fmt: skip
    found = comparable_means(evidence)
    assert found.twins == [("swa", "swh")]
    assert not found.uneven
    assert means(evidence) == {"Knight": (0.6, "tie"), "Rook": (0.65, "best")}
    covered = coverage(evidence, ["model"])
    assert covered.rows() == [("Knight", 2, 2, []), ("Rook", 2, 2, [])]


def test_the_smallest_difference_that_shows_falls_with_the_root_of_the_items():
    evidence = scored(*((model, code, 0.5, items) for model in ("Rook", "Knight")
                        for code, items in (("deu", 100), ("tel", 400))))  # fmt: skip
    shown = dict(comparable_means(evidence).languages.select("target", "smallest_difference").rows())
    assert shown["deu"] == pytest.approx(2.8016 * np.sqrt(2) * 0.05)
    assert shown["deu"] == pytest.approx(2 * shown["tel"])


def test_a_difference_of_that_size_shows_in_four_of_five_test_sets():
    """Two models 19.8 points apart, 100 items each: 80 % of 4000 worlds call it, and 5 % call one where none is."""
    chance = np.random.default_rng(0)
    for apart, called in ((0.198, 0.8), (0.0, 0.05)):
        first = chance.binomial(100, 0.5 + apart / 2, 4000) / 100
        second = chance.binomial(100, 0.5 - apart / 2, 4000) / 100
        error = np.sqrt((first * (1 - first) + second * (1 - second)) / 100)
        assert np.mean(abs(first - second) > 1.96 * error) == pytest.approx(called, abs=0.03)


def test_lower_is_better_where_the_metric_says_so():
    rows = pl.DataFrame({"model": ["Rook", "Knight"], "target": ["deu", "deu"], "score": [0.2, 0.4]})
    evidence = read_evidence(rows, task="t", metric="wer", train="")
    assert means(evidence)["Rook"] == (0.2, "best")


def test_what_evidence_show_says_of_it():
    answer = ShowQuestion(evidence=[UNEVEN]).answer()
    assert (
        "The means of models are over different languages: do not compare them. 1 language was measured with all 2 "
        "models." in answer.sentences
    )
    assert "Over the 1 language that all have, Rook is best with 0.700; Knight ties with it, within the error." in (
        answer.sentences
    )
    assert answer.sentences[-1] == (
        "Too few test items to tell models apart in 1 language (German): in German only differences of 9 points "
        "and more show."
    )
    table = answer.table.select("model", "mean", "shared", "shared_mean", "standing")
    assert table.rows() == [("Knight", 0.69, 1, 0.69, "tie"), ("Rook", 0.5, 1, 0.7, "best")]


def test_without_errors_no_tie_is_claimed():
    evidence = scored(("Rook", "deu", 0.62, None), ("Knight", "deu", 0.6, None))
    assert any(
        "whether others tie with it is not known" in one for one in ShowQuestion(evidence=[evidence]).answer().sentences
    )
