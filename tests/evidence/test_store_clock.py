"""Which row counts where several were recorded, when clocks are wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from isogloss.evidence import Store, read_evidence
from isogloss.evidence.overview import conflicts, recorded
from isogloss.evidence.storage import digest

NEXT_CENTURY = datetime(2126, 1, 1, tzinfo=UTC)


@pytest.fixture
def observations(table):
    return lambda *rows: read_evidence(table(*rows)).observations


def scores(store: Store) -> list[float]:
    return store.read().observations["score"].to_list()


def write_part_of_the_future(store: Store, rows: pl.DataFrame, kind: str = "part") -> None:
    """What a machine whose clock is wrong, or somebody with an intent, leaves in a store."""
    path = store.path / "new"
    rows.write_parquet(path)
    path.rename(store.path / f"{kind}-21260101T000000.000000Z-{digest(path.read_bytes())}.v2.parquet")


def test_a_row_dated_in_the_future_gives_way_and_that_is_said(tmp_path, observations):
    store = Store(tmp_path)
    store.append(observations({"score": 0.25}))
    write_part_of_the_future(store, store.read().observations.with_columns(score=0.9, recorded_at=NEXT_CENTURY))
    with pytest.warns(UserWarning, match="1 score dated in the future give way to others of the same observation"):
        assert scores(store) == [0.25]
    assert conflicts(recorded([tmp_path]))["counts"].to_list() == [0.25]


def test_a_row_dated_in_the_future_counts_where_it_is_alone(tmp_path, observations, recwarn):
    store = Store(tmp_path)
    store.append(observations({"score": 0.25}))
    alone = store.read().observations.with_columns(score=0.9, seed=pl.lit(7, pl.Int64), recorded_at=NEXT_CENTURY)
    write_part_of_the_future(store, alone)
    assert sorted(scores(store)) == [0.25, 0.9]
    assert len(recwarn) == 0


def test_facts_of_a_part_dated_in_the_future_give_way_to_later_ones(tmp_path, observations):
    store = Store(tmp_path)
    tasks = pl.DataFrame({"task": ["t"], "chance": [0.25]})
    store.append(observations({}), tasks=tasks)
    (part,) = tmp_path.glob("tasks-*")
    write_part_of_the_future(store, pl.read_parquet(part).with_columns(chance=0.5), "tasks")
    assert Store(tmp_path).facts()[1]["chance"].to_list() == [0.25]


def test_a_date_in_the_future_is_not_recorded(tmp_path, observations):
    before = datetime.now(UTC)
    with pytest.warns(UserWarning, match="1 score dated in the future, recorded as of now instead"):
        Store(tmp_path).append(observations({}).with_columns(recorded_at=NEXT_CENTURY))
    (recorded,) = Store(tmp_path).read().observations["recorded_at"]
    assert before <= recorded <= datetime.now(UTC)


def test_clocks_of_different_machines_may_be_an_hour_apart(tmp_path, observations, recwarn):
    ahead = datetime.now(UTC) + timedelta(hours=1)
    Store(tmp_path).append(observations({}).with_columns(recorded_at=ahead))
    assert Store(tmp_path).read().observations["recorded_at"].to_list() == [
        ahead.replace(microsecond=ahead.microsecond)
    ]
    assert len(recwarn) == 0


@pytest.mark.parametrize("reopened", [True, False])
def test_what_is_written_after_a_clock_was_set_back_is_newer_all_the_same(
    tmp_path, observations, reopened, monkeypatch
):
    from isogloss.evidence import store as module

    class SetBack(datetime):
        @classmethod
        def now(cls, zone=None):
            return datetime.now(zone) - timedelta(hours=5)

    store = Store(tmp_path)
    store.append(observations({"score": 0.25}))
    monkeypatch.setattr(module, "datetime", SetBack)
    store = Store(tmp_path) if reopened else store
    store.append(observations({"score": 0.5}))
    store.append(observations({"score": 0.75}))
    assert scores(Store(tmp_path)) == [0.75]
    assert len({path.name[:27] for path in tmp_path.glob("part-*")}) == 3


def test_of_rows_recorded_at_the_same_time_the_last_one_counts(tmp_path, observations):
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    for score in (0.5, 0.25):
        Store(tmp_path).append(observations({"score": score}).with_columns(recorded_at=moment))
    assert scores(Store(tmp_path)) == [0.25]
