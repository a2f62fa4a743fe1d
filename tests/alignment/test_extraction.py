"""Encoding a corpus: each vector is what the model makes of its sentence alone, in a pass that can be interrupted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.models.made import make_t5

from isogloss.alignment import Encodings, ParallelCorpus, encode, read_corpus
from isogloss.errors import BadFile, BadValue, UnknownName
from isogloss.lab.byte_tokenizer import write_byte_tokenizer
from isogloss.models import load_encoder
from isogloss.models.encoder import CheckpointEncoder

torch = pytest.importorskip("torch", reason="needs the extra lab")

WORDS = "the doctor cures a fever and plays football in the match".split()
POOLINGS = ("mean", "weighted", "last", "cls")


@pytest.fixture(scope="module")
def corpus() -> ParallelCorpus:
    """150 sentences of 1 to 9 words; German lacks two, Yoruba says the same in all of the first ten."""
    chance = np.random.default_rng(5)
    rows = [
        {"language": language, "id": number, "text": " ".join(chance.choice(WORDS, 1 + number % 9))}
        for language in ("eng", "deu", "yor") for number in range(150)
    ]  # fmt: skip
    table = pl.DataFrame(rows).filter(~((pl.col("language") == "deu") & pl.col("id").is_in([3, 140])))
    same = (pl.col("language") == "yor") & (pl.col("id") < 10)
    return read_corpus(table.with_columns(text=pl.when(same).then(pl.lit("a fever")).otherwise("text")))


def make_decoder(folder: Path) -> Path:
    """Two layers that read bytes from left to right."""
    from transformers import GPT2Config, GPT2Model

    torch.manual_seed(3)
    shape = {"n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": 128}
    GPT2Model(GPT2Config(vocab_size=258, pad_token_id=256, **shape)).save_pretrained(folder)
    write_byte_tokenizer(folder, 0, 128)
    return folder


@pytest.mark.parametrize("kind", ["encoder", "decoder", "encoder-decoder"])
def test_vectors_are_those_of_each_sentence_alone(
    kind: str, corpus: ParallelCorpus, checkpoint: Path, tmp_path: Path
) -> None:
    model = {"decoder": make_decoder, "encoder-decoder": make_t5}.get(kind, lambda _: checkpoint)(tmp_path / "model")
    encodings = encode(model, corpus, tmp_path / "reps", poolings=POOLINGS).encodings
    encoder = load_encoder(model)
    assert encodings.layers == (0, 1, 2)
    for language in ("deu", "yor"):
        texts = dict(corpus.table.filter(language=language).select("id", "text").rows())
        chosen = [0, 5, 77, 147]
        ids = [encodings.ids(language)[place] for place in chosen]
        for pooling in POOLINGS:
            alone = np.concatenate([encoder.encode_layers([texts[one]], pooling=pooling) for one in ids], axis=1)
            together = [encodings.vectors(language, layer, pooling)[chosen] for layer in encodings.layers]
            np.testing.assert_allclose(together, alone, atol=2e-5)


def test_sentences_with_the_same_tokens_have_the_same_vector_to_the_last_bit(
    corpus: ParallelCorpus, checkpoint: Path, tmp_path: Path
) -> None:
    """Or else errors of padding decide ties."""
    encoded = encode(checkpoint, corpus, tmp_path / "reps")
    vectors = encoded.encodings.vectors("yor", 2, "mean")
    assert (vectors[:10] == vectors[0]).all()
    assert encoded.repeated >= 9
    assert encoded.cut == 0
    assert encoded.languages()["sentences"].to_list() == [150, 148, 150]


class Interrupted(BaseException):
    """Somebody pulled the plug."""


def interrupt_after(batches: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the model fail after some batches, each of which is kept."""
    from isogloss.alignment import extraction

    count, states = iter(range(batches)), extraction.token_states

    def until_then(*arguments: Any) -> Any:
        if next(count, None) is None:
            raise Interrupted
        return states(*arguments)

    monkeypatch.setattr(extraction, "SAVED_EVERY", -1.0)
    monkeypatch.setattr(extraction, "token_states", until_then)


