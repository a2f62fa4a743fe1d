"""Scores of written texts by language: what is computed, what is said of it, and what goes into a store."""

from __future__ import annotations

import json

import polars as pl
import pytest

import isogloss
from isogloss.behaviour import score_generation
from isogloss.errors import BadValue, IsoglossError

sacrebleu = pytest.importorskip("sacrebleu")

ENGLISH = ["The cat sat on the mat.", "A dog ran far away.", "Rain fell all day long.", "We ate bread and cheese."]
RIGHT = ["The cat sits on the mat.", "A dog ran away.", "It rained all day long.", "We ate bread with cheese."]
JAPANESE = ["今日は雨です。", "犬が走る。", "猫が寝ている。", "パンを食べた。"]
JAPANESE_RIGHT = ["今日は雨でした。", "犬が走った。", "猫が寝ている。", "ごはんを食べた。"]


def table(**columns: object) -> pl.DataFrame:
    one = pl.DataFrame({"language": "English", "item": range(4), "prediction": ENGLISH, "reference": RIGHT})
    other = one.with_columns(
        language=pl.lit("Japanese"), prediction=pl.Series(JAPANESE), reference=pl.Series(JAPANESE_RIGHT)
    )
    return pl.concat([one, other]).with_columns(model=pl.lit("mine")).with_columns(**columns)


def of(answer, metric: str, language: str | None) -> dict[str, object]:
    asked = pl.col("language").is_null() if language is None else pl.col("language") == language
    return answer.result.scores.filter(asked, metric=metric).row(0, named=True)


def test_scores_by_language_are_those_of_the_corpus_and_the_whole_is_their_mean() -> None:
    answer = isogloss.generation_quality(table(), metrics=["chrF++", "BLEU"])
    english = sacrebleu.CHRF(word_order=2).corpus_score(ENGLISH, [RIGHT]).score / 100
    japanese = sacrebleu.CHRF(word_order=2).corpus_score(JAPANESE, [JAPANESE_RIGHT]).score / 100
    assert of(answer, "chrf++", "eng")["value"] == english
    assert of(answer, "chrf++", "jpn")["value"] == japanese
    assert of(answer, "chrf++", None)["value"] == pytest.approx((english + japanese) / 2)
    assert of(answer, "chrf++", None)["items"] == 8
    row = of(answer, "bleu", "eng")
    assert row["lower"] < row["value"] < row["upper"]
    assert answer.result.signatures["bleu", "jpn"].startswith("case:mixed|eff:no|tok:char")
    assert any("tok:char" in note and "(jpn)" in note for note in answer.notes)


def test_sources_bring_sari_and_error_rates_are_better_when_low() -> None:
    good = pl.when(pl.col("item") == 0).then("reference").otherwise("prediction")
    both = pl.concat([table(source=pl.col("prediction")), table(source=pl.col("prediction"), prediction=good,
                                                                model=pl.lit("better"))])  # fmt: skip
    assert [*score_generation(renamed(both)).scores["metric"].unique(maintain_order=True)] == [
        "chrf++", "rouge_l", "exact_match", "sari"
    ]  # fmt: skip
    answer = isogloss.generation_quality(both, metrics=["wer"])
    assert answer.sentences[0].startswith("Best of 2 by wer: better: ")


def renamed(items: pl.DataFrame) -> pl.DataFrame:
    from isogloss.behaviour import read_items

    return read_items(items)


def test_several_references_are_a_list_or_its_json_and_the_best_counts() -> None:
    several = pl.concat_list("reference", "prediction")
    for one in (several, several.map_elements(lambda both: json.dumps([*both]), return_dtype=pl.String)):
        answer = isogloss.generation_quality(table(reference=one), metrics=["chrf", "rouge_1"])
        assert of(answer, "chrf", None)["value"] == of(answer, "rouge_1", None)["value"] == 1


def test_empty_replies_count_and_are_named() -> None:
    empty = pl.when(pl.col("item") == 0).then(pl.lit("")).otherwise("prediction")
    answer = isogloss.generation_quality(table(prediction=empty), metrics=["rouge_l"])
    flags = {row["flag"]: row["meaning"] for row in answer.flags.iter_rows(named=True)}
    assert flags["empty_replies"] == "2 replies without text count as such."
    assert flags["few_items"] == "Fewer than 10 items: the interval is too narrow."


def test_scores_go_into_a_store_with_direction_and_signature(tmp_path) -> None:
    answer = isogloss.generation_quality(table(), metrics=["chrf", "wer"], into=str(tmp_path / "store"))
    assert answer.sentences[-1] == f"4 scores written to {tmp_path / 'store'}."
    rows = isogloss.Store(tmp_path / "store").read().observations.sort("metric", "target")
    assert rows["scale"].to_list() == ["fraction", "fraction", "raw", "raw"]
    assert rows["higher_is_better"].to_list() == [True, True, False, False]
    assert rows["task"].unique().to_list() == ["generation"]
    assert json.loads(rows["details"][0])["signature"].startswith("case:mixed|eff:yes|nc:6|nw:0")


@pytest.mark.parametrize(
    ("items", "metrics", "reason"),
    [
        (table(), ["accuracy"], "'accuracy' is not computed from texts and references"),
        (table(), ["comet"], "'comet' is not computed"),
        (table(), ["sari"], "there are none; add a column source"),
        (table().drop("reference"), [], "has no column 'answers'"),
        (table(reference=pl.lit(" ")), [], "item 0 has no reference, nor have 7 others"),
        (table(item=pl.lit(1)), [], "item 1 is given twice in eng"),
        (table(prediction=pl.lit(None)).drop("language"), [], "has no column 'language'"),
    ],
)
def test_what_cannot_be_scored_is_refused(items: pl.DataFrame, metrics: list[str], reason: str) -> None:
    with pytest.raises(IsoglossError, match=reason) as raised:
        isogloss.generation_quality(items, metrics=metrics)
    assert isinstance(raised.value, BadValue)
