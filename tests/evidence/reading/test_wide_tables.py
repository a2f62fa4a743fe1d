from __future__ import annotations

import pandas as pd
import polars as pl
import pytest

from isogloss.errors import BadFile, BadValue
from isogloss.evidence import import_files, read_evidence, read_queries

WIDE = """Language,Rook,Knight,Queen
English,81.5,79.0,90.5
Portuguese (Brazil),70.1,,85.0
Chinese (Simplified),64.0,66.5,80.2
Farsi,55.5,51.0,77.7
Kurdish (Kurmanji),41.0,38.5,60.1
"""


@pytest.fixture
def write(tmp_path):
    def write(content: str, name: str = "chess.csv"):
        path = tmp_path / name
        path.write_text(content)
        return path

    return write


def triples(evidence):
    return sorted(evidence.observations.select("model", "target", "score").rows())


def test_models_in_columns_and_languages_in_rows_need_no_mapping(write):
    evidence = read_evidence(write(WIDE))
    assert len(evidence) == 14
    assert ("Rook", "por", 0.701) in triples(evidence)
    assert set(evidence.targets) == {"eng", "por", "zho", "fas", "kmr"}
    row = evidence.observations.filter(target="kmr").row(0, named=True)
    assert (row["task"], row["metric"], row["train"], row["target_as_reported"]) == (
        *("chess", "score", "", "Kurdish (Kurmanji)"),
    )
    assert (row["scale"], row["higher_is_better"]) == ("percent", True)


def test_what_was_assumed_is_said_with_the_way_to_say_otherwise(write):
    certain, assumed = read_evidence(write(WIDE)).notes[:2]
    assert "5 languages in rows" in certain
    assert "task: 'chess' (after the file)" in assumed
    assert "metric: 'score', higher is better" in assumed
    assert "to say otherwise: metric=... task=... train=..." in assumed


def test_what_the_caller_says_is_not_assumed(write):
    evidence = read_evidence(write(WIDE), task="topics", metric="accuracy", train="eng")
    assert evidence.observations.select("task", "metric", "train").unique().rows() == [("topics", "accuracy", "eng")]
    assert not any("task:" in note for note in evidence.notes)


def test_blank_cells_are_counted_as_scores_that_are_not_there(write):
    report = import_files([write(WIDE)], dry_run=True).files[0]
    assert (report.rows, report.kept, report.dropped) == (15, 14, {"no score": 1})


def test_with_a_model_given_the_columns_are_tasks(write):
    evidence = read_evidence(write(WIDE), model="m")
    assert set(evidence.observations["task"]) == {"Rook", "Knight", "Queen"}


def test_columns_named_like_test_sets_are_tasks(write):
    evidence = read_evidence(write("lang,XNLI,XCOPA\nsw,0.61,0.55\nde,0.71,0.65\n"))
    assert evidence.observations.select("task", "model").unique().sort("task").rows() == [
        *[("XCOPA", "chess"), ("XNLI", "chess")]
    ]


def test_languages_in_columns(write):
    evidence = read_evidence(write("model,de,sw,yo,avg\nRook,70.5,50.0,40.5,53.7\nKnight,71.0,51.5,41.0,54.5\n"))
    assert set(evidence.targets) == {"deu", "swa", "yor"}
    assert ("Knight", "swa", 0.515) in triples(evidence)


def test_a_summary_column_is_dropped_with_a_reason(write):
    report = import_files([write("model,de,sw,avg\nRook,70.5,50.0,60.25\n")], dry_run=True).files[0]
    assert (report.kept, report.rows, report.dropped) == (2, 3, {"summary column 'avg'": 1})


def test_a_title_above_the_header_and_totals_below_are_no_scores(write):
    text = "Accuracy on topics (%),,\n,,\n" + WIDE.replace(",Queen", "").replace(",90.5", "").replace(",85.0", "")
    text = text.replace(",80.2", "").replace(",77.7", "").replace(",60.1", "") + "Average,62.4,58.8\n"
    report = import_files([write(text)], dry_run=True).files[0]
    assert report.kept == 9
    assert report.dropped == {"no score": 1, "a summary of several languages: 'Average'": 2}
    assert set(report_metrics := read_evidence(write(text)).observations["metric"]) == {"accuracy"}, report_metrics


