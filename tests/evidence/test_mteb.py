from __future__ import annotations

import json
import os
import time
from pathlib import Path

import polars as pl
import pytest

from isogloss.errors import BadFile, BadValue
from isogloss.evidence import import_files, read_evidence

REVISION = "a" * 40
NAMED = (
    "model", "model_revision", "parameters", "embedding_size", "languages", "max_tokens", "base_model", "license",
    "training_tasks",
)  # fmt: skip
"""Facts that the metadata below has."""


@pytest.fixture
def tree(tmp_path):
    """Writes `results/owner__name/<revision>/<task>.json` files; gives the path of the last one."""

    def write(content, task="Topics", model="me__toy", revision=REVISION):
        folder = tmp_path / "results" / model / revision
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{task}.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    return write


def entry(subset: str, *languages: str, score: float | None = 0.5, **more: object) -> dict[str, object]:
    return {"main_score": score, "accuracy": score, "hf_subset": subset, "languages": list(languages)} | more


def result(*entries: dict[str, object], split: str = "test", task: str = "Topics") -> dict[str, object]:
    about = {"dataset_revision": "d1", "task_name": task, "mteb_version": "2.1.0", "evaluation_time": 1.0}
    return about | {"scores": {split: list(entries)}}


def legacy(task: str, **splits: object) -> dict[str, object]:
    return {"mteb_dataset_name": task, "mteb_version": "1.0.2", "dataset_revision": None, **splits}


META = {"name": "me/toy", "revision": REVISION, "release_date": "2024-02-08", "n_parameters": 118_000_000,
        "embed_dim": 384, "max_tokens": 512.0, "license": "mit", "adapted_from": "me/base",
        "languages": ["deu-Latn", "eng_Latn", "python-Code"], "training_datasets": {"MSMARCO": ["train"]}}  # fmt: skip


def test_a_file_says_task_split_and_languages_and_its_folders_model_and_revision(tree):
    path = tree(result(entry("de", "deu-Latn", score=0.75), entry("zh-TW", "cmo-Hant")))
    rows = read_evidence(path).observations
    columns = ("model", "model_revision", "task", "metric", "split", "target", "score", "train", "scale")
    assert rows.select(columns).row(0) == (
        "me/toy", REVISION, "Topics", "main_score", "test", "deu", 0.75, "", "fraction"
    )  # fmt: skip
    assert rows["target"][1] == "cmn_Hant"
    assert json.loads(rows["details"][0]) == {"subset": "de", "mteb_version": "2.1.0", "dataset_revision": "d1"}


@pytest.mark.parametrize("depth", [0, 1, 2, 3])
def test_a_folder_is_read_whole_wherever_it_starts(tree, depth):
    first = tree(result(entry("de", "deu-Latn")))
    tree(result(entry("de", "deu-Latn", score=0.6)), revision="b" * 40)
    tree(result(entry("de", "deu-Latn", score=0.7)), model="me__other")
    evidence = read_evidence(first.parents[depth])
    expected = {0: [0.5], 1: [0.5, 0.6], 2: [0.5, 0.6, 0.7], 3: [0.5, 0.6, 0.7]}[depth]
    assert evidence.observations["score"].sort().to_list() == expected


def test_revisions_are_different_observations(tree):
    tree(result(entry("de", "deu-Latn")))
    path = tree(result(entry("de", "deu-Latn", score=0.6)), revision="no_revision_available")
    assert len(read_evidence(path.parents[1])) == 2


def test_each_row_names_the_file_it_came_from(tree):
    tree(result(entry("de", "deu-Latn")))
    path = tree(result(entry("de", "deu-Latn"), entry("fr", "fra-Latn"), task="Moods"), task="Moods")
    rows = read_evidence(path.parents[2]).observations.filter(task="Moods")
    assert rows.select("origin", "origin_row").rows() == [(str(path), 0), (str(path), 1)]


