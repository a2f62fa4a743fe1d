"""Inputs of every kind that was once misread in silence, each with the right reading, or the right question.

The kinds are called after the smallest input that showed each: `mt-directions`, `aggregate-rows`, and so on. The tests
beside this file and the benchmark `evidence_reading` both read all of them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

LONG = "model,task,metric,target,train,score\n"


@dataclass(frozen=True)
class Sibling:
    """One input.

    Attributes
    ----------
    kind : str
    content : str or mapping of str to str
        Of the file, or of several by name.
    right : list of dict
        What of each observation is right; in any order. Empty where it is right to refuse.
    name : str
        Of the file.
    options : dict
        What the caller says, as `read_evidence` takes it.
    asked : str
        A part of the question; empty where nothing has to be asked.
    answer : dict
        Options that answer it; with them the reading is `right`.
    """

    kind: str
    content: str | Mapping[str, str]
    right: list[dict[str, Any]]
    name: str = "scores.csv"
    options: dict[str, Any] = field(default_factory=dict)
    asked: str = ""
    answer: dict[str, Any] = field(default_factory=dict)


def score(target: str, value: float, **more: Any) -> dict[str, Any]:
    """An observation of a language with a score."""
    return {"target": target, "score": value, **more}


def long(*rows: str) -> str:
    """A table of one score a row, by the names of an observation."""
    return LONG + "".join(f"{row}\n" for row in rows)


def run(accuracy: float, arguments: str = "pretrained=org/owl", **more: Any) -> str:
    """Results of lm-evaluation-harness on one language."""
    task = "xcopa_et"
    return json.dumps({
        "results": {task: {"acc,none": accuracy, "acc_stderr,none": 0.02}},
        "configs": {task: {"num_fewshot": 0}}, "versions": {task: 1}, "n-shot": {task: 0},
        "config": {"model": "hf", "model_args": arguments}, **more,
    })  # fmt: skip


def old_run(shots: int, accuracy: float, task: str = "xstory_cloze_te") -> str:
    """The same as version 0.3 wrote it."""
    return json.dumps({
        "results": {task: {"acc": accuracy, "acc_stderr": 0.02}}, "versions": {task: 0},
        "config": {"model": "hf-causal", "model_args": "pretrained=org/owl", "num_fewshot": shots},
    })  # fmt: skip


EUROEVAL = {
    "dataset": "angry-owls", "task": "sentiment-classification", "dataset_languages": ["da"], "model": "org/owl",
    "results": {
        "raw": [{"mcc": 0.5, "macro_f1": 0.6}, {"mcc": 0.6, "macro_f1": 0.7}],
        "total": {"test_mcc": 55.0, "test_mcc_se": 9.8, "test_macro_f1": 65.0, "test_macro_f1_se": 9.8},
    },
    "num_model_parameters": 10, "few_shot": False, "validation_split": False, "euroeval_version": "16.0.0",
}  # fmt: skip

SIBLINGS = [
    # 01 source and target of a translation are no training and test
    Sibling("mt-directions", "src,tgt,chrf\nfin,est,48.5\nest,fin,47.5\nfin,eng,50.5\n",
            [score("est", 0.485, pair="fin-x", train=""), score("fin", 0.475, pair="est-x"),
             score("fin", 0.505, pair="x-eng")], options={"model": "m"}),
    Sibling("mt-directions", "chrF,est,fin\nest,,47.5\nfin,48.5,\n",
            [score("fin", 0.475, pair="est-x"), score("est", 0.485, pair="fin-x")]),
    Sibling("mt-directions", "source,target,f1\nfi,et,48.5\nen,et,60\n",
            [score("est", 0.485, train="fin", pair=None), score("est", 0.6, train="eng")],
            options={"model": "m", "task": "t"}),
    # 02 summaries are no languages
    Sibling("aggregate-rows", long("m,qa,f1,te,,60", "m,qa,f1,fi,,70", "m,qa,f1,std,,5", "m,qa,f1,Median,,65"),
            [score("tel", 0.6), score("fin", 0.7)]),
    Sibling("aggregate-rows", "Language,Rook\nTelugu,60\nFinnish,70\nTotal,130\nΔ,10\n", [score("tel", 0.6),
                                                                                       score("fin", 0.7)]),
    Sibling("aggregate-rows", "Model,te,fi,Macro avg,mul\nRook,60,70,65,66\n", [score("tel", 0.6), score("fin", 0.7)]),
    Sibling("train-all", long("m,ner,f1,te,en,60", "m,ner,f1,te,max,70"), [], asked="'max' is no language"),
    Sibling("xtreme-all", json.dumps({"udpos": {"f1": {"te": 60.0, "fi": 70.0, "avg": 65.0}}}),
            [score("tel", 0.6), score("fin", 0.7)], "x.json", {"format": "xtreme", "model": "m", "train": "en"}),
    # 03, 07, 22 what tells runs apart
    Sibling("lm-eval-shots", {"a.json": old_run(0, 0.5), "b.json": old_run(4, 0.6)},
            [score("tel", 0.5, shots=0), score("tel", 0.6, shots=4)]),
    Sibling("lm-eval-variants",
            {"results_a.json": run(0.5), "results_b.json": run(0.4, "pretrained=org/owl,dtype=float16"),
             "results_c.json": run(0.3, "pretrained=org/owl,revision=step2"),
             "results_d.json": run(0.2, chat_template="{{ m }}")},
            [score("est", 0.5), score("est", 0.4, model_revision="float16"),
             score("est", 0.3, model_revision="step2"), score("est", 0.2, recipe="in-context+chat")]),
    Sibling("old-names", old_run(0, 0.5, "pawsx_ja"), [score("jpn", 0.5, task="pawsx")], "old.json"),
    # 04, 05, 06 directions and scales
    Sibling("direction", long("m,asr,DER,te,,0.5"), [score("tel", 0.5, higher_is_better=False)],
            asked="unknown metric 'DER'", answer={"better": "lower", "scale": "raw"}),
    Sibling("direction", long("m,asr,cer,te,,0.5"), [score("tel", 0.5, higher_is_better=False, scale="raw")]),
    Sibling("other-scales", long("m,chat,helpfulness_1_to_7,te,,5.5"), [score("tel", 5.5, scale="raw")],
            asked="unknown metric", answer={"better": "higher", "scale": "raw"}),
    Sibling("other-scales", "Language,Rook\nTelugu,4.2\nFinnish,4.5\n", [score("tel", 4.2), score("fin", 4.5)],
            asked="nothing says what the scores from 4.2 to 4.5 are", answer={"scale": "raw"}),
    Sibling("unbounded-mixed", "Language,cer\nTelugu,0.21\nFinnish,12.5\n", [],
            asked="percentages mixed with fractions"),
    Sibling("unbounded-mixed", "Language,Rook\nTelugu,61%\nFinnish,0.7\n", [], asked="some cells have a percent sign"),
    # 08 two codes with a hyphen
    Sibling("hyphen-pairs", long("m,news,chrf,et-fi,,48.5"), [score("fin", 0.485, pair="est-x")]),
    Sibling("hyphen-pairs", long("m,nli,f1,en-de,,48.5"), [score("eng", 0.485, pair=None)],
            asked="'en-de' may be a pair of languages", answer={"languages": {"en-de": "en"}}),
    Sibling("hyphen-pairs", long("m,nli,f1,pt-br,,48.5", "m,nli,f1,fr-ca,,50.5"),
            [score("por", 0.485), score("fra", 0.505)]),
    # 09 what is not there
    Sibling("nan-train", '{"model":"m","task":"t","metric":"f1","target":"te","train":NaN,"score":0.5}\n',
            [score("tel", 0.5, train="")], "a.jsonl"),
    Sibling("nan-train", "language,f1\nte,0.5\nnan,0.6\n", [score("tel", 0.5)], asked="'nan' may be Min Nan Chinese",
            answer={"languages": {"nan": "none"}}),
    # 10 bookkeeping is no model
    Sibling("bookkeeping", "Language,n,total_count,Rook\nTelugu,50,50,60\nFinnish,70,70,70\n",
            [score("tel", 0.6, model="Rook"), score("fin", 0.7, model="Rook")]),
    # 11 names and codes together
    Sibling("name-among-names", "Language,f1\nDan,0.5\nEwe,0.6\nBete,0.7\n",
            [score("dnj", 0.5), score("ewe", 0.6), score("byf", 0.7)]),
    Sibling("living-language", "Language,f1\nEgyptian,0.5\nMSA,0.6\nMoroccan Arabic,0.7\n",
            [score("arz", 0.5), score("arb", 0.6), score("ary", 0.7)]),
    Sibling("country-codes", "lang,f1\nua,0.5\nse,0.6\nvn,0.7\n", [score("ukr", 0.5), score("swe", 0.6),
                                                                  score("vie", 0.7)]),
    # 12 treebanks
    Sibling("treebanks", long("m,ud,las,no_bokmaal,,80", "m,ud,las,bxr_bdt,,20", "m,ud,las,fi_tdt,,90"),
            [score("nob", 0.8), score("bxr", 0.2), score("fin", 0.9)]),
    Sibling("treebanks", long("m,ud,las,Finnish-TDT,,90", "m,ud,las,UD_Telugu-MTG,,80"),
            [score("fin", 0.9), score("tel", 0.8)]),
    # 13 tasks are no languages
    Sibling("tasks", json.dumps({"eval_nli_f1": 0.5, "eval_nli_loss": 0.5, "eval_nli_runtime": 1.0}), [],
            "eval_results.json", {"format": "hf-trainer", "model": "m", "task": "t", "train": "en"},
            asked="nothing says the language"),
    Sibling("tasks", "language,f1\nte,0.5\npos,0.6\n", [score("tel", 0.5)],
            asked="'pos' may be Sayula Popoluca, or a task",
            answer={"languages": {"pos": "none"}}),
    # 14 to 23 tables
    Sibling("unmapped-column", {"scores.csv": "Language,Rook,Rook_std\nTelugu,60,1\nFinnish,70,2\n"},
            [score("tel", 0.6, details='{"Rook_std":"1"}'), score("fin", 0.7)]),
    Sibling("records", json.dumps([{"lang": "te", "wer": 21.5}, {"lang": "fi", "wer": 12.5}]),
            [score("tel", 21.5), score("fin", 12.5)], "a.json"),
    Sibling("metric-column", "model,lang,EM\nRook,te,60\nRook,fi,70\n",
            [score("tel", 0.6, metric="EM"), score("fin", 0.7)]),
    Sibling("euroeval", json.dumps(EUROEVAL),
            [score("dan", 0.55, metric="mcc", recipe="fine-tune"), score("dan", 0.65, metric="macro_f1")],
            "euroeval_benchmark_results.jsonl"),
    Sibling("simple-evals", json.dumps({"te": 0.5, "te:std": 0.5, "group_latin": 0.6, "score": 0.5}),
            [score("tel", 0.5)], "mgsm_owl.json"),
    Sibling("markdown",
            "## chrF\n| | Rook | Knight |\n|---|---|---|\n| Telugu | **48** | 47.5 |\n| Avg. | 48 | 47.5 |\n",
            [score("tel", 0.48), score("tel", 0.475)], "a.md"),
    Sibling("cells", "Language,Rook\nTelugu,60.5 ± 0.5\nFinnish,OOM\nThai,**70**\n",
            [score("tel", 0.605, standard_error=0.005), score("tha", 0.7)]),
    Sibling("cells", "Language,Rook (F1/EM)\nTelugu,60/50\nFinnish,70/65\n",
            [score("tel", 0.6, metric="F1"), score("tel", 0.5, metric="EM"), score("fin", 0.7), score("fin", 0.65)]),
    Sibling("cells", "Language,Rook\nTelugu,60/50\n", [score("tel", 0.6, metric="f1"), score("tel", 0.5, metric="em")],
            asked="the cells of 'Rook' hold two numbers each", answer={"metric": "f1/em"}),
    Sibling("prompts", "model,lang,f1,template\nRook,te,60,a\nRook,te,62,b\n", [score("tel", 0.61)],
            asked="they differ in template (a, b)", answer={"duplicates": "mean"}),
    Sibling("duplicated-columns", "Language,Rook,Knight,Rook\nTelugu,60,61,62\nFinnish,70,71,72\n", [],
            asked="the columns 'Rook' stand twice"),
    # More of the same kinds, tried with fresh eyes
    Sibling("mt-directions", "src_lang,tgt_lang,system,bleu,chrf\nen,sw,a,20,45\nsw,en,a,25,50\n",
            [score("swa", 0.2, pair="eng-x", train=""), score("swa", 0.45), score("swa", 0.25, pair="x-eng"),
             score("swa", 0.5)]),
    Sibling("mt-directions", "Language,en-xx,xx→en\nTelugu,20,25\nFinnish,30,35\n",
            [score("tel", 0.2, pair="eng-x"), score("tel", 0.25, pair="x-eng"), score("fin", 0.3), score("fin", 0.35)],
            options={"metric": "bleu", "model": "m"}),
    Sibling("mt-directions", "Direction,BLEU\nEnglish-Swahili,20\nSwahili-English,25\n",
            [score("swa", 0.2, pair="eng-x"), score("swa", 0.25, pair="x-eng")]),
    Sibling("aggregate-rows", "Language,f1\nTelugu,0.6\nLRL,0.3\nHRL,0.5\nUnseen,0.2\n", [score("tel", 0.6)]),
    Sibling("aggregate-rows", "Language,f1\nHindi,0.6\nIndic,0.5\nSlavic,0.4\n", [score("hin", 0.6)],
            asked="'Indic' may be Indic languages, or a mean of several languages; 'Slavic' may be",
            answer={"languages": {"Indic": "none", "Slavic": "none"}}),
    Sibling("aggregate-rows", "lang,f1\nte,0.6\nnum,0.5\n", [score("tel", 0.6)],
            asked="'num' may be Niuafo'ou, or a number", answer={"languages": {"num": "none"}}),
    Sibling("train-all", long("m,ner,f1,te,none,60", "m,ner,f1,fi,-,70"),
            [score("tel", 0.6, train=""), score("fin", 0.7, train="")]),
    Sibling("direction", "lang,Error\nte,10.5\nfi,30\n",
            [score("tel", 0.105, higher_is_better=False), score("fin", 0.3)],
            asked="'Error': are lower scores better", answer={"metric": "error_rate"}),
    Sibling("country-codes", "lang,f1\nuk,0.5\nus,0.6\n", [score("ukr", 0.5), score("eng", 0.6)],
            asked="unknown language 'us'", answer={"languages": {"us": "en"}}),
    Sibling("country-codes", "country,f1\nde,0.5\nbe,0.6\n", [], asked="the column 'country' is of countries"),
    Sibling("name-among-names", "Language,f1\nGer.,0.5\nJap.,0.6\n", [], asked="unknown languages 'Ger.', 'Jap.'"),
    Sibling("lm-eval-variants", "Method,te,fi\nzero-shot,60,70\ntranslate-test,62,72\n",
            [score("tel", 0.6, recipe="zero-shot", model="m"), score("fin", 0.7),
             score("tel", 0.62, recipe="translate-test"), score("fin", 0.72)], options={"metric": "f1", "model": "m"}),
    Sibling("lm-eval-variants", "lang,dev,test\nte,60,62\nfi,70,72\n",
            [score("tel", 0.6, split="dev"), score("tel", 0.62, split="test"), score("fin", 0.7), score("fin", 0.72)],
            options={"metric": "f1", "model": "m"}),
    Sibling("lm-eval-shots", "Language,Owl (0-shot),Owl (5-shot)\nte,60,61\n",
            [score("tel", 0.6, shots=0, model="Owl"), score("tel", 0.61, shots=5, model="Owl")],
            options={"metric": "f1"}),
    Sibling("bookkeeping", "model,lang,f1,run\nRook,te,60,1\nRook,te,62,2\n",
            [score("tel", 0.6, seed=1, metric="f1"), score("tel", 0.62, seed=2)]),
    Sibling("bookkeeping", "lang,f1,f1_lower,p_value\nte,0.5,0.4,0.01\nfi,0.6,0.5,0.02\n",
            [score("tel", 0.5, metric="f1"), score("fin", 0.6)]),
    Sibling("bookkeeping", "lang,correct,total\nte,60,200\nfi,70,200\n", [],
            asked="'correct', 'total' are no scores by their headers"),
    Sibling("bookkeeping", "Model,te,fi,#langs,Avg.\nRook,60,70,2,65\n", [score("tel", 0.6), score("fin", 0.7)]),
    Sibling("metric-column", "Language,Rook (WER),Knight (WER)\nte,10.5,12.5\n",
            [score("tel", 10.5, model="Rook", metric="WER", higher_is_better=False),
             score("tel", 12.5, model="Knight")]),
    Sibling("metric-column", "Language,Rook f1,Rook em,Knight f1,Knight em\nte,60,50,61,51\n",
            [score("tel", 0.6, model="Rook", metric="f1"), score("tel", 0.5, model="Rook", metric="em"),
             score("tel", 0.61, model="Knight"), score("tel", 0.51, model="Knight")]),
    Sibling("metric-column", "Language,Rook f1,Knight f1\nte,60,61\n", [],
            asked="'Rook', 'Knight' before a metric: models, tasks, or metrics of their own?"),
    Sibling("metric-column", "lang,f1,k\nte,60,1\nfi,70,5\n", [], asked="'k' beside 'f1': scores, or something else?"),
    Sibling("duplicated-columns", "lang,f1,F1\nte,60,61\n", [], asked="the columns 'f1', 'F1' stand twice"),
    Sibling("unmapped-column", "layer,te,fi\n1,60,61\n2,70,71\n", [],
            asked="the headers 'te', 'fi' are languages, 'layer' are not", options={"metric": "f1", "model": "m"}),
    Sibling("name-among-names", json.dumps({"owl": {"de": 0.7, "sw": 0.5}}), [score("deu", 0.7, model="owl", train=""),
                                                                              score("swa", 0.5)], "a.json",
            {"metric": "f1"}, asked="whether 'owl' are tasks or models cannot be told", answer={"task": "t"}),
]  # fmt: skip
