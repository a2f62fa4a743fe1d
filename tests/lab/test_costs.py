"""What recipes took, from what observations say of the work, in the words of `isogloss compare`."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from isogloss.errors import InputError, NotEnoughEvidence
from isogloss.evidence.schema import OBSERVATION, conform
from isogloss.evidence.store import Store
from isogloss.lab import costs_file, findings, measured_costs, read_grid, run_grid
from isogloss.lab.transfer import Findings
from isogloss.planning import read_costs

FACTS = {"task": "topics", "metric": "accuracy", "model": "m", "score": 0.5, "items": 20, "split": "test"}


def row(recipe: str, target: str, origin: str, size: int = 70, **details: object) -> dict[str, object]:
    about = {"recipe": recipe, "target": target, "origin": origin, "seed": 0, "details": json.dumps(details)}
    return {**FACTS, **about, "train": f"eng:{size}", "source": "eng", "size": size, "shown": None, "shown_size": 0}


def translated(origin: str, into: str, texts: int, cpu_seconds: float) -> dict[str, object]:
    return {"from": origin, "into": into, "texts": texts, "cpu_seconds": cpu_seconds}


def found(rows: list[dict[str, object]]) -> Findings:
    extra = ("source", "size", "shown", "shown_size")
    table = conform(pl.DataFrame([{k: v for k, v in one.items() if k not in extra} for one in rows]), OBSERVATION)
    schema = {"source": pl.String, "size": pl.Int64, "shown": pl.String, "shown_size": pl.Int64}
    more = pl.DataFrame([{name: one[name] for name in extra} for one in rows], schema=schema)
    return Findings(pl.concat([table, more], how="horizontal"), 1, 1, 0)


ROWS = [
    *(row("zero-shot", target, "a", fit_seconds=36.0, predict_seconds=2.0) for target in ("eng", "fin")),
    row("to-test", "eng", "b", fit_seconds=36.0, predict_seconds=2.0),
    row("to-test", "fin", "b", fit_seconds=36.0, predict_seconds=2.0, translated=translated("fin", "eng", 20, 10.0)),
    row("to-train", "eng", "c", fit_seconds=36.0, predict_seconds=1.0),
    row("to-train", "fin", "d", fit_seconds=72.0, predict_seconds=1.0, translated=translated("eng", "fin", 70, 7.0)),
]


def test_trainings_for_each_target_are_added_up() -> None:
    """A model for each of two targets takes the time of both; answering an item takes what it took of all items."""
    costs = measured_costs(found(ROWS))
    made = dict(costs.select("recipe", "train_seconds").iter_rows())
    assert made == {"zero-shot": 36.0, "to-test": 36.0, "to-train": 108.0}
    assert costs["serve_seconds"].to_list() == [0.05, 0.05, 0.05]


def test_texts_are_translated_for_trainings_or_for_queries() -> None:
    """Where test texts are translated, each query away from the source has to be."""
    costs = measured_costs(found(ROWS))
    assert costs["translated_examples"].to_list() == [0, 0, 70]
    assert costs["translated_per_query"].to_list() == [0, 1, 0]
    assert costs["seconds_per_translation"].to_list() == [None, 0.5, 0.1]


def test_the_file_is_one_that_recipes_are_compared_by(tmp_path: Path) -> None:
    path = tmp_path / "costs.toml"
    path.write_text(costs_file(measured_costs(found(ROWS)), hour=0.6, label=0.05))
    costs = read_costs(path)
    assert costs.hour == 0.6
    assert costs.price("labelled", "fin") == 0.05
    assert costs.seconds_per_translation == pytest.approx(0.3)
    assert costs.recipes["to-train"].train_hours == pytest.approx(0.03)
    assert (costs.recipes["to-test"].labels, costs.recipes["to-test"].translated_per_query) == (70, 1)


def test_what_cannot_be_one_file_is_refused() -> None:
    larger = [{**one, "size": 700, "origin": f"{one['origin']}2"} for one in ROWS]
    with pytest.raises(InputError, match=r"measured in several ways; choose one with size="):
        costs_file(measured_costs(found([*ROWS, *larger])))
    with pytest.raises(InputError, match="no record of its seconds; run the grid into a new store"):
        costs_file(measured_costs(found([row("old", "fin", "e", cpu_seconds=1.0)])))
    with pytest.raises(NotEnoughEvidence, match="nothing of this grid has been measured"):
        costs_file(measured_costs(found(ROWS)).clear())


def test_every_measured_grid_says_what_it_took(grid_file: Path, tmp_path: Path) -> None:
    grid, store = read_grid(grid_file), Store(tmp_path / "store")
    run_grid(grid, store, max_jobs=3)
    costs = measured_costs(findings(grid, store).of_metric(None))
    assert costs["size"].to_list() == [12, 30]
    assert (costs["train_seconds"] > 0).all()
    assert (costs["translated_examples"] == 0).all()
