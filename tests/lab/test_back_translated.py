"""Texts without translations that are translated back: they help as far as what translates them knows something."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

pytest.importorskip("torch", reason="needs the extra lab")

from tests.lab.checkpoints import make_seq2seq

from isogloss.errors import BadFile, BadValue, InputError
from isogloss.evidence import Store, observation_keys
from isogloss.lab import read_grid, recipes, run_grid

WORDS = dict(
    zip("sun moon ice fire tree bird fish wolf".split(), "day dim cold hot oak wren cod fang".split(), strict=True)
)
COVERED = ("sun", "moon", "ice", "fire")
"""Words that the pairs to learn from have; the others stand only in texts without a translation."""
GRID = """
[task]
name = "words"
kind = "translation"
file = "data.jsonl"
into = "eng"
columns = { item = "id" }
metrics = ["exact_match"]
[[model]]
checkpoint = "model"
RECIPES
[grid]
sources = ["deu"]
sizes = [12]
"""
SETTINGS = "learning_rate = 0.01\nepochs = 80\nbatch_size = 8\nmax_length = 64\nmax_new = 8\n"


def write(folder: Path) -> None:
    """Pairs of four words, tests of eight, and texts of all eight with what a translator makes of them, or a liar."""
    rows = [
        {"id": f"{split} {place} {word}", "language": "deu", "split": split, "text": f"{before} {word}",
         "translation": answer}
        for split, befores, known in (("train", "abc", COVERED), ("test", "de", tuple(WORDS)))
        for place, before in enumerate(befores) for word, answer in WORDS.items() if word in known
    ]  # fmt: skip
    (folder / "data.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (folder / "texts.csv").write_text("\n".join(["language,text", *(f"en,{answer}" for answer in WORDS.values())]))
    names = [*WORDS]
    for name, turn in (("right", 0), ("wrong", 3)):
        made = [f"c {names[(place + turn) % 8]}" for place in range(8)]
        lines = [f"{place}\tdeu\t{text}" for place, text in enumerate(made)]
        (folder / f"{name}.tsv").write_text("\n".join(["item\tlanguage\ttext", *lines]))


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Store:
    folder = tmp_path_factory.mktemp("grid")
    write(folder)
    make_seq2seq(folder / "model")
    texts = f'texts = "{folder}/texts.csv"\n'
    kinds = ['name = "seq2seq-tune"\n', f'name = "seq2seq-back-translated"\nmark = "<BT> "\n{texts}']
    kinds += [
        f'name = "seq2seq-back-translated"\n{texts}translator = {{ name = "file", file = "{folder}/{name}.tsv" }}\n'
        for name in ("right", "wrong")
    ]
    (folder / "grid.toml").write_text(GRID.replace("RECIPES", "".join(f"[[recipe]]\n{one}{SETTINGS}" for one in kinds)))
    store = Store(folder / "store")
    report = run_grid(read_grid(folder / "grid.toml"), store)
    assert (report.run, report.failed) == (4, [])
    return store


def right(store: Store, part: str) -> dict[bool, float]:
    """The share right of words that pairs cover and of others, for the recipe with a text in its label."""
    observations = store.read().observations.filter(metric="exact_match")
    observations = observations.with_columns(observation_keys(observations))
    chosen = observations.row(by_predicate=pl.col("recipe").str.contains(part, literal=True), named=True)
    items = store.read_items().filter(observation=chosen["observation"]).iter_rows(named=True)
    found: dict[bool, list[float]] = {True: [], False: []}
    for row in items:
        found[row["item"].split()[-1] in COVERED].append(row["score"])
    return {key: sum(some) / len(some) for key, some in found.items()}


def test_a_translator_teaches_words_that_no_pair_has(ran: Store) -> None:
    """Without the texts none of them can be known; with them most are."""
    assert right(ran, "seq2seq-tune")[False] <= 0.25
    assert right(ran, "file:right")[False] >= 0.75
    assert right(ran, "file:right")[True] >= 0.75


def test_a_translator_that_is_wrong_teaches_nothing(ran: Store) -> None:
    assert right(ran, "file:wrong")[False] <= 0.25


def test_the_other_direction_is_learnt_from_the_same_pairs(ran: Store) -> None:
    """It knows no more words than the pairs have, and takes none of these away."""
    own = right(ran, "mark=")
    assert own[True] >= 0.75
    assert own[False] <= 0.25
    details = json.loads(ran.rows().filter(pl.col("recipe").str.contains("mark="))["details"][0])
    assert details["translated_back"] + details.get("translated_back_empty", 0) == 8


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    write(tmp_path)
    folder = make_seq2seq(tmp_path / "model")

    def recipe(**settings: Any) -> Any:
        return recipes.get("seq2seq-back-translated").read({"checkpoint": str(folder), **settings})

    with pytest.raises(BadValue, match="names no texts; add texts"):
        _ = recipe().identity
    with pytest.raises(BadFile, match="no such file of texts"):
        _ = recipe(texts="none.csv").identity
    (tmp_path / "other.csv").write_text("language,text\nfr,bon\n")
    (tmp_path / "grid.toml").write_text(
        GRID.replace("RECIPES", f'[[recipe]]\nname = "seq2seq-back-translated"\ntexts = "{tmp_path}/other.csv"')
    )
    with pytest.raises(InputError, match=r"other\.csv: no text in eng.*there are fr"):
        run_grid(read_grid(tmp_path / "grid.toml"), Store(tmp_path / "store"))
