"""What holds for every registered metric."""

from __future__ import annotations

import math
from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.errors import BadValue
from isogloss.metrics import Gold, Metric, SumComputation, find_metric, metrics

ALL = dict(metrics.items())
BY_OTHERS = (
    ()
    if find_spec("sacrebleu")
    else ("bleu", "chrf", "chrf++", "ter", "sari", "wer", "cer", "rouge_1", "rouge_2", "rouge_l")
)
DOWNLOADS = "spbleu"
"""Needs a file from the network, see test_generation.py."""
COMPUTED = sorted(name for name, metric in ALL.items() if metric.computation and name not in (DOWNLOADS, *BY_OTHERS))
TAGS = ["O", "B-LOC", "I-LOC", "B-PER"]


def labelled(rows: int, seed: int) -> tuple[Gold, np.ndarray]:
    """Sentences of 1 to 8 words, of which some are read wholly wrong."""
    chance = np.random.default_rng(seed)
    lengths = chance.integers(1, 9, rows)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    labels = chance.choice(len(TAGS), starts[-1], p=[0.5, 0.2, 0.2, 0.1])
    wrong = chance.random(starts[-1]) < np.repeat(chance.choice([0.05, 0.6], rows), lengths)
    predicted = np.where(wrong, chance.integers(0, len(TAGS), starts[-1]), labels)
    return Gold(labels, starts, np.zeros(rows, dtype=np.int64), TAGS), predicted


def several(rows: int, seed: int) -> tuple[Gold, np.ndarray]:
    """Rows with one to four of four labels, and scores of all of them that know half of it."""
    chance = np.random.default_rng(seed)
    right = (chance.random((rows, len(TAGS))) < [0.5, 0.3, 0.2, 0.1]).astype(np.uint8)
    right[np.arange(rows), chance.integers(0, len(TAGS), rows)] = 1
    gold = Gold(right, np.arange(rows + 1), np.zeros(rows, np.int64), TAGS, languages=["eng"])
    return gold, 2.0 * right - 1 + chance.normal(size=right.shape)


def numbers(rows: int, seed: int) -> tuple[Gold, np.ndarray]:
    """Numbers from 0 to 5 in halves, and answers that know half of them."""
    chance = np.random.default_rng(seed)
    right = chance.integers(0, 11, rows) / 2
    gold = Gold(right, np.arange(rows + 1), np.zeros(rows, np.int64), [], languages=["eng"])
    return gold, 0.2 * right + chance.normal(size=rows) / 3


def graded(rows: int, seed: int) -> tuple[Gold, np.ndarray]:
    """Queries with three to six documents of which some are relevant, and scores that know half of it."""
    chance = np.random.default_rng(seed)
    starts = np.concatenate([[0], np.cumsum(chance.integers(3, 7, rows))])
    right = (chance.random(starts[-1]) < 0.3).astype(np.int64)
    right[starts[:-1]], right[starts[:-1] + 1] = 1, 0
    return Gold(right, starts, np.zeros(rows, np.int64), []), right + chance.normal(size=len(right))


def written(rows: int, seed: int) -> tuple[Gold, np.ndarray]:
    """Answers of two to eight words, half of them right, some empty."""
    chance = np.random.default_rng(seed)
    right = [(" ".join(chance.choice(["red", "blue", "fox", "hen"], chance.integers(2, 9))),) for _ in range(rows)]
    texts = [answer if chance.random() < 0.5 else str(chance.choice(["fox", "red hen", ""])) for (answer,) in right]
    sources = [" ".join(["cow", *answer.split()[1:], "dog"]) for (answer,) in right]
    gold = Gold(
        np.zeros(0), np.zeros(0), np.zeros(rows, np.int64), [], right, ["eng"], contexts=[""] * rows, sources=sources
    )
    return gold, np.array(texts)


def drawn(gold: Gold, predicted: np.ndarray, rows: np.ndarray) -> tuple[Gold, np.ndarray]:
    """The same with these rows."""
    if gold.answers:
        answers = [gold.answers[row] for row in rows]
        return replace(gold, answers=answers, sources=[gold.sources[row] for row in rows]), predicted[rows]
    units = np.concatenate([np.arange(gold.starts[row], gold.starts[row + 1]) for row in rows])
    starts = np.concatenate([[0], np.cumsum(np.diff(gold.starts)[rows])])
    return Gold(gold.labels[units], starts, gold.targets, gold.names), predicted[units]


def examples(metric: str, rows: int = 300) -> tuple[Gold, np.ndarray]:
    answers = ALL[metric].computation.answers
    made = {"tags": labelled, "labels": several, "value": numbers, "ranking": graded}
    return next((make for answer, make in made.items() if answer in answers), written)(rows, seed=1)


@pytest.mark.parametrize("name", ALL)
def test_range_direction_and_best_score_fit_each_other(name: str) -> None:
    metric = ALL[name]
    assert metric.name == name
    assert metric.higher_is_better is not None
    if metric.lowest is not None:
        assert metric.lowest < metric.highest
        assert metric.best == (metric.highest if metric.higher_is_better else metric.lowest)
    assert metric.is_fraction is None or metric.is_fraction == (metric.highest == 1 and math.isfinite(metric.lowest))


