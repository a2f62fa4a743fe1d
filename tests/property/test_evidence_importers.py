"""Whatever a file holds, reading it ends in evidence or in one line that says why not."""

from __future__ import annotations

import json
import string
import warnings

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from isogloss.errors import IsoglossError
from isogloss.evidence import ReadOptions, Store, import_files, read_evidence, read_queries
from isogloss.text import printable

CODES = st.sampled_from(["en", "hi", "deu_Latn", "sw", "zh-TW", "jp", "Welsh", "xx9", ""])
SCORES = st.one_of(
    st.floats(0, 1), st.floats(0, 100), st.just("x"), st.none(), st.floats(), st.text(max_size=3), st.booleans()
)
GOOD_SCORES = st.floats(0, 1).map(lambda score: round(score, 3))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
SIZES = st.integers(-1, 10**6) | st.floats() | st.none() | st.text(max_size=3)
ENTRIES = st.fixed_dictionaries(
    {
        "train_config": st.dictionaries(CODES | st.text(max_size=4), SIZES, max_size=4) | VALUES,
        "eval_results": st.dictionaries(CODES | st.text(max_size=4), SCORES, max_size=4) | VALUES,
    }
)
GOOD_ENTRIES = st.fixed_dictionaries(
    {
        "train_config": st.dictionaries(st.sampled_from(["en", "hi", "sw"]), st.integers(0, 10**6), max_size=3),
        "eval_results": st.dictionaries(
            st.sampled_from(["en", "hi", "sw", "yo"]), GOOD_SCORES | st.just("x") | st.none(), max_size=4
        ),
    }
)
QUIET = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)


def read_all_ways(path, **options):
    """Read as evidence and as queries; only errors of ours may come out, each of one line."""
    for read in (read_evidence, read_queries):
        try:
            read(path, **options)
        except IsoglossError as error:
            message = str(error)
        else:
            message = ""
        assert message == printable(message)


@QUIET
@given(content=st.lists(ENTRIES, max_size=4) | VALUES)
def test_any_json_as_litmus_is_read_or_refused_in_one_line(tmp_path, content):
    path = tmp_path / "UDPOS_XLMR.json"
    path.write_text(json.dumps(content))
    read_all_ways(path, format="litmus")


MTEB_SCORES = st.floats(0, 1) | st.floats() | st.none() | st.text(max_size=3)
MTEB_ROWS = st.fixed_dictionaries(
    {},
    optional={
        "main_score": MTEB_SCORES | VALUES,
        "hf_subset": CODES | st.sampled_from(["en-de", "default"]) | VALUES,
        "languages": st.lists(CODES | st.text(max_size=4), max_size=4) | VALUES,
        "scores_per_experiment": st.lists(st.dictionaries(st.just("f1"), MTEB_SCORES), max_size=3) | VALUES,
        "v_measures": st.dictionaries(st.text(max_size=2), st.lists(MTEB_SCORES, max_size=3), max_size=2) | VALUES,
    },
)
MTEB_SPLITS = st.dictionaries(st.sampled_from(["test", "dev"]), st.lists(MTEB_ROWS, max_size=4) | VALUES, max_size=2)
MTEB_FILES = st.one_of(
    st.fixed_dictionaries({"task_name": st.just("Topics") | VALUES, "scores": MTEB_SPLITS | VALUES}),
    st.fixed_dictionaries(
        {"mteb_dataset_name": st.just("Topics") | VALUES},
        optional={"test": st.dictionaries(CODES | st.just("main_score"), MTEB_ROWS | MTEB_SCORES, max_size=3) | VALUES},
    ),
    VALUES,
)


@QUIET
@given(content=MTEB_FILES, meta=VALUES | st.just({"name": "me/toy", "languages": ["de", "xx9"]}))
def test_any_json_as_mteb_is_read_or_refused_in_one_line(tmp_path, content, meta):
    folder = tmp_path / "me__toy" / "r1"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "Topics.json").write_text(json.dumps(content))
    (folder / "model_meta.json").write_text(json.dumps(meta))
    read_all_ways(folder, format="mteb")
    read_all_ways(folder / "Topics.json", format="mteb")


@QUIET
@given(content=st.binary(max_size=300), suffix=st.sampled_from(["json", "csv", "tsv", "jsonl", "parquet", "bin"]))
def test_any_bytes_are_read_or_refused_in_one_line(tmp_path, content, suffix):
    path = tmp_path / f"UDPOS_XLMR.{suffix}"
    path.write_bytes(content)
    read_all_ways(path)
    for importer in ("litmus", "mteb", "table"):
        read_all_ways(path, format=importer)


