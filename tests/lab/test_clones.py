"""Cloned languages out of balance: who reads what, and what is measured of it."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from isogloss.errors import InputError
from isogloss.lab import ByteTransformer, clone_text, measure_clones, pretrain, study_clones
from isogloss.lab.byte_tokenizer import clone_ids, write_byte_tokenizer

pytest.importorskip("torch", reason="needs the extra lab")

TINY = ByteTransformer(layers=2, width=32, heads=2, context=24, steps=12, batch_size=8, learning_rate=1e-2, copies=1)


def sentences(count: int) -> list[str]:
    """Of few words, so that little is to be learnt."""
    chance = random.Random(2)
    words = ["the", "cat", "dog", "sees", "hears", "a", "small", "bird"]
    return [" ".join(chance.choices(words, k=6)) + "." for _ in range(count)]


def test_tokens_of_a_copy_are_those_of_the_cloned_text(tmp_path: Path) -> None:
    from isogloss.models.checkpoints import load_tokenizer

    write_byte_tokenizer(tmp_path, 2, 64)
    tokenizer = load_tokenizer(tmp_path)
    ids = np.array(tokenizer("as ü")["input_ids"])
    for copy in (1, 2):
        assert clone_ids(ids, copy).tolist() == tokenizer(clone_text("as ü", copy))["input_ids"]
    assert clone_ids(clone_ids(ids)).tolist() == clone_ids(ids).tolist()


def test_a_model_that_reads_the_copy_alone_knows_no_other(tmp_path: Path) -> None:
    """Share 1: bits per byte fall in the copy; the language is as strange as an untrained model finds it."""
    shape = ByteTransformer(**{**vars(TINY), "steps": 40, "clone_share": 1.0})
    found = pretrain(sentences(300), tmp_path / "model", shape)
    measured = measure_clones(tmp_path / "model", sentences(100))
    assert measured["bits_copy"] < 3.5
    assert measured["bits_language"] > 6
    assert found.bits_per_byte > 6  # of the texts as they are given


def test_a_schedule_reads_as_much_of_both_as_balance() -> None:
    schedule = ByteTransformer(copies=1, clone_share=0.1, clone_share_end=0.9)
    shares = [schedule.cloned(part) for part in np.linspace(0, 1, 11)]
    assert (shares[0], shares[-1], np.mean(shares)) == pytest.approx((0.1, 0.9, 0.5))


def test_without_a_share_weights_are_what_they_were(tmp_path: Path) -> None:
    """No chance is drawn for copies that are not asked for."""
    one, two = (ByteTransformer(**{**vars(TINY), "steps": 3, "clone_share_end": end}) for end in (None, 0.0))
    pretrain(sentences(100), tmp_path / "one", one)
    pretrain(sentences(100), tmp_path / "two", two)
    weights = [(tmp_path / name / "model.safetensors").read_bytes() for name in ("one", "two")]
    assert weights[0] == weights[1]


def test_every_arm_reads_the_same_in_the_copy_or_takes_the_same_steps() -> None:
    study = study_clones(sentences(240), TINY, shares=[0.25], seeds=2)
    steps = dict(study.runs.select("arm", "steps").unique().iter_rows())
    assert steps == {"alone": 6, "balanced": 12, "0.25": 24, "schedule": 12}
    assert study.runs["copy_bytes"].n_unique() == 1
    assert set(study.arms["measure"]) == {"bits_copy", "bits_language", "retrieval", "gap", "embeddings"}
    balanced = study.arms.filter(arm="balanced")
    assert balanced["difference"].null_count() == balanced.height
    tested = study.arms.drop_nulls("p")
    assert (tested["p_holm"] >= tested["p"]).all()
    row = study.arms.filter(arm="0.25", measure="bits_copy").row(0, named=True)
    values = (
        study.runs.filter(arm="0.25").sort("seed")["bits_copy"]
        - study.runs.filter(arm="balanced").sort("seed")["bits_copy"]
    )
    assert row["difference"] == pytest.approx(values.mean())
    assert row["difference_lower"] < row["difference"] < row["difference_upper"]


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"shares": [0.5]}, "0.5 is no share below one half"),
        ({"seeds": 1}, "1 seed"),
        ({"equal": "words"}, "'words' is nothing that can be equal"),
    ],
)
def test_what_cannot_be_studied_is_refused(how: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        study_clones(sentences(10), TINY, **how)  # type: ignore[arg-type]  # wrong on purpose


def test_a_share_without_a_copy_and_a_model_without_one_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="and no copy"):
        ByteTransformer(clone_share=0.1)
    pretrain(sentences(100), tmp_path / "plain", ByteTransformer(**{**vars(TINY), "steps": 1, "copies": 0}))
    with pytest.raises(InputError, match="has no copy of a language"):
        measure_clones(tmp_path / "plain", sentences(100))