def test_an_interrupted_pass_goes_on_and_gives_the_same_bytes(
    corpus: ParallelCorpus, checkpoint: Path, tmp_path: Path
) -> None:
    whole = encode(checkpoint, corpus, tmp_path / "whole", poolings=("mean", "last"))
    for batches in (0, 1, 2, 3):
        folder = tmp_path / f"part{batches}"
        with pytest.MonkeyPatch.context() as patch:
            interrupt_after(batches, patch)
            with pytest.raises(Interrupted):
                encode(checkpoint, corpus, folder, poolings=("mean", "last"))
        with pytest.raises(BadFile, match="is not finished; run the same isogloss align encode again"):
            Encodings.read(folder)
        resumed = encode(checkpoint, corpus, folder, poolings=("mean", "last"))
        assert resumed.encodings.identity == whole.encodings.identity
        assert resumed.batches == whole.batches - max(batches, 0)
        for path in (tmp_path / "whole").iterdir():
            assert (folder / path.name).read_bytes() == path.read_bytes()


def test_what_was_finished_before_an_interruption_can_be_used(
    corpus: ParallelCorpus, checkpoint: Path, tmp_path: Path
) -> None:
    """64 sentences of every language, of which German lacks one."""
    whole = encode(checkpoint, corpus, tmp_path / "whole")
    with pytest.MonkeyPatch.context() as patch:
        interrupt_after(whole.batches - 1, patch)
        with pytest.raises(Interrupted):
            encode(checkpoint, corpus, tmp_path / "part")
    part = Encodings.read(tmp_path / "part", unfinished=True)
    assert {language: len(part.ids(language)) for language in part.languages} == {"eng": 128, "deu": 127, "yor": 128}
    for language in part.languages:
        np.testing.assert_array_equal(
            part.vectors(language, 2, "mean"), whole.encodings.vectors(language, 2, "mean")[: len(part.ids(language))]
        )


def test_a_second_call_has_nothing_to_do_and_another_model_does_not_fit(
    corpus: ParallelCorpus, checkpoint: Path, tmp_path: Path
) -> None:
    first = encode(checkpoint, corpus, tmp_path / "reps")
    assert encode(checkpoint, corpus, tmp_path / "reps").batches == 0 < first.batches
    for model, poolings in ((make_decoder(tmp_path / "model"), ("mean",)), (checkpoint, ("last",))):
        with pytest.raises(BadFile, match="holds vectors of another model, corpus or pooling; name a new folder"):
            encode(model, corpus, tmp_path / "reps", poolings=poolings)
    with pytest.raises(BadFile, match="holds vectors of another"):
        encode(checkpoint, corpus.select(["eng", "deu"]), tmp_path / "reps")


class Lengths:
    """A sentence-vector function of another package."""

    def encode(self, texts: list[str]) -> Any:
        """How long a text is, and how many words it has."""
        return [[len(text), len(text.split())] for text in texts]


def test_functions_of_other_packages_have_one_layer(corpus: ParallelCorpus, tmp_path: Path) -> None:
    encodings = encode(f"{__name__}:Lengths", corpus, tmp_path / "reps").encodings
    assert (encodings.layers, encodings.poolings, encodings.dimension) == ((1,), ("mean",), 2)
    assert (encodings.vectors("yor", 1, "mean")[:10] == [7, 2]).all()
    with pytest.raises(BadValue, match="has one vector per sentence; leave out poolings"):
        encode(f"{__name__}:Lengths", corpus, tmp_path / "other", poolings=("last",))


def test_what_cannot_be_encoded_is_refused_before_the_work(
    corpus: ParallelCorpus, checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UnknownName, match="unknown pooling 'middle'"):
        encode(checkpoint, corpus, tmp_path / "reps", poolings=("middle",))
    if not torch.cuda.is_available():
        with pytest.raises(BadValue, match="bfloat16 is slow and inexact on a processor"):
            encode(checkpoint, corpus, tmp_path / "reps", precision="bfloat16")

    def without_states(*_: Any, **__: Any) -> Any:
        return object()

    encoder = load_encoder(checkpoint)
    assert isinstance(encoder, CheckpointEncoder)
    monkeypatch.setattr(type(encoder.model), "forward", without_states)
    with pytest.raises(BadValue, match="shows no hidden states; give a transformer"):
        encode(checkpoint, corpus, tmp_path / "reps")
