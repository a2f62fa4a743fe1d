"""Texts of one domain are learnt from, and texts of another are tested on, beside those of the same one in one grid."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from isogloss.errors import InputError
from isogloss.evidence.store import Store
from isogloss.lab import compare_recipes, findings, read_grid, run_grid

CUES = {"sport": ("goal match", "tide reef"), "sea": ("tide reef", "goal match")}
"""Words of a label in the news, and in a forum, where they are the other's."""
TASK = """[[task]]
name = "NAME"
kind = "text-classification"
file = "texts.csv"
[task.columns]
language = "lang"
text = "text"
label = "label"
item = "id"
[task.splits]
CHOSEN
"""
GRID = """
[[recipe]]
name = "ngram-logreg"
[[recipe]]
name = "ngram-logreg"
C = 1e-9
[grid]
sources = ["eng"]
sizes = [16]
"""
NEWS = 'domain = "genre"\nlearnt = ["news"]\n'


def write(folder: Path, *chosen: str) -> Path:
    """Texts of two labels and genres, those of a forum longer; and a grid of a task for each choice of them."""
    rows = [
        {"lang": "eng", "id": f"{genre} {number}", "split": "train" if number < 24 else "test", "genre": genre,
         "label": label, "text": f"{CUES[label][place]} {number}{' and so on and on and on' * place}"}
        for place, genre in enumerate(("news", "forum")) for number in range(40) for label in [[*CUES][number % 2]]
    ]  # fmt: skip
    pl.DataFrame(rows).write_csv(folder / "texts.csv")
    tasks = "".join(TASK.replace("NAME", f"task {place}").replace("CHOSEN", one) for place, one in enumerate(chosen))
    (folder / "grid.toml").write_text(tasks + GRID)
    return folder / "grid.toml"


@pytest.mark.parametrize(
    ("learnt", "own", "other"),
    [
        (NEWS, 'tested = ["news"]', 'tested = ["forum"]'),
        ('characters = 16\nlearnt = ["short"]\n', 'tested = ["short"]', 'tested = ["long"]'),
    ],
)
def test_what_holds_in_one_domain_is_wrong_in_the_other_and_both_are_compared(
    learnt: str, own: str, other: str, tmp_path: Path
) -> None:
    grid, store = read_grid(write(tmp_path, learnt + own, learnt + other)), Store(tmp_path / "store")
    assert run_grid(grid, store).failed == []
    found = store.read().observations.filter(metric="accuracy", recipe="ngram-logreg")
    assert dict(found.select("task", "score").iter_rows()) == {"task 0": 1.0, "task 1": 0.0}
    assert found["items"].to_list() == [16, 16]
    assert set(compare_recipes(findings(grid, store), store)["task"]) == {"task 0", "task 1"}


def test_without_a_choice_all_are_learnt_from_or_tested_on(tmp_path: Path) -> None:
    grid, store = read_grid(write(tmp_path, NEWS.rstrip())), Store(tmp_path / "store")
    assert run_grid(grid, store).failed == []
    found = store.read().observations.filter(metric="accuracy", recipe="ngram-logreg")
    assert found.select("score", "items").row(0) == (0.5, 32)


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ('domain = "genre"', "which texts are learnt from and tested on is not clear"),
        ('learnt = ["news"]', "which texts are learnt from and tested on is not clear"),
        (NEWS + "characters = 5", "which texts are learnt from and tested on is not clear"),
        (NEWS + 'tested = ["newz"]', "unknown domain 'newz'; did you mean 'news'?"),
        ('domain = "kind"\nlearnt = ["news"]', "kind"),
    ],
)
def test_domains_that_are_not_there_are_refused(chosen: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        run_grid(read_grid(write(tmp_path, chosen)), Store(tmp_path / "store"))
    assert said in f"{error.value}"
