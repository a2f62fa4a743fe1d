from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from isogloss.errors import BadValue, UnknownName
from isogloss.evidence import Evidence, Store, read_evidence
from isogloss.evidence.schema import MODEL, TASK

MODELS = pl.DataFrame(
    {"model": ["toy"], "model_revision": ["r1"], "parameters": [1000], "languages": [["deu", "eng"]],
     "released": [date(2024, 1, 1)]}
)  # fmt: skip
TASKS = pl.DataFrame(
    {"task": ["topics"], "metric": ["accuracy"], "text_origin": ["human-translated"], "chance": [0.25]}
)


@pytest.fixture
def observations(table):
    return read_evidence(table({}, {"target": "fr"})).observations


def test_facts_have_their_columns_whatever_is_known(observations):
    evidence = Evidence(observations, MODELS, TASKS)
    assert (evidence.models.schema, evidence.tasks.schema) == (MODEL, TASK)
    assert (Evidence(observations).models.schema, Evidence(observations).tasks.height) == (MODEL, 0)


def test_narrowing_evidence_down_keeps_the_facts(observations):
    evidence = Evidence(observations, MODELS, TASKS)
    for narrowed in (evidence.filter(target="fra"), evidence.without_language("fra")):
        assert len(narrowed) == 1
        assert narrowed.models.equals(evidence.models)
        assert narrowed.tasks.equals(evidence.tasks)


def test_a_later_row_wins_field_by_field(observations):
    later = pl.DataFrame({"model": ["toy"], "model_revision": ["r1"], "parameters": [2000], "layers": [12]})
    models = Evidence(observations, pl.concat([MODELS, later], how="diagonal")).models
    assert models.select("parameters", "layers", "released").row(0) == (2000, 12, date(2024, 1, 1))
    assert models.height == 1


def test_a_store_keeps_the_facts_and_the_last_word_on_each(tmp_path, observations):
    Store(tmp_path).append(observations, models=MODELS, tasks=TASKS)
    Store(tmp_path).append(observations, tasks=TASKS.with_columns(chance=pl.lit(0.2), text_origin=None))
    back = Store(tmp_path).read()
    assert back.models["languages"].to_list() == [["deu", "eng"]]
    assert back.tasks.select("chance", "text_origin").rows() == [(0.2, "human-translated")]
    assert len(Store(tmp_path).parts()) == 2


def test_evidence_from_several_sources_keeps_the_facts_of_all(tmp_path, observations):
    Store(tmp_path).append(observations, models=MODELS)
    beside = Evidence(observations.with_columns(model=pl.lit("other")), tasks=TASKS)
    together = read_evidence(tmp_path, beside)
    assert (together.models.height, together.tasks.height, len(together)) == (1, 1, 4)


@pytest.mark.parametrize(
    ("models", "tasks", "error", "reason"),
    [
        ({"model": [None]}, None, BadValue, "models: row 0 names no model"),
        ({"model": ["m"], "parameters": [0]}, None, BadValue, "parameters 0 of 'm' is not positive"),
        ({"model": ["m"], "parameters": ["many"]}, None, BadValue, "the column 'parameters' is String, not Int64"),
        ({"model": ["m"], "params": [3]}, None, UnknownName, "unknown column 'params'; did you mean 'parameters'"),
        (None, {"task": ["t"], "chance": [25.0]}, BadValue, "chance 25 of 't' is not a fraction"),
        (None, {"task": ["t"], "text_origin": ["human-writen"]}, UnknownName, "did you mean 'human-written'"),
        (None, {"metric": ["f1"]}, BadValue, "tasks: row 0 names no task"),
    ],
)
def test_facts_that_cannot_be_are_refused_in_one_line(observations, models, tasks, error, reason):
    with pytest.raises(error) as caught:
        Evidence(observations, *(None if part is None else pl.DataFrame(part) for part in (models, tasks)))
    assert reason in str(caught.value)