@pytest.mark.parametrize("name", ALL)
def test_each_of_its_names_finds_it_whatever_case_and_marks(name: str) -> None:
    metric = ALL[name]
    for one in (name, *metric.synonyms):
        assert find_metric(one) == find_metric(one.upper().replace("_", "-")) == metric
        assert find_metric(f"eval_{one}") == metric


def test_no_name_stands_for_two_metrics() -> None:
    names = [one for name, metric in ALL.items() for one in (name, *metric.synonyms)]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("name", COMPUTED)
def test_perfect_predictions_have_the_best_score(name: str) -> None:
    gold, _ = examples(name)
    perfect = np.array([answer for (answer,) in gold.answers]) if gold.answers else gold.labels
    measured = ALL[name].measure(gold, perfect)
    assert measured.scores.tolist() == [ALL[name].best]
    assert measured.standard_errors == [pytest.approx(0, abs=1e-9)]


@pytest.mark.parametrize("name", COMPUTED)
def test_scores_lie_in_the_range(name: str) -> None:
    for rows in (1, 2, 300):
        measured = ALL[name].measure(*examples(name, rows))
        assert all(map(ALL[name].within, [*measured.scores, *measured.item_scores]))


@pytest.mark.parametrize("name", COMPUTED)
def test_standard_errors_are_those_of_drawing_rows_again(name: str) -> None:
    gold, predicted = examples(name)
    chance = np.random.default_rng(2)
    draws = [chance.integers(0, 300, 300) for _ in range(400)]
    computation = ALL[name].computation
    if isinstance(computation, SumComputation):
        counts = computation.counts(gold, predicted)
        again = [computation.score(counts[rows].sum(0), "eng") for rows in draws]
    else:
        again = [ALL[name].measure(*drawn(gold, predicted, rows)).scores[0] for rows in draws]
    deviation = np.std(again, ddof=1)
    assert ALL[name].measure(gold, predicted).standard_errors == [pytest.approx(deviation, rel=0.1)]


def test_words_before_a_metric_name_its_task_and_some_after_it_specify_it() -> None:
    for name, metric in (
        ("word_perplexity", "perplexity"), ("match/accuracy", "accuracy"), ("acc_norm_token", "accuracy"),
        ("exact_match,strict-match", "exact_match"), ("ndcg_at_10", "ndcg"), ("recall@5", "recall"),
        ("cosine_spearman", "spearman"), ("slot_f1", "f1"), ("MacroF1", "macro_f1"), ("chrF2++", "chrf++"),
        ("phoneme_error_rate", "error_rate"), ("COMET-22", "wmt22_comet_da"),
        ("Unbabel/wmt22-comet-da", "wmt22_comet_da"),
    ):  # fmt: skip
        assert find_metric(name).name == metric, name


@pytest.mark.parametrize(
    "name", ["liveliness", "score", "accuracy_drop", "delta_f1", "bleu_diff", "number_correct", ""]
)
def test_of_another_name_nothing_is_presumed(name: str) -> None:
    metric = find_metric(name)
    assert (metric.name, metric.is_fraction, metric.higher_is_better, metric.best) == (name, None, None, None)
    assert metric.chance_level(4) is None


def test_chance_depends_on_the_classes_where_it_does() -> None:
    assert find_metric("accuracy").chance_level(4) == 0.25
    assert find_metric("accuracy").chance_level() is None
    assert (find_metric("mcc").chance_level(), find_metric("auroc").chance_level(7)) == (0, 0.5)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"lowest": 0}, "one end of a range"),
        ({"lowest": 1, "highest": 0}, "no range from 1 to 0"),
        ({"lowest": 0, "highest": 1, "chance": 2.0}, "chance=2 lies outside"),
        ({"aggregation": "mean"}, "aggregation='mean' is none of item, corpus"),
        ({"computation": find_metric("f1").computation}, "lacks a range or a direction"),
    ],
)
def test_a_metric_that_contradicts_itself_is_refused(fields: dict[str, object], reason: str) -> None:
    with pytest.raises(BadValue, match=reason):
        Metric(name="mine", **fields)


def test_a_metric_that_is_only_read_is_not_computed() -> None:
    with pytest.raises(BadValue, match="cannot compute 'meteor'"):
        find_metric("meteor").measure(*examples("accuracy"))


def test_a_metric_of_ones_own_is_found_by_all_its_names() -> None:
    mine = Metric(name="liveliness", synonyms=("alive",), lowest=0, highest=1, higher_is_better=True)
    metrics.register("liveliness")(mine)
    try:
        assert find_metric("Alive") is mine
    finally:
        metrics.unregister("liveliness")
    assert find_metric("alive").higher_is_better is None
    with pytest.raises(BadValue, match="exists already"):
        metrics.register("accuracy")(mine)


@given(st.text(max_size=30))
def test_any_text_names_a_registered_metric_or_one_of_which_nothing_is_known(name: str) -> None:
    metric = find_metric(name)
    assert metric in ALL.values() or metric == Metric(name=name, unit="")
    assert find_metric(metric.name) == metric