def test_metadata_become_facts_about_the_model(tree):
    path = tree(result(entry("de", "deu-Latn")))
    tree(META, task="model_meta")
    models = read_evidence(path.parents[2]).models
    assert models.select(NAMED).row(0) == (
        "me/toy", REVISION, 118_000_000, 384, ["deu", "eng"], 512, "me/base", "mit", ["MSMARCO"]
    )  # fmt: skip
    assert str(models["released"].item()) == "2024-02-08"


def test_what_is_no_language_of_a_model_is_noted_in_the_report(tree):
    path = tree(result(entry("de", "deu-Latn")))
    tree(META, task="model_meta")
    report = import_files([path.parent], dry_run=True).files[0]
    assert report.models == 1
    assert report.notes == ("languages of models left out, as they are unknown: python-Code",)


@pytest.mark.parametrize(
    "strange", [[], {"name": 3}, META | {"n_parameters": "many", "languages": 7, "release_date": 5}]
)
def test_metadata_that_make_no_sense_are_no_facts(tree, strange):
    path = tree(result(entry("de", "deu-Latn")))
    tree(strange, task="model_meta")
    assert read_evidence(path.parent).models["parameters"].drop_nulls().is_empty()


def test_experiments_give_the_standard_error_of_their_mean(tree):
    runs = [{"f1": 0.1, "accuracy": 0.4}, {"f1": 0.2, "accuracy": 0.5}, {"f1": 0.1, "accuracy": 0.6}]
    rows = read_evidence(tree(result(entry("de", "deu-Latn", scores_per_experiment=runs)))).observations
    assert rows["standard_error"].item() == pytest.approx(0.1 / 3**0.5)


def test_clusterings_give_the_standard_error_of_their_mean_over_levels(tree):
    levels = {"Level 0": [0.4, 0.5], "Level 1": [0.5, 0.6]}
    rows = read_evidence(tree(result(entry("de", "deu-Latn", v_measures=levels)))).observations
    assert rows["standard_error"].item() == pytest.approx((0.02 / 3 / 4) ** 0.5)


def test_experiments_that_do_not_explain_the_main_score_give_none(tree):
    runs = [{"accuracy": 0.1}, {"accuracy": 0.2}]
    rows = read_evidence(tree(result(entry("de", "deu-Latn", scores_per_experiment=runs)))).observations
    assert rows["standard_error"].item() is None


def test_a_main_score_may_be_a_negative_correlation(tree):
    assert read_evidence(tree(result(entry("de", "deu-Latn", score=-0.2)))).observations["score"].item() == -0.2


@pytest.mark.parametrize(
    ("subset", "languages", "target", "pair"),
    [
        ("deu-eng", ["deu-Latn", "eng-Latn"], "deu", "x-eng"),
        ("eng_Latn-deu_Latn", ["eng-Latn", "deu-Latn"], "deu", "eng-x"),
        ("eng-deu", ["deu-Latn", "eng-Latn"], "deu", "eng-x"),
        ("zho-ara", ["cmn-Hans", "arb-Arab"], "arb", "cmn-x"),
        ("deu-deu", ["deu-Latn", "deu-Latn"], "deu", None),
        ("jpn", ["jpn-Hira", "jpn-Jpan"], "jpn", None),
    ],
)
def test_two_languages_are_a_pair_in_the_order_of_the_subset(tree, subset, languages, target, pair):
    rows = read_evidence(tree(result(entry(subset, *languages)))).observations
    assert rows.select("target", "pair").row(0) == (target, pair)


@pytest.mark.parametrize(
    ("dropped", "reason"),
    [
        (entry("default", "deu-Latn", "fra-Latn"), "lists two languages, but its subset is no pair"),
        (entry("default", "deu-Latn", "fra-Latn", "spa-Latn"), "lists more than two languages"),
        (entry("python", "python-Code", "eng-Latn"), "is about a programming language"),
        (entry("default"), "names no language"),
        (entry("xx9", "xx9-Latn"), "in an unknown language, 'xx9-Latn'; map it to one"),
        (entry("fr", "fra-Latn", score=None), "no main score"),
        (entry("fr", "fra-Latn", score=64.2), "main score lies outside -1 to 1"),
    ],
)
def test_rows_that_are_about_no_language_or_have_no_score_are_dropped_with_the_reason(tree, dropped, reason):
    report = import_files([tree(result(entry("de", "deu-Latn"), dropped))], dry_run=True).files[0]
    assert (report.rows, report.kept, report.dropped) == (2, 1, {reason: 1})


