from __future__ import annotations

import json

import pytest

from isogloss.errors import BadFile, BadValue
from isogloss.evidence import import_files, read_evidence


def stat(metric: str, mean: float, split: str = "test", **name: object) -> dict[str, object]:
    return {"name": {"name": metric, "split": split, **name}, "count": 1, "sum": mean, "mean": mean, "stddev": 0.0}


STATS = [
    stat("exact_match", 0.75),
    stat("bleu_4", 0.25),
    stat("exact_match", 0.5, perturbation={"name": "dialect", "computed_on": "worst"}),
    stat("num_instances", 4.0),
    stat("num_prompt_tokens", 812.0),
    stat("inference_runtime", 1.5),
    stat("wondrousness", 1.5),
]


@pytest.fixture
def run(tmp_path):
    def run(name="mgsm:language=sw,model=org_toy", args=None, stats=STATS, items=None, method="generation"):
        folder = tmp_path / "runs" / name.replace("/", "_")
        folder.mkdir(parents=True)
        scenario = {"class_name": "helm.MGSMScenario", "args": {"language": "sw"} if args is None else args}
        adapter = {"method": method, "max_train_instances": 5, "model": "org/toy", "temperature": 0.0}
        spec = {"name": name, "scenario_spec": scenario, "adapter_spec": adapter}
        (folder / "run_spec.json").write_text(json.dumps(spec))
        (folder / "stats.json").write_text(json.dumps(stats))
        if items is not None:
            (folder / "per_instance_stats.json").write_text(json.dumps(items))
        return folder

    return run


def test_scores_of_a_run(run):
    names = ("model", "task", "metric", "target", "score", "recipe", "shots", "split", "items")
    assert read_evidence(run()).observations.select(names).rows() == [
        ("org/toy", "mgsm", "exact_match", "swa", 0.75, "in-context", 5, "test", 4),
        ("org/toy", "mgsm", "bleu_4", "swa", 0.25, "in-context", 5, "test", 4),
        ("org/toy", "mgsm", "exact_match", "swa", 0.5, "in-context+dialect-worst", 5, "test", 4),
    ]


def test_bookkeeping_is_dropped_with_a_reason(run):
    report = import_files([run()], dry_run=True).files[0]
    assert (report.kept, report.dropped) == (
        3, {"a metric that isogloss does not know": 1, "bookkeeping, not a score": 3},
    )  # fmt: skip


def test_items_of_a_run(run):
    items = [
        {"instance_id": f"id{number}", "train_trial_index": 0, "stats": [stat("exact_match", float(number > 0))]}
        for number in range(4)
    ]
    report = import_files([run(items=items)], dry_run=True)
    assert report.files[0].items == 4
    assert report.observations["standard_error"][0] == pytest.approx(0.25)


def test_the_method_of_asking_tells_runs_apart(run):
    assert read_evidence(run(method="multiple_choice_joint")).observations["recipe"][0] == (
        "in-context+prompt-multiple_choice_joint"
    )


@pytest.mark.parametrize(
    ("name", "args", "about"),
    [
        (
            "wmt_14:language_pair=de-en,model=x",
            {"source_language": "de", "target_language": "en"},
            ("wmt_14", "deu", "x-eng"),
        ),
        ("thai:exam=onet,lang=th,model=x", {}, ("thai:exam=onet", "tha", None)),
        ("mmlu_zh:subject=law,model=x", {"language": "zh"}, ("mmlu_zh:subject=law", "zho", None)),
    ],
)
def test_languages_are_arguments(run, name, args, about):
    assert read_evidence(run(name, args)).observations.select("task", "target", "pair").row(0) == about


def test_a_run_that_names_no_language_is_asked_about(run):
    folder = run("gsm:model=x", {})
    with pytest.raises(BadValue, match="nothing says the language of 1 task: gsm; give languages="):
        read_evidence(folder)
    assert read_evidence(folder, languages={"gsm": "en"}).observations["target"][0] == "eng"


def test_a_suite_of_runs_is_read_run_by_run(run):
    run()
    folder = run("mgsm:language=de,model=org_toy", {"language": "de"})
    assert read_evidence(folder.parent).observations["target"].to_list() == ["deu"] * 3 + ["swa"] * 3


def test_half_a_run_is_refused(run):
    folder = run()
    (folder / "stats.json").unlink()
    with pytest.raises(BadFile, match=r"has no stats\.json; give a run folder of HELM as a whole"):
        read_evidence(folder / "run_spec.json")
