"""A small model that learnt to answer in the other language moves a larger one, whose weights stay."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the extra lab")

import torch
from tests.lab.checkpoints import make_decoder, make_taught

from isogloss.errors import BadFile, BadValue
from isogloss.lab import adapt, adaptation_card
from isogloss.lab.adaptation.vocabulary.beginnings import edits, longest_beginning, token_map
from isogloss.lab.adaptation.vocabulary.spelling import Vocabulary
from isogloss.models import load_decoder
from isogloss.models.checkpoints import load_tokenizer
from isogloss.models.generation import generate
from isogloss.models.likelihood import score

LETTERS = "abcd"


def draw(share):
    """The letter of a question, as a capital (the other language) in some share of the cases."""

    def drawn(chance):
        letter = chance.choice(LETTERS)
        return f"say {letter}:", letter.upper() if chance.random() < share else letter

    return drawn


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A large and a small model that answer in either language, and the small one after it learnt the other's."""
    folder = tmp_path_factory.mktemp("models")
    make_decoder(folder / "large", seed=2, width=64)
    make_taught(folder / "large", draw(0.3), steps=100)
    make_taught(folder / "small", draw(0.3), steps=100)
    shutil.copytree(folder / "small", folder / "tuned")
    make_taught(folder / "tuned", draw(1.0), steps=30)
    return folder


def shares(folder):
    """How likely an answer in the other language is, and of both the right letter, means over questions."""
    decoder = load_decoder(folder)
    prompts = [f"say {letter}:" for letter in LETTERS]
    answers = [*LETTERS, *LETTERS.upper()]
    found = np.exp(score(decoder, prompts, [answers] * len(prompts), max_length=64).sums.reshape(len(prompts), -1))
    other, right = found[:, len(LETTERS) :].sum(1), found.reshape(len(prompts), 2, -1).sum(1).diagonal()
    return float((other / found.sum(1)).mean()), float((right / found.sum(1)).mean())


def test_the_larger_model_answers_in_the_other_language_and_still_knows_the_answer(models, tmp_path):
    given = {"tuned": str(models / "tuned"), "untuned": str(models / "small")}
    shifted = adapt(models / "large", "logit-shift", into=tmp_path / "shifted", **given)
    back = adapt(models / "large", "logit-shift", into=tmp_path / "back", alpha=-1.0, **given)
    (before, right_before), (after, right), (less, _) = map(shares, (models / "large", shifted, back))
    assert 0.2 < before < 0.4
    assert after > 0.8
    assert less < 0.1
    assert right > right_before - 0.02
    prompts = [f"say {letter}:" for letter in LETTERS]
    written = generate(load_decoder(shifted), prompts, max_new=1, max_length=64)
    assert "".join(written) == LETTERS.upper()


def test_a_model_that_learnt_nothing_shifts_nothing(models, tmp_path):
    given = {"tuned": str(models / "small"), "untuned": str(models / "small")}
    shifted = adapt(models / "large", "logit-shift", into=tmp_path / "null", **given)
    assert shares(shifted) == pytest.approx(shares(models / "large"), abs=1e-6)


def test_losses_of_every_language_are_those_with_the_shift(models, tmp_path):
    texts = {
        language: [f"say {letter}:{put(letter)}" for letter in LETTERS for _ in range(5)]
        for language, put in (("eng", str), ("deu", str.upper))
    }
    folder = adapt(models / "large", "logit-shift", corpus=texts, into=tmp_path / "made",
                   tuned=str(models / "tuned"), untuned=str(models / "small"))  # fmt: skip
    changes = {one["language"]: one["change"] for one in adaptation_card(folder)["losses"]}
    assert changes["deu"] < changes["eng"] - 0.2


def test_with_other_tokens_the_shift_is_that_after_the_same_text(models, checkpoints, tmp_path):
    """log p_large + alpha (log p_tuned - log p_untuned), each small model reading the bytes of the text so far."""
    large = checkpoints["decoder"]
    folder = adapt(large, "logit-shift", into=tmp_path / "mixed", alpha=0.5,
                   tuned=str(models / "tuned"), untuned=str(models / "small"))  # fmt: skip
    ids = torch.tensor([load_tokenizer(large)("the doctor say a:")["input_ids"][:-1]])
    with torch.inference_mode():
        found = load_decoder(folder).model(input_ids=ids).logits[0]
        plain = torch.log_softmax(load_decoder(large).model(input_ids=ids).logits[0], -1)
        byte_ids = torch.tensor([load_tokenizer(models / "small")("the doctor say a:")["input_ids"]])
        of_small = [
            torch.log_softmax(load_decoder(models / name).model(input_ids=byte_ids).logits[0, -1], -1)
            for name in ("tuned", "small")
        ]
    ids_of, _ = token_map(Vocabulary.read(large), Vocabulary.read(models / "small"))
    mapped = torch.from_numpy(ids_of)
    expected = plain[-1] + 0.5 * torch.where(mapped >= 0, (of_small[0] - of_small[1])[mapped.clamp(min=0)], 0.0)
    torch.testing.assert_close(found[-1], expected, atol=1e-4, rtol=0)
    assert (found[-1] - plain[-1]).abs().max() > 0.5
    facts = adaptation_card(folder)["facts"]
    assert facts["mapped"]["Latin"] == 1.0
    assert 0 < facts["same_text"]["Latin"] < 1.0


def test_tokens_are_mapped_to_the_longest_common_beginning_and_then_by_fewest_edits():
    known = sorted([b"he", b"hello", b"help", b"a", b" he"])
    assert set(longest_beginning(b"held", known)) == {b"hello", b"help"}
    assert longest_beginning(b"z", known) == []
    assert [edits(b"held", one) for one in (b"hello", b"help")] == [2, 1]


def test_what_cannot_be_shifted_or_trained_is_refused(models, checkpoints, tmp_path):
    given = {"tuned": str(models / "tuned"), "untuned": str(models / "small")}
    shifted = adapt(models / "large", "logit-shift", into=tmp_path / "shifted", **given)
    with pytest.raises(BadValue, match="its logits are shifted already"):
        adapt(shifted, "magnitude-prune", into=tmp_path / "pruned")
    with pytest.raises(BadValue, match="has other tokens"):
        adapt(models / "large", "logit-shift", into=tmp_path / "no", tuned=str(models / "tuned"),
              untuned=str(checkpoints["decoder"]))  # fmt: skip
    with pytest.raises(BadValue, match="is no decoder"):
        adapt(checkpoints["masked"], "logit-shift", into=tmp_path / "no", **given)
    with pytest.raises(BadValue, match="no small checkpoint"):
        adapt(models / "large", "logit-shift", into=tmp_path / "no", tuned=str(models / "tuned"))
    with pytest.raises(BadValue, match="can be asked, not trained"):
        load_decoder(shifted).model(input_ids=torch.tensor([[1]]))
    shutil.rmtree(shifted / "shift" / "untuned")
    with pytest.raises(BadFile, match=r"shift/untuned/config\.json is missing"):
        load_decoder(shifted)
