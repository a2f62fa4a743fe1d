"""Translations are scored by pair, kept as scores of pairs, and forecast by pair, also by spBLEU."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import isogloss
from isogloss.errors import InputError
from isogloss.evidence import Store

sacrebleu = pytest.importorskip("sacrebleu", reason="needs the extra behaviour")
sentencepiece = pytest.importorskip("sentencepiece", reason="sacreBLEU's tokeniser of spBLEU needs it")

LANGUAGES = ("deu", "fra", "spa", "por", "ita", "nld", "swe", "ron", "pol", "swh", "yor", "zul", "hau", "ibo", "amh")
ASKED = ("xho", "dan")
ITEMS = 12


@pytest.fixture
def pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A small tokeniser where sacreBLEU keeps that of FLORES-200, which no test downloads."""
    from sacrebleu.tokenizers import tokenizer_spm

    from isogloss.metrics import sacre

    (tmp_path / "models").mkdir()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([text(row) for row in range(40)]), vocab_size=40, minloglevel=2,
        model_prefix=str(tmp_path / "trained"), hard_vocab_limit=False,
    )  # fmt: skip
    (tmp_path / "trained.model").rename(tmp_path / "models" / "flores200sacrebleuspm")
    monkeypatch.setattr(tokenizer_spm, "SACREBLEU_DIR", str(tmp_path))
    sacre._scorer.cache_clear()
    yield
    sacre._scorer.cache_clear()


def text(seed: int) -> str:
    chance = np.random.default_rng(seed)
    return " ".join("".join(chance.choice([*"abcdefgh"], 5)) for _ in range(9))


def translations() -> pl.DataFrame:
    """Into a language, and out of it into English; the later a language stands, the more words are wrong."""
    rows = []
    for place, language in enumerate(LANGUAGES):
        for origin, into, more in (("eng", language, 0), (language, "eng", 2)):
            for item in range(ITEMS):
                right = text(item).split()
                wrong = [*("zzzzz" for _ in range(min(8, (place + more) // 2))), *right][: len(right)]
                rows.append({"model": "mt", "task": "flores", "item": item, "source language": origin,
                             "language": into, "output": " ".join(wrong), "reference": " ".join(right)})  # fmt: skip
    return pl.DataFrame(rows)


@pytest.mark.usefixtures("pieces")
def test_spbleu_goes_from_texts_to_a_forecast_of_a_pair(tmp_path: Path) -> None:
    table = translations()
    answer = isogloss.generation_quality(table, metrics=["spbleu", "chrf"], into=str(tmp_path / "store"))
    scores = answer.result.scores.drop_nulls("language").filter(metric="spbleu")
    assert scores.height == 2 * len(LANGUAGES)
    own = table.filter(pl.col("language") == "eng", pl.col("source language") == "swh")
    expected = sacrebleu.BLEU(tokenize="flores200").corpus_score(own["output"].to_list(), [own["reference"].to_list()])
    one = scores.filter(language="eng", source_language="swh").row(0, named=True)
    assert one["value"] == pytest.approx(expected.score / 100)
    assert (one["part"], one["items"]) == ("from swh", ITEMS)
    rows = Store(tmp_path / "store").read().observations.filter(metric="spbleu")
    assert rows["pair"].value_counts(sort=True).sort("pair").rows() == [("eng-x", 15), ("x-eng", 15)]
    assert set(rows["target"]) == {*LANGUAGES}
    assert rows["details"].str.contains("tok:flores200").all()

    asked = {"task": "flores", "metric": "spbleu", "targets": [*ASKED]}
    into, out = (isogloss.forecast(str(tmp_path / "store"), pair=pair, **asked).table for pair in ("eng-x", "x-eng"))
    assert set(into["target"]) == {*ASKED}
    assert into["lower"].min() >= 0
    assert into["upper"].max() <= 1
    values = {pair: dict(found.select("target", "mean").iter_rows()) for pair, found in (("into", into), ("out", out))}
    assert values["into"]["dan"] > values["into"]["xho"]
    assert values["out"]["dan"] < values["into"]["dan"]


def test_items_of_two_source_languages_are_not_the_same_item_given_twice() -> None:
    table = pl.DataFrame({
        "source_language": ["deu", "fra", "deu"], "language": ["eng"] * 3, "item": [0, 0, 0], "text": ["a b c d"] * 3,
        "answers": ["a b c d", "a b c e", "a b c d"],
    })  # fmt: skip
    scores = isogloss.generation_quality(table.head(2), metrics=["bleu"]).result.scores.drop_nulls("language")
    assert dict(scores.select("part", "value").iter_rows())["from deu"] == 1.0
    assert dict(scores.select("part", "value").iter_rows())["from fra"] < 1.0
    with pytest.raises(InputError, match=r"item 0 is given twice in eng; .* models, tasks or source languages"):
        isogloss.generation_quality(table, metrics=["bleu"])
