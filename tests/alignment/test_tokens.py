"""Tokens of languages: counts against plain definitions, with tokenisers of every kind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.models.made import make_marian

from isogloss.alignment import count_tokens, read_corpus
from isogloss.errors import BadFile, BadValue
from isogloss.models import load_pieces

pytest.importorskip("tokenizers", reason="needs the extra lab")

ENGLISH = ["the river", "a big river sleeps", "the doctor sees the river"]
CORPUS = read_corpus(
    pl.DataFrame({"eng": ENGLISH, "deu": ["der Fluss", "ein Fluss", None], "rus": ["река", "большая река", "врач"]})
)


def make_bytes(folder: Path) -> Path:
    """A tokeniser over bytes with merges learnt from English."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), vocab_size=300)
    tokenizer.train_from_iterator(ENGLISH * 5, trainer)
    folder.mkdir()
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def make_unigram(folder: Path, *, falls_back: bool) -> Path:
    """A few English letters; other characters are unknown, or three bytes each."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    pieces = ["<unk>", *(f"<0x{place:02X}>" for place in range(256)), *"▁abcdefghijklmnopqrstuvwxyz"]
    vocabulary = [(piece, 0.0 if place == 0 else -float(place % 7 + 2)) for place, piece in enumerate(pieces)]
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=0, byte_fallback=falls_back))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace()])
    folder.mkdir()
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def row(counts: Any, language: str) -> dict[str, Any]:
    """The measures of a language."""
    return dict(counts.table.row(by_predicate=pl.col("language") == language, named=True))


def test_premium_and_lengths_are_ratios_of_sums_over_shared_sentences(tmp_path: Path) -> None:
    pieces = load_pieces(make_bytes(tmp_path / "bytes"))
    counts = count_tokens(pieces, CORPUS)
    own = {language: list(map(len, pieces.encode(CORPUS.table.filter(language=language)["text"].to_list())))
           for language in ("eng", "deu", "rus")}  # fmt: skip
    german, russian = row(counts, "deu"), row(counts, "rus")
    assert german["premium"] == pytest.approx(sum(own["deu"]) / sum(own["eng"][:2]))
    assert russian["premium"] == pytest.approx(sum(own["rus"]) / sum(own["eng"]))
    assert german["sentences"] == 2
    assert german["tokens_per_sentence"] == sum(own["deu"]) / 2
    assert russian["tokens_per_byte"] == sum(own["rus"]) / len("рекабольшая рекаврач".encode())
    assert russian["tokens_per_character"] == sum(own["rus"]) / len("рекабольшая рекаврач")
    assert german["lower"] <= german["premium"] <= german["upper"]
    english = row(counts, "eng")
    assert (english["premium"], english["lower"], english["upper"]) == (1, 1, 1)


def test_parity_is_of_every_two_languages_and_its_own_reverse(tmp_path: Path) -> None:
    counts = count_tokens(make_bytes(tmp_path / "bytes"), CORPUS)
    parity = {(one, other): value for one, other, value in counts.parity().rows()}
    assert len(parity) == 9
    for one, other in parity:
        assert parity[one, other] * parity[other, one] == pytest.approx(1)
    assert parity["deu", "eng"] == pytest.approx(row(counts, "deu")["premium"])


def test_bytes_of_a_character_are_no_piece_of_text(tmp_path: Path) -> None:
    """Merges of English cover no Cyrillic letter: each is two bytes, but nothing is lost."""
    counts = count_tokens(make_bytes(tmp_path / "bytes"), CORPUS)
    russian, english = row(counts, "rus"), row(counts, "eng")
    letters = len("рекабольшаярекаврач")
    assert russian["byte_pieces"] == pytest.approx(2 * letters / (2 * letters + 1))
    assert (russian["coverage"], russian["unknown"], russian["restored"]) == (0, 0, 1)
    assert (english["coverage"], english["byte_pieces"], english["restored"]) == (1, 0, 1)


def test_unknown_characters_are_told_from_those_that_fall_back_to_bytes(tmp_path: Path) -> None:
    lacking = row(count_tokens(make_unigram(tmp_path / "a", falls_back=False), CORPUS), "rus")
    falling = row(count_tokens(make_unigram(tmp_path / "b", falls_back=True), CORPUS), "rus")
    assert lacking["unknown"] > 0.3
    assert (lacking["byte_pieces"], lacking["coverage"], lacking["restored"]) == (0, 0, 0)
    assert falling["byte_pieces"] > 0.8
    assert (falling["unknown"], falling["coverage"], falling["restored"]) == (0, 0, 1)


def test_checkpoints_and_models_of_sentencepiece_are_tokenisers_too(checkpoint: Path, tmp_path: Path) -> None:
    english = row(count_tokens(checkpoint, CORPUS), "eng")
    assert english["tokens_per_sentence"] == pytest.approx((2 + 4 + 5) / 3)
    assert row(count_tokens(checkpoint, CORPUS), "rus")["unknown"] == 1
    pytest.importorskip("sentencepiece", reason="needs sentencepiece")
    marian = make_marian(tmp_path / "marian")
    alone = (marian / "source.spm").rename(tmp_path / "source.model")
    restored = [row(count_tokens(one, CORPUS), "eng")["restored"] for one in (marian / "pieces.model", alone)]
    assert restored == [1, 1]


class Words:
    """A tokeniser of another package: whole words, numbered as they come."""

    def __init__(self) -> None:
        self.words: list[str] = []

    def encode(self, text: str) -> list[int]:
        """Numbers of words."""
        for word in text.split():
            if word not in self.words:
                self.words.append(word)
        return [self.words.index(word) for word in text.split()]

    def decode(self, ids: list[int]) -> str:
        """Words of numbers."""
        return " ".join(self.words[one] for one in ids)


class Mute(Words):
    """One that cannot decode."""

    def decode(self, ids: list[int]) -> str:
        """Nothing."""
        raise KeyError(ids)


def test_objects_of_other_packages_are_tokenisers() -> None:
    counts = count_tokens(Words(), CORPUS, pivot="Russian")
    assert row(counts, "eng")["premium"] == pytest.approx((2 + 4 + 5) / (1 + 2 + 1))
    assert row(counts, "deu")["restored"] == 1
    with pytest.raises(BadValue, match="tokenizer: cannot decode what it encodes"):
        count_tokens(Mute(), CORPUS)
    with pytest.raises(BadValue, match="has no methods `encode` and `decode`"):
        count_tokens(object(), CORPUS)


def test_what_is_no_tokeniser_or_lacks_the_pivot_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text(json.dumps({"model": "none"}))
    with pytest.raises(BadFile, match="is no tokenizer"):
        count_tokens(tmp_path, CORPUS)
    (tmp_path / "pieces.model").write_bytes(b"nothing")
    with pytest.raises(BadFile, match="is no tokenizer"):
        count_tokens(tmp_path / "pieces.model", CORPUS)
    with pytest.raises(BadValue, match="pivot: no sentences in fra"):
        count_tokens(checkpoint, CORPUS, pivot="fra")
