"""Labels from many models: better than the majority where models are unequal, no better where they are not."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

import isogloss
from isogloss.behaviour import aggregate_labels
from isogloss.behaviour.aggregation import MOST_MODELS, ensemble, learn_from_gold
from isogloss.errors import BadValue, NotEnoughEvidence

LABELS = 4
UNEQUAL = (0.9, 0.85, 0.8, 0.45, 0.4, 0.35, "first", "first", "next", 0.3)
"""Accuracies of ten sources: three good, four poor, two that always say the first label, one that is always one off."""


def votes(sources: tuple[float | str, ...], items: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    chance = np.random.default_rng(seed)
    truth = chance.integers(0, LABELS, items)
    rows = []
    for source in sources:
        if source == "first":
            rows.append(np.zeros(items, int))
        elif source == "next":
            rows.append((truth + 1) % LABELS)
        else:
            right = chance.random(items) < float(source)
            rows.append(np.where(right, truth, (truth + chance.integers(1, LABELS, items)) % LABELS))
    return truth, np.stack(rows)


def table(sources: tuple[float | str, ...], items: int = 300, seed: int = 0, language: str = "swa") -> pl.DataFrame:
    truth, given = votes(sources, items, seed)
    return pl.DataFrame(
        [
            {"language": language, "item": item, "model": f"from source {source}", "prediction": f"label {label}",
             "answer": f"label {truth[item]}"}
            for source, row in enumerate(given) for item, label in enumerate(row)
        ]
    )  # fmt: skip


def test_unequal_sources_are_weighted_and_beat_the_majority_and_nearly_the_best() -> None:
    answer = isogloss.aggregate_labels(table(UNEQUAL))
    (score,) = answer.result.scores.iter_rows(named=True)
    assert score["lower"] > 0
    assert score["aggregated"] > score["best"] - 0.02
    ranked = answer.result.models.sort("reliability", descending=True)["model"].to_list()
    assert {*ranked[:3]} == {"from source 0", "from source 1", "from source 2"}
    assert "better than the majority in 1 of 1 language, worse in 0" in answer.sentences[0]


def test_over_worlds_the_gain_is_there_with_unequal_sources_and_none_with_a_few_good_ones() -> None:
    gains = {}
    for name, sources in (("unequal", UNEQUAL), ("equal", (0.85, 0.85, 0.85))):
        differences = []
        for seed in range(20):
            truth, given = votes(sources, 200, seed)
            probabilities, _ = ensemble(given, LABELS)
            counts = np.stack([(given == label).sum(0) for label in range(LABELS)], axis=1)
            differences.append((probabilities.argmax(1) == truth).mean() - (counts.argmax(1) == truth).mean())
        gains[name] = np.mean(differences)
    assert gains["unequal"] > 0.05
    assert abs(gains["equal"]) < 0.02


def test_a_source_may_leave_items_out_and_answers_change_nothing() -> None:
    whole = table(UNEQUAL)
    some = whole.filter((pl.col("item") % 3 > 0) | (pl.col("model") != "from source 0"))
    one = isogloss.aggregate_labels(some).result.labels
    without = isogloss.aggregate_labels(some.drop("answer"))
    assert one["label"].to_list() == without.result.labels["label"].to_list()
    assert without.result.scores.is_empty()
    (verdict,) = without.sentences
    assert verdict.startswith("300 items in 1 language labelled by 10 models; ")
    assert verdict.endswith(" other than the majority's, and no right answers to say which are better.")


def test_languages_are_aggregated_apart() -> None:
    both = pl.concat([table(UNEQUAL), table(UNEQUAL[::-1], language="yor", seed=1)])
    models = isogloss.aggregate_labels(both).result.models
    best = models.sort("reliability", descending=True).group_by("language", maintain_order=True).first()
    assert dict(best.select("language", "model").iter_rows()) == {"swa": "from source 0", "yor": "from source 9"}


def test_a_language_without_all_right_answers_is_not_scored_and_that_is_said() -> None:
    some = pl.when(pl.col("item") > 0).then("answer")
    both = pl.concat([table(UNEQUAL), table(UNEQUAL, language="yor").with_columns(answer=some)])
    answer = isogloss.aggregate_labels(both)
    assert answer.result.scores["language"].to_list() == ["swa"]
    assert "better than the majority in 1 of 1 language, worse in 0" in answer.sentences[0]
    assert answer.sentences[-1] == "1 language not scored: right answers of some items are missing."


def test_what_cannot_be_aggregated_is_refused() -> None:
    from isogloss.behaviour import read_items

    items = read_items(table((0.9,)))
    with pytest.raises(NotEnoughEvidence, match="swa has labels of one model only"):
        aggregate_labels(items)
    with pytest.raises(BadValue, match="a model labels an item twice"):
        aggregate_labels(pl.concat([items, items]))
    both = read_items(table((0.9, 0.8))).with_columns(answer=pl.col("text"))
    with pytest.raises(BadValue, match=r"item \d+ has several right answers"):
        aggregate_labels(both)


MOSTLY_POOR = (0.8, 0.75, *[0.3] * 6, *["first"] * 6, *["next"] * 4)
"""Two good sources among eighteen, of which most make the same mistakes."""


def test_a_few_right_answers_find_the_good_sources_where_most_agree_on_mistakes() -> None:
    """Over ten worlds, 30 right answers of 300: without them those that agree are believed."""
    means = []
    for seed in range(10):
        answer = isogloss.aggregate_labels(table(MOSTLY_POOR, seed=seed), gold=30, seed=seed)
        (score,) = answer.result.scores.iter_rows(named=True)
        assert score["items"] == 270
        means.append([score[name] for name in ("weighted", "supervised", "aggregated", "majority", "best")])
    weighted, supervised, aggregated, majority, best = np.mean(means, 0)
    assert supervised > max(aggregated, majority) + 0.1
    assert weighted > majority + 0.1
    assert best > supervised  # thirty answers are few: the best source alone, if one knew it, is better
    models = answer.result.models.sort("weight", descending=True)
    assert models["weight"].sum() == pytest.approx(1)
    assert models.filter(pl.col("weight") > 0).height <= MOST_MODELS
    assert "With some right answers: " in answer.sentences[1]


def test_right_answers_add_nothing_where_sources_are_equal() -> None:
    gains = []
    for seed in range(10):
        (score,) = aggregate_labels_of((0.85, 0.85, 0.85), seed).iter_rows(named=True)
        gains.append([score["weighted"] - score["majority"], score["supervised"] - score["majority"]])
    assert np.abs(np.mean(gains, 0)).max() < 0.03


def aggregate_labels_of(sources: tuple[float | str, ...], seed: int) -> pl.DataFrame:
    """Scores with 30 right answers."""
    return isogloss.aggregate_labels(table(sources, seed=seed), gold=30, seed=seed).result.scores


def test_weights_are_in_proportion_to_right_answers() -> None:
    votes = np.array([[0, 1, 0, 1], [0, 0, 0, 1], [1, 0, 1, 0]])
    shares, probabilities, weights = learn_from_gold(votes, np.array([0, 1, -1, -1]), 2)
    assert weights.tolist() == pytest.approx([2 / 3, 1 / 3, 0])
    assert shares[3].tolist() == pytest.approx([0, 1])
    # The first calls 0 and 1 what they are in 2 of 3, the second calls both 0 in 2 of 3; labels are as frequent.
    assert probabilities[2].tolist() == pytest.approx([2 / 3, 1 / 3])


def test_too_few_right_answers_are_refused() -> None:
    with pytest.raises(NotEnoughEvidence, match="give more than 300, or a smaller gold"):
        isogloss.aggregate_labels(table(UNEQUAL), gold=300)
    with pytest.raises(NotEnoughEvidence, match="0 items with a right answer"):
        isogloss.aggregate_labels(table(UNEQUAL).drop("answer"), gold=5)
