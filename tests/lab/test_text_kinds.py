"""Kinds of task whose answers are texts or candidates of each item's own."""

from __future__ import annotations

import json
import random
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.lab.adding import Adding
from tests.lab.described import read, refusal

from isogloss.evidence.store import Store
from isogloss.lab import read_grid, recipes, run_grid
from isogloss.lab.reading import divide
from isogloss.models.inputs import Cloze


@pytest.fixture
def sums(tmp_path: Path) -> dict[str, object]:
    """Additions in two languages, without splits; every fifth one is wrong."""
    rows = [
        {"lang": code, "i": place, "question": f"{place} {word} {place + 1}",
         "answer": 2 * place + 1 + (place % 5 == 0)}
        for code, word in (("eng", "plus"), ("deu", "und")) for place in range(40)
    ]  # fmt: skip
    pl.DataFrame(rows).write_parquet(tmp_path / "sums.parquet")
    return {
        "name": "sums", "kind": "generation", "file": "sums.parquet", "columns": {"language": "lang", "item": "i"},
        "splits": {"by": "i", "shares": {"train": 0.25}},
    }  # fmt: skip


def test_answers_to_be_written_are_read_as_texts(sums: dict[str, object], tmp_path: Path) -> None:
    task = read(sums, tmp_path)
    assert (len(task.train["eng"]), len(task.test["eng"])) == (10, 30)
    assert task.info.metrics == ("exact_match", "valid_output_rate")
    assert task.chance is None
    shown = task.train["deu"]
    assert shown.answers is not None
    assert [task.labels[label] for label in shown.labels] == [answers[0] for answers in shown.answers]


def test_what_names_a_job_does_not_change_with_other_answers(sums: dict[str, object], tmp_path: Path) -> None:
    before = read(sums, tmp_path).train["eng"].content()
    table = pl.read_parquet(tmp_path / "sums.parquet")
    changed = pl.when(lang="deu").then(pl.col("answer") + 1000).otherwise("answer")
    table.with_columns(answer=changed).write_parquet(tmp_path / "sums.parquet")
    assert read(sums, tmp_path).train["eng"].content() == before


def test_written_answers_are_measured_and_kept(sums: dict[str, object], tmp_path: Path) -> None:
    """A recipe that adds is right where the sum is; its words stand beside the score of each item."""
    recipes.register("adding")(Adding)
    task = "\n".join(f"{key} = {json.dumps(value)}" for key, value in sums.items() if not isinstance(value, dict))
    path = tmp_path / "grid.toml"
    path.write_text(
        f'[task]\n{task}\n[task.columns]\nlanguage = "lang"\nitem = "i"\n[task.splits]\nby = "i"\n'
        'shares = { train = 0.25 }\n[recipe]\nname = "adding"\n[grid]\nsources = ["eng"]\nsizes = [5]\n'
    )
    store = Store(tmp_path / "store")
    run_grid(read_grid(path), store)
    found = store.read()
    tested = read(sums, tmp_path).test["eng"].items
    right = sum(int(item) % 5 != 0 for item in tested) / len(tested)
    scores = found.observations.group_by("metric", maintain_order=True).agg("score")
    assert dict(scores.iter_rows()) == {"exact_match": pytest.approx([right, right]), "valid_output_rate": [1.0, 1.0]}
    assert found.observations["standard_error"][0] == pytest.approx((right * (1 - right) / (len(tested) - 1)) ** 0.5)
    items = store.read_items().filter(item=tested[0])
    place = int(tested[0])
    assert items["prediction"].unique().to_list() == [f"The sum is {2 * place + 1}"]


@pytest.fixture
def facts(tmp_path: Path) -> dict[str, object]:
    """Facts in two languages, with two to four candidates, of which the last is true."""
    rows = []
    for place in range(30):
        for code in ("eng", "nld"):
            candidates = [f"{code} {place} {other}" for other in range(1 + place % 4)] + [f"{code} capital {place}"]
            rows.append(
                {"language": code, "i": place, "prompt": f"{code}: <mask> is the capital of land {place}.",
                 "candidates": ", ".join(candidates), "answer": candidates[-1]}
            )  # fmt: skip
    pl.DataFrame(rows).write_parquet(tmp_path / "facts.parquet")
    return {
        "name": "facts", "kind": "cloze", "file": "facts.parquet", "columns": {"item": "i", "answer": "answer"},
        "splits": {"by": "i", "shares": {"train": 0.5, "dev": 0.1}},
    }  # fmt: skip


def change(tmp_path: Path, **columns: pl.Expr) -> None:
    path = tmp_path / "facts.parquet"
    pl.read_parquet(path).with_columns(**columns).write_parquet(path)


def test_candidates_are_each_items_own(facts: dict[str, object], tmp_path: Path) -> None:
    task = read(facts, tmp_path)
    one = task.train["eng"].inputs[0]
    assert isinstance(one, Cloze)
    right = one.choices[task.train["eng"].labels[0]]
    place = right.rpartition(" ")[2]
    assert right == f"eng capital {place}"
    assert f"eng: {right} is the capital of land {place}." in one.filled()
    assert len({len(one.choices) for one in task.train["eng"].inputs}) == 4
    assert task.labels == ["0", "1", "2", "3", "4"]


def test_chance_is_the_mean_over_items(facts: dict[str, object], tmp_path: Path) -> None:
    task = read(facts, tmp_path)
    odds = [1 / len(one.choices) for one in task.test["eng"].inputs if isinstance(one, Cloze)]
    assert task.chance == pytest.approx(sum(odds) / len(odds))
    assert task.facts()[0]["chance"] == task.chance


