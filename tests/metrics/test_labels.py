"""Metrics of labels, for all targets at once, are those of scikit-learn for each."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score, matthews_corrcoef

from isogloss.metrics import Gold, find_metric
from isogloss.metrics.labels import span_counts
from isogloss.metrics.texts import f1

SCIKIT_LEARN = {
    "accuracy": accuracy_score,
    "balanced_accuracy": balanced_accuracy_score,
    "macro_f1": partial(f1_score, average="macro", zero_division=0),
    "weighted_f1": partial(f1_score, average="weighted", zero_division=0),
    "mcc": matthews_corrcoef,
}
ANSWERS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=20)


@given(groups=st.lists(ANSWERS, min_size=1, max_size=4))
def test_scores_equal_scikit_learn(groups: list[list[tuple[int, int]]]) -> None:
    gold, predicted = (np.array([pair[place] for answers in groups for pair in answers]) for place in (0, 1))
    owners = np.repeat(np.arange(len(groups)), [len(answers) for answers in groups])
    whole = Gold(gold, np.arange(len(gold) + 1), owners, ["a", "b", "c", "d"])
    for name, theirs in SCIKIT_LEARN.items():
        scores = find_metric(name).measure(whole, predicted).scores
        for group in range(len(groups)):
            here = owners == group
            assert scores[group] == pytest.approx(theirs(gold[here], predicted[here])), name


SAID = st.lists(st.tuples(st.sampled_from(["red fox", "fox", "a blue fox", ""]), st.integers(0, 2)), min_size=3)


@given(said=SAID)
def test_scores_of_texts_are_means_of_their_items(said: list[tuple[str, int]]) -> None:
    """Of each target its own, and of several right answers the best."""
    targets = np.array([*(target for _, target in said), 0, 1, 2])
    texts = np.array([*(text for text, _ in said), "fox", "fox", "fox"])
    right = [("red fox", "the fox")] * len(texts)
    gold = Gold(np.zeros(0), np.zeros(0), targets, [], right, ["eng"] * 3, contexts=[""] * len(texts))
    scores, _, each = find_metric("f1").measure(gold, texts)
    assert each.tolist() == [max(f1(text, answer, "eng") for answer in right[0]) for text in texts.tolist()]
    assert scores == pytest.approx([each[targets == target].mean() for target in range(3)])


TAGS = ["B-LOC", "B-PER", "I-LOC", "I-PER", "O"]


def spans_one_by_one(tags: list[str]) -> set[tuple[int, int, str]]:
    """The definition: a span begins at a B-, or at an I- of a type that was not going on."""
    found, begun = set(), None
    for place, tag in enumerate([*tags, "O"]):
        if begun is not None and not (tag.startswith("I-") and tag[2:] == begun[1]):
            found.add((begun[0], place, begun[1]))
            begun = None
        if (begun is None and tag != "O") or tag.startswith("B-"):
            begun = (place, tag[2:])
    return found


SENTENCES = st.lists(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=8), min_size=1, max_size=6
)


@given(sentences=SENTENCES)
def test_spans_are_counted_sentence_by_sentence(sentences: list[list[tuple[int, int]]]) -> None:
    gold, said = (np.array([pair[side] for sentence in sentences for pair in sentence]) for side in (0, 1))
    starts = np.cumsum([0, *map(len, sentences)])
    counts = span_counts(gold, said, starts, TAGS)
    for sentence, row in zip(sentences, counts, strict=True):
        there, found = (spans_one_by_one([TAGS[pair[side]] for pair in sentence]) for side in (0, 1))
        assert row.tolist() == [len(there & found), len(there), len(found)]


def test_span_f1_is_that_of_all_spans_of_a_language() -> None:
    """Two spans, of which one is found and one has a wrong end; the second language has none and gets none."""
    tags = {name: place for place, name in enumerate(TAGS)}
    gold = np.array([tags[name] for name in ("B-PER", "I-PER", "O", "B-LOC", "O", "O")])
    said = np.array([tags[name] for name in ("B-PER", "O", "O", "B-LOC", "O", "O")])
    whole = Gold(gold, np.array([0, 4, 6]), np.array([0, 1]), TAGS)
    for name, expected in (("span_f1", [0.5, 1.0]), ("accuracy", [0.75, 1.0])):
        measured = find_metric(name).measure(whole, said)
        assert (measured.scores.tolist(), measured.item_scores.tolist()) == (expected, expected)
