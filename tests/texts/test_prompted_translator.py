"""A model that is asked to translate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.models.endpoint_server import serving

from isogloss.errors import BadFile, BadValue
from isogloss.texts import Item, Passage, read_transform, read_translator

WORDS = {"the dog": "der Hund", "the cat": "die Katze"}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISOGLOSS_CACHE", str(tmp_path / "cache"))


def translating(handler: Any, body: dict[str, Any]) -> None:
    """Replies with what the last line of the message means, and goes on about it."""
    asked = body["messages"][-1]["content"].splitlines()[-1]
    handler.reply({"choices": [{"message": {"content": WORDS.get(asked, "")}, "finish_reason": "stop"}]})


def test_a_model_behind_an_endpoint_translates_and_is_asked_once() -> None:
    with serving(translating) as server:
        by = read_translator({"name": "prompted", "model": f"{server.address}#big"})
        passages = [Passage("the\ndog"), Passage("the cat")]
        assert by.translate(passages, "eng_Latn", "deu_Latn") == ["der Hund", "die Katze"]
        assert by.translate(passages, "eng_Latn", "deu_Latn") == ["der Hund", "die Katze"]
        asked = [body["messages"][-1]["content"] for _, _, body in server.seen]
    assert len(asked) == 2
    assert asked[0].startswith("Translate this text from English into German.")
    assert by.label == "prompted:big"


def test_what_comes_back_empty_is_dropped_by_a_transform() -> None:
    with serving(translating) as server:
        transform = {"name": "translate", "translator": {"name": "prompted", "model": f"{server.address}#big"}}
        items = [Item(str(number), tuple(text.split()), "calm", text=text)
                 for number, text in enumerate(["the dog", "the zebra"])]  # fmt: skip
        made = read_transform(transform).transform(items, "eng", "deu")
    assert [item.text for item in made.items] == ["der Hund"]
    assert made.dropped == {"1": "no translation"}


def test_a_decoder_that_has_learnt_pairs_translates_by_itself(tmp_path: Path) -> None:
    """A model of bytes goes on from the prompt with what stood behind it in its texts."""
    pytest.importorskip("torch", reason="needs the extra lab")
    from isogloss.lab import ByteTransformer, pretrain

    texts = [f"{one}={other}\n" for one, other in WORDS.items()] * 60
    shape = ByteTransformer(layers=1, width=48, heads=2, context=48, steps=120, batch_size=8, learning_rate=1e-2)
    pretrain(texts, tmp_path / "model", shape)
    given = {"name": "prompted", "model": str(tmp_path / "model"), "prompt": "{text}=", "max_new": 12}
    by = read_translator(given)
    found = by.translate([Passage(one) for one in WORDS], "eng_Latn", "deu_Latn")
    assert found == [*WORDS.values()]
    other = read_translator(given | {"prompt": "{text} in {target}:"})
    assert by.identity != other.identity
    assert by.identity == read_translator(given).identity


def test_what_cannot_be_asked_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadValue, match="translator 'prompted' needs a model"):
        read_translator({"name": "prompted"})
    with pytest.raises(BadValue, match=r"the prompt has \{text\} 0 times"):
        read_translator({"name": "prompted", "model": "x", "prompt": "Translate."})
    with pytest.raises(BadFile):
        _ = read_translator({"name": "prompted", "model": str(tmp_path / "none")}).identity