def test_the_place_of_the_answer_tells_nothing_and_is_the_same_in_every_language(
    facts: dict[str, object], tmp_path: Path
) -> None:
    task = read(facts, tmp_path)
    assert len(set(task.train["eng"].labels.tolist())) > 1
    assert task.train["eng"].labels.tolist() == task.train["nld"].labels.tolist()


def test_the_answer_may_be_known_by_its_place(facts: dict[str, object], tmp_path: Path) -> None:
    by_place = facts | {"columns": {"item": "i"}, "right": "last"}
    assert read(by_place, tmp_path).train["eng"].content() == read(facts, tmp_path).train["eng"].content()


def test_a_list_that_was_a_quoted_cell_is_read_as_what_it_was(facts: dict[str, object], tmp_path: Path) -> None:
    plain = read(facts, tmp_path).test["eng"].inputs
    quoted = pl.format('"{}"', pl.col("candidates").str.replace_all("capital", '""capital""'))
    change(tmp_path, candidates=quoted, answer=pl.col("answer").str.replace_all("capital", '"capital"'))
    assert [
        tuple(choice.replace('"', "") for choice in one.choices)
        for one in read(facts, tmp_path).test["eng"].inputs
        if isinstance(one, Cloze)
    ] == [one.choices for one in plain if isinstance(one, Cloze)]


def test_an_item_with_one_candidate_asks_nothing_and_is_left_out(facts: dict[str, object], tmp_path: Path) -> None:
    change(tmp_path, candidates=pl.when(i=3).then("answer").otherwise("candidates"))
    with pytest.warns(UserWarning, match="2 rows have one candidate only"):
        task = read(facts, tmp_path)
    assert len(task.train["eng"]) + len(task.dev["eng"]) + len(task.test["eng"]) == 29


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"prompt": pl.lit("no slot")}, "row 0: 0 slots in the prompt; write <mask> once"),
        ({"prompt": pl.lit("<mask> <mask>")}, "row 0: 2 slots"),
        ({"answer": pl.lit("elsewhere")}, "the answer 'elsewhere' is no candidate (60 such rows)"),
        ({"candidates": pl.col("answer")}, "no row has two candidates"),
    ],
)
def test_spoilt_facts_are_refused(
    facts: dict[str, object], tmp_path: Path, columns: dict[str, pl.Expr], said: str
) -> None:
    change(tmp_path, **columns)
    assert said in refusal(facts, tmp_path)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"columns": {"item": "i"}}, "either a column has the answer or its place"),
        ({"right": "last"}, "either a column has the answer or its place"),
        ({"right": "lst"}, "unknown place of the answer 'lst'; did you mean 'last'?"),
        ({"kind": "generation", "right": "last"}, "unknown key 'right'"),
        (
            {"splits": {"by": "prompt", "shares": {"train": "half"}}},
            "[task.splits.shares]: train must be a number above 0 and",
        ),
        ({"splits": {"by": "prompt", "shares": {"train": 2}}}, "train must be a number above 0 and below 1, not 2"),
        ({"splits": {"by": "prompt", "shares": {"dev": 0.5}}}, "shares are {'dev': 0.5}"),
        ({"splits": {"by": "prompt", "train": "a"}}, "unknown key 'train'"),
        ({"splits": {"by": "promt"}}, "unknown column 'promt'; did you mean 'prompt'?"),
        ({"metrics": ["f1"]}, "unknown metric of cloze 'f1'"),
    ],
)
def test_bad_descriptions_of_facts_are_refused(
    facts: dict[str, object], tmp_path: Path, changed: dict[str, object], said: str
) -> None:
    assert said in refusal(facts | changed, tmp_path)


LINKED = st.lists(st.tuples(st.sampled_from("abcdefghij"), st.sampled_from("uvwxyz")), min_size=1, max_size=40)


@given(rows=LINKED, seed=st.integers(0, 9))
def test_what_belongs_together_is_in_one_split_whatever_the_order(rows: list[tuple[str, str]], seed: int) -> None:
    """Rows that share an item or a division are in one split, and shuffling them changes nothing."""
    shuffled = random.Random(seed).sample(rows, len(rows))
    split = [
        dict(
            divide(pl.DataFrame({"item": [a for a, _ in some], "division": [b for _, b in some]}), {"train": 0.5})
            .select("item", "split")
            .iter_rows()
        )
        for some in (rows, shuffled)
    ]
    assert split[0] == split[1]
    for item, division in rows:
        assert all(split[0][item] == split[0][other] for other, shared in rows if shared == division)


def test_rows_that_no_item_links_are_divided_by_the_column_alone(facts: dict[str, object], tmp_path: Path) -> None:
    """Items that are counted through are not the same in every language."""
    pl.read_parquet(tmp_path / "facts.parquet").sample(fraction=1.0, shuffle=True, seed=1).write_parquet(
        tmp_path / "facts.parquet"
    )
    task = read(facts | {"columns": {"answer": "answer"}}, tmp_path)
    splits = (task.train, task.dev, task.test)
    assert sum(len(split[code]) for split in splits for code in split) == 60
    lands = [
        {
            one.premise.rpartition(" ")[2]
            for examples in split.values()
            for one in examples.inputs
            if isinstance(one, Cloze)
        }
        for split in splits
    ]
    assert [len(some) for some in lands] == [15, 3, 12]


def test_splits_have_their_shares() -> None:
    table = pl.DataFrame({"item": [str(number) for number in range(1000)]}).with_columns(division="item")
    counts = dict(divide(table, {"train": 0.5, "dev": 0.1})["split"].value_counts().iter_rows())
    assert counts == {"train": 500, "dev": 100, "test": 400}
