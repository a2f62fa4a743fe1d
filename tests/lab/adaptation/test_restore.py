"""`code-switch-restore`: an encoder-decoder writes texts of which it reads words in another language."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the extra lab")

from tests.lab.adaptation.test_adaptation_contract import Impatient, Interrupted, content
from tests.lab.checkpoints import make_decoder, make_seq2seq

from isogloss.errors import BadValue, UnknownName
from isogloss.lab import adapt, adaptation_card, clone_text
from isogloss.lab.adaptation.losses import bits_of
from isogloss.models import load_decoder

WORDS = ("sun", "ice", "cat", "king")
TEXTS = [f"{before} {word} {after}" for before, word, after in product(("a", "my"), WORDS, ("is", "was"))]
NAME = "code-switch-restore"


def dictionary(folder: Path, words: tuple[str, ...] = WORDS, others: tuple[str, ...] = WORDS) -> str:
    path = folder / "words.tsv"
    rows = [f"{word}\t{clone_text(other)}" for word, other in zip(words, others, strict=True)]
    path.write_text("\n".join(["source\ttarget", *rows]), encoding="utf-8")
    return str(path)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_seq2seq(tmp_path_factory.mktemp("model") / "model", copies=1, is_aligned=False)


def likelihood(folder: Path, read: str, text: str) -> float:
    """Log-probability of a text, in nats, given another."""
    from isogloss.lab.tuning.instructions import in_tokens
    from isogloss.lab.tuning.training import log_likelihoods

    decoder = load_decoder(folder)
    return float(log_likelihoods(decoder, [in_tokens(decoder, read, text)])[0].detach())


def test_words_of_the_other_language_are_read_as_those_that_they_stand_for(model: Path, tmp_path: Path) -> None:
    """After true words the right text is likelier than another, after words dealt in turn the other one is."""
    gained = {}
    for name, others in (("true", WORDS), ("turned", (*WORDS[1:], WORDS[0]))):
        folder = adapt(
            model, NAME, corpus={"eng": TEXTS}, into=tmp_path / name, dictionary=dictionary(tmp_path, others=others),
            rate=0.7, batches=60, batch_size=12, learning_rate=0.01, parts=1,
        )  # fmt: skip
        read = f"a {clone_text('ice')} is"
        gained[name] = likelihood(folder, read, "a ice is") - likelihood(folder, read, "a sun is")
    assert gained["true"] > 1
    assert gained["turned"] < -1


def test_the_same_seed_gives_the_same_bytes_and_a_stopped_run_goes_on(model: Path, tmp_path: Path) -> None:
    given: dict[str, Any] = {
        "corpus": {"eng": TEXTS}, "seed": 1, "dictionary": dictionary(tmp_path), "batches": 4, "batch_size": 4,
        "parts": 2, "measured": 1,
    }  # fmt: skip
    before = content(model)
    one = adapt(model, NAME, into=tmp_path / "one", **given)
    with pytest.raises(Interrupted):
        adapt(model, NAME, into=tmp_path / "stopped", progress=Impatient(2), **given)
    assert content(one) == content(adapt(model, NAME, into=tmp_path / "stopped", **given))
    assert content(model) == before
    card = adaptation_card(one)
    assert card["measure"] == "bits_per_byte"
    assert [row["language"] for row in card["losses"]] == ["eng"]
    assert card["facts"]["replaced"] > 0


def test_a_rate_of_0_replaces_nothing_and_of_1_every_word_of_the_dictionary(model: Path, tmp_path: Path) -> None:
    shares = {}
    for rate in (0.0, 1.0):
        folder = adapt(
            model, NAME, corpus={"eng": TEXTS}, into=tmp_path / str(rate), dictionary=dictionary(tmp_path), rate=rate,
            batches=1, parts=1, measured=0,
        )  # fmt: skip
        shares[rate] = adaptation_card(folder)["facts"]["replaced"]
    assert shares[0.0] == 0
    assert shares[1.0] == pytest.approx(1 / 3, abs=1e-3)


def test_bits_are_those_of_the_text_given_it_without_every_seventh_token(model: Path) -> None:
    decoder, text = load_decoder(model), "my cat is here"
    bits, _ = bits_of(decoder.model, decoder.tokenizer, False, [text], [2])
    read = "".join(one for place, one in enumerate(text) if place % 7 != 2)
    assert bits[0] == pytest.approx(-likelihood(model, read, text) / np.log(2) / len(text), rel=1e-4)


def test_what_it_is_not_for_is_refused(model: Path, tmp_path: Path) -> None:
    words = dictionary(tmp_path)
    corpus = {"eng": TEXTS}
    with pytest.raises(BadValue, match="is no encoder-decoder"):
        adapt(make_decoder(tmp_path / "decoder"), NAME, corpus=corpus, dictionary=words)
    with pytest.raises(BadValue, match=r"is an encoder-decoder, which layer-drop is not for.*code-switch-restore"):
        adapt(model, "layer-drop", corpus=corpus)
    with pytest.raises(BadValue, match="code-switch-restore has no dictionary"):
        adapt(model, NAME, corpus=corpus)
    with pytest.raises(UnknownName, match="deu"):
        adapt(model, NAME, corpus=corpus, dictionary=words, languages=("deu",))
    with pytest.raises(BadValue, match="dictionary: the dictionary has no word of the texts in eng"):
        adapt(model, NAME, corpus=corpus, dictionary=dictionary(tmp_path, ("zebra",), ("sun",)))
