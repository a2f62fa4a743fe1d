"""Whole files of every format, small enough to be damaged in every place."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping

import polars as pl

TOLD = {
    "model-card": {"metric": "wer", "model": "toy"},
    "hf-trainer": {"model": "toy", "task": "topics", "train": "en:100"},
    "langrank": {"model": "toy", "task": "topics"},
    "xtreme": {"model": "toy", "train": "en:100"},
}
BOARD = (
    ",,<b>Sentiment classification</b>,~~~Knowledge~~~\nModel,Parameters,angry-tweets,danske-talemaader\n"
    '"<a href=\'x\'>o/m</a> (zero-shot, val)","7,000",60.5 ± 1.9 / 72.5 ± 0.9@@60.5,?\n'
)
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
EUROEVAL = {
    "dataset": "irony-x",
    "dataset_languages": ["da"],
    "model": "org/m@main#thinking",
    "results": {"raw": [{"mcc": 0.5}, {"mcc": 0.6}], "total": {"test_mcc": 55.0, "test_mcc_se": 5.0}},
    "num_model_parameters": 1000,
    "few_shot": True,
    "validation_split": False,
}
EVERY = {
    "schema_version": "0.3.0",
    "evaluation_id": "b/m/1",
    "retrieved_timestamp": "1700000000",
    "source_metadata": {"source_name": "b", "source_organization_name": "o"},
    "eval_library": {"name": "lm_eval", "version": "1", "additional_details": {"languages": "[]"}},
    "model_info": {"id": "o/m@a#b", "additional_details": {"model_args": "dtype=bfloat16", "num_parameters": "5"}},
    "evaluation_results": [
        {
            "evaluation_name": "xnli_de/strict",
            "evaluation_result_id": "r1",
            "source_data": {"dataset_name": "xnli", "hf_split": "test", "samples_number": 5},
            "metric_config": {"metric_name": "acc", "lower_is_better": False, "min_score": 0, "max_score": 1},
            "score_details": {
                "score": 0.5,
                "details": {"shots": "5"},
                "uncertainty": {"confidence_interval": {"lower": 0.4, "upper": 0.6, "confidence_level": 0.95}},
            },
            "generation_config": {"generation_args": {"prompt_template": "{x}", "temperature": 0.0}},
        }
    ],
    "detailed_evaluation_results": {"format": "jsonl", "file_path": "data/run.jsonl"},
}
EVERY_ITEM = {
    "schema_version": "0.3.0", "evaluation_id": "b/m/1", "model_id": "o/m", "evaluation_name": "xnli_de",
    "evaluation_result_id": "r1", "sample_id": "1", "interaction_type": "single_turn", "output": {"raw": ["x"]},
    "evaluation": {"score": 1.0, "is_correct": True}, "metadata": {"language": "de"},
}  # fmt: skip
MGSM = {"bn": 0.25, "bn:std": 0.43, "group_latin": 0.7, "de": 0.5, "score": 0.4}

WIDE = "Results,,\nLanguage,Rook,Knight\nGerman,81.5%,79.0 ± 0.4\nSwahili,**70.5**,-\nAverage,76,\n"
MARKDOWN = "## XNLI\n| Language | Rook |\n|---|---:|\n| German | **81.5** |\n| [Swahili](x) | 70.5 |\n"
HTML = "<table><tr><th rowspan=2>Language<th colspan=2>A</tr><tr><td>B<td>C</tr><tr><td>German<td>81<td>79</tr></table>"
LATEX = r"\begin{tabular}{lr} Language & \textbf{Rook} \\ German & 81.5 \\ Swahili & 70.5 \\ \end{tabular}"
BLEU = {
    "name": "BLEU", "score": 31.5, "signature": "nrefs:1|case:lc|eff:no|tok:flores200|smooth:exp|version:2.6.0",
    "confidence_var": 1.5, "nrefs": "1", "case": "lc", "tok": "flores200",
}  # fmt: skip
HELM = [
    {"name": {"name": "exact_match", "split": "test"}, "count": 1, "mean": 0.5},
    {"name": {"name": "exact_match", "split": "test", "perturbation": {"name": "dialect"}}, "count": 1, "mean": 0.25},
    {"name": {"name": "num_instances", "split": "test"}, "count": 1, "mean": 4.0},
]
HELM_SPEC = {
    "name": "mgsm:language=sw,model=toy",
    "scenario_spec": {"args": {"language": "sw"}},
    "adapter_spec": {"method": "generation", "max_train_instances": 5, "model": "o/toy", "temperature": 0.0},
}
HELM_ITEMS = [{"instance_id": "1", "train_trial_index": 0, "stats": HELM[:1]}]
BOARDS = [
    {
        "task": "Machine Translation",
        "datasets": [
            {
                "dataset": "WMT2014 English-German",
                "subdatasets": [],
                "sota": {"rows": [{"model_name": "m", "metrics": {"BLEU": "31.5%"}, "paper_date": "2024-05-01"}]},
            }
        ],
        "subtasks": [],
    }
]
CARD = """---
language: [no]
license: mit
model-index:
- name: o/m
  results:
  - task: {type: asr}
    dataset: {name: Common Voice, type: cv, config: no, split: test, args: {language: no}}
    metrics: [{type: wer, value: 32.1, name: WER}, {type: wer, value: '28.5'}]
