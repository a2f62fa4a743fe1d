"""Grid files: what they may say, and the one line that answers what they may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from isogloss.errors import InputError
from isogloss.lab import read_grid


def change(path: Path, old: str, new: str) -> Path:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    return path


def test_defaults_are_all_sources_all_targets_and_seed_0(grid_file: Path) -> None:
    grid = read_grid(change(grid_file, "seeds = { 12 = [0, 1], 30 = [0] }", ""))
    assert (grid.sources, grid.targets) == ("all", "all")
    assert grid.seeds == {12: (0,), 30: (0,)}


def test_seeds_are_for_all_sizes_or_each(grid_file: Path) -> None:
    assert read_grid(grid_file).seeds == {12: (0, 1), 30: (0,)}
    assert read_grid(change(grid_file, "{ 12 = [0, 1], 30 = [0] }", "[4, 5]")).seeds == {12: (4, 5), 30: (4, 5)}


def test_data_may_lie_in_another_folder(grid_file: Path, tmp_path: Path) -> None:
    assert read_grid(grid_file).tasks[0].file == grid_file.parent / "topics.parquet"
    assert read_grid(grid_file, data=tmp_path / "elsewhere").tasks[0].file == tmp_path / "elsewhere" / "topics.parquet"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[grid]", "[grids]", "unknown key 'grids'; did you mean 'grid'?"),
        ("sizes", "size", "[grid]: unknown key 'size'; did you mean 'sizes'?"),
        ("sizes = [12, 30]", "", "[grid]: no sizes; add sizes = [70, 700]"),
        ("[12, 30]", "[12, -1]", "sizes must be different whole numbers from 1 up"),
        ("[12, 30]", "12", "[grid]: sizes must be different whole numbers from 1 up, not 12"),
        ("12 = [0, 1]", "13 = [0, 1]", "seeds are given for 13"),
        (
            "12 = [0, 1]",
            '12 = ["a"]',
            "[grid]: seeds must be a list of whole numbers",
        ),
        ("sizes = [12, 30]", "sizes = [12, 30]\nsources = 7", 'sources must be a list of languages or "all", not 7'),
        ("ngram-logreg", "ngram-logref", "[recipe]: unknown recipe 'ngram-logref'; did you mean 'ngram-logreg'?"),
        ('name = "ngram-logreg"', 'name = "ngram-logreg"\nanalyser = "char"', "did you mean 'analyzer'?"),
        ('name = "made-up topics"', "", "[task]: no name"),
        ('name = "made-up topics"', 'name = "t"\nkind = "tagging"', "unknown task kind 'tagging'"),
        ('name = "made-up topics"', 'name = "t"\nmetrics = ["acuracy"]', "did you mean 'accuracy'?"),
        ('label = "topic"', 'labels = "topic"', "[task.columns]: unknown key 'labels'; did you mean 'label'?"),
        ("[recipe]", '[task.splits]\ntest = "train"\n[recipe]', "train and test are both 'train'"),
        ("[recipe]", "[recipe", "is not TOML"),
        ("[task]", "[tasks]", "unknown key 'tasks'; did you mean 'task'?"),
        ('[recipe]\nname = "ngram-logreg"', "", "no recipe; add a section [recipe], or several [[recipe]]"),
    ],
)
def test_bad_grids_are_refused_in_one_line(grid_file: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read_grid(change(grid_file, old, new))
    assert str(caught.value).startswith(str(grid_file))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_grid_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing\.toml: no such grid file"):
        read_grid(tmp_path / "nothing.toml")
