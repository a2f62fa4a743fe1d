"""Tables as people and programs leave them: names that hold a language, errors beside scores, two numbers in a cell."""

from __future__ import annotations

import pytest

from isogloss.errors import BadFile, BadValue, UnknownLanguage
from isogloss.evidence import import_files, plan_reading, read_evidence


@pytest.fixture
def write(tmp_path):
    def write(content: str | bytes, name: str = "scores.csv"):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def rows(evidence, *names):
    return sorted(evidence.observations.select(names).rows())


@pytest.mark.parametrize("header", ["f1_te,f1_fi", "te f1,fi f1", "f1 (Telugu),f1 (Finnish)", "te-f1,fi-f1"])
def test_headers_that_name_a_language_and_a_metric_are_taken_apart(write, header):
    evidence = read_evidence(write(f"model,{header}\nRook,60,70\n"))
    assert rows(evidence, "target", "metric", "score") == [("fin", "f1", 0.7), ("tel", "f1", 0.6)]


def test_headers_that_name_a_language_and_a_task_are_taken_apart(write):
    evidence = read_evidence(write("model,xnli_te,xnli_fi,xcopa_fi\nRook,60,70,80\n"))
    assert rows(evidence, "target", "task") == [("fin", "xcopa"), ("fin", "xnli"), ("tel", "xnli")]


@pytest.mark.parametrize("names", [("xnli_te", "xnli_fi"), ("XNLI (te)", "XNLI (Finnish)")])
def test_names_of_tasks_that_end_in_a_language_are_taken_apart(write, names):
    path = write(f"task,Rook,Knight\n{names[0]},60,61\n{names[1]},70,71\n")
    evidence = read_evidence(path)
    assert rows(evidence, "model", "target", "score") == [
        *[("Knight", "fin", 0.71), ("Knight", "tel", 0.61), ("Rook", "fin", 0.7), ("Rook", "tel", 0.6)]
    ]
    assert evidence.observations["task"].n_unique() == 1
    assert any("the end of 'task'" in note for note in evidence.notes)


@pytest.mark.parametrize("header", ["±", "stderr", "SE", "Rook stderr"])
def test_a_column_of_errors_belongs_to_the_scores_before_it(write, header):
    evidence = read_evidence(write(f"Language,Rook,{header},Knight\nTelugu,60,2,61\nFinnish,70,3,71\n"))
    assert rows(evidence, "model", "target", "standard_error") == [
        *[("Knight", "fin", None), ("Knight", "tel", None), ("Rook", "fin", 0.03), ("Rook", "tel", 0.02)]
    ]


def test_deviations_are_no_errors_and_are_kept_beside_the_scores(write):
    evidence = read_evidence(write("Language,Rook,Rook_std\nTelugu,60,2\nFinnish,70,3\n"))
    assert evidence.observations["standard_error"].null_count() == 2
    assert any("kept beside the scores: Rook_std" in note for note in evidence.notes)


def test_numbers_of_shots_above_columns_are_no_models(write):
    evidence = read_evidence(write("Language,zero-shot,5-shot\nTelugu,60,61\n"), model="Rook")
    assert rows(evidence, "shots", "score") == [(0, 0.6), (5, 0.61)]
    ways = read_evidence(write("model,Language,zero-shot,few-shot\nRook,Telugu,60,61\n"))
    assert rows(ways, "model", "recipe") == [("Rook", "few-shot"), ("Rook", "zero-shot")]


def test_a_word_above_all_columns_says_what_they_are(write):
    html = "<table><tr><th><th colspan=2>Tasks<tr><th>Language<th>A1<th>B2<tr><td>Telugu<td>60<td>61</table>"
    assert rows(read_evidence(write(html, "a.html"), model="m"), "task") == [("A1",), ("B2",)]


def test_the_only_column_of_numbers_is_of_scores_though_it_is_called_a_mean(write):
    assert rows(read_evidence(write("Language,Average\nTelugu,60\nFinnish,70\n")), "score") == [(0.6,), (0.7,)]


def test_summaries_do_not_decide_the_scale(write):
    report = import_files([write("Language,Rook\nTelugu,60\nFinnish,70\nTotal,130\n")], dry_run=True)
    assert report.files[0].dropped == {"a summary of several languages: 'Total'": 1}
    assert report.observations["scale"].unique().to_list() == ["percent"]


