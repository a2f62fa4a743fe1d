from __future__ import annotations

import polars as pl
import pytest

from isogloss.evidence import import_files, read_evidence
from isogloss.evidence.importers.mapping import load_mapping
from isogloss_papers.mapped import NNRank, ProxyLMIntent, ProxyLMSlot


@pytest.mark.parametrize("importer", [NNRank, ProxyLMIntent, ProxyLMSlot])
def test_a_table_is_recognised_by_the_columns_of_its_mapping(importer, tmp_path):
    columns = load_mapping(importer.mapping).recognise.columns
    cell = {"eval_file": "de_test", "train_file": "en_train", "num_eval_examples": "100"}
    row = {column: cell.get(column, "de" if "lang" in column else "50.5") for column in columns}
    pl.DataFrame([row]).write_csv(tmp_path / "scores.csv")
    observations = read_evidence(tmp_path / "scores.csv").observations
    assert observations["importer"].unique().to_list() == [importer.name]
    assert observations["target"].unique().to_list() == ["deu"]
    assert observations["score"].unique().to_list() == [0.505]


@pytest.mark.data
@pytest.mark.parametrize(("name", "task"), [("intent", "MASSIVE-intent"), ("slot", "MASSIVE-slot")])
def test_proxylm_has_51_sources_by_51_targets_by_5_models(observed, name, task):
    path = observed / "proxylm" / f"{name}_experiments.csv"
    report = import_files([path], dry_run=True)
    assert (report.files[0].rows, report.files[0].kept) == (13_005, 13_005)
    observations = report.observations
    assert observations["task"].unique().to_list() == [task]
    assert observations["model"].n_unique() == 5
    assert observations["target"].n_unique() == observations["train"].n_unique() == 51
    assert observations["train"].str.ends_with(":11514").all()
    assert observations.filter(pl.col("train") == pl.col("target") + ":11514").height == 51 * 5
    assert observations["score"].max() <= 1


@pytest.mark.data
def test_nn_rank_has_51_sources_by_72_targets_by_2_models(observed):
    report = import_files(sorted((observed / "nnrank").glob("*.csv")), dry_run=True)
    assert [(file.rows, file.kept) for file in report.files] == [(3_672, 3_672)] * 2
    observations = report.observations
    assert observations["model"].unique().sort().to_list() == ["bert-base-multilingual-cased", "xlm-roberta-base"]
    assert (observations["target"].n_unique(), observations["train"].n_unique()) == (72, 51)
    first = observations.row(0, named=True)
    assert (first["target"], first["train"], first["items"], first["metric"]) == ("ita", "ell", 10_000, "f1")
    assert first["score"] == pytest.approx(0.716563362115295)
