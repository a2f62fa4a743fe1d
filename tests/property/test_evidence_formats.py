"""Whatever stands in a file of another tool, reading it ends in evidence or in one line that says why not."""

from __future__ import annotations

import copy
import io
import json
import zipfile

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from isogloss.errors import IsoglossError
from isogloss.evidence import ReadOptions, import_files
from isogloss.evidence.importers import importers

TOLD = {
    "hf-trainer": {"model": "toy", "task": "topics", "train": "en:100"},
    "langrank": {"model": "toy", "task": "topics"},
    "xtreme": {"model": "toy", "train": "en:100"},
}
DATE = "2026-08-01T12-30-00.123456"
LM_EVAL = {
    "results": {
        "xnli": {"acc,none": 0.5},
        "xnli_de": {"alias": "xnli_de", "acc,none": 0.5, "acc_stderr,none": 0.1},
        "global_mmlu_ar_stem": {"acc,none": 0.25, "acc_stderr,none": 0.01, "sample_len": 20},
        "global_mmlu_ar_business": {"acc,none": 0.75, "acc_stderr,none": 0.02, "sample_len": 10},
    },
    "groups": {"xnli": {"acc,none": 0.5}},
    "group_subtasks": {"xnli": ["xnli_de"]},
    "configs": {"xnli_de": {"dataset_name": "de", "test_split": "test", "num_fewshot": 1}},
    "versions": {"xnli_de": 1.0},
    "n-shot": {"xnli_de": 3},
    "higher_is_better": {"xnli_de": {"acc": True}},
    "n-samples": {"xnli_de": {"original": 10, "effective": 10}},
    "config": {
        "model_args": "pretrained=toy",
        "limit": 10,
        "model_num_parameters": 5,
        "model_sha": "a",
        "fewshot_seed": 1,
    },
    "date": 1785587400.0,
    "lm_eval_version": "0.4.13",
}
SAMPLE = {"doc_id": 0, "filter": "none", "metrics": ["acc"], "acc": 1.0, "filtered_resps": ["ja"]}
LIGHTEVAL = {
    "config_general": {"model_name": "toy", "max_samples": 5, "model_config": {"revision": "abc"}},
    "results": {
        "belebele_als_Latn_mcf|0": {"acc": 0.5, "acc_stderr": 0.05},
        "global_mmlu_all_yor_mcf:a|0": {"acc": 0.5},
        "all": {"acc": 0.5},
    },
    "versions": {"belebele_als_Latn_mcf|0": 0},
    "config_tasks": {
        "belebele_als_Latn_mcf|0": {"effective_num_docs": 100},
        "global_mmlu_all_yor_mcf:a|0": {"effective_num_docs": 100},
    },
}
INSPECT = {
    "version": 2,
    "status": "success",
    "eval": {
        "task": "mgsm",
        "task_args": {"language": "sw"},
        "task_version": 1,
        "model": "toy",
        "created": "2026-08-01T12:30:00+00:00",
        "config": {"limit": 5},
        "dataset": {"name": "mgsm"},
        "model_generate_config": {"seed": 7},
        "packages": {"inspect_ai": "0.3"},
    },
    "results": {
        "completed_samples": 2,
        "scores": [{"name": "match", "metrics": {"accuracy": {"value": 0.5}, "stderr": {"value": 0.1}}}],
    },
    "stats": {"model_usage": {"toy": {"input_tokens": 5}}},
    "samples": [{"id": 1, "metadata": {"language": "de"}, "scores": {"match": {"value": "C", "answer": "x"}}}],
    "reductions": [{"scorer": "match", "samples": [{"sample_id": 1, "value": 1.0, "answer": "x"}]}],
}
OPENCOMPASS = {"accuracy": 50.0, "type": "GEN", "details": {"0": {"pred": "5", "correct": True}}}
TRAINER = {
    "eval_de_accuracy": 0.5,
    "eval_de_runtime": 1.0,
    "eval_de_samples": 10,
    "eval_sw_f1": 0.25,
    "eval_sw_runtime": 1.0,
    "total_flos": 1e9,
    "train_runtime": 60.0,
}
STATE = {"best_global_step": 5, "log_history": [{"step": 5, "eval_de_accuracy": 0.5, "eval_de_runtime": 1.0}]}
XTREME = {
    "xnli": {"accuracy": {"en": 80.0, "sw": 60.0}, "avg_metric": 70.0},
    "tatoeba": {"accuracy": {"cmn": 5.0}, "avg_metric": 5.0},
}
DOCUMENTS = {
    "lm-eval": (LM_EVAL, f"results_{DATE}.json"),
    "lighteval": (LIGHTEVAL, f"results_{DATE}.json"),
    "inspect-ai": (INSPECT, "log.json"),
    "opencompass": (OPENCOMPASS, "mgsm_sw.json"),
    "hf-trainer": (TRAINER, "all_results.json"),
    "hf-trainer-state": (STATE, "trainer_state.json"),
    "xtreme": (XTREME, "report.json"),
}
TABLES = {
    "amue": (
        "tydiqa_mbert_results.csv",
        {
            "en_pivot_size": 5,
            "tgt_lang": "sw",
            "f1_score": 50.0,
            "en_tgt_trans_pivot_size": 1.0,
            "tgt_pivot_size": 2,
            "train_mode": "x",
        },
    ),
    "langrank": (
        "experiments.csv",
        {"task_lang": "aze", "aux_lang": "tur", "dataset_size": 5, "accuracy": 50.0, "genetic": 0.5},
    ),
    "opencompass": (
        "summary.csv",
        {"dataset": "mgsm_sw", "version": "a1", "metric": "accuracy", "mode": "gen", "toy": 50.0},
    ),
    "proxylm-mt560": (
        "mt560.csv",
        {
            "source_lang": "eng",
            "target_lang": "sin",
            "train_dataset": "a",
            "dataset_size": 5,
            "test_dataset": "b",
            "nllb_ft_spBLEU_mean": 5.0,
            "nllb_ft_spBLEU_se": 0.1,
            "test_size": 7.0,
        },
    ),
    "sib200": ("sib200_llm.tsv", {"model": "toy", "lang": "ace_Arab", "n": 3, "accuracy": 0.3333, "answered": 1.0}),
    "xfakt": ("xfakt.csv", {"task": "recall", "model": "toy", "lang": "Swahili", "i": 1, "rating": 2}),
}
HUGE = st.sampled_from([10**400, -(10**30), 2**63, 1e308, float("inf"), float("nan"), -0.0, -1, 10**12])
VALUES = st.recursive(
    st.none() | st.booleans() | HUGE | st.integers() | st.floats() | st.text(max_size=5) | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
CELLS = st.one_of(
    st.sampled_from(["", "nan", "inf", "-1", "1e400", "5", "0.5", "x", "eng", "xx9", "en:5,de", "a|b"]),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6),
)
QUIET = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)


