"""Tasks: what is read, and what is refused before anything is measured."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from isogloss.errors import InputError
from isogloss.lab import read_grid
from isogloss.lab.reading import read_task
from isogloss.lab.task import Leak, Task

Rows = list[dict[str, str]]
Write = Callable[..., Path]


def read(path: Path) -> Task:
    return read_task(read_grid(path).tasks[0])


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_task_knows_its_labels_languages_and_chance_level(grid_file: Path) -> None:
    task = read(grid_file)
    assert task.labels == ["health", "sports", "travel"]
    names = [language.name for language in task.languages.values()]
    assert names == ["Greek", "English", "Finnish", "Dutch"]
    assert task.chance == pytest.approx(1 / 3)


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl"])
def test_every_format_reads_the_same(grid_file: Path, rows: Rows, suffix: str) -> None:
    from_parquet = read(grid_file)
    table, path = pl.DataFrame(rows), grid_file.parent / f"topics.{suffix}"
    if suffix == "jsonl":
        table.write_ndjson(path)
    else:
        table.write_csv(path, separator="\t" if suffix == "tsv" else ",")
    grid_file.write_text(grid_file.read_text().replace("topics.parquet", path.name))
    assert read(grid_file).train["eng"].content() == from_parquet.train["eng"].content()


def test_every_source_is_trained_on_the_same_items(grid_file: Path) -> None:
    task = read(grid_file)
    chosen = {code: [task.train[code].items[row] for row in task.train[code].sample(12, 5)] for code in task.languages}
    assert len({tuple(items) for items in chosen.values()}) == 1


def test_smaller_training_sets_are_part_of_larger_ones(grid_file: Path) -> None:
    examples = read(grid_file).train["eng"]
    assert set(examples.sample(7, 3)) < set(examples.sample(20, 3))
    assert set(examples.sample(20, 3)) != set(examples.sample(20, 4))


def test_a_repeated_text_is_reported_and_many_are_refused(write: Write, rows: Rows) -> None:
    """One test text that stands in the training texts is counted; more than 5 % are an error."""
    texts = [row["text"] for row in rows if row["lang"] == "eng" and row["split"] == "train"]
    tested = [row for row in rows if row["lang"] == "eng" and row["split"] == "test"]
    extra = [dict(row, id=f"x{place}") for place, row in enumerate(tested)]
    tested[0]["text"] = texts[0].upper()
    assert read(write(rows + extra)).leaks == {"eng": Leak(exact=0, normalised=1)}
    for row, text in zip(tested, texts, strict=False):
        row["text"] = text
    assert "test texts of 'eng' are also trained on" in refusal(write(rows))


def test_a_test_item_trained_on_in_another_language_is_refused(write: Write, rows: Rows) -> None:
    moved = [row for row in rows if row["lang"] == "nld" and row["id"] == "40"]
    moved[0]["split"] = "train"
    assert "test item '40' of 'eng' is trained on in 'nld'" in refusal(write(rows))


def test_item_ids_are_optional(grid_file: Path) -> None:
    grid_file.write_text(grid_file.read_text().replace('item = "id"\n', ""))
    assert len(read(grid_file).train["eng"]) == 30


def spoil(rows: Rows, what: str) -> Rows:
    match what:
        case "unknown language":
            rows[3]["lang"] = "xqz"
        case "empty text":
            rows[5]["text"] = "  "
        case "same language twice":
            rows[4]["lang"] = "eng_Latn"
        case "item twice":
            rows[4]["id"] = rows[0]["id"]
        case "other label":
            rows[0]["topic"] = "medicine"
        case "no test split":
            rows = [row for row in rows if row["split"] == "train"]
        case "one label":
            rows = [dict(row, topic="health") for row in rows]
    return rows


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("unknown language", "row 3: unknown language 'xqz'"),
        ("empty text", "row 5: no text"),
        ("same language twice", "'eng' and 'eng_Latn' are one language"),
        ("item twice", "item '0' stands twice in the split 'train' of 'eng'"),
        ("other label", "'ell' has no training example of the label 'medicine'"),
        ("no test split", "no row has the split 'test'"),
        ("one label", "only one label, 'health'"),
    ],
)
def test_spoilt_tables_are_refused_in_one_line(write: Write, rows: Rows, what: str, said: str) -> None:
    message = refusal(write(spoil(rows, what)))
    assert "topics.parquet" in message
    assert said in message


def test_a_missing_or_broken_file_is_named(grid_file: Path) -> None:
    table = grid_file.parent / "topics.parquet"
    table.write_bytes(b"no parquet")
    assert "topics.parquet: cannot be read as parquet" in refusal(grid_file)
    table.unlink()
    assert "topics.parquet: no such file" in refusal(grid_file)


def test_a_column_that_is_not_there_is_named_with_its_neighbour(grid_file: Path) -> None:
    grid_file.write_text(grid_file.read_text().replace('label = "topic"', 'label = "topics"'))
    assert "unknown column 'topics'; did you mean 'topic'?" in refusal(grid_file)
