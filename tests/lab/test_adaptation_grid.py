"""Grids of adaptations: what is read, what is measured, what is said of it."""

from __future__ import annotations

import json
import shutil
import tomllib
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.questions import worlds

import isogloss
from isogloss.errors import InputError
from isogloss.evidence import Store
from isogloss.lab import AdaptationFindings, adapt, read_adaptation_grid, run_adaptation_grid

pytest.importorskip("torch", reason="needs the extra lab")


@pytest.fixture
def grid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ISOGLOSS_CACHE", str(tmp_path / "cache"))
    return worlds.adaptations(tmp_path)["grid"]


def test_levels_are_compressions_and_steps_follow_one_another(grid):
    with grid.open("a") as file:
        file.write('[[adaptation]]\nname = "wanda-prune"\nlevels = { sparsity = [0.2, 0.4] }\ncalibration = ["nld"]\n')
        file.write('[[adaptation]]\nsteps = [{ name = "vocabulary-trim", min_count = 2 }, { name = "layer-drop" }]\n')
    assert [one.label for one in read_adaptation_grid(grid).chains] == [
        "magnitude-prune",
        "quantise-int8",
        "wanda-prune(sparsity=0.2,texts=nld)",
        "wanda-prune(sparsity=0.4,texts=nld)",
        "vocabulary-trim(min_count=2) then layer-drop",
    ]


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ('"magnitude-prune"', '"magnitude-prun"', "unknown adaptation 'magnitude-prun'.*magnitude-prune"),
        ("sparsity = [0.5]", "sparsity = [1.5]", "sparsity"),
        ("sparsity = [0.5]", "sparsities = [0.5]", "sparsities"),
        ('name = "quantise-int8"', "bits = 8", "must have a name, or steps and nothing beside"),
        (
            'name = "quantise-int8"',
            'name = "quantise-int8"\ncalibration = ["xxx"]',
            "unknown language of the texts 'xxx'",
        ),
        ('file = "texts.tsv"', 'file = "texts.tsv"\nlanguages = ["deu"]', "unknown language of the texts 'deu'"),
        ('file = "texts.tsv"', 'file = "none.tsv"', "no such file"),
    ],
)
def test_what_is_wrong_in_a_grid_is_named(grid, old, new, match):
    grid.write_text(grid.read_text().replace(old, new))
    with pytest.raises(InputError, match=match):
        read_adaptation_grid(grid)


def test_each_language_is_compared_with_itself_text_by_text(grid, tmp_path):
    store = Store(tmp_path / "store")
    result = run_adaptation_grid(read_adaptation_grid(grid), store)
    assert (result.jobs, result.measured) == (3, 3)
    assert result.changes.select("recipe", "target").sort("recipe", "target").rows() == [
        ("magnitude-prune", "eng"), ("magnitude-prune", "nld"), ("quantise-int8", "eng"), ("quantise-int8", "nld"),
    ]  # fmt: skip
    for row in result.changes.iter_rows(named=True):
        assert row["lower"] <= row["change"] <= row["upper"]
        assert row["after"] - row["before"] == pytest.approx(row["change"])
    rounded = result.changes.filter(recipe="quantise-int8")["change"].abs().max()
    pruned = result.changes.filter(recipe="magnitude-prune")["change"].abs().max()
    assert rounded < pruned
    items = store.read_items()
    assert items.height == 3 * 2 * 2
    details = json.loads(store.read(recipe="quantise-int8").observations["details"][0])
    assert details["adaptations"] == ["quantise-int8"]
    assert details["bytes"] < 0.5 * details["stored_bytes"]


def test_what_the_store_has_is_not_measured_again(grid, tmp_path):
    store = Store(tmp_path / "store")
    assert run_adaptation_grid(read_adaptation_grid(grid), store, max_minutes=1e-9).measured == 0
    first = run_adaptation_grid(read_adaptation_grid(grid), store)
    parts = store.parts()
    assert run_adaptation_grid(read_adaptation_grid(grid), store).changes.equals(first.changes)
    assert store.parts() == parts


def test_the_front_has_what_nothing_beats(grid, tmp_path):
    from isogloss.lab.adaptation_findings import with_front

    table = pl.DataFrame({
        "bytes": [4.0, 1.0, 2.0, 2.0], "seconds": [1.0, 1.0, 1.0, 2.0], "worst_change": [None, 0.5, 0.1, 0.1],
    })  # fmt: skip
    np.testing.assert_array_equal(with_front(table)["efficient"], [True, True, True, False])


