"""`vocabulary-extend`: more tokens, and nothing else changes."""

from __future__ import annotations

import numpy as np
import pytest
from tests.lab.adaptation.conftest import sentences
from tests.lab.adaptation.test_vocabulary_transplant import EMBEDDINGS, logits, make_llama, rows, tokens_of

from isogloss.errors import BadValue
from isogloss.lab import adapt, adaptation_card

pytest.importorskip("torch", reason="needs the extra lab")

NAME = "vocabulary-extend"
GREEK = [" ".join("".join(chr(ord(letter) - ord("a") + ord("α")) for letter in word) for word in text.split()[:6])
         for text in sentences("eng", 60)]  # fmt: skip


@pytest.mark.parametrize("kind", ["decoder", "masked"])
def test_texts_without_new_tokens_keep_their_ids_and_the_logits_of_old_tokens(kind, checkpoints, tmp_path):
    made = adapt(checkpoints[kind], NAME, corpus={"ell": GREEK}, tokens=60, into=tmp_path / "made")
    before, after = tokens_of(checkpoints[kind]), tokens_of(made)
    assert len(after) == len(before) + 60
    assert before.items() <= after.items()
    for text in ("the doctor cures a small fever", "het grote ziekenhuis"):
        old, new = logits(checkpoints[kind], text), logits(made, text)
        np.testing.assert_allclose(new[:, : len(before)], old, atol=1e-6)
    facts = adaptation_card(made)["facts"]
    assert (facts["rows_kept"], facts["rows_combined"], facts["rows_filled"]) == (len(before), 60, 0)


@pytest.mark.parametrize("kind", ["decoder", "Unigram", "WordPiece"])
def test_the_language_of_the_texts_is_cut_into_fewer_tokens_and_others_as_before(kind, checkpoints, tmp_path):
    import transformers

    folder = checkpoints["decoder"] if kind == "decoder" else make_llama(kind, tmp_path / "model")
    made = adapt(
        folder, NAME, corpus={"ell": GREEK, "nld": sentences("nld")}, languages=("ell",), into=tmp_path / "made"
    )
    facts = adaptation_card(made)["facts"]["bytes_per_token"]
    assert kind == "WordPiece" or facts["ell"][1] > 2 * facts["ell"][0]  # which has one token for an unknown word
    assert facts["nld"][0] == facts["nld"][1]
    old, new = (transformers.AutoTokenizer.from_pretrained(one) for one in (folder, made))
    for text in sentences("nld", 40):
        assert old(text)["input_ids"] == new(text)["input_ids"]
    ids = new(GREEK[-1])["input_ids"]
    assert new.unk_token_id not in ids
    assert new.decode(ids, skip_special_tokens=True).strip() == GREEK[-1]


def test_random_rows_are_drawn_for_new_tokens_alone(checkpoints, tmp_path):
    made = adapt(
        checkpoints["decoder"], NAME, corpus={"ell": GREEK}, method="random", tokens=30, into=tmp_path / "made"
    )
    old, new = (rows(folder, EMBEDDINGS["decoder"]) for folder in (checkpoints["decoder"], made))
    for token, row in old.items():
        np.testing.assert_array_equal(new[token], row)
    assert adaptation_card(made)["facts"]["rows_filled"] == 30


def test_texts_that_teach_nothing_are_refused(checkpoints):
    with pytest.raises(BadValue, match="corpus: no pair of tokens stands in the texts 99 times"):
        adapt(checkpoints["decoder"], NAME, corpus={"ell": GREEK[:9]}, min_count=99)