def test_a_pandas_index_is_a_column():
    frame = pd.DataFrame({"Rook": [0.5, 0.25], "Knight": [0.75, 0.5]}, index=["German", "Swahili"])
    expected = [("Knight", "deu", 0.75), ("Knight", "swa", 0.5), ("Rook", "deu", 0.5), ("Rook", "swa", 0.25)]
    assert triples(read_evidence(frame)) == expected
    assert triples(read_evidence(frame.T)) == expected
    assert triples(read_evidence(pl.from_pandas(frame.reset_index()))) == expected


def test_two_rows_of_headers_name_tasks_and_models(write):
    columns = pd.MultiIndex.from_product([["XNLI", "XCOPA"], ["Rook", "Knight"]])
    frame = pd.DataFrame(
        [[70.5, 71.5, 60.5, 61.5], [50.5, 51.5, 52.5, 53.5]], index=["German", "Swahili"], columns=columns
    )
    evidence = read_evidence(frame)
    rows = evidence.observations.select("task", "model", "target", "score").rows()
    assert ("XCOPA", "Rook", "swa", 0.525) in rows
    assert len(rows) == 8
    text = ",XNLI,,XCOPA,\nLanguage,Rook,Knight,Rook,Knight\nGerman,70.5,71.5,60.5,61.5\nSwahili,50.5,51.5,52.5,53.5\n"
    again = read_evidence(write(text)).observations.select("task", "model", "target", "score").rows()
    assert sorted(again) == sorted(rows)


def test_a_column_of_a_metric_is_the_score(write):
    evidence = read_evidence(write("model,task,target,train,accuracy\nm,XNLI,de,en,42.5\nm,XNLI,fr,en,55.1\n"))
    assert evidence.observations.select("metric", "score").rows() == [("accuracy", 0.425), ("accuracy", 0.551)]


def test_cells_as_people_write_them(write):
    evidence = read_evidence(write("Language,accuracy\nGerman,42.5%\nFrench,55.1 ± 0.4\nSwahili,-\nYoruba,**31.0**\n"))
    assert evidence.observations.select("target", "score", "standard_error").rows() == [
        *[("deu", 0.425, None), ("fra", 0.551, 0.004), ("yor", 0.31, None)]
    ]


def test_decimal_commas_are_read_where_they_cannot_mean_thousands(write):
    evidence = read_evidence(write("Language;accuracy\nGerman;81,5\nSwahili;50,25\n"))
    assert evidence.observations["score"].to_list() == [0.815, 0.5025]


def test_scores_that_may_be_anything_are_asked_about(write):
    with pytest.raises(BadValue, match=r"nothing says what the scores from 1.5 to 4.5 are; give metric="):
        read_evidence(write("Language,Rook,Knight\nGerman,4.5,4\nSwahili,2,1.5\n"))


def test_two_columns_of_one_name_are_asked_about(write):
    with pytest.raises(BadValue, match="the columns 'swa' stand twice: which test set is which"):
        read_evidence(write("model,amh,swa,swa\nRook,42.0,51.0,50.2\n"))


def test_a_row_that_breaks_off_below_a_title_is_an_error(write):
    with pytest.raises(BadFile, match="line 4: has 2 of 3 cells"):
        read_evidence(write("My results,,\nLanguage,Rook,Knight\nGerman,70.5,71.5\nSwahili,50.5\n"))


def test_a_table_without_a_header_loses_no_row(write):
    evidence = read_evidence(write("German,81.5,79.5\nSwahili,70.5,66.5\n"))
    assert triples(evidence) == [
        *[
            ("system 1", "deu", 0.815),
            ("system 1", "swa", 0.705),
            ("system 2", "deu", 0.795),
            ("system 2", "swa", 0.665),
        ]
    ]
    assert any("model: system 1, system 2" in note for note in evidence.notes)


