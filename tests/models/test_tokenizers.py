"""Tokenisers that are written in Python give what those in Rust do: texts, words, continuations, shortened texts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.models.made import make_marian

from isogloss.errors import BadValue
from isogloss.models import generate, load_decoder, score, tokenize
from isogloss.models.checkpoints import load_tokenizer
from isogloss.models.inputs import Question, QuestionType, WordsType
from isogloss.models.tokenizers import Tokenizer, shorten

torch = pytest.importorskip("torch", reason="needs the extra lab")
pytest.importorskip("sentencepiece", reason="needs sentencepiece")


@pytest.fixture(scope="module")
def marian(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An encoder-decoder whose tokeniser is in Python."""
    return make_marian(tmp_path_factory.mktemp("checkpoints") / "marian")


def test_texts_are_cut_as_the_tokeniser_itself_cuts_them(marian: Path) -> None:
    inner = load_tokenizer(marian)
    assert not inner.is_fast
    tokens = tokenize(["the doctor", "a"], Tokenizer(marian, 64))
    assert [tokens.sequence(number).tolist() for number in range(2)] == inner(["the doctor", "a"])["input_ids"]


def test_words_are_cut_one_by_one_and_found_again(marian: Path) -> None:
    """The tokens of words are those of the whole text; each word's first one is known; what is cut off has none."""
    words = ("the", "doctor", "cures")
    tokens = tokenize([words], Tokenizer(marian, 64), WordsType())
    inner = load_tokenizer(marian)
    lengths = [len(inner(word, add_special_tokens=False)["input_ids"]) for word in words]
    assert tokens.positions.tolist() == [0, lengths[0], lengths[0] + lengths[1]]
    assert tokens.sequence(0).tolist() == inner(" ".join(words))["input_ids"]
    assert tokenize([words], Tokenizer(marian, lengths[0] + 1), WordsType()).positions.tolist() == [0, -1, -1]


def test_contexts_need_a_tokeniser_that_tells_characters(marian: Path) -> None:
    with pytest.raises(BadValue, match=r"does not tell which characters .*tokenizer\.json"):
        QuestionType().tokenize(Tokenizer(marian, 64), [Question("who", "the doctor")])


def test_a_text_is_shortened_to_as_many_tokens_as_fit(marian: Path, checkpoint: Path) -> None:
    for folder in (marian, checkpoint):
        tokenizer = load_tokenizer(folder)
        text = shorten(tokenizer, "the doctor cures a fever", 6)
        assert "the doctor cures a fever".startswith(text)
        assert 0 < len(tokenizer(text, add_special_tokens=False)["input_ids"]) <= 6
        assert shorten(tokenizer, "a", 6) == "a"


def test_an_encoder_decoder_with_such_a_tokeniser_scores_and_writes(marian: Path) -> None:
    """Scores are those of one pass over prompt and answer, as the definition has them."""
    decoder = load_decoder(marian)
    found = score(decoder, ["the doctor", "a"], [["der arzt", "das"], ["heilt"]], max_length=64)
    inner, answer = decoder.tokenizer, decoder.tokenizer(text_target="der arzt")["input_ids"]
    with torch.inference_mode():
        logits = decoder.model(
            **inner("the doctor", return_tensors="pt"), decoder_input_ids=torch.tensor([[31, *answer[:-1]]])
        ).logits[0]
    each = torch.log_softmax(logits.double(), -1)[torch.arange(len(answer)), torch.tensor(answer)]
    np.testing.assert_allclose(found.sums[0], float(each.sum()), atol=1e-4)
    assert len(generate(decoder, ["the doctor"], max_new=4, max_length=64)) == 1