def test_what_stands_behind_a_sign_or_in_parentheses_is_said(write):
    notes = read_evidence(write("Language,Rook\nTelugu,60 ± 2\nFinnish,70 ± 3\n")).notes
    assert "2 numbers behind ± are read as standard errors" in notes
    notes = read_evidence(write("Language,Rook\nTelugu,60 (2)\nFinnish,70 (3)\n")).notes
    assert "2 numbers in parentheses beside scores are left out" in notes


def test_two_numbers_in_a_cell_are_two_metrics(write):
    path = write("Language,Rook (F1/EM)\nTelugu,60/50\nFinnish,70 / 65\n")
    right = [("EM", "fin", 0.65), ("EM", "tel", 0.5), ("F1", "fin", 0.7), ("F1", "tel", 0.6)]
    assert rows(read_evidence(path), "metric", "target", "score") == right
    again = read_evidence(path, mapping=write(plan_reading(path).mapping(), "map.toml"))
    assert rows(again, "metric", "target", "score") == right


@pytest.mark.parametrize("header", ["2/2", "Rook (F1/F1)", "Rook"])
def test_two_numbers_under_a_header_of_two_equal_names_are_asked_about(write, header):
    with pytest.raises(BadValue, match="hold two numbers each: of which metrics"):
        read_evidence(write(f"Language,{header},Rook [first]\nTelugu,60/50,1\nFinnish,70/65,2\n"))


@pytest.mark.parametrize("header", ["model,task,metric,target,train,score", "System,task,metric,lang,train,Rook"])
def test_models_called_like_two_numbers_are_models(write, header):
    evidence = read_evidence(write(f"{header}\n0/0,t,f1,te,en,0.6\n0/1,t,f1,te,en,0.5\n"))
    assert rows(evidence, "model", "target", "score") == [("0/0", "tel", 0.6), ("0/1", "tel", 0.5)]


def test_dates_are_not_two_scores(write):
    evidence = read_evidence(write("date,Language,Rook\n11/28,te,60\n11/29,fi,70\n"), metric="f1")
    assert rows(evidence, "target", "score") == [("fin", 0.7), ("tel", 0.6)]


def test_a_column_taken_for_models_by_chance_is_said(write):
    notes = read_evidence(write("date,te,fi\n2024-01-01,60,50\n2024-02-01,70,65\n"), metric="f1", task="t").notes
    assert any("assumed model: the column 'date' (no other column of text)" in note for note in notes)


def test_a_metric_in_percent_in_one_task_and_in_fractions_in_another_is_said(write):
    text = "model,task,metric,target,train,score\nm,a,f1,te,,60\nm,b,f1,te,,0.7\n"
    assert "f1: read as fractions in b, as percentages in a (or give scale=...)" in read_evidence(write(text)).notes


def test_cells_that_are_nearly_numbers_are_named(write):
    with pytest.raises(BadFile, match="holds no column of scores: 'Rook' holds '60a'"):
        read_evidence(write("Language,Rook\nTelugu,60a\nFinnish,70b\n"))


def test_a_value_that_is_no_language_can_be_left_out(write):
    path = write("model,task,metric,target,train,score\nm,t,f1,te,,0.6\nm,t,f1,baseline,,0.5\n")
    with pytest.raises(UnknownLanguage, match="unknown language 'baseline'"):
        read_evidence(path)
    assert read_evidence(path, languages={"baseline": "none"}).targets == ["tel"]


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16-le", "utf-16-be", "utf-16"])
def test_other_encodings_are_read(write, encoding):
    path = write("Language;Rook\nEspañol;60,5\nFrançais;70,5\n".encode(encoding))
    evidence = read_evidence(path)
    assert rows(evidence, "target", "score") == [("fra", 0.705), ("spa", 0.605)]
    assert ("is not UTF-8, read as Windows-1252: Español, Français" in evidence.notes) == (encoding == "cp1252")


@pytest.mark.parametrize(("encoding", "name"), [("shift_jis", "日本語"), ("cp1251", "Русский"), ("gb18030", "德语")])
def test_encodings_that_cannot_be_told_are_refused(write, encoding, name):
    with pytest.raises(BadFile, match="is not UTF-8 text: byte 14; save it as UTF-8"):
        read_evidence(write(f"Language,Rook\n{name},60\n".encode(encoding)))