def test_seeds_of_what_draws_nothing_at_random_are_refused(grid):
    grid.write_text(grid.read_text().replace('name = "quantise-int8"', 'name = "quantise-int8"\nseeds = [0, 1]'))
    with pytest.raises(InputError, match="quantise-int8 draws nothing at random; leave out seeds"):
        read_adaptation_grid(grid)


def test_a_store_alone_says_what_was_found(grid, tmp_path):
    """Beside what else is in it."""
    from isogloss.lab import AdaptationFindings

    store = Store(tmp_path / "store")
    found = run_adaptation_grid(read_adaptation_grid(grid), store)
    again = AdaptationFindings(store)
    assert again.changes.equals(found.changes)
    assert (again.jobs, again.measured) == (3, 3)
    row = again.summary.filter(recipe="quantise-int8").row(0, named=True)
    assert row["gain"] == row["lose"] == 0  # two texts of each language tell nothing, which is said first
    assert isogloss.show_adaptations(store.path).verdict == (
        "Too few texts for any verdict: 2 of each language, tried in 2 languages at once, cannot show who gains or "
        "loses; 7 can."
    )
    assert row["learnt_change"] is None  # it learnt from no language


def test_few_texts_decide_nothing():
    """However alike they are: four texts give p of 1/8 at least, and languages are corrected for."""
    from isogloss.lab.adaptation_findings import with_verdicts

    rows = [{"change": change, "p_value": p} for change, p in ((-1.0, 2.0**-3), (-1.0, 2.0**-9), (1.0, 2.0**-9))]
    assert [row["verdict"] for row in with_verdicts(rows)] == ["unclear", "gains", "loses"]


def test_texts_that_are_translations_are_read_in_one_order(tmp_path):
    """Only those that every language has, without the ones that are empty or stand there twice."""
    from isogloss.lab import TextsFile

    rows = [
        ("eng", 3, "three"), ("eng", 1, "one"), ("eng", 2, "two"), ("eng", 4, "four"), ("eng", 5, "one"),
        ("nld", 1, "een"), ("nld", 2, ""), ("nld", 3, "drie"), ("nld", 5, "vijf"),
    ]  # fmt: skip
    frame = pl.DataFrame(rows, schema=["language", "number", "text"], orient="row")
    frame.write_csv(tmp_path / "texts.csv", quote_style="always")
    assert TextsFile(tmp_path / "texts.csv", item="number").read() == {"eng": ["one", "three"], "nld": ["een", "drie"]}


TRAINED = """
[[adaptation]]
name = "continued-pretraining"
languages = ["nld"]
tokens = 256
length = 16
batch_size = 4
parts = 2
measured = 2
seeds = [0, 1]
"""


def test_seeds_are_measured_each_and_told_together(grid, tmp_path):
    with grid.open("a") as file:
        file.write(TRAINED)
    store = Store(tmp_path / "store")
    found = run_adaptation_grid(read_adaptation_grid(grid), store)
    assert (found.jobs, found.measured) == (5, 5)
    rows = found.changes.filter(pl.col("recipe").str.starts_with("continued"))
    assert rows.select("target", "seeds", "learnt").rows() == [("eng", 2, False), ("nld", 2, True)]
    observed = store.read().observations.filter(pl.col("recipe").str.starts_with("continued"), target="nld")
    assert sorted(observed["seed"]) == [0, 1]
    assert rows.filter(target="nld")["after"][0] == pytest.approx(observed["score"].mean())
    row = found.summary.filter(pl.col("recipe").str.starts_with("continued")).row(0, named=True)
    assert row["learnt_change"] == pytest.approx(rows.filter(target="nld")["change"][0])
    assert row["other_change"] == pytest.approx(rows.filter(target="eng")["change"][0])
    assert row["tokens"] == 256
    curves = found.curves.filter(seed=1)
    assert curves.select("tokens", "language").rows() == [
        (tokens, language) for tokens in (0, 128, 256) for language in ("eng", "nld")
    ]


def test_a_picture_shows_what_is_forgotten_along_training(grid, tmp_path):
    from isogloss import adapt_models

    with grid.open("a") as file:
        file.write(TRAINED)
    answer = adapt_models(grid, tmp_path / "store")
    said = answer.picture("forgetting").to_dict()["description"]
    assert "Dutch" in said
    assert "English" in said


def test_a_label_names_one_adaptation_in_tables(grid):
    text = grid.read_text()
    grid.write_text(text.replace('name = "quantise-int8"', 'name = "quantise-int8"\nlabel = "int8"'))
    assert [one.recipe for one in read_adaptation_grid(grid).chains] == ["magnitude-prune", "int8"]
    grid.write_text(text.replace("sparsity = [0.5] }", 'sparsity = [0.3, 0.5] }\nlabel = "pruned"'))
    with pytest.raises(InputError, match="the label 'pruned' names 2 levels; leave out label"):
        read_adaptation_grid(grid)


