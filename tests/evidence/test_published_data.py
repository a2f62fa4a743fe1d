"""The files that researchers published, read whole: every row is accounted for."""

from __future__ import annotations

import json

import polars as pl
import pytest

from isogloss.evidence import import_files, read_evidence, read_queries

pytestmark = pytest.mark.data

TRAIN = {
    "TyDiQA_TULRv6Large_ID": 234,
    "TyDiQA_TULRv6Large_OOD": 286,
    "TyDiQA_XLMR_ID": 234,
    "TyDiQA_XLMR_OOD": 286,
    "UDPOS_XLMR": 12_000,
    "WikiANN_XLMR": 15_600,
    "XNLI_TULRv6Large": 600,
    "XNLI_XLMR": 600,
}
TEST = {
    "TyDiQA_TULRv6Large_ID": 27,
    "TyDiQA_TULRv6Large_OOD": 33,
    "TyDiQA_XLMR_ID": 27,
    "TyDiQA_XLMR_OOD": 33,
    "UDPOS_XLMR": 3_000,
    "UDPOS_XLMR_surprise_langs_diff_configs": 1_500,
    "UDPOS_XLMR_surprise_langs_same_configs": 6_000,
    "WikiANN_XLMR": 3_900,
    "WikiANN_XLMR_surprise_langs_diff_configs": 1_700,
    "WikiANN_XLMR_surprise_langs_same_configs": 6_800,
    "XNLI_TULRv6Large": 150,
    "XNLI_TULRv6Large_surprise_langs_diff_configs": 100,
    "XNLI_TULRv6Large_surprise_langs_same_configs": 400,
    "XNLI_XLMR": 150,
    "XNLI_XLMR_surprise_langs_diff_configs": 100,
    "XNLI_XLMR_surprise_langs_same_configs": 400,
}


def test_all_sumeval_files_are_named_here(observed):
    for folder, names in (("train", TRAIN), ("test", TEST)):
        assert {path.stem for path in (observed / "sumeval" / folder).glob("*.json")} == set(names)


@pytest.mark.parametrize(("name", "cells"), TRAIN.items())
def test_every_score_of_a_sumeval_train_file_is_kept(observed, name, cells):
    report = import_files([observed / "sumeval" / "train" / f"{name}.json"], dry_run=True).files[0]
    assert (report.importer, report.rows, report.kept, report.queries, report.dropped) == (
        "litmus",
        cells,
        cells,
        0,
        {},
    )


@pytest.mark.parametrize(("name", "cells"), TEST.items())
def test_every_cross_of_a_sumeval_test_file_is_a_query_in_file_order(observed, name, cells):
    path = observed / "sumeval" / "test" / f"{name}.json"
    queries = read_queries(path)
    asked = [
        (position, code)
        for position, entry in enumerate(json.loads(path.read_text()))
        for code in entry["eval_results"]
    ]
    assert queries.height == cells
    assert queries.select("query_row", "target_as_reported").rows() == asked


def test_the_sumeval_train_files_do_not_collide(observed):
    evidence = read_evidence(str(observed / "sumeval" / "train" / "*.json"))
    assert len(evidence) == sum(TRAIN.values()) == 29_840
    assert evidence.settings().height == 8


def test_a_sumeval_score_and_its_mix_are_those_of_the_file(observed):
    path = observed / "sumeval" / "train" / "UDPOS_XLMR.json"
    entry = json.loads(path.read_text())[7]
    rows = read_evidence(path).observations.filter(pl.col("origin_row") == 7)
    assert dict(rows.select("target_as_reported", "score").iter_rows()) == entry["eval_results"]
    assert rows["train"].n_unique() == 1
    sizes = sorted(int(part.partition(":")[2]) for part in rows["train"][0].split(","))
    assert sizes == sorted(size for size in entry["train_config"].values() if size)
