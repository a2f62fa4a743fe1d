"""Every real file there is finds its importer by itself, and each of its rows is kept or dropped with a reason."""

from __future__ import annotations

import csv
import json

import pytest

from isogloss.evidence import ReadOptions, import_files

pytest.importorskip("isogloss_papers", reason="the importers of papers are absent: pip install ./plugins")
pytestmark = pytest.mark.data

SKIPPED = ("LICENSE", "models.jsonl")
TOLD = {
    "lm_eval_results.json": ReadOptions(values={"model": "dummy"}),
    "inspect_no_samples.json": ReadOptions(languages={"testtaskname": "eng"}, unfinished=True),
}


def rows_of_csv(path, columns=1):
    with path.open(newline="") as file:
        return (sum(1 for _ in csv.reader(file)) - 1) * columns


def cells_of_litmus(path):
    return sum(len(entry["eval_results"]) for entry in json.loads(path.read_text()))


def metrics_of_lm_eval(path):
    results = json.loads(path.read_text())["results"]
    return sum("," in key and "_stderr" not in key for values in results.values() for key in values)


def metrics_of_inspect(path):
    return sum(len(score["metrics"]) for score in json.loads(path.read_text())["results"]["scores"])


IMPORTERS = {
    "amue/tydiqa_mbert_results.csv": ("amue", rows_of_csv),
    "fixtures/inspect_no_samples.json": ("inspect-ai", metrics_of_inspect),
    "fixtures/lm_eval_results.json": ("lm-eval", metrics_of_lm_eval),
    "fixtures/lm_eval_samples_toy_deu_Latn.jsonl": None,  # items, not scores: test_import_lm_eval.py
    "nnrank/results_bert-base-multilingual-cased_test.csv": ("nn-rank", rows_of_csv),
    "nnrank/results_xlm-roberta-base_test.csv": ("nn-rank", rows_of_csv),
    "proxylm/intent_experiments.csv": ("proxylm-intent", lambda path: rows_of_csv(path, columns=5)),
    "proxylm/mt560_experiments.csv": ("proxylm-mt560", lambda path: rows_of_csv(path, columns=42)),
    "proxylm/slot_experiments.csv": ("proxylm-slot", lambda path: rows_of_csv(path, columns=5)),
    "observations/sib200_llm_predictions.parquet": ("sib200", lambda path: 410),
    "observations/sib200_llm_scores.tsv": ("sib200", rows_of_csv),
    "observations/xfakt_ratings.parquet": ("xfakt", lambda path: 3 * 14 * 13),
}
ITEMS = {"sib200_llm_predictions.parquet": 83_640, "xfakt_ratings.parquet": 429_884, "inspect_no_samples.json": 3}


def real_files(observed):
    """Every file of scores, without those of MTEB, which have tests of their own, and tables that need a mapping."""
    for folder in (observed, observed.parent / "fixtures"):
        for path in sorted(folder.rglob("*")):
            beside = {"mteb", "similarity", "euroeval", "languagebench"} & set(path.relative_to(folder).parts)
            if path.is_file() and path.name not in SKIPPED and not beside:
                yield path


def place(path):
    return "/".join(path.parts[-2:])


def test_no_real_file_is_without_an_importer(observed):
    for path in real_files(observed):
        assert "sumeval" in path.parts or place(path) in IMPORTERS, f"{path} is new"


@pytest.mark.parametrize("name", [name for name, known in IMPORTERS.items() if known])
def test_every_row_of_a_real_file_is_kept_or_dropped_with_a_reason(observed, name):
    (path,) = [path for path in real_files(observed) if place(path) == name]
    importer, count = IMPORTERS[name]
    report = import_files([path], TOLD.get(path.name, ReadOptions()), dry_run=True).files[0]
    assert report.importer == importer
    assert report.rows == count(path) == report.kept + report.queries + sum(report.dropped.values())
    assert report.items == ITEMS.get(path.name, 0)


def test_every_score_of_sumeval_is_kept(observed):
    for path in real_files(observed):
        if place(path).startswith("train/"):
            report = import_files([path], dry_run=True).files[0]
            assert (report.importer, report.rows) == ("litmus", cells_of_litmus(path))
            assert report.kept == report.rows


def test_all_real_files_together_have_no_score_twice(observed):
    told = [path for path in real_files(observed) if "test" not in path.parts and path.parent.name != "fixtures"]
    report = import_files(told, dry_run=True)
    assert report.observations.height == sum(file.kept for file in report.files)
    papers = {"amue", "nn-rank", "proxylm-intent", "proxylm-mt560", "proxylm-slot", "sib200", "xfakt"}
    assert set(report.observations["importer"]) == {"litmus", *papers}
    twice = sum(file.dropped.get("duplicate", 0) for file in report.files)
    assert twice == 25_488 + 410  # MT560 systems as released; SIB-200, whose scores are in both of its files
