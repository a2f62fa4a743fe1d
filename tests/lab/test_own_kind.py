"""A kind of task and a type of input of one's own: defined here alone, and measured by the recipes that can answer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import polars as pl
import pytest

from isogloss.errors import UnknownName
from isogloss.evidence.store import Store
from isogloss.lab import read_grid, recipes, run_grid, tasks
from isogloss.lab.task import TaskInfo, TaskKind
from isogloss.models import InputType

LANGUAGES, ITEMS = ("eng", "nld"), 24


class Entailment(NamedTuple):
    """Two sentences, of which the second may follow from the first."""

    premise: str
    hypothesis: str


class EntailmentType(InputType[Entailment]):
    """Read as a pair by tokenisers, and as two lines by n-grams."""

    def texts(self, one: Entailment) -> tuple[str, ...]:
        """Premise and hypothesis."""
        return (one.premise, one.hypothesis)

    def with_texts(self, one: Entailment, texts: Sequence[str]) -> Entailment:
        """Other words for both."""
        return Entailment(*texts)


@dataclass(frozen=True)
class NaturalLanguageInference(TaskKind):
    """Whether a hypothesis follows from a premise."""

    name: ClassVar[str] = "inference"
    texts: ClassVar[tuple[str, ...]] = ("premise", "hypothesis")
    input_type: ClassVar[InputType[Any]] = EntailmentType()
    options: ClassVar[tuple[str, ...]] = ("neutral",)

    def inputs(self, group: pl.DataFrame) -> list[Any]:
        """Pairs of sentences."""
        return [Entailment(*row) for row in group.select("premise", "hypothesis").iter_rows()]

    def check(self, table: pl.DataFrame, info: TaskInfo) -> pl.DataFrame:
        """Leave out the neutral pairs, if the task says so."""
        return table if info.options.get("neutral", True) else table.filter(pl.col("label") != "neutral")


@pytest.fixture(autouse=True)
def _registered() -> Iterator[None]:
    tasks.register("inference")(NaturalLanguageInference)
    yield
    tasks.unregister("inference")


@pytest.fixture
def grid(tmp_path: Path, checkpoint: Path) -> Path:
    """24 pairs in two languages: what is said of the doctor follows, of the match not, of the river perhaps."""
    words = {"yes": "doctor cures", "no": "match plays", "neutral": "river sleeps"}
    rows = [
        {
            "language": language, "split": "train" if item < 15 else "test", "item": f"{item}", "label": label,
            "premise": f"the big {words[label]}{item}", "hypothesis": f"a {words[label]}",
        }
        for language in LANGUAGES for item in range(ITEMS) for label in [sorted(words)[item % 3]]
    ]  # fmt: skip
    pl.DataFrame(rows).write_parquet(tmp_path / "pairs.parquet")
    path = tmp_path / "grid.toml"
    path.write_text(f"""
[task]
name = "pairs"
kind = "inference"
file = "pairs.parquet"
columns = {{ item = "item" }}
[[recipe]]
name = "ngram-logreg"
[[recipe]]
name = "linear-probe"
layer = 2
checkpoint = "{checkpoint}"
[grid]
sources = ["eng"]
sizes = [15]
""")
    return path


def test_a_kind_of_ones_own_is_measured_by_ngrams_and_by_a_linear_probe(grid: Path, tmp_path: Path) -> None:
    """No module of isogloss knows the kind: both recipes answer all 9 items of both languages right."""
    store = Store(tmp_path / "store")
    report = run_grid(read_grid(grid), store)
    assert (report.run, report.failed) == (2, [])
    evidence = store.read()
    assert set(evidence.observations["metric"]) == {"accuracy"}
    assert evidence.observations["score"].to_list() == pytest.approx([1.0] * 4)
    assert set(evidence.observations["items"]) == {9}
    assert evidence.tasks.row(0, named=True)["chance"] == pytest.approx(1 / 3)
    assert set(store.read_items()["prediction"]) == {"yes", "no", "neutral"}


def test_options_of_ones_own_are_read_from_the_section_of_the_task(grid: Path, tmp_path: Path) -> None:
    grid.write_text(grid.read_text().replace('kind = "inference"', 'kind = "inference"\nneutral = false'))
    grid.write_text(grid.read_text().replace("sizes = [15]", "sizes = [10]"))
    store = Store(tmp_path / "store")
    assert run_grid(read_grid(grid), store).failed == []
    assert set(store.read().observations["items"]) == {6}
    details = [json.loads(text) for text in store.read().observations["details"]]
    assert all("test_content" in one for one in details)


def test_metrics_that_fit_the_answers_may_be_named_and_no_others(grid: Path) -> None:
    text = grid.read_text()
    grid.write_text(text.replace('kind = "inference"', 'kind = "inference"\nmetrics = ["accuracy", "macro_f1"]'))
    assert read_grid(grid).tasks[0].metrics == ("accuracy", "macro_f1")
    grid.write_text(text.replace('kind = "inference"', 'kind = "inference"\nmetrics = ["exact_match"]'))
    with pytest.raises(UnknownName, match=r"metric of inference .exact_match.; known: accuracy"):
        read_grid(grid)


def test_recipes_say_by_the_answers_which_kinds_they_are_for() -> None:
    """Fine-tuning gives labels; a prompt needs a form, which this kind has not."""
    kind = NaturalLanguageInference()
    assert recipes.get("fine-tune").fits(kind)
    assert recipes.get("translate-train").fits(kind)
    assert not recipes.get("in-context").fits(kind)