def test_a_user_says_how_to_read_a_code(tree):
    path = tree(result(entry("xx9", "xx9-Latn"), entry("xx9-deu", "xx9-Latn", "deu-Latn")))
    rows = read_evidence(path, languages={"xx9-Latn": "wol", "xx9": "wol"}).observations
    assert rows.select("target", "pair").rows() == [("wol", None), ("deu", "wol-x")]


def test_subsets_in_one_language_become_tasks_of_their_own(tree):
    path = tree(result(entry("en", "eng-Latn"), entry("en-ext", "eng-Latn", score=0.6), entry("de", "deu-Latn")))
    rows = read_evidence(path).observations
    assert dict(rows.select("score", "task").unique(maintain_order=True).iter_rows()) == {
        0.5: "Topics",
        0.6: "Topics/en-ext",
    }


def test_old_files_have_subsets_by_language(tree):
    split = {"de": {"accuracy": 0.5, "main_score": 0.5}, "en-fr": {"main_score": 0.7}, "evaluation_time": 3.0}
    rows = read_evidence(tree(legacy("Old", test=split))).observations
    assert rows.select("task", "target", "pair", "score").rows() == [
        ("Old", "deu", None, 0.5), ("Old", "fra", "eng-x", 0.7)
    ]  # fmt: skip


@pytest.mark.parametrize(
    "scores",
    [
        {"main_score": 0.6, "accuracy": 0.1},
        {"ndcg_at_10": 0.6, "map_at_10": 0.1},
        {"cos_sim": {"pearson": 0.1, "spearman": 0.6}},
        {"max": {"accuracy": 0.1, "ap": 0.6}},
        {"v_measure": 0.6, "v_measure_std": 0.1},
        {"map": 0.6, "mrr": 0.1},
        {"accuracy": 0.6, "f1": 0.1},
    ],
)
def test_old_files_keep_the_main_score_where_their_kind_of_task_has_it(tree, scores):
    assert read_evidence(tree(legacy("Old", test={"de": scores}))).observations["score"].item() == 0.6


def test_an_old_file_without_subsets_takes_the_language_from_a_newer_one_of_the_same_task(tree):
    tree(result(entry("default", "pol-Latn", score=0.9), task="Old"), task="Old", model="me__new")
    path = tree(legacy("Old", test={"accuracy": 0.4, "evaluation_time": 1.0}), task="Old")
    rows = read_evidence(path.parents[2]).observations
    assert dict(rows.select("model", "target").iter_rows()) == {"me/new": "pol", "me/toy": "pol"}


def test_an_old_file_without_subsets_names_no_language(tree):
    tree(legacy("Old", test={"accuracy": 0.4}), task="Old")
    path = tree(result(entry("de", "deu-Latn")))
    report = import_files([path.parent], dry_run=True).files[0]
    assert (report.rows, report.kept, report.dropped) == (2, 1, {"names no language": 1})


def test_other_json_in_the_folder_is_a_dropped_row(tree):
    tree({"anything": 3}, task="notes")
    path = tree(result(entry("de", "deu-Latn")))
    report = import_files([path.parent], dry_run=True).files[0]
    assert (report.rows, report.kept, report.dropped) == (2, 1, {"is no MTEB result": 1})


def test_a_broken_file_in_the_folder_is_named(tree):
    path = tree(json.dumps(result(entry("de", "deu-Latn")))[:-9])
    tree(META, task="model_meta")
    with pytest.raises(BadFile, match=r"Topics.json: is not complete JSON"):
        read_evidence(path.parents[2])


