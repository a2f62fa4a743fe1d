"""Continued pretraining on texts that go through a transform first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="needs the extra lab")

from tests.lab.adaptation.worlds import COPY, copied, sentences, untrained

from isogloss.errors import BadValue, UnknownName
from isogloss.lab import adapt, adaptation_card, adaptations

NAME = "continued-pretraining"
TRAINED = {"tokens": 60 * 16 * 32, "length": 32, "learning_rate": 3e-3, "parts": 1, "measured": 0}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A model, texts in two languages, and the words of one in the other."""
    folder = tmp_path_factory.mktemp("mixed")
    texts = sentences(60, 0)
    words = sorted({word for text in texts for word in text.split()})
    rows = "".join(f"{word}\t{copied(word)}\n" for word in words)
    (folder / "words.tsv").write_text(f"source\ttarget\n{rows}", encoding="utf-8")
    return {
        "model": untrained("decoder", folder / "model"), "words": str(folder / "words.tsv"),
        "corpus": {"eng": texts, COPY: [copied(one) for one in texts]},
    }  # fmt: skip


def changes(world: dict[str, Any], into: Path, transform: dict[str, Any]) -> dict[str, float]:
    """Change in bits per byte of each language, from training on texts in the first."""
    folder = adapt(world["model"], NAME, corpus=world["corpus"], languages=("eng",), into=into, transform=transform,
                   **TRAINED)  # fmt: skip
    return {one["language"]: one["change"] for one in adaptation_card(folder)["losses"]}


def test_what_is_learnt_is_what_the_transform_makes(world: dict[str, Any], tmp_path: Path) -> None:
    """With every word in the other language it is learnt, with none (the null world) the language itself."""
    switch = {"name": "code-switch", "dictionary": world["words"]}
    gaps = {}
    for rate in (0.0, 1.0):
        found = changes(world, tmp_path / str(rate), switch | {"rate": rate})
        gaps[rate] = found[COPY] - found["eng"]
    assert gaps[0.0] > 1
    assert gaps[1.0] < -1


def test_a_transform_is_named_by_its_content_and_none_changes_nothing(world: dict[str, Any], tmp_path: Path) -> None:
    kind = adaptations.get(NAME)
    assert "transform" not in kind.read({}).identity
    assert "transform" not in kind.read({}).identity["parameters"]
    mixed = {"name": "code-switch", "dictionary": world["words"], "rate": 0.5}
    chosen = kind.read({"transform": mixed})
    assert chosen.label == "continued-pretraining(transform=code-switch:words(rate=0.5))"
    other = tmp_path / "words.tsv"
    other.write_bytes(Path(world["words"]).read_bytes())
    assert kind.read({"transform": mixed | {"dictionary": str(other)}}).identity == chosen.identity
    other.write_text("source\ttarget\nthe\tde\n")
    assert kind.read({"transform": mixed | {"dictionary": str(other)}}).identity != chosen.identity


def test_what_does_not_go_together_is_refused(world: dict[str, Any]) -> None:
    kind = adaptations.get(NAME)
    switch = {"name": "code-switch", "dictionary": world["words"]}
    with pytest.raises(BadValue, match="transformed texts are no translations of others; leave out interleave"):
        kind.read({"transform": switch, "interleave": "eng"})
    with pytest.raises(UnknownName, match="text transform 'mix'"):
        kind.read({"transform": {"name": "mix"}})
    with pytest.raises(BadValue, match="into without a transform"):
        kind.read({"into": "deu"})