@QUIET
@given(
    entries=st.lists(GOOD_ENTRIES, min_size=1, max_size=6, unique_by=lambda entry: json.dumps(entry["train_config"]))
)
def test_a_litmus_import_accounts_for_every_cell(tmp_path, entries):
    path = tmp_path / "UDPOS_XLMR.json"
    path.write_text(json.dumps(entries))
    report = import_files([path], ReadOptions(duplicates="last"), dry_run=True).files[0]
    assert report.rows == sum(len(entry["eval_results"]) for entry in entries)
    assert report.kept + report.queries + sum(report.dropped.values()) == report.rows


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6)
COLUMNS = ("model", "task", "metric", "target", "train", "seed", "score", "note")


@QUIET
@given(
    columns=st.lists(
        st.sampled_from(COLUMNS) | st.text(string.ascii_letters, max_size=6), min_size=1, max_size=8, unique=True
    ),
    data=st.data(),
)
def test_any_table_of_text_is_read_or_refused_in_one_line(tmp_path, columns, data):
    rows = data.draw(st.lists(st.tuples(*(CELLS for _ in columns)), max_size=4))
    path = tmp_path / "table.csv"
    pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row").write_csv(path)
    read_all_ways(path)


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "model": st.sampled_from(["a", "b"]),
            "task": st.just("topics"),
            "metric": st.just("accuracy"),
            "target": st.sampled_from(["en", "hi", "sw", "zh-TW"]),
            "train": st.sampled_from(["", "en:5", "en:5,hi:6", "hi"]),
            "seed": st.none() | st.integers(0, 3),
            "score": st.none() | GOOD_SCORES,
        }
    ),
    min_size=1,
    max_size=30,
)


@QUIET
@given(rows=ROWS, how=st.sampled_from(["mean", "last"]), percent=st.booleans())
def test_a_table_import_accounts_for_every_row(tmp_path, rows, how, percent):
    scale = 100 if percent else 1
    scaled = [row | {"score": None if row["score"] is None else row["score"] * scale} for row in rows]
    table = pl.DataFrame(scaled, schema_overrides={"seed": pl.Int64, "score": pl.Float64}, infer_schema_length=None)
    table.write_csv(tmp_path / "table.csv")
    options = ReadOptions(duplicates=how, scale="percent" if percent else "fraction")
    report = import_files([tmp_path / "table.csv"], options, dry_run=True).files[0]
    assert report.kept + report.queries + sum(report.dropped.values()) == report.rows == len(rows)
    names = ("model", "target", "train", "seed")
    identities = {tuple(row[name] for name in names) for row in rows if row["score"] is not None}
    assert report.kept == len(identities)


@pytest.fixture(scope="module")
def whole_parquet(tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "whole.parquet"
    usual = {"model": "m", "task": "t", "metric": "f1", "train": "en:5", "score": 0.5}
    pl.DataFrame([usual | {"target": target} for target in ("de", "fr", "sw")]).write_parquet(path)
    return path.read_bytes()


@QUIET
@given(place=st.floats(0, 1, exclude_max=True), rest=st.binary(max_size=20))
def test_parquet_that_breaks_off_is_refused_in_one_line(tmp_path, whole_parquet, place, rest):
    path = tmp_path / "damaged.parquet"
    path.write_bytes(whole_parquet[: int(place * len(whole_parquet))] + rest)
    with pytest.raises(IsoglossError) as caught:
        read_evidence(path)
    assert str(caught.value) == printable(str(caught.value))


@QUIET
@given(data=st.data())
def test_a_store_holds_the_newest_of_each_observation_in_whatever_order_they_came(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("store")
    appended = data.draw(
        st.lists(st.tuples(st.integers(0, 4), st.integers(0, 50), GOOD_SCORES), min_size=1, max_size=20,
                 unique_by=lambda row: row[:2])
    )  # fmt: skip
    batches = data.draw(st.lists(st.integers(1, 5), min_size=20, max_size=20))
    usual = {"model": "m", "task": "t", "metric": "f1", "target": "deu", "train": "", "scale": "fraction"}
    rest = list(appended)
    for size in batches:
        batch, rest = rest[:size], rest[size:]
        if batch:
            rows = [usual | {"seed": seed, "score": score, "minute": minute} for seed, minute, score in batch]
            table = pl.DataFrame(rows).with_columns(
                higher_is_better=True,
                recorded_at=pl.datetime(2026, 1, 1, time_zone="UTC") + pl.duration(minutes="minute"),
            )
            Store(folder).append(table)
    expected = {}
    for seed, _, score in sorted(appended, key=lambda row: row[1]):
        expected[seed] = score
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        back = Store(folder).read().observations
    assert dict(back.select("seed", "score").iter_rows()) == expected
