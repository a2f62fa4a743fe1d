from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
import time
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from isogloss.errors import BadFile, BadValue, StoreError
from isogloss.evidence import ITEM, Store, observation_keys, read_evidence


@pytest.fixture
def observations(table):
    return lambda *rows: read_evidence(table(*rows)).observations


def test_what_goes_in_comes_out(tmp_path, observations):
    written = observations({}, {"target": "fr", "score": 0.7})
    part = Store(tmp_path / "deep" / "store").append(written)
    back = Store(tmp_path / "deep" / "store").read().observations
    assert back.drop("recorded_at").equals(written.drop("recorded_at"))
    assert part.name.startswith("part-")


def test_the_time_of_recording_is_set_where_it_is_missing(tmp_path, observations):
    before = datetime.now(UTC)
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    rows = observations({}, {"target": "fr"}).with_columns(recorded_at=pl.Series([None, long_ago]))
    Store(tmp_path).append(rows)
    recorded = dict(Store(tmp_path).read().observations.select("target", "recorded_at").iter_rows())
    assert before <= recorded["deu"] <= datetime.now(UTC)
    assert recorded["fra"] == long_ago


def test_the_newest_observation_counts_whatever_the_order_of_parts(tmp_path, observations):
    now = datetime.now(UTC)
    for age, score in ((2, 0.2), (0, 0.9), (1, 0.1)):
        rows = observations({"score": score}).with_columns(recorded_at=pl.lit(now - timedelta(hours=age)))
        Store(tmp_path).append(rows)
    assert Store(tmp_path).read().observations["score"].to_list() == [0.9]


def test_parts_are_never_changed(tmp_path, observations):
    first = Store(tmp_path).append(observations({}))
    content = first.read_bytes()
    Store(tmp_path).append(observations({"score": 0.6}))
    assert first.read_bytes() == content
    assert len(Store(tmp_path).parts()) == 2


def test_a_part_with_one_flipped_bit_is_skipped_with_a_warning(tmp_path, observations):
    Store(tmp_path).append(observations({}))
    damaged = Store(tmp_path).append(observations({"score": 0.9}))
    content = bytearray(damaged.read_bytes())
    content[len(content) // 2] ^= 1
    damaged.write_bytes(content)
    with pytest.warns(UserWarning, match=rf"{damaged.name}: is damaged, its content is not what was written; skipped"):
        assert Store(tmp_path).read().observations["score"].to_list() == [0.5]


def test_items_lie_beside_their_observations(tmp_path, observations):
    written = observations({})
    key = observation_keys(written).item()
    items = pl.DataFrame({"observation": [key] * 2, "item": ["a", "b"], "score": [1.0, 0.0], "prediction": ["x", "y"]})
    Store(tmp_path).append(written, items)
    Store(tmp_path).append(written, items.head(1).with_columns(score=pl.lit(0.5)))
    back = Store(tmp_path).read_items().sort("item")
    assert back.schema == ITEM
    assert back["score"].to_list() == [0.5, 0.0]
    assert observation_keys(Store(tmp_path).read().observations).item() == key


def test_a_store_without_items_has_none(tmp_path, observations):
    Store(tmp_path).append(observations({}))
    assert Store(tmp_path).read_items().is_empty()


def test_a_missing_store_says_how_to_make_one(tmp_path):
    with pytest.raises(BadFile, match="no such store; make one by importing files: `isogloss evidence import`"):
        Store(tmp_path / "absent").read()


def test_nothing_is_not_appended(tmp_path, observations):
    with pytest.raises(BadValue, match="no observation to store"):
        Store(tmp_path / "store").append(observations({}).clear())
    with pytest.raises(BadValue, match="1 of 1 observations have no model"):
        Store(tmp_path / "store").append(observations({}).with_columns(model=None))
    assert not (tmp_path / "store").exists()


def test_a_path_that_is_a_file_cannot_be_a_store(tmp_path, observations):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"cannot be written: .*choose a folder"):
        Store(tmp_path / "file").append(observations({}))


@pytest.mark.parametrize("last_step", ["open", "os.fsync", "os.rename"])
def test_a_writer_killed_before_the_rename_leaves_the_store_readable(tmp_path, observations, last_step):
    Store(tmp_path).append(observations({}))
    script = """
        import os, signal, sys
        from isogloss.evidence import Store

        last_step, folder = sys.argv[1:]
        rows = Store(folder).read().observations.with_columns(score=0.9, recorded_at=None)

        def die_at(step, arguments):
            if step == last_step and ".tmp" in str(arguments[0]):
                os.kill(os.getpid(), signal.SIGKILL)

        flush = os.fsync
        os.fsync = lambda handle: (die_at("os.fsync", [".tmp"]), flush(handle))
        sys.addaudithook(die_at)
        Store(folder).append(rows)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script), last_step, str(tmp_path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert Store(tmp_path).read().observations["score"].to_list() == [0.5]
    assert len(Store(tmp_path).parts()) == 1


def test_a_part_of_a_later_version_is_read_if_it_has_our_columns(tmp_path, observations):
    part = Store(tmp_path).append(observations({}))
    later = pl.read_parquet(part).with_columns(something_new=pl.lit(1))
    part.unlink()
    later.write_parquet(tmp_path / "part-later.v9.parquet")
    assert len(Store(tmp_path).read()) == 1


@pytest.mark.parametrize("name", ["seed=5", "a[bc]*?", "spaces and ü"])
def test_the_name_of_the_folder_means_nothing(tmp_path, observations, name):
    Store(tmp_path / name).append(observations({}))
    assert read_evidence(str(tmp_path / name)).observations["seed"].to_list() == [None]


def test_many_small_parts_are_read_in_seconds(tmp_path, observations):
    rows = observations({}).with_columns(recorded_at=datetime(2026, 1, 1, tzinfo=UTC))
    first = Store(tmp_path).append(rows)
    for number in range(1000):
        rows.with_columns(seed=pl.lit(number, dtype=pl.Int64)).write_parquet(
            first.with_name(f"part-{number:04}.v1.parquet")
        )
    started = time.perf_counter()
    assert len(Store(tmp_path).read()) == 1001
    assert time.perf_counter() - started < 10


def test_a_key_is_the_same_everywhere_and_tells_observations_apart(observations):
    rows = observations({"seed": 1}, {"seed": 2}, {"seed": None, "target": "fr"})
    keys = observation_keys(rows)
    assert keys[0] == "6a79a6bdbe252ea2ac53d90bf1fbbebc"
    assert keys.n_unique() == 3
    assert all(len(key) == 32 for key in keys)
    assert observation_keys(rows.with_columns(score=0.1, recorded_at=None)).equals(keys)


def test_a_key_does_not_confuse_neighbouring_columns(observations):
    left = observations({"model": "a", "model_revision": "bc"})
    right = observations({"model": "ab", "model_revision": "c"})
    assert observation_keys(left).item() != observation_keys(right).item()