EXPERTS = """
[texts]
file = "texts.tsv"
[[model]]
checkpoint = "{model}"
[[adaptation]]
name = "magnitude-prune"
label = "task expert"
[[adaptation]]
name = "continued-pretraining"
label = "language expert"
languages = ["nld"]
tokens = 64
length = 16
batch_size = 2
parts = 1
measured = 1
seeds = [0, 1]
[[adaptation]]
after = "task expert"
name = "layer-swap"
other = "language expert"
levels = {{ bottom = [0, 1] }}
top = 0
seeds = [0, 1]
"""


def test_experts_are_adaptations_further_up(grid, tmp_path):
    """A swap takes the experts of its own seed, each made once; with no block it takes what belongs to none."""
    from safetensors.torch import load_file

    from isogloss.lab import AdaptedCheckpoint

    model = tomllib.loads(grid.read_text())["model"][0]["checkpoint"]
    grid.write_text(EXPERTS.format(model=model))
    read = read_adaptation_grid(grid)
    assert [one.label for one in read.chains][3:] == [
        "task expert then layer-swap(other=language expert,bottom=0,top=0)",
        "task expert then layer-swap(other=language expert,bottom=0,top=0), seed 1",
        "task expert then layer-swap(other=language expert,top=0)",
        "task expert then layer-swap(other=language expert,top=0), seed 1",
    ]
    store = Store(tmp_path / "store")
    assert run_adaptation_grid(read, store).measured == len(read.chains) + 1
    made = [AdaptedCheckpoint(read.checkpoints[0], chain, read.file).make() for chain in read.chains]
    task, language, other_seed, swapped, other_swapped, _, _ = (load_file(one / "model.safetensors") for one in made)
    for name in task:
        theirs = (task, task) if ".layer" in name else (language, other_seed)
        assert (swapped[name] == theirs[0][name]).all(), name
        assert (other_swapped[name] == theirs[1][name]).all(), name
    details = json.loads(store.read(recipe=read.chains[3].recipe).observations["details"][0])
    assert details["learnt"] == ["nld"]
    assert details["adaptations"][0] == "magnitude-prune"


def test_an_expert_that_is_not_further_up_is_named(grid):
    grid.write_text(EXPERTS.format(model="m").replace('after = "task expert"', 'after = "task experts"'))
    with pytest.raises(InputError, match=r"unknown adaptation further up 'task experts'.*task expert"):
        read_adaptation_grid(grid)


def side_by_side(grid: Path, other: Path, tmp_path: Path) -> AdaptationFindings:
    """What a grid finds of its model and of another."""
    grid.write_text(grid.read_text().replace("[[adaptation]]", f'[[model]]\ncheckpoint = "{other}"\n[[adaptation]]', 1))
    return run_adaptation_grid(read_adaptation_grid(grid), Store(tmp_path / "store"))


def test_models_are_compared_text_by_text(grid, tmp_path):
    """The same adaptation, the same language, the same texts: the difference is that of the changes."""
    other = adapt(grid.parent / "model", "magnitude-prune", sparsity=0.8, into=tmp_path / "other")
    found = side_by_side(grid, other, tmp_path)
    assert found.models.select("recipe", "target", "model", "other").rows() == [
        (recipe, target, "model", "other")
        for recipe in ("magnitude-prune", "quantise-int8") for target in ("eng", "nld")
    ]  # fmt: skip
    changes = {(row["model"], row["recipe"], row["target"]): row for row in found.changes.iter_rows(named=True)}
    for row in found.models.iter_rows(named=True):
        one, another = (changes[row[name], row["recipe"], row["target"]] for name in ("model", "other"))
        assert row["difference"] == pytest.approx(one["change"] - another["change"])
        assert (row["before"], row["other_before"]) == pytest.approx((one["before"], another["before"]))
        assert row["lower"] <= row["difference"] <= row["upper"]
        assert row["parameters"] == row["other_parameters"]
    assert found.models.filter(recipe="magnitude-prune")["difference"].abs().max() > 0.001


def test_two_models_that_are_one_show_no_difference(grid, tmp_path):
    """The null world, to which no sentence is given either."""
    from isogloss.questions.adapt import answer_of

    found = side_by_side(grid, Path(shutil.copytree(grid.parent / "model", tmp_path / "same")), tmp_path)
    assert found.models["difference"].abs().max() == 0
    assert (found.models["p_value"] == 1).all()
    answer = answer_of("adapt", found)
    assert not [one for one in answer.sentences if " than " in one]
    assert answer.tables["summary"].view().columns[:2] == ["model", "adaptation"]
