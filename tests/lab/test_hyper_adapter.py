"""Adapters made from vectors of languages: a language nobody trained on answers as its vector has it."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from isogloss.errors import InputError
from isogloss.lab import Corpus, Training, recipes

torch = pytest.importorskip("torch", reason="needs the extra lab")
pytest.importorskip("transformers", reason="needs the extra lab")

from isogloss.lab.recipe.hyper_network import HyperEncoder  # noqa: E402 - torch has to be there first
from isogloss.models.encoder import load_encoder_model  # noqa: E402 - torch has to be there first

WORDS = {0: ["doctor", "fever", "hospital"], 1: ["football", "match", "goalkeeper"]}
SORTED, UNSORTED = (1.0, 0.3), (-1.0, -0.2)
TRAINED = {"eng": SORTED, "nld": SORTED, "fra": UNSORTED, "spa": UNSORTED}
"""In two languages texts are sorted by their topic, in two all have the first label."""


def write(folder: Path, vectors: dict[str, tuple[float, float]]) -> str:
    rows = [{"language": code, "first": one, "second": other} for code, (one, other) in vectors.items()]
    pl.DataFrame(rows).write_csv(folder / "vectors.csv")
    return str(folder / "vectors.csv")


def right(checkpoint: Path, file: str, seed: int = 0, **more: Any) -> tuple[float, float, float]:
    """Texts that are sorted by topic: of a language without training data, of a sorted and of an unsorted one."""
    chance = np.random.default_rng(seed)
    topics = np.arange(32) % 2
    texts = {code: [" ".join(chance.choice(WORDS[topic], 3)) for topic in topics] for code in (*TRAINED, "deu")}
    labels = np.concatenate([topics if vector == SORTED else 0 * topics for vector in TRAINED.values()])
    recipe = recipes.get("hyper-adapter").read(
        {"checkpoint": str(checkpoint), "max_length": 16, "file": file, "epochs": 12, "batch_size": 16,
         "learning_rate": 1e-2, **more}
    )  # fmt: skip
    train = [texts[code] for code in TRAINED]
    prepared = recipe.prepare(
        Corpus([*train, []], [texts["deu"], [], texts["deu"], [], texts["deu"]], [*TRAINED, "deu"]), map
    )
    fitted = recipe.fit(prepared, Training(np.arange(len(labels)), labels, seed, labels_count=2))
    sorted_, unsorted, unseen = (recipe.predict(prepared, fitted)[""].reshape(3, -1) == topics).mean(axis=1).tolist()
    return unseen, sorted_, unsorted


def test_a_language_without_training_data_answers_as_its_vector_has_it(checkpoint: Path, tmp_path: Path) -> None:
    """The vector of a sorted language sorts, that of an unsorted one does not; over two seeds."""
    for seed in (0, 1):
        assert right(checkpoint, write(tmp_path, {**TRAINED, "deu": (0.9, 0.35)}), seed)[0] > 0.9
        assert right(checkpoint, write(tmp_path, {**TRAINED, "deu": (-0.9, -0.25)}), seed)[0] == 0.5


def test_vectors_that_tell_nothing_are_no_help(checkpoint: Path, tmp_path: Path) -> None:
    """A null world: with one vector for all, every language is answered alike, though two of them are not sorted."""
    unseen, sorted_, unsorted = right(checkpoint, write(tmp_path, {**TRAINED, "deu": SORTED}))
    assert (unseen, sorted_, unsorted) == (1.0, 1.0, 0.5)
    alike = dict.fromkeys([*TRAINED, "deu"], (1.0, 1.0))
    unseen, sorted_, unsorted = right(checkpoint, write(tmp_path, {**alike, "eus": (0.0, 0.5)}))
    assert unseen == sorted_ == unsorted


def test_vectors_of_other_languages_mislead(checkpoint: Path, tmp_path: Path) -> None:
    """Shuffled, each language has the vector of the one above it: German that of Spanish."""
    assert right(checkpoint, write(tmp_path, {**TRAINED, "deu": SORTED}), shuffled=True)[0] < 0.9


def test_adapters_change_nothing_at_first_and_each_text_has_that_of_its_language(
    checkpoint: Path,
) -> None:
    encoder = load_encoder_model(checkpoint, "float32")
    vectors = np.array([[1.0, 0.3], [1.0, 0.3], [-1.0, -0.2], [-1.0, -0.2]], np.float32)
    model = HyperEncoder(deepcopy(encoder), 1, vectors, size=16, width=32).eval()
    ids = torch.tensor([[2, 5, 6, 3], [2, 5, 6, 3]])
    told = ids.clone()
    told[:, 0] += encoder.config.vocab_size * torch.tensor([1, 3])
    there = torch.ones_like(ids)
    with torch.no_grad():
        plain = encoder(input_ids=ids, attention_mask=there).last_hidden_state
        torch.testing.assert_close(model(told, there).last_hidden_state, plain)
        torch.nn.init.normal_(model.adapters.made["up"].weight)
        states = model(told, there).last_hidden_state
        alone = model(told[1:], there[1:]).last_hidden_state
    assert not torch.allclose(states[0], states[1], atol=1e-3)
    torch.testing.assert_close(states[1:], alone)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("language,a\neng,1\n", "no vector of 'nld'; add a row"),
        ("language,a\neng,1\nnld,x\n", "column 'a' is not all numbers; give a number for every language"),
        ("language\neng\n", "has no numbers"),
        ("code_of,a\neng,1\n", "has no column `language`"),
        ("language,a\neng,1\nEnglish,2\n", "two vectors of 'English'; drop one"),
    ],
)
def test_vectors_that_cannot_be_are_refused_in_one_line(
    checkpoint: Path, tmp_path: Path, content: str, said: str
) -> None:
    (tmp_path / "vectors.csv").write_text(content)
    recipe = recipes.get("hyper-adapter").read({"checkpoint": str(checkpoint), "file": str(tmp_path / "vectors.csv")})
    with pytest.raises(InputError) as caught:
        recipe.prepare(Corpus([["a"], []], [[], ["a"]], ["eng", "nld"], ids=["eng", "nld"]), map)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