def imported(path, name):
    """The report of an import, or None where it was refused in one line."""
    options = ReadOptions(values=TOLD.get(name, {}), duplicates="last")
    try:
        report = import_files([path], options, format=name, dry_run=True).files[0]
    except IsoglossError as error:
        message, report = str(error), None
    else:
        message = ""
    assert message.isprintable()
    if report is None:
        return None
    assert report.kept + report.queries + sum(report.dropped.values()) == report.rows
    return report


def test_every_importer_for_a_tool_is_put_to_the_test():
    ours = {name.removesuffix("-state") for name in DOCUMENTS} | set(TABLES)
    assert ours | {"litmus", "mteb", "table"} == set(importers.names())


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_documents_to_be_damaged_are_whole(tmp_path, name):
    document, file = DOCUMENTS[name]
    (tmp_path / file).write_text(json.dumps(document))
    assert imported(tmp_path / file, name.removesuffix("-state")).kept > 0


@pytest.mark.parametrize("name", TABLES)
def test_the_tables_to_be_damaged_are_whole(tmp_path, name):
    file, row = TABLES[name]
    path = tmp_path / file
    pl.DataFrame([row]).write_csv(path, separator="\t" if path.suffix == ".tsv" else ",")
    assert imported(path, name).kept > 0


def places(value, path=()):
    """Every place in a document, the root aside."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inside:
        yield (*path, key)
        yield from places(part, (*path, key))


def damaged(draw, document):
    """A document with other values, without some, or with keys of another name, in a few places."""
    document = copy.deepcopy(document)
    for _ in range(draw(st.integers(1, 3))):
        if not (spots := list(places(document))):
            break
        *path, last = draw(st.sampled_from(spots))
        part = document
        for key in path:
            part = part[key]
        kind = draw(st.sampled_from(["change", "remove", "rename"]))
        if kind == "change":
            part[last] = draw(VALUES)
        elif kind == "remove":
            del part[last]
        elif isinstance(part, dict):
            part[draw(st.text(max_size=8) | st.just("\ud800"))] = part.pop(last)
    return document


@pytest.mark.parametrize("name", DOCUMENTS)
@QUIET
@given(data=st.data())
def test_a_damaged_document_is_read_or_refused_in_one_line(tmp_path, name, data):
    document, file = DOCUMENTS[name]
    (tmp_path / file).write_text(json.dumps(damaged(data.draw, document)))
    imported(tmp_path / file, name.removesuffix("-state"))


@pytest.mark.parametrize("name", DOCUMENTS)
@QUIET
@given(content=VALUES | st.binary(max_size=200))
def test_anything_else_is_refused_in_one_line(tmp_path, name, content):
    path = tmp_path / DOCUMENTS[name][1]
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    imported(path, name.removesuffix("-state"))


@QUIET
@given(data=st.data())
def test_damaged_samples_are_read_or_refused_in_one_line(tmp_path, data):
    (tmp_path / f"results_{DATE}.json").write_text(json.dumps(LM_EVAL))
    line = json.dumps(damaged(data.draw, SAMPLE))
    (tmp_path / f"samples_xnli_de_{DATE}.jsonl").write_text(line)
    imported(tmp_path / f"results_{DATE}.json", "lm-eval")


@pytest.mark.parametrize("name", TABLES)
@QUIET
@given(data=st.data())
def test_a_damaged_table_is_read_or_refused_in_one_line(tmp_path, name, data):
    file, row = TABLES[name]
    path = tmp_path / file
    rows = [{key: str(value) for key, value in row.items()} for _ in range(data.draw(st.integers(1, 3)))]
    for _ in range(data.draw(st.integers(1, 3))):
        data.draw(st.sampled_from(rows))[data.draw(st.sampled_from(list(row)))] = data.draw(CELLS)
    pl.DataFrame(rows, schema=dict.fromkeys(row, pl.String)).write_csv(
        path, separator="\t" if path.suffix == ".tsv" else ","
    )
    imported(path, name)


@pytest.fixture(scope="module")
def archive():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("header.json", json.dumps(INSPECT))
        packed.writestr("summaries.json", json.dumps(INSPECT["samples"]))
    return buffer.getvalue()


@QUIET
@given(places=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=4))
def test_a_damaged_archive_is_read_or_refused_in_one_line(tmp_path, archive, places):
    content = bytearray(archive)
    for place, byte in places:
        content[int(place * len(content))] = byte
    (tmp_path / "log.eval").write_bytes(content)
    imported(tmp_path / "log.eval", "inspect-ai")
