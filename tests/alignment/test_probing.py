"""Probes find a label where it was planted, and none where there is none."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isogloss.alignment import probe, write_encodings
from isogloss.alignment.description_length import code_lengths
from isogloss.alignment.labels import read_labels
from isogloss.alignment.linear_probe import LinearProbe
from isogloss.errors import BadValue, NotEnoughEvidence


def world(folder, *, sentences=90, layers=3, place=1, step=3.0, languages=("eng", "deu"), seed=0):
    """Encodings whose layer `place` says which of three labels a sentence has, and the labels."""
    drawn = np.random.default_rng(seed)
    labels = drawn.permutation(np.arange(sentences) % 3)
    meanings = drawn.normal(size=(layers, sentences, 8))
    meanings[place, np.arange(sentences), labels] += step
    vectors = {code: meanings + 0.3 * drawn.normal(size=meanings.shape) for code in languages}
    encodings = write_encodings(folder / "reps", vectors, dict.fromkeys(languages, range(sentences)), model="planted")
    return encodings, pl.DataFrame({"id": range(sentences), "label": [f"label {one}" for one in labels]})


def test_a_label_in_one_layer_is_read_there_and_nowhere_else(tmp_path):
    encodings, labels = world(tmp_path)
    probing = probe(encodings, labels)
    assert probing.best == 1
    assert probing.layers["present"].to_list() == [False, True, False]
    planted, *others = probing.layers.sort("accuracy", descending=True).iter_rows(named=True)
    assert planted["accuracy"] > 0.85
    assert planted["compression"] > 1.2
    assert planted["control_compression"] < 1.02
    assert all(other["compression"] < 1.02 for other in others)


def test_random_labels_have_no_selectivity(tmp_path):
    """Over 12 null worlds, selectivity is 0 on average and a label is said to be present in at most two."""
    selectivity, present = [], 0
    for seed in range(12):
        encodings, labels = world(tmp_path / str(seed), sentences=60, layers=1, place=0, step=0.0, seed=seed)
        layers = probe(encodings, labels, folds=3, seed=seed).layers
        selectivity.append(layers["selectivity"][0])
        present += layers["present"].sum()
    assert np.mean(selectivity) == pytest.approx(0, abs=0.05)
    assert present <= 2


@pytest.mark.slow
@pytest.mark.parametrize("step", [0.0, 1.5])
def test_intervals_of_selectivity_hold_the_selectivity_of_other_worlds(tmp_path, step):
    """Over 60 worlds, without the label and with it: 95 % intervals hold the mean selectivity of all worlds."""
    rows = []
    for seed in range(60):
        encodings, labels = world(tmp_path / str(seed), sentences=60, layers=1, place=0, step=step, seed=seed)
        rows += probe(encodings, labels, seed=seed).layers.to_dicts()
    true = np.mean([row["selectivity"] for row in rows])
    held = [row["selectivity_lower"] <= true <= row["selectivity_upper"] for row in rows]
    assert np.mean(held) >= 0.92


def test_control_labels_are_as_frequent_as_labels_and_the_same_in_all_languages(tmp_path):
    encodings, labels = world(tmp_path)
    read = read_labels(encodings, labels)
    control = read.control(0)
    assert np.bincount(control).tolist() == np.bincount(read.label).tolist()
    by_language = [control[read.language == at][np.argsort(read.sentence[read.language == at])] for at in (0, 1)]
    assert (by_language[0] == by_language[1]).all()
    assert (control != read.label).any()


def test_one_word_has_one_random_label_and_stays_with_its_sentence(tmp_path):
    """A probe that knows the word reads its random label: control is high, and selectivity small."""
    drawn = np.random.default_rng(0)
    words = np.tile(np.arange(6), 40)
    vectors = {"eng": 5 * np.eye(6)[words] + 0.1 * drawn.normal(size=(240, 6))}
    encodings = write_encodings(tmp_path / "reps", vectors, {"eng": range(240)}, model="words")
    table = pl.DataFrame(
        {
            "id": range(240),
            "upos": ["NOUN" if one % 2 else "VERB" for one in words],
            "word": [f"w{one}" for one in words],
            "sentence": np.repeat(np.arange(40), 6),
        }
    )
    probing = probe(encodings, table)
    assert probing.labels.sentences == 40
    assert probing.layers["accuracy"][0] == 1
    assert probing.layers["control"][0] == 1
    assert probing.layers["memorised"][0] == 1
    assert not probing.layers["present"][0]


def test_languages_are_told_apart_where_they_differ(tmp_path):
    drawn = np.random.default_rng(0)
    vectors = {code: drawn.normal(size=(40, 5)) + shift for code, shift in (("eng", 0), ("deu", 3), ("wol", -3))}
    encodings = write_encodings(tmp_path / "reps", vectors, dict.fromkeys(vectors, range(40)), model="shifted")
    layers = probe(encodings, "language").layers
    assert layers["accuracy"][0] > 0.9
    assert layers["chance"][0] == pytest.approx(1 / 3)


def test_a_sentence_is_never_learnt_from_in_another_language(tmp_path):
    """Each sentence has a direction of its own, the same in both languages: only a leak could read its label."""
    drawn = np.random.default_rng(0)
    directions = 10 * np.eye(60)
    vectors = {code: directions + 0.01 * drawn.normal(size=(60, 60)) for code in ("eng", "deu")}
    encodings = write_encodings(tmp_path / "reps", vectors, dict.fromkeys(vectors, range(60)), model="own")
    labels = pl.DataFrame({"id": range(60), "label": drawn.permutation(np.arange(60) % 2).astype(str)})
    layers = probe(encodings, labels).layers
    assert layers["memorised"][0] > 0.95
    assert layers["accuracy"][0] < 0.6


def test_results_do_not_depend_on_the_order_of_labels(tmp_path):
    encodings, labels = world(tmp_path, layers=1, place=0)
    shuffled = labels.sample(fraction=1, shuffle=True, seed=1)
    assert probe(encodings, labels).layers.equals(probe(encodings, shuffled).layers)


def test_labels_without_a_vector_and_vectors_without_a_label_are_counted(tmp_path):
    encodings, labels = world(tmp_path)
    some = pl.concat([labels.head(60), pl.DataFrame({"id": [1000], "label": ["label 0"]})])
    read = read_labels(encodings, some)
    assert (read.unlabelled, read.unencoded, read.sentences) == (60, 1, 60)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda table: table.rename({"label": "colour"}), "no column label"),
        (lambda table: table.with_columns(label=pl.lit("same")), "every sentence has the label 'same'"),
        (lambda table: table.with_columns(label=pl.col("id").cast(pl.String)), "90 labels for 90 sentences"),
        (lambda table: table.head(8), "8 labelled sentences"),
        (lambda table: table.with_columns(id=pl.col("id") + 500), "no vector has a label"),
        (lambda table: pl.concat([table, table.with_columns(label=pl.lit("label 0"))]), "is there twice"),
    ],
)
def test_labels_that_say_nothing_are_refused(tmp_path, change, reason):
    encodings, labels = world(tmp_path)
    with pytest.raises((BadValue, NotEnoughEvidence), match=reason):
        probe(encodings, change(labels))


@settings(max_examples=15, deadline=None)
@given(st.integers(2, 5), st.integers(0, 1000))
def test_a_code_of_labels_that_vectors_know_nothing_of_is_no_shorter_than_a_uniform_one(classes, seed):
    drawn = np.random.default_rng(seed)
    labels = drawn.permutation(np.arange(80) % classes)
    bits = code_lengths(drawn.normal(size=(80, 3)), labels, np.arange(80), classes, seed=seed)
    assert (bits > 0).all()
    assert bits.sum() > 0.9 * 80 * np.log2(classes)


def test_a_code_of_labels_that_vectors_hold_gets_shorter_sentence_by_sentence():
    labels = np.arange(200) % 2
    vectors = np.column_stack([labels * 6.0, np.random.default_rng(0).normal(size=200)])
    bits = code_lengths(vectors, labels, np.arange(200), 2, strength=1.0)
    order = np.random.default_rng(0).permutation(200)
    assert bits[order.argsort()][:1] == pytest.approx(1.0)
    assert bits.sum() < 0.2 * 200


def test_a_probe_of_one_label_says_that_label():
    probe_of_one = LinearProbe(np.zeros((3, 2)), np.array([1, 1, 1]), 3)
    assert probe_of_one.predict(np.ones((2, 2))).tolist() == [1, 1]
    assert probe_of_one.probabilities(np.ones((1, 2))).tolist() == [[0, 1, 0]]
