from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from isogloss.errors import BadValue, IsoglossError
from isogloss.evidence import TrainingMix, import_files, read_evidence


@pytest.fixture
def path():
    return Path(__file__).parent / "tydiqa_mbert_results.csv"


def test_english_translated_and_labelled_examples_make_the_mix(path):
    assert read_evidence(path).observations.select("target", "train", "score").rows() == [
        ("swa", "eng:100", 0.115),
        ("swa", "eng:3696,swa+translated:369", 0.6125),
        ("swa", "eng:3696,swa:500,swa+translated:369", 0.705),
        ("swa", "swa:2755", 0.66),
        ("eng", "eng:3696", 0.8),
    ]


def test_task_and_model_come_from_the_file_name(path):
    row = read_evidence(path).observations.row(0, named=True)
    assert (row["task"], row["model"], row["metric"], row["recipe"], row["scale"]) == (
        "TyDiQA",
        "bert-base-multilingual-cased",
        "f1",
        "fine-tune",
        "percent",
    )
    assert row["details"] == '{"train_mode":"zero-shot"}'


def test_an_unknown_file_name_asks_for_task_and_model(path, tmp_path):
    other = tmp_path / "mine.csv"
    other.write_text(path.read_text())
    with pytest.raises(BadValue, match=r"mine.csv: the file name does not say .*give task=\.\.\. and model=\.\.\."):
        read_evidence(other)
    assert read_evidence(other, task="T", model="M").observations["task"][0] == "T"


def test_a_row_without_a_score_is_dropped_with_a_reason(path):
    report = import_files([path], dry_run=True).files[0]
    assert (report.importer, report.rows, report.kept, report.dropped) == ("amue", 6, 5, {"no score": 1})


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("369.0", "369.5", "row 1: en_tgt_trans_pivot_size '369.5' is not a number of examples"),
        (",500,", ",-500,", "row 2: tgt_pivot_size '-500' is not"),
        ("0,100,", "0,nan,", "row 0: en_pivot_size 'nan' is not"),
        ("0,100,", "0,,", "row 0: en_pivot_size '' is not"),
        ("11.5", "much", "row 0: score 'much' is not a number"),
        ("11.5", "1150", "row 0: f1 1150 lies outside 0 to 100"),
        (",sw,", ",xx9,", "row 0: unknown language 'xx9'"),
        (",sw,", ",,", "row 0: no target"),
        ("tgt_lang", "target_language", "unknown column 'tgt_lang'; did you mean 'target_language'"),
    ],
)
def test_what_a_row_cannot_say_is_one_line_with_the_row(path, tmp_path, old, new, reason):
    damaged = tmp_path / path.name
    damaged.write_text(path.read_text().replace(old, new))
    with pytest.raises(IsoglossError) as caught:
        read_evidence(damaged, format="amue")
    assert reason in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.data
def test_all_published_fine_tunings_are_kept_and_told_apart(observed):
    report = import_files([observed / "amue" / "tydiqa_mbert_results.csv"], dry_run=True)
    assert (report.files[0].rows, report.files[0].kept) == (2_922, 2_922)
    table = report.observations
    assert table.group_by("target", "train").len()["len"].max() == 1
    translated = [bool(TrainingMix.parse(text, language=str).of_kind("translated")) for text in table["train"]]
    modes = table["details"].str.json_path_match("$.train_mode")
    assert (pl.Series(translated) == modes.str.contains("translate-train")).all()
