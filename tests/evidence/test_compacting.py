from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from isogloss.errors import BadFile
from isogloss.evidence import ITEM, Store, compact, read_evidence
from isogloss.evidence.schema import MODEL

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def observations(table):
    return lambda *rows: read_evidence(table(*rows)).observations


@pytest.fixture
def store(tmp_path, observations):
    """Three parts of observations, the third superseding the first; two of items; two of facts."""
    store = Store(tmp_path / "store")
    items = pl.DataFrame({"observation": ["k"], "item": ["a"], "score": [1.0], "prediction": [None]}, schema=ITEM)
    models = pl.DataFrame([{"model": "toy", "parameters": 5, "languages": ["deu"]}], schema=MODEL)
    store.append(observations({"score": 0.1}), items, models=models)
    store.append(observations({"target": "fr"}), items.with_columns(score=0.0), models=models.with_columns(layers=2))
    store.append(observations({"score": 0.3}))
    return store


def everything(store: Store) -> tuple[object, ...]:
    evidence = store.read()
    observed = evidence.observations.sort("target", "score").rows()
    return observed, evidence.models.rows(), store.read_items().rows(), store.history().sort("score").rows()


def test_a_compacted_store_has_few_parts_and_says_the_same(store):
    before = everything(store)
    report = compact(store)
    assert (report.parts_before, report.parts_after, report.rows, report.repeated) == (7, 3, 7, 0)
    assert len(store.parts()) == 1
    assert everything(store) == before


def test_rows_that_later_ones_supersede_are_kept(store):
    compact(store)
    assert store.history()["score"].to_list() == [0.1, 0.3]
    assert store.read().observations.sort("score")["score"].to_list() == [0.3, 0.5]


def test_compacting_twice_changes_nothing_more(store):
    compact(store)
    parts = store.parts()
    report = compact(store)
    assert (report.parts_before, report.parts_after, report.rows) == (3, 3, 0)
    assert store.parts() == parts


def test_what_is_written_after_a_part_still_comes_after_it(tmp_path, observations):
    """Rows recorded at the same time: the part that was written last counts, merged or not."""
    store = Store(tmp_path)
    for score in (0.1, 0.2):
        store.append(observations({"score": score}).with_columns(recorded_at=NOW))
    compact(store)
    store.append(observations({"score": 0.3}).with_columns(recorded_at=NOW))
    compact(store)
    assert store.read().observations["score"].to_list() == [0.3]


def test_large_parts_are_left_as_they_are(store):
    large = store.append(store.read().observations.with_columns(seed=pl.lit(9, dtype=pl.Int64)))
    compact(store, rows=2)
    assert large in store.parts()


def test_files_of_others_damaged_parts_and_parts_of_later_versions_are_left_alone(store):
    parts = store.parts()
    damaged = parts[0].with_name(parts[0].name.replace("part-20", "part-19"))
    damaged.write_bytes(parts[0].read_bytes()[:-9])
    others = [store.path / "notes.txt", store.path / "mine.parquet", parts[0].with_name("part-new.v9.parquet"), damaged]
    others[0].write_text("hello")
    for path in others[1:3]:
        path.write_bytes(parts[0].read_bytes())
    with pytest.warns(UserWarning, match="is damaged"):
        compact(store)
    assert all(path.exists() for path in others)


def test_what_killed_writers_left_is_removed_after_a_day(store):
    old, young = store.path / ".part-old.tmp", store.path / ".part-young.tmp"
    for path in (old, young):
        path.touch()
    yesterday = (datetime.now(UTC) - timedelta(days=2)).timestamp()
    os.utime(old, (yesterday, yesterday))
    assert compact(store).left_behind == 1
    assert (old.exists(), young.exists()) == (False, True)


def test_a_folder_without_parts_is_no_store(tmp_path):
    with pytest.raises(BadFile, match="is not a store"):
        compact(Store(tmp_path))


@pytest.mark.parametrize("event", ["open", "os.rename", "os.remove"])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_compacting_that_is_killed_loses_nothing_and_can_be_done_again(store, event, count):
    before = everything(store)
    script = """
        import os, signal, sys
        from isogloss.evidence import Store, compact

        folder, event, left = sys.argv[1], sys.argv[2], [int(sys.argv[3])]
        store = Store(folder)
        store.read()

        def die_at(name, arguments):
            if name == event and folder in str(arguments[0]) and (name != "open" or ".tmp" in str(arguments[0])):
                left[0] -= 1
                if not left[0]:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(die_at)
        compact(store)
    """
    command = [sys.executable, "-c", textwrap.dedent(script), str(store.path), event, str(count)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert everything(store) == before
    compact(store)
    assert everything(store) == before
    assert len(store.parts()) == 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=10)
@given(data=st.data())
def test_whatever_was_written_a_compacted_store_reads_the_same(tmp_path_factory, data):
    store = Store(tmp_path_factory.mktemp("store"))
    usual = {"model": "m", "task": "t", "metric": "f1", "target": "deu", "train": "", "scale": "fraction"}
    rows = st.tuples(st.integers(0, 2), st.floats(0, 1), st.integers(0, 2))
    for batch in data.draw(st.lists(st.lists(rows, min_size=1, max_size=4), min_size=1, max_size=5)):
        table = pl.DataFrame([usual | {"seed": seed, "score": score, "hour": hour} for seed, score, hour in batch])
        recorded = pl.lit(NOW) + pl.duration(hours="hour")
        store.append(table.with_columns(higher_is_better=True, recorded_at=recorded))
        if data.draw(st.booleans()):
            compact(store, rows=data.draw(st.integers(1, 8)))
    before = store.read().observations.sort("seed")
    history = set(store.history().rows())
    compact(store)
    assert store.read().observations.sort("seed").equals(before)
    assert set(store.history().rows()) == history