---
"""
COMMUNITY = "- dataset: {id: o/belebele, task_id: swh_Latn}\n  value: 61.5\n  date: '2026-01-15'\n"
NESTED = {
    "model": "org/m",
    "metric": "f1",
    "results": {"xnli": {"de": {"f1": 0.5, "f1_stderr": 0.1, "n": 5}, "sw": {"f1": "25%"}, "average": 0.4}},
}
MESSY = {
    "halves.csv": "Language,Rook (F1/EM),Knight\nGerman,81.5/70,1/2\nThai,-,3 | 4%\n",
    "apart.csv": "model,acc_de,acc_sw,Avg\nRook,81.5,70.5,76\nKnight,79 (1),n/a,79\n",
    "ends.csv": "task,zero-shot,5-shot,\u00b1\nxnli_de,81.5,82,.4\nXCOPA_sw,70.5,72,.5\n",
    "trees.csv": "treebank,LAS,stderr\nen_ewt,81.5,1\nUD_Thai-PUD,70.5,1\nGerman (GSD),60,1\n\u0394,1,1\n",
    "pairs.csv": "chrF,de,sw\nen,81.5,70.5\nfr-ca,60,50\n",
}
"""Tables as people leave them."""
MULTIROW = (
    r"\begin{table}\caption{F1}\begin{tabular}{llr} \multirow{2}{*}{Model} & Lang & \multicolumn{1}{c}{Task} \\ "
    r"\multirow{2}{*}{Rook} & de & 81.5 \\ & sw & \textbf{70.5} \\ \end{tabular}\end{table}"
)
SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    '<row r="1"><c r="A1" t="inlineStr"><is><t>Language</t></is></c><c r="B1" t="inlineStr"><is><t>Rook</t></is></c>'
    '</row><row r="2"><c r="A2" t="inlineStr"><is><t>German</t></is></c><c r="B2" s="1"><v>0.815</v></c></row>'
    '<row r="3"><c r="A3" t="inlineStr"><is><t>Thai</t></is></c><c r="B3"><f>B2</f></c></row></sheetData>'
    '<mergeCells><mergeCell ref="B2:B3"/></mergeCells></worksheet>'
)
ODS = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
    '<table:table table:name="S"><table:table-row><table:table-cell office:value-type="string"><text:p>Language'
    '</text:p></table:table-cell><table:table-cell office:value-type="string"><text:p>Rook</text:p></table:table-cell>'
    '</table:table-row><table:table-row table:number-rows-repeated="2"><table:table-cell office:value-type="string">'
    '<text:p>German</text:p></table:table-cell><table:table-cell office:value-type="percentage" office:value="0.815">'
    "<text:p>81.5%</text:p></table:table-cell></table:table-row></table:table></office:spreadsheet></office:body>"
    "</office:document-content>"
)
RECORDS = [{"language": "de", "f1": 0.5}, {"language": "sw", "f1": 0.25}]

EUROEVAL = {
    "dataset": "irony-x", "task": "sentiment-classification", "dataset_languages": ["da"], "model": "org/m@main",
    "results": {"raw": [{"mcc": 0.5}, {"mcc": 0.7}], "total": {"test_mcc": 60.0, "test_mcc_se": 2.5}},
    "few_shot": True, "generative": True, "validation_split": False, "euroeval_version": "15.3.1",
}  # fmt: skip
DOCUMENTS = {
    "euroeval": (EUROEVAL, "euroeval_benchmark_results.jsonl"),
    "every-eval-ever": (EVERY, "run.json"),
    "papers-with-code": (BOARDS, "boards.json"),
    "sacrebleu": (BLEU, "flores.eng-swh.m.json"),
    "lm-eval": (LM_EVAL, f"results_{DATE}.json"),
    "lighteval": (LIGHTEVAL, f"results_{DATE}.json"),
    "inspect-ai": (INSPECT, "log.json"),
    "simple-evals": (MGSM, "mgsm_m.json"),
    "opencompass": (OPENCOMPASS, "mgsm_sw.json"),
    "hf-trainer": (TRAINER, "all_results.json"),
    "hf-trainer-state": (STATE, "trainer_state.json"),
    "xtreme": (XTREME, "report.json"),
}
MASSIVE = {"source_lang": "eng", "target_lang": "deu"}
MASSIVE_MODELS = ("aya", "llama3", "smollm_135m", "smollm_360m", "bloomz_560m")
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
    "nn-rank": (
        "nn_rank.csv",
        {
            "accuracy": 50.0,
            "f1": 50.0,
            "model": "a",
            "tokenizer": "toy",
            "eval_file": "de_test",
            "num_eval_examples": 5,
            "train_file": "en_train",
        },
    ),
    "proxylm-intent": ("intent.csv", MASSIVE | {f"{model}_accuracy": 50.0 for model in MASSIVE_MODELS}),
    "proxylm-slot": ("slot.csv", MASSIVE | {f"{model}_f1": 50.0 for model in MASSIVE_MODELS}),
    "sib200": ("sib200_llm.tsv", {"model": "toy", "lang": "ace_Arab", "n": 3, "accuracy": 0.3333, "answered": 1.0}),
    "xfakt": ("xfakt.csv", {"task": "recall", "model": "toy", "lang": "Swahili", "i": 1, "rating": 2}),
}
LITMUS = [{"train_config": {"en": 5, "hi": 0}, "eval_results": {"en": 0.5, "hi": 0.25, "sw": "x"}}]
MTEB = {
    "dataset_revision": "a1",
    "mteb_dataset_name": "Topics",
    "scores": {"test": [{"hf_subset": "de", "languages": ["deu-Latn"], "main_score": 0.5, "accuracy": 0.5}]},
    "task_name": "Topics",
}
TABLE = {"model": "m", "task": "t", "metric": "f1", "target": "de", "train": "en:5", "seed": 1, "score": 0.5}
MAPPING = """
scale = "percent"

