from __future__ import annotations

import polars as pl
import pytest

from isogloss.errors import InputError
from isogloss.evidence import Store, observation_keys, read_evidence
from isogloss.evidence.sql import select


@pytest.fixture
def evidence(table):
    return read_evidence(table({}, {"target": "fr", "score": 0.7}, {"target": "fr", "model": "other", "score": 0.1}))


@pytest.fixture
def store(tmp_path, evidence):
    store = Store(tmp_path / "store")
    keys = observation_keys(evidence.observations)
    items = pl.DataFrame({"observation": keys[:1], "item": ["a"], "score": [1.0], "prediction": ["x"]})
    store.append(evidence.observations, items, tasks=pl.DataFrame({"task": ["topics"], "chance": [0.2]}))
    return store


MEANS = "select target, avg(score) as mean from observations group by target order by target"


def test_evidence_is_asked_in_sql(evidence, store):
    for source in (evidence, store):
        assert select(source, MEANS).rows() == [("deu", 0.5), ("fra", pytest.approx(0.4))]


def test_superseded_scores_do_not_count(store, evidence):
    store.append(evidence.observations.with_columns(score=0.0, recorded_at=None))
    assert select(store, MEANS)["mean"].to_list() == [0.0, 0.0]


def test_facts_and_items_are_tables_too(store):
    assert select(store, "SELECT chance FROM tasks").item() == 0.2
    assert select(store, "SELECT prediction FROM items").item() == "x"
    joined = "select avg(o.score - t.chance) from observations o join tasks t on o.task = t.task"
    assert select(store, joined).item() == pytest.approx(1.3 / 3 - 0.2)


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("drop table observations", "only one select"),
        ("delete from observations", "only one select"),
        ("truncate table observations", "only one select"),
        ("create table x as select 1", "only one select"),
        ("select 1; drop table observations", "only one select"),
        ("", "only one select"),
        ("select * from read_csv('/etc/passwd')", "reads a file"),
        ("select * from READ_PARQUET ('x')", "reads a file"),
        ("with x as (select * from read_csv('a')) select * from x", "reads a file"),
        ("select nothing from observations", "is not understood"),
        ("select from where", "is not understood"),
        ("select * from elsewhere", "is not understood"),
    ],
)
def test_what_does_anything_but_read_the_tables_is_refused_in_one_line(store, evidence, query, reason):
    for source in (store, evidence):
        with pytest.raises(InputError, match=f"^query: {reason}") as caught:
            select(source, query)
        assert str(caught.value).isprintable()


def test_a_word_in_quotes_is_no_command(store):
    assert select(store, "select count(*) from observations where model = 'a; read_csv(b)'").item() == 0
