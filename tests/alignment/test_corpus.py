"""Parallel corpora: both layouts give the same sentences, and what is not parallel is refused."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from isogloss.alignment import read_corpus
from isogloss.errors import BadFile, BadValue, UnknownLanguage

LONG = pl.DataFrame(
    {
        "lang": ["eng_Latn", "eng_Latn", "deu_Latn", "deu_Latn", "yor_Latn"],
        "index_id": [7, 8, 7, 8, 7],
        "text": ["a dog", "a cat", "ein Hund", "eine Katze", "aja"],
        "split": ["test"] * 5,
    }
)
WIDE = pl.DataFrame(
    {
        "index_id": [7, 8],
        "eng_Latn": ["a dog", "a cat"],
        "deu_Latn": ["ein Hund", "eine Katze"],
        "yor_Latn": ["aja", None],
    }
)


@pytest.mark.parametrize("ending", [".parquet", ".csv", ".tsv", ".jsonl"])
@pytest.mark.parametrize("table", [LONG, WIDE], ids=["long", "wide"])
def test_a_row_per_sentence_and_a_column_per_language_say_the_same(
    table: pl.DataFrame, ending: str, tmp_path: Path
) -> None:
    path = tmp_path / f"corpus{ending}"
    write = {".parquet": table.write_parquet, ".csv": table.write_csv, ".jsonl": table.write_ndjson}
    write[ending](path) if ending in write else table.write_csv(path, separator="\t")
    corpus = read_corpus(path)
    assert corpus.languages == ["eng_Latn", "deu_Latn", "yor_Latn"]
    assert corpus.missing == 1
    assert corpus.empty == (1 if table is WIDE else 0)
    assert corpus.table.filter(language="deu_Latn").select("id", "text").rows() == [
        ("7", "ein Hund"),
        ("8", "eine Katze"),
    ]


def test_items_of_evidence_are_sentences() -> None:
    assert_frame_equal(read_corpus(LONG.rename({"index_id": "item"})).table, read_corpus(LONG).table)


def test_rows_without_ids_are_numbered_where_languages_are_columns() -> None:
    corpus = read_corpus(WIDE.drop("index_id"))
    assert corpus.table["id"].to_list() == ["0", "1", "0", "1", "0"]


def test_languages_are_chosen_by_any_name() -> None:
    assert read_corpus(LONG).select(["German", "yo"]).languages == ["deu_Latn", "yor_Latn"]
    assert read_corpus(LONG).select(["europe"]).languages == ["eng_Latn", "deu_Latn"]
    with pytest.raises(BadValue, match="languages: no sentences in French; leave them out"):
        read_corpus(LONG).select(["French", "German"])


def test_languages_in_several_scripts_are_chosen_by_their_script() -> None:
    names = {"eng_Latn": "zho_Hans", "deu_Latn": "zho_Hant", "yor_Latn": "arb_Latn"}
    corpus = read_corpus(LONG.with_columns(pl.col("lang").replace(names)))
    assert corpus.select(["zho_Hant", "arb_Latn"]).languages == ["zho_Hant", "arb_Latn"]
    assert corpus.select(["arb"]).languages == ["arb_Latn"]
    assert corpus.select(["asia"]).languages == ["zho_Hans", "zho_Hant", "arb_Latn"]
    with pytest.raises(BadValue, match="languages: 'zho' can be zho_Hans or zho_Hant; write languages='zho_Hans'"):
        corpus.select(["zho"])
    with pytest.raises(BadValue, match="no sentences in arb_Arab"):
        corpus.select(["arb_Arab"])


def test_what_is_not_parallel_is_refused() -> None:
    apart = LONG.with_columns(index_id=pl.int_range(pl.len()))
    with pytest.raises(BadValue, match="no two languages share a sentence, so it is not parallel"):
        read_corpus(apart)
    with pytest.raises(BadValue, match="sentence '7' is there twice in deu_Latn; keep one of each"):
        read_corpus(pl.concat([LONG, LONG[2:3]]))
    with pytest.raises(BadValue, match="no column id, of lang, text, split; call it so: id"):
        read_corpus(LONG.drop("index_id"))
    with pytest.raises(BadValue, match="no column of texts and no columns of languages"):
        read_corpus(LONG.drop("text"))
    with pytest.raises(UnknownLanguage, match="xxq"):
        read_corpus(LONG.with_columns(lang=pl.col("lang").str.replace("yor_Latn", "xxq")))


def test_files_that_are_no_tables_are_refused(tmp_path: Path) -> None:
    (tmp_path / "corpus.parquet").write_bytes(b"PAR1 nothing")
    with pytest.raises(BadFile, match=r"is no parquet table"):
        read_corpus(tmp_path / "corpus.parquet")
    (tmp_path / "corpus.doc").write_bytes(b"")
    with pytest.raises(BadValue, match=r"unknown ending '\.doc'; give \.parquet"):
        read_corpus(tmp_path / "corpus.doc")
