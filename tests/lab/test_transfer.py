"""What a grid has found: tables from source to target, comparisons of recipes, and what a run would take."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from isogloss.errors import InputError
from isogloss.evidence import observation_keys
from isogloss.evidence.schema import OBSERVATION, conform
from isogloss.evidence.store import Store
from isogloss.lab import compare_recipes, findings, plan_grid, read_grid, run_grid
from isogloss.lab.transfer import Findings


@pytest.fixture
def two_recipes(grid_file: Path) -> Path:
    """Two settings of one recipe, of which the first is the better."""
    recipes = '[[recipe]]\nname = "ngram-logreg"\n[[recipe]]\nname = "ngram-logreg"\nC = 1e-4\nlongest = 2'
    text = grid_file.read_text().replace('[recipe]\nname = "ngram-logreg"', recipes)
    grid_file.write_text(text)
    return grid_file


def test_scores_are_means_over_seeds_with_their_standard_error(grid_file: Path, tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    run_grid(read_grid(grid_file), store)
    found = findings(read_grid(grid_file), store)
    assert (found.jobs, found.measured, found.failed) == (12, 12, 0)
    cells = found.cells()
    assert cells.height == 2 * 2 * 16  # metrics, sizes, pairs
    row = cells.filter(metric="accuracy", source="eng", target="nld", size=12).row(0, named=True)
    scores = store.read().observations.filter(metric="accuracy", train="eng:12", target="nld")["score"].to_numpy()
    assert row["seeds"] == 2
    assert row["score"] == pytest.approx(scores.mean())
    assert row["standard_error"] == pytest.approx(scores.std(ddof=1) / 2**0.5)


def test_only_what_the_grid_asks_for_is_shown(grid_file: Path, tmp_path: Path) -> None:
    """A grid of two sources and one target finds its part in the store of a larger one."""
    store = Store(tmp_path / "store")
    run_grid(read_grid(grid_file), store)
    chosen = 'sources = ["eng", "fin"]\ntargets = ["nld"]\nsizes ='
    grid_file.write_text(grid_file.read_text().replace("sizes =", chosen))
    found = findings(read_grid(grid_file), store)
    assert (found.jobs, found.measured) == (6, 6)
    assert set(found.cells().select("source", "target").iter_rows()) == {("eng", "nld"), ("fin", "nld")}


def test_the_summary_tells_sources_on_themselves_from_other_pairs(grid_file: Path, tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    run_grid(read_grid(grid_file), store)
    found = findings(read_grid(grid_file), store).of_metric("accuracy")
    row = found.summary().filter(size=30).row(0, named=True)
    cells = found.cells().filter(size=30)
    same = pl.col("source") == pl.col("target")
    assert row["within"] == pytest.approx(cells.filter(same)["score"].mean())
    assert row["across"] == pytest.approx(cells.filter(~same)["score"].mean())
    assert (row["sources"], row["targets"], row["few_shot_score"]) == (4, 4, None)
    with pytest.raises(InputError, match="unknown metric 'span_f1'"):
        found.of_metric("span_f1")


def test_examples_of_a_target_are_told_by_gain_and_forgetting(grid_file: Path, tmp_path: Path) -> None:
    """Shown Finnish after English, Finnish is learnt; what English loses is said beside it."""
    text = grid_file.read_text().replace("sizes = [12, 30]", 'sources = ["eng"]\nshots = [0, 30]\nsizes = [12]')
    grid_file.write_text(text.replace("{ 12 = [0, 1], 30 = [0] }", "[0]"))
    store = Store(tmp_path / "store")
    run_grid(read_grid(grid_file), store)
    row = findings(read_grid(grid_file), store).of_metric("accuracy").changes().row(0, named=True)
    assert (row["shown_size"], row["trainings"]) == (30, 3)
    assert row["gain"] > 0.2
    assert abs(row["source_change"]) < row["gain"]


def planted(scores: dict[str, np.ndarray], store: Store) -> Findings:
    """Findings of recipes whose items are given, (targets, items)."""
    targets = ["deu", "fra", "nld"]
    rows, items = [], []
    for recipe, of_recipe in scores.items():
        for target, values in zip(targets, of_recipe, strict=True):
            row = {
                "model": "m", "task": "t", "metric": "accuracy", "target": target, "train": "eng:9", "recipe": recipe,
                "score": values.mean(), "scale": "fraction", "higher_is_better": True, "importer": "lab", "seed": 0,
            }  # fmt: skip
            key = observation_keys(conform(pl.DataFrame([row]), OBSERVATION))[0]
            rows.append(row)
            items += [{"observation": key, "item": str(place), "score": value} for place, value in enumerate(values)]
    observations = conform(pl.DataFrame(rows), OBSERVATION)
    store.append(
        observations, pl.DataFrame(items, schema_overrides={"score": pl.Float64}).with_columns(prediction=None)
    )
    columns = {"source": pl.lit("eng"), "size": 9, "shown": pl.lit(None, pl.String), "shown_size": 0}
    return Findings(observations.with_columns(observation_keys(observations), **columns), 2, 2, 0)


def test_a_planted_difference_is_found_and_its_absence_too(tmp_path: Path) -> None:
    """b is right in a fifth more of the items than a; c differs from a by chance alone."""
    chance = np.random.default_rng(3)
    a = (chance.random((3, 300)) < 0.5).astype(float)
    b = np.where((a == 0) & (chance.random((3, 300)) < 0.4), 1.0, a)
    c = (chance.random((3, 300)) < 0.5).astype(float)
    store = Store(tmp_path / "store")
    compared = compare_recipes(planted({"a": a, "b": b, "c": c}, store), store)
    row = compared.filter(first="a", second="b").row(0, named=True)
    assert row["difference"] == pytest.approx((a - b).mean())
    assert row["lower"] < row["difference"] < row["upper"] < 0
    assert row["p_holm"] < 0.001
    assert (row["cells"], row["items"]) == (3, 300)
    assert compared.filter(first="a", second="c")["p_holm"][0] > 0.05
    assert (compared["p_holm"] >= compared["p"]).all()


def test_items_that_stand_in_several_languages_are_drawn_together(tmp_path: Path) -> None:
    """Three languages with the same outcomes tell no more than one: the interval is not narrower."""
    chance = np.random.default_rng(4)
    one = (chance.random(200) < 0.5).astype(float)
    other = (chance.random(200) < 0.6).astype(float)
    store = Store(tmp_path / "store")
    found = planted({"a": np.stack([one] * 3), "b": np.stack([other] * 3)}, store)
    together = compare_recipes(found, store).row(0, named=True)
    alone = compare_recipes(found, store, by_target=True)
    assert alone["target"].to_list() == ["deu", "fra", "nld"]
    width = (alone["upper"] - alone["lower"]).mean()
    assert together["upper"] - together["lower"] == pytest.approx(width, rel=0.05)


def test_equal_recipes_are_no_different(tmp_path: Path) -> None:
    same = np.tile([0.0, 1.0], (3, 20))
    store = Store(tmp_path / "store")
    row = compare_recipes(planted({"a": same, "b": same}, store), store).row(0, named=True)
    assert (row["difference"], row["lower"], row["upper"], row["p"]) == (0, 0, 0, 1)


def test_recipes_of_a_grid_are_compared_on_their_items(two_recipes: Path, tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    run_grid(read_grid(two_recipes), store)
    compared = compare_recipes(findings(read_grid(two_recipes), store).of_metric(None), store)
    row = compared.row(0, named=True)
    assert row["first"] == "ngram-logreg"
    assert row["cells"] == 12 * 4
    means = store.read().observations.filter(metric="accuracy").group_by("recipe").agg(pl.col("score").mean())
    assert row["first_score"] == pytest.approx(means.filter(recipe="ngram-logreg")["score"][0])


def test_a_plan_counts_what_is_left(grid_file: Path, tmp_path: Path) -> None:
    """Before anything was measured a job is tried; afterwards the store tells how long jobs take."""
    store = Store(tmp_path / "store")
    before = plan_grid(read_grid(grid_file)).row(0, named=True)
    assert (before["jobs"], before["stored"], before["to_run"]) == (12, 0, 12)
    assert before["minutes"] > 0
    assert before["basis"] == "tried on two languages"
    run_grid(read_grid(grid_file), store, max_jobs=5)
    half = plan_grid(read_grid(grid_file), store).row(0, named=True)
    assert (half["stored"], half["to_run"], half["basis"]) == (5, 7, "5 jobs in the store")
    run_grid(read_grid(grid_file), store)
    done = plan_grid(read_grid(grid_file), store).row(0, named=True)
    assert (done["to_run"], done["minutes"], done["basis"]) == (0, 0, "all there")


def test_a_plan_knows_what_models_take(grid_file: Path, checkpoint: Path) -> None:
    """Fine-tuning takes the longer; features of all layers take disk: 3 layers x 32 numbers of 2 bytes per text."""
    text = grid_file.read_text().replace('[recipe]\nname = "ngram-logreg"', "")
    models = (
        f'[[model]]\ncheckpoint = "{checkpoint}"\n[[recipe]]\nname = "linear-probe"\n[[recipe]]\nname = "fine-tune"\n'
    )
    grid_file.write_text(text.replace("[grid]", models + "[grid]"))
    planned = {row["recipe"]: row for row in plan_grid(read_grid(grid_file), workers=2).to_dicts()}
    assert planned["linear-probe"]["disk_gb"] * 1e9 == 4 * 48 * 3 * 32 * 2
    assert planned["fine-tune"]["minutes"] > 0
    assert planned["fine-tune"]["memory_gb"] > planned["linear-probe"]["memory_gb"] > 0
    assert all("tokens/s tried" in row["basis"] for row in planned.values())


def test_what_failed_is_counted(grid_file: Path, tmp_path: Path) -> None:
    grid_file.write_text(grid_file.read_text().replace("[12, 30]", "[1, 30]").replace("12 = ", "1 = "))
    store = Store(tmp_path / "store")
    run_grid(read_grid(grid_file), store)
    found = findings(read_grid(grid_file), store)
    assert (found.jobs, found.measured, found.failed) == (12, 4, 8)
    noted = json.loads(next((store.path / "lab-failures").iterdir()).read_text())
    assert "same label" in noted["reason"]
