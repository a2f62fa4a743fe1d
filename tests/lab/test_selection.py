"""Demonstrations chosen for each question: worlds where the nearest one holds the answer, and ones where none does."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.lab.checkpoints import make_taught

from isogloss.errors import InputError
from isogloss.evidence.store import Store
from isogloss.lab import Corpus, Recipe, Training, compare_recipes, findings, read_grid, recipes, run_grid, tasks

pytest.importorskip("torch", reason="needs the extra lab")

LABELS = ["n", "y"]
WIDTH, PARALLEL, ITEMS = 12, 60, 40


def letters(chance: random.Random) -> str:
    return "".join(chance.choices("abcdefghes0123456789z", k=4))


@pytest.fixture(scope="module")
def decoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that answers to every text what the text before was answered with."""

    def draw(chance: random.Random) -> tuple[str, str]:
        label = chance.choice(LABELS)
        return f"{letters(chance)} = {label}. {letters(chance)} = ", label

    return make_taught(tmp_path_factory.mktemp("decoder") / "bytes", draw)


class Rotated:
    """Vectors of texts such as `e017`: what 17 means, turned by a rotation in Swahili (s017); s517 asks about it."""

    def encode(self, texts: list[str]) -> Any:
        turned = np.linalg.qr(np.random.default_rng(1).normal(size=(WIDTH, WIDTH)))[0]
        found = []
        for text in texts:
            question, number = divmod(int(text[1:]), 500)
            meaning = np.random.default_rng(number).normal(size=WIDTH)
            meaning = meaning + 0.3 * question * np.random.default_rng(9000 + number).normal(size=WIDTH)
            found.append(turned @ meaning if text[0] == "s" else meaning)
        return np.stack(found)


def make(decoder: Path, selection: dict[str, Any], **parameters: Any) -> Recipe:
    plain = {"template": "{text} = {label}.", "separator": " ", "checkpoint": str(decoder)}
    return recipes.get("in-context").read({**plain, "selection": selection, **parameters})


def parallel(folder: Path, *, shuffled: bool = False) -> Path:
    """Sentences of both languages that are no items of the task, as translations of each other or of others."""
    order = random.Random(3).sample(range(PARALLEL), PARALLEL) if shuffled else range(PARALLEL)
    rows = [{"id": str(place), "eng": f"e{200 + place}", "swh": f"s{200 + other}"}
            for place, other in enumerate(order)]  # fmt: skip
    pl.DataFrame(rows).write_csv(folder / "parallel.csv")
    return folder / "parallel.csv"


def right(decoder: Path, selection: dict[str, Any]) -> float:
    """Share of Swahili questions that are answered as the English example that each is about."""
    labels = np.random.default_rng(5).permutation(np.arange(ITEMS) % 2)
    corpus = Corpus(
        [[f"e{item:03}" for item in range(ITEMS)], []], [[], [f"s{500 + item}" for item in range(ITEMS)]],
        ["eng", "swh"], tasks.get("text-classification")(), LABELS, ["eng", "swh"],
    )  # fmt: skip
    recipe = make(decoder, {"count": 1, **selection})
    prepared = recipe.prepare(corpus, map)
    fitted = recipe.fit(prepared, Training(np.arange(ITEMS), labels, 0))
    return float((recipe.predict(prepared, fitted)[""] == labels).mean())


def test_the_map_finds_what_lies_next_to_a_question_in_its_own_language(decoder: Path, tmp_path: Path) -> None:
    """Vectors of the two languages are turned: plain cosines choose at random, mapped ones the right example."""
    encoder = "tests.lab.test_selection:Rotated"
    file = str(parallel(tmp_path))
    assert right(decoder, {"name": "aligned", "checkpoint": encoder, "file": file}) >= 0.95
    assert 0.25 < right(decoder, {"name": "encoder", "checkpoint": encoder}) < 0.75
    file = str(parallel(tmp_path, shuffled=True))  # a null world: what is learnt from is no translation
    assert 0.25 < right(decoder, {"name": "aligned", "checkpoint": encoder, "file": file}) < 0.75


GRID = """
[task]
name = "letters"
file = "letters.csv"
labels = ["n", "y"]
[[model]]
checkpoint = "{decoder}"
called = "bytes"
[[recipe]]
name = "in-context"
template = "{{text}} = {{label}}."
separator = " "
selection = {{ name = "letters", count = 1 }}
[[recipe]]
name = "in-context"
template = "{{text}} = {{label}}."
separator = " "
selection = {{ name = "random", count = 1 }}
[grid]
sources = "all"
sizes = [{items}]
"""