@pytest.mark.parametrize(
    "text",
    [
        "Language\tRook\nGerman\t81.5\nSwahili\t70.5",
        "Language;Rook\r\nGerman;81.5\r\nSwahili;70.5\r\n",
        "| Language | Rook |\n|---|---|\n| German | 81.5 |\n| Swahili | 70.5 |",
    ],
)
def test_text_that_was_copied_is_a_table(text):
    assert triples(read_evidence(text)) == [("Rook", "deu", 0.815), ("Rook", "swa", 0.705)]


def test_text_that_is_no_table_is_one_line():
    with pytest.raises(BadFile, match="text: holds no table"):
        read_evidence("\n\n")


@pytest.mark.parametrize("name", ["v", "e", "p", "w", "b", "_cell", "score", "a / b", "x [2]"])
def test_a_column_may_have_any_name(write, name):
    evidence = read_evidence(write(f"Language,Rook,{name}\nGerman,81.5%,79.5 ± 0.5\nSwahili,70.5%,66.5\n"))
    assert 0.795 in evidence.observations["score"].to_list()


@pytest.mark.parametrize("header", ["Speakers (M)", "Class", "Resource level", "Web size (GB)", "Δ", "Gain"])
def test_facts_and_differences_beside_scores_are_no_scores(write, header):
    evidence = read_evidence(write(f"Language,Rook,Knight,{header}\nGerman,81.5,79.5,5\nSwahili,70.5,66.5,4\n"))
    assert set(evidence.observations["model"]) == {"Rook", "Knight"}
    assert any(f"kept beside the scores: {header}" in note for note in evidence.notes)


def test_two_columns_of_different_languages_are_asked_about(write):
    with pytest.raises(BadValue, match="the columns 'lang1' and 'lang2' both name languages: which are tested"):
        read_evidence(write("lang1,lang2,f1\nen,de,81.5\nen,sw,70.5\n"))
    assert read_evidence(write("name,code,f1\nGerman,deu,81.5\nSwahili,swa,70.5\n")).targets == ["deu", "swa"]


def test_families_beside_languages_are_no_languages(write):
    evidence = read_evidence(write("Family,Tongue,Rook\nGermanic,German,81.5\nBantu,Swahili,70.5\n"))
    assert evidence.targets == ["deu", "swa"]


def test_errors_beside_the_scores_of_each_model_are_no_models(write):
    text = "Language,Rook,Rook stderr,Knight,Knight (std)\nGerman,81.5,1.5,79.5,1.6\nSwahili,70.5,1.7,66.5,1.8\n"
    evidence = read_evidence(write(text))
    assert set(evidence.observations["model"]) == {"Rook", "Knight"}
    assert len(evidence) == 4


def test_pairs_across_are_asked_about_unless_scores_are_of_translations(write):
    path = write("model,en-de,en-sw\nRook,30.5,20.5\n")
    evidence = read_evidence(path, metric="bleu")
    assert evidence.observations.select("target", "pair", "score").rows() == [
        *[("deu", "eng-x", 0.305), ("swa", "eng-x", 0.205)]
    ]
    with pytest.raises(BadValue, match="'en-sw' may be a pair of languages, or a language of a country"):
        read_evidence(path)


def test_queries_call_their_columns_as_people_do(write):
    queries = read_queries(write("Language,Model name,training languages\nYoruba,Rook,en\n"), task="chess")
    assert queries.select("target", "model", "train", "task").rows() == [("yor", "Rook", "eng", "chess")]


def test_the_cell_that_is_no_number_is_named_not_one_that_says_that_there_is_none(write):
    path = write("Language,Rook,Knight\nGerman,81.5,n/a\nSwahili,70.5,66.5\nHausa,pending,60.1\nZulu,50,55\n")
    with pytest.raises(BadValue, match="row 2: score 'pending' is not a number"):
        read_evidence(path)


def test_fractions_beside_percent_signs_are_never_offered_as_percentages(write):
    with pytest.raises(BadValue, match=r"hold fractions of 1; give all of them on one scale, such as 91% for 0\.91$"):
        read_evidence(write("language,Rook,Knight\nEnglish,88%,0.91\nGerman,85%,0.9\nSwahili,55%,0.61\n"))