def test_a_link_that_leads_out_of_the_folder_is_not_followed(tree, tmp_path):
    path = tree(result(entry("de", "deu-Latn")))
    (tmp_path / "secret.json").write_text("no JSON")
    os.symlink(tmp_path / "secret.json", path.with_name("Linked.json"))
    assert len(read_evidence(path.parents[1])) == 1


def test_a_file_from_nowhere_asks_for_the_model(tmp_path):
    path = tmp_path / "Topics.json"
    path.write_text(json.dumps(result(entry("de", "deu-Latn"))))
    with pytest.raises(BadValue, match=r"no model; .*--model"):
        read_evidence(path)
    assert read_evidence(path, model="me/toy").observations["model"].item() == "me/toy"


@pytest.fixture
def tidy(tmp_path):
    rows = {"model": ["me__toy"] * 3, "rev": ["r1", "r1", "r2"], "task": ["Topics"] * 3, "split": ["test"] * 3,
            "subset": ["de", "de-en", "de"], "languages": ["deu-Latn", "deu-Latn|eng-Latn", "deu-Latn"],
            "main_score": [0.5, 0.6, 0.7], "mteb_version": ["2.1.0"] * 3}  # fmt: skip
    pl.DataFrame(rows).write_parquet(tmp_path / "scores.parquet")
    return tmp_path / "scores.parquet"


def test_the_tidy_table_is_recognised_by_its_columns(tidy):
    report = import_files([tidy], dry_run=True)
    assert (report.files[0].importer, report.files[0].rows, report.files[0].kept) == ("mteb", 3, 3)
    assert report.observations.select("model", "model_revision", "target", "pair", "score", "origin_row").rows() == [
        ("me/toy", "r1", "deu", None, 0.5, 0), ("me/toy", "r1", "deu", "x-eng", 0.6, 1),
        ("me/toy", "r2", "deu", None, 0.7, 2),
    ]  # fmt: skip


def test_the_metadata_beside_the_tidy_table_are_read(tidy):
    tidy.with_name("models.jsonl").write_text(json.dumps(META) + "\n\n" + json.dumps(META | {"revision": "r2"}) + "\n")
    assert read_evidence(tidy).models["model_revision"].to_list() == [REVISION, "r2"]


@pytest.fixture
def fixtures_of_mteb(observed) -> Path:
    return observed.parent / "fixtures" / "mteb"


@pytest.mark.data
def test_every_row_of_the_published_table_is_kept_within_seconds(observed):
    started = time.perf_counter()
    report = import_files([observed / "mteb" / "scores.parquet"], dry_run=True)
    assert time.perf_counter() - started < 5
    assert (report.files[0].rows, report.files[0].kept, report.files[0].models) == (217_783, 217_783, 517)
    pairs = report.observations.filter(task="Tatoeba")["pair"]
    assert pairs.null_count() == 0


@pytest.mark.data
def test_every_row_of_the_published_files_is_kept(fixtures_of_mteb):
    files = [path for path in fixtures_of_mteb.rglob("*.json") if path.name != "model_meta.json"]
    rows = sum(len(split) for path in files for split in json.loads(path.read_text())["scores"].values())
    report = import_files([fixtures_of_mteb], dry_run=True)
    assert (report.files[0].rows, report.files[0].kept, report.files[0].models) == (rows, rows, 4)
    assert report.observations.filter(pl.col("task") != "XNLI")["standard_error"].null_count() == 0


@pytest.mark.data
def test_the_table_and_the_files_say_the_same(observed, fixtures_of_mteb):
    files = read_evidence(fixtures_of_mteb).observations
    table = read_evidence(observed / "mteb" / "scores.parquet").observations
    key = ["model", "model_revision", "task", "metric", "split", "target", "pair"]
    both = files.join(table, on=key, nulls_equal=True)
    assert both.height > 900
    assert (both["score"] - both["score_right"]).abs().max() < 1e-12
