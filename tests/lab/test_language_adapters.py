"""Adapters of languages learnt from texts, and a task on top: what is learnt, what stays, and what is swapped."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.lab.checkpoints import make_masked

from isogloss.errors import BadFile, BadValue, InputError
from isogloss.lab import Corpus, Training, recipes, tasks
from isogloss.models.inputs import Choice

torch = pytest.importorskip("torch", reason="needs the extra lab")
transformers = pytest.importorskip("transformers", reason="needs the extra lab")

WORDS = "doctor fever hospital goalkeeper football match river bank".split()


@pytest.fixture(scope="module")
def masked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of hidden words whose random weights are large enough to tell words, and what stands beside them."""
    folder = make_masked(tmp_path_factory.mktemp("masked"))
    model = transformers.BertForMaskedLM.from_pretrained(folder)
    with torch.no_grad():
        model.bert.embeddings.word_embeddings.weight.mul_(20)
        for layer in model.bert.encoder.layer:
            for name, weight in layer.attention.named_parameters():
                weight.mul_(10 if name.endswith("weight") and "LayerNorm" not in name else 1)
    model.save_pretrained(folder)
    return folder


def in_pairs(count: int = 200) -> list[str]:
    """Sentences of eight words that are all of one pair: the others leave two for a hidden one."""
    chance = np.random.default_rng(1)
    return [" ".join(chance.choice(WORDS[2 * (place % 4) :][:2], 8)) for place in range(count)]


def at_random(count: int = 200) -> list[str]:
    chance = np.random.default_rng(2)
    return [" ".join(chance.choice(WORDS, 8)) for _ in range(count)]


def write(folder: Path, **texts: list[str]) -> str:
    rows = [{"language": code, "text": text} for code, some in texts.items() for text in some]
    pl.DataFrame(rows).write_csv(folder / "texts.csv")
    return str(folder / "texts.csv")


def make(name: str, checkpoint: Path, texts: str, **settings: Any) -> Any:
    return recipes.get(name).read({"checkpoint": str(checkpoint), "texts": texts, "max_length": 16, **settings})


TOPICS = np.arange(24) % 2
TEXTS = [" ".join(np.random.default_rng(place).choice(WORDS[4 * topic :][:4], 3)) for place, topic in enumerate(TOPICS)]


def fitted(recipe: Any) -> tuple[Any, np.ndarray[Any, Any]]:
    """What is learnt of topics in English, and answers in English and Dutch."""
    corpus = Corpus([TEXTS, []], [TEXTS, TEXTS], ["eng", "nld"], ids=["eng", "nld"])
    prepared = recipe.prepare(corpus, map)
    found = recipe.fit(prepared, Training(np.arange(24), TOPICS, 0, labels_count=2))
    return found, recipe.predict(prepared, found)[""].reshape(2, -1)


def test_an_adapter_learns_what_texts_tell_and_little_from_words_at_random(masked: Path, tmp_path: Path) -> None:
    """A hidden word takes log 2 = .69 nats, or log 8 = 2.08; less, as a tenth of them is shown."""
    texts = write(tmp_path, eng=in_pairs(), nld=at_random())
    settings = {"text_epochs": 12, "text_learning_rate": 1e-2, "language_size": 32, "epochs": 12, "learning_rate": 1e-2}
    found, answers = fitted(make("mad-x", masked, texts, batch_size=16, **settings))
    losses = found.notes["losses_of_adapters"]
    assert losses["eng"][1] < losses["eng"][0] - 1
    assert losses["eng"][1] < 1.4
    assert losses["nld"][1] > 1.6
    assert (answers[0] == TOPICS).mean() > 0.9


def test_the_task_learns_its_own_adapter_or_all_but_embeddings_and_languages(masked: Path, tmp_path: Path) -> None:
    texts = write(tmp_path, eng=in_pairs(20), nld=at_random(20))
    one, _ = fitted(make("mad-x", masked, texts, epochs=1, text_epochs=1))
    assert all(name.startswith(("encoder.task.", "head.")) for name in one.arrays)
    other, _ = fitted(make("mad-x", masked, texts, epochs=1, text_epochs=1, trains="shared"))
    assert any("attention" in name for name in other.arrays)
    assert not any("embeddings" in name or "languages" in name for name in other.arrays)


def test_a_text_is_read_by_the_adapter_of_its_own_language(masked: Path, tmp_path: Path) -> None:
    """With the same texts two languages have the same adapter; with other texts swapping changes what is answered."""
    queries = [Choice(one, (other, third)) for (one, other), third in zip(pairwise(TEXTS), TEXTS[2:], strict=False)]
    kind, answers = tasks.get("ranking")(), {}
    for name, dutch in (("same", in_pairs(60)), ("others", at_random(60))):
        texts = write(tmp_path, eng=in_pairs(60), nld=dutch)
        for swapped in (True, False):
            recipe = make("modular-late-interaction", masked, texts, dimension=8, epochs=1, text_epochs=2,
                          text_learning_rate=1e-2, swapped=swapped)  # fmt: skip
            corpus = Corpus([queries, []], [queries, queries], ["eng", "nld"], kind, [], ["eng", "nld"])
            prepared = recipe.prepare(corpus, map)
            labels = np.tile([1, 0], len(queries))
            learnt = recipe.fit(prepared, Training(np.arange(len(queries)), labels, 0))
            answers[name, swapped] = recipe.predict(prepared, learnt)[""].reshape(2, -1)
    assert answers["same", True].tolist() == answers["same", False].tolist()
    assert np.array_equal(answers["same", True][0], answers["same", True][1])
    assert np.array_equal(answers["others", True][0], answers["others", False][0])
    assert np.abs(answers["others", True][1] - answers["others", False][1]).max() > 1e-3


def test_adapters_learnt_otherwise_are_prepared_otherwise(masked: Path, tmp_path: Path) -> None:
    texts = write(tmp_path, eng=in_pairs(20), nld=at_random(20))
    one, other = (make("mad-x", masked, texts, batch_size=size) for size in (8, 16))
    assert one.preparation != other.preparation
    assert one.preparation == make("mad-x", masked, texts, batch_size=8, task_size=3).preparation


def test_what_is_missing_is_named(masked: Path, checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(BadValue, match=r'mad-x names no texts of languages; add texts = "texts.parquet"'):
        make("mad-x", masked, "")
    with pytest.raises(BadFile, match=r"nowhere.csv: no such file of texts"):
        make("mad-x", masked, "nowhere.csv")
    with pytest.raises(BadValue, match="adapters of low rank are another recipe's; leave out rank"):
        make("modular-late-interaction", masked, write(tmp_path, eng=["a", "b"]), rank=2)
    with pytest.raises(BadValue, match=r"texts.csv: fewer than 2 texts of 'nld'; add some, or leave out the language"):
        fitted(make("mad-x", masked, write(tmp_path, eng=["a", "b"])))
    with pytest.raises(InputError, match="has no head for hidden words"):
        fitted(make("mad-x", checkpoint, write(tmp_path, eng=["a", "b"], nld=["a", "b"])))