[columns]
target = "sprache"
score = "wert"

[values]
model = "toy"
task = "topics"
metric = "accuracy"
train = "en:100"

[regex]
target = "([a-z]+)"
"""
MAPPED = {"sprache": "de", "wert": 50.0}


def archive(before: bytes = b"") -> bytes:
    """A log of inspect_ai as it packs it, with something before the text of its header."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("header.json", before + json.dumps(INSPECT).encode())
        packed.writestr("summaries.json", json.dumps(INSPECT["samples"]))
    return buffer.getvalue()


def delimited(row: dict[str, object], separator: str) -> bytes:
    """A table of one row as text."""
    return pl.DataFrame([row]).write_csv(separator=separator).encode()


def parquet(note: str = "") -> bytes:
    """A table in Parquet: one row, or twenty with the same note, which is stored once."""
    buffer = io.BytesIO()
    rows = [TABLE | {"notes": note, "seed": seed} for seed in range(20)] if note else [TABLE]
    pl.DataFrame(rows).write_parquet(buffer)
    return buffer.getvalue()


def hostile() -> list[tuple[str, str | None, bytes]]:
    """Small files that stand for large ones, or whose names act on a terminal: name, importer and content of each."""
    names = {"model": "a\x1b]0;b\x07", "task": "=1+1", "target": "\u202ede", "[/red]": "'@", "metric": "f1"}
    wide = ",".join(f"c{number}" for number in range(500)) + "\n" + "1\n" * 800
    keys = "".join(f'{{"c{number}": {number}}}\n' for number in range(200))
    return [
        ("names.jsonl", "table", json.dumps({**TABLE, **names}).encode()),
        ("wide.csv", "table", wide.encode()),
        ("keys.jsonl", "table", keys.encode()),
        ("deep.json", None, b"[" * 2000),
        ("bomb.eval", "inspect-ai", archive(b" " * 3_000_000)),
        ("dictionary.parquet", "table", parquet("x" * 100_000)),
    ]


def spreadsheet(sheet: bytes | None = None) -> bytes:
    """The smallest xlsx, with this content of its only sheet; its second style of cells is in percent."""
    package = "http://schemas.openxmlformats.org/package/2006"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    return _packed({
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" Target="xl/workbook.xml" '
        f'Type="{office}/officeDocument"/></Relationships>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Target="worksheets/sheet1.xml" Type="{office}/worksheet"/></Relationships>',
        "xl/workbook.xml": f'<workbook {main} xmlns:r="{office}"><sheets><sheet name="S" sheetId="1" r:id="r1"/>'
        "</sheets></workbook>",
        "xl/styles.xml": f'<styleSheet {main}><cellXfs><xf numFmtId="0"/><xf numFmtId="9"/></cellXfs></styleSheet>',
        "xl/worksheets/sheet1.xml": SHEET if sheet is None else sheet,
    })  # fmt: skip


def open_document(content: bytes) -> bytes:
    """The smallest ods, with this content."""
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    return _packed({"mimetype": kind, "META-INF/manifest.xml": "<manifest/>", "content.xml": content})


def _packed(members: Mapping[str, str | bytes]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as packed:
        for name, content in members.items():
            packed.writestr(zipfile.ZipInfo(name), content)
    return written.getvalue()
