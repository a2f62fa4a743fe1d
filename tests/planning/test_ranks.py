"""Who is first over the languages that all have, on tables whose answer is known."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isogloss import read_evidence
from isogloss.errors import NotEnoughEvidence, UnknownName
from isogloss.planning import compare_ranks

LANGUAGES = ["deu", "hin", "yor", "swh", "rus", "tam"]


def evidence(metric: str = "accuracy", **scores: list[float | None]):
    rows = [
        {"model": model, "target": target, "score": score, "task": "topics", "metric": metric, "train": ""}
        for model, of_model in scores.items()
        for target, score in zip(LANGUAGES, of_model, strict=False)
        if score is not None
    ]
    return read_evidence(pl.DataFrame(rows))


def ranks(table: pl.DataFrame) -> dict[str, tuple[int, int, int]]:
    return {row["candidate"]: (row["rank"], row["best_rank"], row["worst_rank"]) for row in table.to_dicts()}


def test_what_is_better_everywhere_is_first_in_every_sample():
    found = compare_ranks(evidence(good=[0.9, 0.8, 0.5], bad=[0.8, 0.6, 0.1]), task="topics")
    assert ranks(found.table) == {"good": (1, 1, 1), "bad": (2, 2, 2)}
    assert found.table["first"].to_list() == [1.0, 0.0]
    assert found.words(100, 1)[0] == (
        "good has the best mean of 2 models, 73.3, over the 3 languages that all were measured in, and stays first in "
        "over 99 % of samples of these languages."
    )


def test_where_the_order_depends_on_languages_nobody_is_called_better():
    found = compare_ranks(evidence(one=[0.9, 0.2, 0.9, 0.2, 0.8], two=[0.3, 0.8, 0.3, 0.8, 0.7]), task="topics")
    assert ranks(found.table) == {"one": (1, 1, 2), "two": (2, 1, 2)}
    assert found.ties == ("two",)
    assert "but two may be as good: the order changes with the languages that count" in found.words()[0]


def test_only_languages_that_all_have_count_and_the_others_are_said():
    found = compare_ranks(evidence(wide=[0.5, 0.5, 0.9], narrow=[0.6, 0.6]), task="topics")
    assert found.targets == ("deu", "hin")
    assert found.left_out == ("yor",)
    assert found.table["candidate"][0] == "narrow"
    assert dict(found.table.select("candidate", "own_mean").rows())["wide"] == pytest.approx(1.9 / 3)
    assert "Coverage differs (narrow in 2, wide in 3): 1 language that some model lacks is left out." in found.words()


def test_languages_that_are_named_change_means_and_ranks():
    scores = evidence(one=[0.9, 0.1, 0.1], two=[0.2, 0.8, 0.8])
    assert compare_ranks(scores, task="topics").table["candidate"][0] == "two"
    named = compare_ranks(scores, task="topics", targets=["deu", "tam"])
    assert named.table["candidate"][0] == "one"
    assert named.missing == ("tam",)
    assert named.table["lower"].to_list() == [None, None]


def test_where_lower_is_better_the_lowest_is_first():
    found = compare_ranks(evidence("perplexity", low=[5.0, 6.0], high=[7.0, 9.0]), task="topics")
    assert found.table["candidate"].to_list() == ["low", "high"]


def test_nearly_identical_languages_count_once():
    rows = [
        {"model": model, "target": target, "score": score, "task": "topics", "metric": "accuracy", "train": ""}
        for model, score in (("one", 0.5), ("two", 0.6))
        for target in ("swa", "swh", "deu")
    ]
    assert compare_ranks(read_evidence(pl.DataFrame(rows)), task="topics").targets == ("deu", "swa")


def test_models_are_compared_after_the_same_training():
    rows = [
        {"model": model, "target": target, "score": score, "task": "topics", "metric": "accuracy", "train": train}
        for model, train, score in (("one", "", 0.5), ("two", "", 0.6), ("one", "eng:1000", 0.9))
        for target in ("deu", "hin")
    ]
    found = compare_ranks(read_evidence(pl.DataFrame(rows)), task="topics")
    assert dict(found.table.select("candidate", "mean").rows()) == {"one": 0.5, "two": 0.6}


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.integers(0, 100), min_size=4, max_size=4), min_size=2, max_size=4))
def test_ranks_lie_within_their_intervals_and_means_within_theirs(scores):
    of = {f"m{number}": [score / 100 for score in row] for number, row in enumerate(scores)}
    table = compare_ranks(evidence(**of), task="topics").table
    assert table["rank"].min() == 1
    for row in table.to_dicts():
        assert row["best_rank"] <= row["rank"] <= row["worst_rank"] <= len(of)
        assert row["lower"] - 1e-9 <= row["mean"] <= row["upper"] + 1e-9


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(NotEnoughEvidence, match="one model only"):
        compare_ranks(evidence(one=[0.5, 0.6]), task="topics")
    with pytest.raises(NotEnoughEvidence, match="no language in which every model"):
        compare_ranks(evidence(one=[0.5], two=[None, 0.6]), task="topics")
    with pytest.raises(NotEnoughEvidence, match="no score in these languages"):
        compare_ranks(evidence(one=[0.5], two=[0.6]), task="topics", targets=["tam"])
    with pytest.raises(UnknownName, match="did you mean 'one'"):
        compare_ranks(evidence(one=[0.5], two=[0.6]), task="topics", candidates=["onee", "two"])
