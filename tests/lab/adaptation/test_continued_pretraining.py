"""Continued pretraining: what is read, that it is learnt, that a stopped run goes on to the same bytes."""

from __future__ import annotations

import json
import random
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isogloss.errors import BadValue, UnknownName
from isogloss.lab import ByteTransformer, adapt, adaptation_card, clone_text, pretrain

pytest.importorskip("torch", reason="needs the extra lab")

from isogloss.lab.adaptation.mixing import hide, interleaved_windows, shares

NAME = "continued-pretraining"
SHORT = {"tokens": 512, "length": 16, "batch_size": 4, "measured": 2, "learning_rate": 1e-3}
LEARNT, OTHER = "deu", "fra"
WORDS = "the doctor cures a small fever in a big hospital by the river bank of an old town".split()


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


class Interrupted(Exception):
    """Somebody ends the run."""


class Impatient:
    """Ends the run when some parts are done."""

    def __init__(self, parts):
        self.left = parts

    def begin(self, stage, total):
        pass

    def advance(self, steps=1):
        self.left -= steps
        if self.left < 0:
            raise Interrupted


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A model that has read a language, and the language beside two copies of it that the model has not read."""
    chance = random.Random(0)
    texts = [" ".join(chance.choices(WORDS, k=8)) for _ in range(60)]
    folder = tmp_path_factory.mktemp("world") / "model"
    shape = ByteTransformer(layers=1, width=32, heads=2, context=48, copies=2, steps=60, batch_size=8)
    pretrain(texts, folder, shape)
    corpus = {"eng": texts, LEARNT: [clone_text(one) for one in texts], OTHER: [clone_text(one, 2) for one in texts]}
    return folder, corpus


def changes(folder):
    return {one["language"]: one["change"] for one in adaptation_card(folder)["losses"]}


TRAINED = {"tokens": 6000, "length": 48, "batch_size": 8, "learning_rate": 2e-3, "measured": 3, "parts": 2}


class TestPlantedWorld:
    """Learning a copy of a language is seen in this copy, and not in another."""

    def test_the_loss_of_the_learnt_copy_falls_and_of_no_other_language(self, world, tmp_path):
        folder = adapt(world[0], NAME, corpus=world[1], languages=(LEARNT,), into=tmp_path / "made", **TRAINED)
        found = changes(folder)
        assert found[LEARNT] < -0.25
        assert found["eng"] > 0
        assert found[OTHER] > found[LEARNT] + 0.2

    def test_replay_keeps_what_is_replayed(self, world, tmp_path):
        """With half of the sequences from the language that was known, it is not forgotten."""
        folder = adapt(
            world[0], NAME, corpus=world[1], languages=(LEARNT,), replayed=("eng",), replay=0.5, into=tmp_path / "made",
            **TRAINED,
        )  # fmt: skip
        found = changes(folder)
        assert found[LEARNT] < -0.2
        assert found["eng"] < 0.1
        assert adaptation_card(folder)["facts"]["shares"] == {LEARNT: 0.5, "eng": 0.5}

    def test_texts_beside_their_translations_are_learnt_from_too(self, world, tmp_path):
        folder = adapt(
            world[0], NAME, corpus=world[1], languages=(LEARNT,), interleave="eng", into=tmp_path / "made", **TRAINED
        )
        found = changes(folder)
        assert found[LEARNT] < -0.15
        assert adaptation_card(folder)["facts"]["shares"] == {f"eng+{LEARNT}": 1.0}

    def test_the_loss_of_each_language_is_known_along_training(self, world, tmp_path):
        folder = adapt(world[0], NAME, corpus=world[1], languages=(LEARNT,), into=tmp_path / "made", **TRAINED)
        curve = adaptation_card(folder)["facts"]["curve"]
        assert [point["tokens"] for point in curve] == [0, 3072, 6144]
        assert [*curve[0]["loss"]] == ["eng", LEARNT, OTHER]
        assert curve[0]["loss"][LEARNT] > curve[1]["loss"][LEARNT] > curve[2]["loss"][LEARNT]


@pytest.mark.parametrize("kind", ["decoder", "masked"])
def test_a_run_that_was_stopped_goes_on_to_the_same_bytes(kind, checkpoints, corpus, tmp_path):
    whole = adapt(checkpoints[kind], NAME, corpus=corpus, into=tmp_path / "whole", seed=1, **SHORT)
    for parts in (1, 3):  # once after the first measurement, once in the middle
        with pytest.raises(Interrupted):
            adapt(
                checkpoints[kind], NAME, corpus=corpus, into=tmp_path / "stopped", seed=1, progress=Impatient(parts),
                **SHORT,
            )  # fmt: skip
    again = adapt(checkpoints[kind], NAME, corpus=corpus, into=tmp_path / "stopped", seed=1, **SHORT)
    assert files(again) == files(whole)
    assert "training.safetensors" not in files(whole)
    other = adapt(checkpoints[kind], NAME, corpus=corpus, into=tmp_path / "other", seed=2, **SHORT)
    assert files(other)["model.safetensors"] != files(whole)["model.safetensors"]


def test_batches_in_parts_give_the_same_weights_as_whole_ones(checkpoints, corpus, tmp_path, monkeypatch):
    """Where logits of a batch would take too much memory, but for rounding."""
    from safetensors.torch import load_file

    from isogloss.lab.adaptation.objectives import prediction

    whole = adapt(checkpoints["decoder"], NAME, corpus=corpus, into=tmp_path / "whole", **SHORT)
    monkeypatch.setattr(prediction, "MOST_LOGITS", 1)
    parts = adapt(checkpoints["decoder"], NAME, corpus=corpus, into=tmp_path / "parts", **SHORT)
    first, second = (load_file(str(folder / "model.safetensors")) for folder in (whole, parts))
    assert max(float((first[name] - second[name]).abs().max()) for name in first) < 1e-4


@pytest.mark.parametrize(
    ("given", "error", "match"),
    [
        ({"languages": ("xho",)}, UnknownName, "unknown language of the texts 'xho'"),
        ({"replay": 0.2}, BadValue, "replay needs both a share and languages"),
        ({"languages": ("eng",), "family": "Uralic"}, BadValue, "both languages and a family"),
        ({"family": "Uralic"}, BadValue, "no texts of a language of the family 'Uralic'"),
        ({"languages": ("eng",), "interleave": "eng"}, BadValue, "no texts of a language to learn"),
        ({"languages": ("eng",), "replayed": ("eng",), "replay": 0.5}, BadValue, "both learnt and replayed"),
    ],
)
def test_what_cannot_be_learnt_is_said(given, error, match, checkpoints, corpus, tmp_path):
    with pytest.raises(error, match=match):
        adapt(checkpoints["decoder"], NAME, corpus=corpus, into=tmp_path / "made", **given)


def test_an_encoder_without_a_head_is_refused(checkpoints, corpus, tmp_path):
    with pytest.raises(BadValue, match="is an encoder without a head for hidden words"):
        adapt(checkpoints["encoder"], NAME, corpus=corpus, into=tmp_path / "made")


def test_texts_that_are_no_translations_are_refused(checkpoints, corpus, tmp_path):
    uneven = corpus | {"nld": corpus["nld"][:-1]}
    with pytest.raises(BadValue, match=r"30 texts of 'eng' are no translations of 29 of 'nld'.*item"):
        adapt(checkpoints["decoder"], NAME, corpus=uneven, interleave="eng", into=tmp_path / "made")


def test_a_family_is_learnt_without_the_others(checkpoints, corpus, tmp_path):
    texts = corpus | {"fin": corpus["eng"], "est": corpus["nld"]}
    folder = adapt(
        checkpoints["decoder"], NAME, corpus=texts, family="Uralic", alpha=0.0, into=tmp_path / "made", **SHORT
    )
    assert adaptation_card(folder)["facts"]["shares"] == {"fin": 0.5, "est": 0.5}


sizes = st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 10**6), min_size=1)


@given(sizes, st.floats(0, 1))
def test_smaller_languages_have_more_than_their_part_and_never_the_most(sizes, alpha):
    found = shares(sizes, alpha)
    total = sum(sizes.values())
    assert sum(found.values()) == pytest.approx(1)
    order = sorted(sizes, key=sizes.get)
    for less, more in pairwise(order):
        assert found[less] <= found[more] * (1 + 1e-9)
    assert found[order[0]] >= sizes[order[0]] / total * (1 - 1e-9)


def test_shares_as_in_the_texts_and_equal_ones():
    assert shares({"a": 30, "b": 10}, 1.0) == {"a": 0.75, "b": 0.25}
    assert shares({"a": 30, "b": 10}, 0.0) == {"a": 0.5, "b": 0.5}


texts = st.lists(st.integers(1, 9), min_size=1, max_size=20)


@given(texts, st.randoms(use_true_random=False), st.integers(18, 40))
def test_no_window_parts_a_text_from_its_translation(sizes, chance, length):
    first = [np.full(size, 2 * place) for place, size in enumerate(sizes)]
    second = [np.full(chance.randint(1, 9), 2 * place + 1) for place in range(len(sizes))]
    windows = interleaved_windows(first, second, length)
    assert np.concatenate(windows).tolist() == [
        token for pair in zip(first, second, strict=True) for row in pair for token in row.tolist()
    ]
    for window in windows:
        assert len(window) <= length
        assert window[0] % 2 == 0
        assert window[-1] % 2 == 1


def test_of_a_pair_that_is_too_long_both_texts_are_read():
    first, second = np.arange(100, 130), np.arange(200, 210)
    (window,) = interleaved_windows([first], [second], 20)
    assert window.tolist() == [*range(100, 115), *range(200, 205)]


class Letters:
    """What hiding needs of a tokeniser."""

    all_special_ids = (0, 1)
    mask_token_id = 2

    def __len__(self):
        return 50


@settings(max_examples=20)
@given(st.integers(0, 1000))
def test_special_tokens_are_never_hidden_and_something_always_is(seed):
    ids = np.array([0, *range(10, 40), 1])
    given_, hidden = hide(ids, Letters(), 0.15, np.random.default_rng(seed))
    assert not hidden[[0, -1]].any()
    assert hidden.any()
    assert (given_[~hidden] == ids[~hidden]).all()


def test_of_the_hidden_tokens_most_are_masked_and_some_stay():
    ids = np.tile(np.arange(10, 40), 1000)
    given_, hidden = hide(ids, Letters(), 0.15, np.random.default_rng(0))
    assert hidden.mean() == pytest.approx(0.15, abs=0.01)
    assert (given_[hidden] == 2).mean() == pytest.approx(0.8, abs=0.03)
    assert (given_[hidden] == ids[hidden]).mean() == pytest.approx(0.1, abs=0.02)


def test_schedules_rise_alike_and_fall_each_in_its_way():
    import torch

    from isogloss.models.runtime import adamw

    rates = {}
    for schedule in ("linear", "cosine", "constant"):
        weight = torch.nn.Parameter(torch.zeros(2, 2))
        optimizer, scheduler = adamw(
            [weight], learning_rate=1.0, weight_decay=0.0, warmup=0.2, steps=10, schedule=schedule
        )
        rates[schedule] = []
        for _ in range(10):
            rates[schedule].append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            scheduler.step()
    assert rates["linear"] == pytest.approx([0.5, 1, 1, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125])
    assert rates["constant"] == pytest.approx([0.5] + [1.0] * 9)
    assert rates["cosine"][:3] == pytest.approx([0.5, 1, 1])
    assert rates["cosine"][6] == pytest.approx(0.5)
    assert rates["cosine"][9] == pytest.approx((1 - np.cos(np.pi * 0.125)) / 2)


def test_the_card_says_how_it_was_trained(checkpoints, corpus, tmp_path):
    folder = adapt(checkpoints["masked"], NAME, corpus=corpus, into=tmp_path / "made", **SHORT)
    said = json.loads((folder / "training.json").read_text())
    assert (said["steps"], said["tokens"]) == (8, 512)
    assert said["shares"] == pytest.approx({"eng": 0.5, "nld": 0.5}, abs=0.1)
