"""Grids of compression: what is read, what is measured, what is said of it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.questions import worlds

from isogloss.errors import InputError
from isogloss.evidence import Store
from isogloss.lab import read_compression, run_compression

pytest.importorskip("torch", reason="needs the extra lab")


@pytest.fixture
def grid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ISOGLOSS_CACHE", str(tmp_path / "cache"))
    return worlds.compression(tmp_path)["grid"]


def test_levels_are_compressions_and_steps_follow_one_another(grid):
    with grid.open("a") as file:
        file.write('[[adaptation]]\nname = "wanda-prune"\nlevels = { sparsity = [0.2, 0.4] }\ncalibration = ["nld"]\n')
        file.write('[[adaptation]]\nsteps = [{ name = "vocabulary-trim", min_count = 2 }, { name = "layer-drop" }]\n')
    assert [one.label for one in read_compression(grid).chains] == [
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
        read_compression(grid)


def test_each_language_is_compared_with_itself_text_by_text(grid, tmp_path):
    store = Store(tmp_path / "store")
    result = run_compression(read_compression(grid), store)
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
    assert run_compression(read_compression(grid), store, max_minutes=1e-9).measured == 0
    first = run_compression(read_compression(grid), store)
    parts = store.parts()
    assert run_compression(read_compression(grid), store).changes.equals(first.changes)
    assert store.parts() == parts


def test_the_front_has_what_nothing_beats(grid, tmp_path):
    from isogloss.lab.compression import with_front

    table = pl.DataFrame({
        "bytes": [4.0, 1.0, 2.0, 2.0], "seconds": [1.0, 1.0, 1.0, 2.0], "worst_change": [None, 0.5, 0.1, 0.1],
    })  # fmt: skip
    np.testing.assert_array_equal(with_front(table)["efficient"], [True, True, True, False])