def compared(decoder: Path, folder: Path, *, told: bool) -> dict[str, Any]:
    """Nearest against random examples; each question has one letter changed, and the answer of its example if told."""
    chance = random.Random(7)
    rows = []
    for item in range(ITEMS):
        text, label = letters(chance), LABELS[item % 2]
        asked = text[:-1] + "z"
        rows.append({"language": "eng", "split": "train", "text": text, "label": label})
        of_test = label if told else LABELS[(item // 2) % 2]
        rows.append({"language": "eng", "split": "test", "text": asked, "label": of_test})
    pl.DataFrame(rows).write_csv(folder / "letters.csv")
    (folder / "grid.toml").write_text(GRID.format(decoder=decoder, items=ITEMS))
    grid = read_grid(folder / "grid.toml")
    store = Store(folder / "store")
    assert run_grid(grid, store).failed == []
    found = store.read().observations.filter(metric="accuracy")
    assert found["shots"].to_list() == [1, 1]
    assert all("selection=" in recipe for recipe in found["recipe"])
    return compare_recipes(findings(grid, store).of_metric("accuracy"), store).row(0, named=True)


def test_the_nearest_example_is_compared_with_random_ones_item_by_item(decoder: Path, tmp_path: Path) -> None:
    found = compared(decoder, tmp_path, told=True)
    assert abs(found["difference"]) > 0.25
    assert found["p"] < 0.01


def test_where_the_nearest_example_tells_nothing_none_is_better(decoder: Path, tmp_path: Path) -> None:
    found = compared(decoder, tmp_path, told=False)
    assert found["lower"] < 0 < found["upper"]


def test_each_question_has_its_own_examples_the_nearest_last(decoder: Path) -> None:
    texts = ["abcd", "dcba", "aabb"]
    corpus = Corpus([texts], [["abcz", "zcba"]], ["eng"], tasks.get("text-classification")(), LABELS, ["eng"])
    recipe = make(decoder, {"name": "letters", "count": 2})
    prepared = recipe.prepare(corpus, map)
    fitted = recipe.fit(prepared, Training(np.arange(3), np.array([0, 1, 1]), 0))
    prompts = [prompt for prompt, _ in recipe.prompts(prepared, fitted, 0)]  # type: ignore[attr-defined]  # of this recipe alone
    assert [prompt.split(". ")[1] for prompt in prompts] == ["abcd = n", "dcba = y"]
    assert all(prompt.count("=") == 3 for prompt in prompts)


def test_random_examples_are_other_ones_for_each_question_and_the_same_with_one_seed(decoder: Path) -> None:
    chance = random.Random(2)
    texts = [letters(chance) for _ in range(20)]
    corpus = Corpus([texts], [texts[:6]], ["eng"], tasks.get("text-classification")(), LABELS, ["eng"])
    recipe = make(decoder, {"name": "random", "count": 2})
    prepared = recipe.prepare(corpus, map)

    def shown(seed: int) -> list[str]:
        fitted = recipe.fit(prepared, Training(np.arange(20), np.arange(20) % 2, seed))
        return [prompt.rpartition(". ")[0] for prompt, _ in recipe.prompts(prepared, fitted, 0)]  # type: ignore[attr-defined]  # of this recipe alone

    assert shown(0) == shown(0)
    assert len(set(shown(0))) == 6
    assert shown(0) != shown(1)


@pytest.mark.parametrize(
    ("selection", "said"),
    [
        ({"name": "nearest"}, "unknown selection 'nearest'"),
        ({"count": 3}, 'selection has no name; write selection = { name = "aligned" }'),
        ({"name": "letters", "count": 0}, "count must be a whole number above 0"),
        ({"name": "encoder"}, "selection 'encoder' names no encoder; add checkpoint"),
        ({"name": "aligned", "checkpoint": "x"}, "selection 'aligned' names no parallel texts; add file"),
        ({"name": "aligned", "checkpoint": "x", "file": "none.csv"}, "none.csv: no such file of parallel texts"),
    ],
)
def test_selections_that_cannot_be_are_refused_in_one_line(decoder: Path, selection: Any, said: str) -> None:
    with pytest.raises(InputError) as caught:
        make(decoder, selection)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_too_few_parallel_texts_are_refused(decoder: Path, tmp_path: Path) -> None:
    file = parallel(tmp_path)
    pl.read_csv(file).head(5).write_csv(file)
    with pytest.raises(InputError, match=r"5 sentences are in both 'eng' and 'swh'; give 8 or more"):
        right(decoder, {"name": "aligned", "checkpoint": "tests.lab.test_selection:Rotated", "file": str(file)})


def test_one_calibration_does_not_fit_prompts_of_their_own(decoder: Path) -> None:
    with pytest.raises(InputError, match="calibrate takes the same demonstrations for all questions"):
        make(decoder, {"name": "random"}, calibrate=True)


def test_jobs_without_a_selection_keep_their_name(decoder: Path) -> None:
    """So that what was measured before there were selections is not measured again."""
    plain = recipes.get("in-context").read({"checkpoint": str(decoder)})
    assert "selection" not in plain.identity["parameters"]
    labels = [make(decoder, {"name": name}).label for name in ("random", "letters")]
    assert [label.split("selection=")[1].rstrip(")") for label in labels] == ["random", "letters"]
