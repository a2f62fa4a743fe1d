"""Evidence in memory: what it refuses, how it is narrowed down, and pandas frames in and out."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import polars as pl
import pytest

from isogloss import Evidence, read_evidence
from isogloss.errors import BadValue, UnknownName


@pytest.fixture
def evidence(table):
    return read_evidence(table({}, {"target": "fr", "score": 0.25, "seed": 3}))


def test_a_frame_that_is_no_observations_names_the_missing_columns():
    with pytest.raises(BadValue, match=r"no observations: they lack model, task, metric, .*; read_evidence makes"):
        Evidence(pl.DataFrame({"foo": [1, 2]}))


def test_a_frame_of_other_types_is_refused_in_a_line(evidence):
    with pytest.raises(BadValue, match=r"no observations: .*read_evidence converts types") as caught:
        Evidence(evidence.observations.with_columns(score=pl.lit("high")))
    assert str(caught.value).isprintable()


def test_an_unknown_column_of_a_filter_is_one_line_with_the_nearest(evidence):
    with pytest.raises(UnknownName, match="unknown column 'mdoel'; did you mean 'model'"):
        evidence.filter(mdoel="toy")


@pytest.mark.parametrize("value", ["thrice", 4])
def test_an_unknown_value_of_a_filter_names_those_there_are(evidence, value):
    with pytest.raises(UnknownName, match=f"unknown seed '{value}'; .*known: 3"):
        evidence.filter(seed=value)


def test_observations_go_through_pandas_unchanged(evidence):
    assert Evidence(evidence.to_pandas()).observations.equals(evidence.observations)


def test_pandas_frames_are_read_and_written_without_pyarrow():
    script = """
        import sys
        sys.modules["pyarrow"] = None
        import pandas
        from isogloss import Evidence, read_evidence

        rows = pandas.DataFrame({
            "model": "toy", "task": "topics", "metric": "accuracy", "target": ["de", "fr"], "train": "en:100",
            "score": [0.5, float("nan")], "seed": pandas.array([1, None], dtype="Int64"),
            "recorded_at": pandas.to_datetime(["2026-01-01T10:00:00Z", "2026-01-02T10:00:00Z"]),
        })
        evidence = read_evidence(rows)
        back = evidence.to_pandas()
        print(list(back["target"]), back["score"][0], back["recorded_at"][0], len(Evidence(back)))
    """
    run = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=True)
    assert run.stdout == "['deu'] 0.5 2026-01-01 10:00:00+00:00 1\n"


def test_a_series_of_pandas_is_read_like_a_frame_of_one_column():
    script = """
        import sys
        sys.modules["pyarrow"] = None
        import pandas
        from isogloss import read_evidence

        scores = pandas.Series([0.5, 0.75], index=["German", "Swahili"])
        for one in (scores, scores.rename("LaBSE")):
            evidence = read_evidence(one, task="t", metric="accuracy")
            print(evidence.observations.select("model", "target", "score").rows())
    """
    run = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == [
        "[('model', 'deu', 0.5), ('model', 'swa', 0.75)]", "[('LaBSE', 'deu', 0.5), ('LaBSE', 'swa', 0.75)]"
    ]  # fmt: skip


def test_an_index_of_pandas_is_no_evidence():
    pandas = pytest.importorskip("pandas")
    with pytest.raises(BadValue, match="Index is not evidence; give a path, or a polars, pandas or Arrow table"):
        read_evidence(pandas.Index(["German"]))


def test_a_pandas_column_of_several_types_is_one_line():
    pandas = pytest.importorskip("pandas")
    with pytest.raises(BadValue, match="the column 'seed' holds values of several types"):
        read_evidence(pandas.DataFrame({"model": ["a", "b"], "seed": [1, "x"]}))
