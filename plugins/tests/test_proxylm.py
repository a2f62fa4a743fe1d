from __future__ import annotations

import polars as pl
import pytest

from isogloss.errors import IsoglossError
from isogloss.evidence import import_files, read_evidence

HEADER = (
    "source_lang,target_lang,train_dataset,dataset_size,test_dataset,nllb_ft_spBLEU_mean,nllb_ft_spBLEU_se,"
    "nllb_noft_TER_mean,nllb_noft_TER_se,trfm_comet_mean,test_size"
)
ROWS = ["sin,eng,news,2000,flores,25.6,0.8,66.8,1.0,0.53,1012.0", "eng,sin,bible,300,flores,12.5,,99.9,2.0,,1012.0"]


@pytest.fixture
def write(tmp_path):
    def write(*rows, header=HEADER):
        path = tmp_path / "mt560_experiments.csv"
        path.write_text("\n".join([header, *rows]) + "\n")
        return path

    return write


def test_directions_are_pairs_and_the_corpus_counts_for_the_language_that_is_not_english(write):
    rows = read_evidence(write(*ROWS)).observations
    assert rows.select("model", "metric", "target", "pair", "train", "recipe", "score", "standard_error").rows() == [
        ("nllb", "spBLEU", "sin", "x-eng", "sin:2000", "fine-tune on news", 0.256, 0.008),
        ("nllb", "TER", "sin", "x-eng", "", None, 66.8, 1.0),
        ("transformer", "comet", "sin", "x-eng", "sin:2000", "from scratch on news", 0.53, None),
        ("nllb", "spBLEU", "sin", "eng-x", "sin:300", "fine-tune on bible", 0.125, None),
        ("nllb", "TER", "sin", "eng-x", "", None, 99.9, 2.0),
    ]
    assert rows["task"].unique().to_list() == ["MT560-flores"]
    assert rows["items"].unique().to_list() == [1012]
    assert dict(rows.select("metric", "higher_is_better").unique().rows()) == {
        "spBLEU": True,
        "TER": False,
        "comet": True,
    }


def test_a_system_as_released_is_kept_once_whatever_was_trained_on(write):
    report = import_files([write(ROWS[0], ROWS[0].replace("news,2000", "bible,77"))], dry_run=True)
    assert (report.files[0].rows, report.files[0].kept, report.files[0].dropped) == (6, 5, {"duplicate": 1})


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("2000", "many", "row 0: dataset_size 'many' is not a number"),
        (",eng,", ",deu,", "row 0: target_lang 'deu' makes no pair with English"),
        ("news", "", "row 0: train_dataset '' is empty"),
        ("25.6", "high", "row 0: score 'high' is not a number"),
        ("25.6", "256", "row 0: spBLEU 256 lies outside 0 to 100"),
        ("sin", "xx9", "row 0: unknown language 'xx9'"),
    ],
)
def test_what_a_row_cannot_say_is_one_line_with_the_row(write, old, new, reason):
    with pytest.raises(IsoglossError) as caught:
        read_evidence(write(ROWS[0].replace(old, new)))
    assert reason in str(caught.value)


def test_a_table_without_scores_is_one_line(write):
    with pytest.raises(IsoglossError, match="has no column such as nllb_ft_BLEU_mean"):
        read_evidence(write("sin,eng,a,5,b", header=HEADER[:63].rstrip(",")), format="proxylm-mt560")


@pytest.mark.data
def test_mt560_has_42_scores_per_experiment(observed):
    path = observed / "proxylm" / "mt560_experiments.csv"
    report = import_files([path], dry_run=True)
    file, experiments = report.files[0], 1_954
    assert pl.read_csv(path).height == experiments
    assert (file.importer, file.rows) == ("proxylm-mt560", experiments * 7 * 6)
    assert file.kept + sum(file.dropped.values()) == file.rows
    assert set(file.dropped) == {"duplicate"}  # of systems as released, which no corpus changes
    tuned = report.observations.filter(pl.col("train") != "")
    assert tuned.height == experiments * 4 * 6
    assert report.observations["standard_error"].null_count() == 0
    assert tuned["pair"].value_counts().sort("pair").rows() == [("eng-x", 977 * 24), ("x-eng", 977 * 24)]
