"""What was learnt once serves every question about the same evidence, in this process and in others, and no other."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from planted import world

from isogloss.errors import BadValue, NotEnoughEvidence, UnknownName
from isogloss.evidence import Evidence
from isogloss.forecasting import BaseLearners, Forecaster, Mean, ask, cache, fitted, fitting, forecasters
from isogloss.forecasting.baselines.simple import MeanModel
from isogloss.forecasting.fitting import KEPT_IN_MEMORY
from isogloss.forecasting.state_key import state_key
from isogloss.languages import add_varieties, register_similarity, similarities
from isogloss.languages.varieties import clear_variety_caches

PLANTED = world(5, languages=10, sources=3, mixes=7)
EVIDENCE = PLANTED.evidence(hidden=PLANTED.languages[::5])
CELLS = [("deu", "eng:9", 0.5), ("fra", "eng:9", 0.6), ("yor", "eng:9", 0.2)]
QUERIES = ask(task="t", model="m", targets=["swa"], train="eng:9")


def about(targets, train=f"{PLANTED.languages[1]}:77"):
    first = EVIDENCE.observations.row(0, named=True)
    return ask(task=first["task"], model=first["model"], metric=first["metric"], targets=list(targets), train=train)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    """An empty cache, and nothing in memory."""
    monkeypatch.setenv("ISOGLOSS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("ISOGLOSS_CACHE_SIZE", "100")
    forget()
    return tmp_path / "cache" / "forecasters"


def forget() -> None:
    """As in a new process."""
    fitting._kept.clear()


@pytest.fixture
def learnt(monkeypatch) -> list[Forecaster]:
    """Every forecaster that is fitted from now on."""
    calls, fit = [], Forecaster.fit

    def watched(self, *given, **named):
        calls.append(self)
        return fit(self, *given, **named)

    monkeypatch.setattr(Forecaster, "fit", watched)
    return calls


def shifted(evidence: Evidence, by: float) -> Evidence:
    return evidence.with_observations(evidence.observations.with_columns(pl.col("score") + by))


def test_the_second_question_gets_the_forecaster_of_the_first(measured, learnt):
    first = fitted(measured(CELLS), QUERIES, forecaster="mean")
    assert fitted(measured(CELLS), QUERIES, forecaster="mean") is first
    assert fitted(measured(CELLS), QUERIES, forecaster=Mean()) is first
    assert len(learnt) == 1


def test_another_process_forecasts_the_same_to_the_last_bit_without_learning(learnt):
    queries = about([PLANTED.languages[0], PLANTED.languages[1], "quy"])
    expected = fitted(EVIDENCE, queries).predict_interval(queries)
    forget()
    read = fitted(EVIDENCE, queries)
    assert read.predict_interval(queries).equals(expected)
    assert len(learnt) == 1
    anew = forecasters.get("default")().fit(EVIDENCE, queries).conformalize()
    assert anew.predict_interval(queries).equals(expected)


def test_a_further_question_learns_only_what_it_needs_and_keeps_it(learnt, folder):
    first, second = about(["quy"], PLANTED.mixes[0]), about([PLANTED.languages[1]])
    fitted(EVIDENCE, first)
    before = {path: path.stat().st_size for path in folder.iterdir()}
    forget()
    expected = fitted(EVIDENCE, second).predict_interval(second)
    assert len(learnt) == 1
    assert {path: path.stat().st_size > before[path] for path in folder.iterdir()} == dict.fromkeys(before, True)
    forget()
    assert not fitted(EVIDENCE, second).learn(second)
    assert expected.equals(BaseLearners().fit(EVIDENCE, second).conformalize().predict_interval(second))


def test_another_score_another_forecaster_or_another_parameter_is_learnt_anew(measured):
    evidence = measured(CELLS)
    made = [
        fitted(evidence, QUERIES, forecaster="mean"),
        fitted(shifted(evidence, 0.01), QUERIES, forecaster="mean"),
        fitted(evidence, QUERIES, forecaster=BaseLearners()),
        fitted(evidence, QUERIES, forecaster=BaseLearners(new_models=False)),
    ]
    assert len({id(one) for one in made}) == 4
    assert made[1].predict(QUERIES)["mean"].item() == pytest.approx(made[0].predict(QUERIES)["mean"].item() + 0.01)


@pytest.mark.parametrize(
    ("column", "value"),
    [("score", 0.123), ("train", "eng:8"), ("target", "ita"), ("model", "other"), ("scale", "percent"), ("seed", 3)],
)
def test_every_change_of_what_was_measured_changes_the_key(measured, column, value):
    evidence = measured(CELLS)
    changed = evidence.observations.with_columns(
        pl.when(pl.int_range(pl.len()) == 1).then(pl.lit(value)).otherwise(pl.col(column)).alias(column)
    )
    assert state_key(Evidence(changed), Mean()) != state_key(evidence, Mean())


def test_where_scores_came_from_does_not_count(measured):
    evidence = measured(CELLS)
    moved = Evidence(evidence.observations.with_columns(origin=pl.lit("other.csv"), origin_row=pl.lit(7)))
    assert fitted(moved, QUERIES) is fitted(evidence, QUERIES)


def test_facts_about_models_count(measured):
    evidence = measured(CELLS)
    facts = pl.DataFrame({"model": ["m"], "parameters": [10**9]})
    assert state_key(Evidence(evidence.observations, models=facts), Mean()) != state_key(evidence, Mean())


def test_evidence_that_was_changed_in_place_is_learnt_anew(measured):
    evidence, same = measured(CELLS), measured(CELLS)
    before = fitted(evidence, QUERIES, forecaster="mean")
    evidence.observations[0, "score"] = 0.8
    after = fitted(evidence, QUERIES, forecaster="mean")
    assert after.predict(QUERIES)["mean"].item() == pytest.approx(1.6 / 3)
    assert before.predict(QUERIES)["mean"].item() == pytest.approx(1.3 / 3)
    assert fitted(same, QUERIES, forecaster="mean") is before


def test_what_is_learnt_later_is_of_the_evidence_as_it_was():
    queries = about([PLANTED.languages[1]])
    expected = forecasters.get("default")().fit(EVIDENCE, queries).conformalize().predict_interval(queries)
    evidence = Evidence(EVIDENCE.observations)
    kept = fitted(evidence, queries.head(0))
    evidence.observations[0, "score"] = 0.99
    assert fitted(EVIDENCE, queries) is kept
    assert kept.predict_interval(queries).equals(expected)


def test_facts_that_were_changed_in_place_are_learnt_anew(measured):
    evidence = Evidence(measured(CELLS).observations, models=pl.DataFrame({"model": ["m"], "parameters": [10**9]}))
    before = fitted(evidence, QUERIES)
    evidence.models[0, "parameters"] = 10**10
    assert fitted(evidence, QUERIES) is not before


def test_the_same_values_in_other_pieces_of_memory_have_the_same_key(measured):
    evidence = measured(CELLS)
    rows = evidence.observations
    pieces = pl.concat([rows.head(3), rows.slice(3).rechunk()], rechunk=False)
    assert state_key(Evidence(pieces), Mean()) == state_key(evidence, Mean())


def test_two_scores_that_changed_places_change_the_key(measured):
    evidence = measured(CELLS)
    swapped = evidence.observations.with_columns(pl.col("score").reverse())
    assert state_key(Evidence(swapped), Mean()) != state_key(evidence, Mean())


def test_varieties_that_a_user_added_count(measured, tmp_path, monkeypatch):
    monkeypatch.setenv("ISOGLOSS_VARIETIES", str(tmp_path / "varieties"))
    clear_variety_caches()
    before = state_key(measured(CELLS), Mean())
    (tmp_path / "mine.toml").write_text('[[variety]]\nid = "yoruba-mine"\nparent = "yor"\n')
    add_varieties(tmp_path / "mine.toml")
    assert state_key(measured(CELLS), Mean()) != before
    monkeypatch.undo()
    clear_variety_caches()


def test_a_similarity_that_a_user_registered_counts_where_it_is_used(measured):
    evidence = measured(CELLS)
    before = [state_key(evidence, forecasters.get(name)()) for name in ("litmus", "mean")]
    pairs = pl.DataFrame([("deu", "fra", 0.5)], schema=["lang_a", "lang_b", "similarity"], orient="row")
    register_similarity("overlap", pairs)
    after = [state_key(evidence, forecasters.get(name)()) for name in ("litmus", "mean")]
    similarities.unregister("overlap")
    assert [one == other for one, other in zip(before, after, strict=True)] == [False, True]


class Unsavable(Forecaster):
    """Of a class that is not registered, so that no file may name it."""

    grid_model = type("OwnModel", (MeanModel,), {})


def test_a_forecaster_that_cannot_be_saved_is_not_kept(measured, folder):
    evidence = measured(CELLS)
    made = fitted(evidence, QUERIES, forecaster=Unsavable())
    assert made.predict(QUERIES)["mean"].item() == pytest.approx(1.3 / 3)
    assert fitted(evidence, QUERIES, forecaster=Unsavable()) is not made
    assert not folder.exists()


@given(data=st.data())
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_file_is_learnt_and_written_anew(measured, folder, data):
    evidence = measured(CELLS)
    forget()
    expected = fitted(evidence, QUERIES).predict_interval(QUERIES)
    (path,) = folder.iterdir()
    whole = path.read_bytes()
    kind = data.draw(st.sampled_from(["cut", "altered", "foreign", "empty"]))
    place = data.draw(st.integers(0, len(whole) - 1))
    damaged = {
        "cut": whole[:place],
        "altered": whole[:place] + bytes([whole[place] ^ data.draw(st.integers(1, 255))]) + whole[place + 1 :],
        "foreign": data.draw(st.binary(min_size=1, max_size=200)),
        "empty": b"",
    }[kind]
    path.write_bytes(damaged)
    forget()
    assert fitted(evidence, QUERIES).predict_interval(QUERIES).equals(expected)
    forget()
    assert cache.read(path.stem) is not None


def test_what_a_compressed_file_unpacks_to_is_not_found_out(measured, folder):
    fitted(measured(CELLS), QUERIES)
    (path,) = folder.iterdir()
    with zipfile.ZipFile(path) as archive:
        pieces = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in pieces.items():
            archive.writestr(name, content)
    assert cache.read(path.stem) is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes have no name here")
@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo], ids=["folder", "pipe"])
def test_something_else_in_the_place_of_a_file_only_costs_time(measured, folder, make, learnt):
    evidence = measured(CELLS)
    folder.mkdir(parents=True)
    make(folder / f"{state_key(evidence, Mean())}.zip")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert fitted(evidence, QUERIES, forecaster="mean").predict(QUERIES)["mean"].item() == pytest.approx(1.3 / 3)
    assert len(learnt) == 1


def test_a_folder_that_cannot_be_written_is_said_once_and_only_costs_time(measured, folder, tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be")
    evidence = measured(CELLS)
    with pytest.warns(UserWarning, match="ISOGLOSS_CACHE"):
        fitted(evidence, QUERIES, forecaster="mean")
    with warnings.catch_warnings(action="error"):
        fitted(shifted(evidence, 0.01), QUERIES, forecaster="mean")
    forget()
    assert fitted(evidence, QUERIES, forecaster="mean").predict(QUERIES)["mean"].item() == pytest.approx(1.3 / 3)


def test_the_files_used_last_stay_within_the_size(measured, folder, monkeypatch):
    evidence = measured(CELLS)
    keys = []
    for step in range(4):
        fitted(shifted(evidence, step / 100), QUERIES, forecaster="mean")
        keys.append(state_key(shifted(evidence, step / 100), Mean()))
        path = folder / f"{keys[-1]}.zip"
        os.utime(path, (1000 + step, 1000 + step))
    assert cache.read(keys[0]) is not None  # used now, so the second is the oldest
    size = max(path.stat().st_size for path in folder.iterdir())
    monkeypatch.setattr(cache, "MEGABYTE", 1)
    monkeypatch.setenv("ISOGLOSS_CACHE_SIZE", str(3 * size + size // 2))
    fitted(shifted(evidence, 0.05), QUERIES, forecaster="mean")
    kept = {path.stem for path in folder.iterdir()}
    assert kept == {keys[0], keys[3], state_key(shifted(evidence, 0.05), Mean())}


def test_of_too_many_files_the_ones_used_last_stay(measured, folder, monkeypatch):
    monkeypatch.setattr(cache, "MOST_FILES", 2)
    for step in range(4):
        fitted(shifted(measured(CELLS), step / 100), QUERIES, forecaster="mean")
    assert len(list(folder.iterdir())) == 2


def test_what_a_killed_process_left_is_removed_after_a_day_and_files_of_others_stay(measured, folder):
    folder.mkdir(parents=True)
    old, new, other = (folder / name for name in (f".{'0' * 64}.zip.abc", f".{'1' * 64}.zip.abc", "notes.txt"))
    for path in (old, new, other):
        path.write_text("x")
    for path in (old, other):
        os.utime(path, (0, 0))
    fitted(measured(CELLS), QUERIES, forecaster="mean")
    assert [path.exists() for path in (old, new, other)] == [False, True, True]


def test_nothing_is_kept_on_disk_where_the_size_is_0(measured, folder, monkeypatch):
    monkeypatch.setenv("ISOGLOSS_CACHE_SIZE", "0")
    first = fitted(measured(CELLS), QUERIES, forecaster="mean")
    assert fitted(measured(CELLS), QUERIES, forecaster="mean") is first
    assert not folder.exists()


def test_a_size_that_is_none_is_refused(measured, monkeypatch):
    monkeypatch.setenv("ISOGLOSS_CACHE_SIZE", "2GB")
    with pytest.raises(BadValue, match="ISOGLOSS_CACHE_SIZE: '2GB' is no number of megabytes"):
        fitted(measured(CELLS), QUERIES, forecaster="mean")


def test_a_process_keeps_a_bounded_number_of_forecasters(measured):
    evidence = measured(CELLS)
    first = fitted(evidence, QUERIES, forecaster="mean")
    for step in range(1, KEPT_IN_MEMORY):
        fitted(shifted(evidence, step / 100), QUERIES, forecaster="mean")
    assert fitted(evidence, QUERIES, forecaster="mean") is first
    for step in range(1, KEPT_IN_MEMORY + 1):
        fitted(shifted(evidence, step / 100), QUERIES, forecaster="mean")
    assert fitted(evidence, QUERIES, forecaster="mean") is not first


def test_threads_that_ask_at_once_learn_once(learnt):
    queries = about(["quy"], PLANTED.mixes[0])
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: fitted(EVIDENCE, queries).predict_interval(queries), range(4)))
    assert len(learnt) == 1
    assert all(one.equals(made[0]) for one in made)


PROGRAM = """
import sys, polars as pl
from isogloss.evidence import Evidence
from isogloss.forecasting import fitted
evidence, queries = Evidence(pl.read_parquet(sys.argv[1])), pl.read_parquet(sys.argv[2])
for _ in range(3):
    fitted(evidence, queries).predict_interval(queries).write_parquet(sys.argv[3])
"""


def test_processes_that_fit_the_same_at_once_do_not_disturb_each_other(folder, tmp_path):
    queries = about(["quy"], PLANTED.mixes[0])
    EVIDENCE.observations.write_parquet(tmp_path / "evidence")
    queries.write_parquet(tmp_path / "queries")
    outputs = [tmp_path / f"out-{number}" for number in range(3)]
    running = [
        subprocess.Popen([sys.executable, "-c", PROGRAM, tmp_path / "evidence", tmp_path / "queries", out])
        for out in outputs
    ]
    assert [process.wait() for process in running] == [0, 0, 0]
    expected = fitted(EVIDENCE, queries).predict_interval(queries)
    assert all(pl.read_parquet(out).equals(expected) for out in outputs)
    assert [path.suffix for path in folder.iterdir()] == [".zip"]


def test_what_cannot_be_learnt_is_refused_as_by_fit(measured):
    with pytest.raises(NotEnoughEvidence):
        fitted(Evidence(measured(CELLS).observations.clear()))
    with pytest.raises(UnknownName, match="task"):
        fitted(measured(CELLS), QUERIES.with_columns(task=pl.lit("other")), forecaster="mean")
    with pytest.raises(UnknownName, match="forecaster"):
        fitted(measured(CELLS), forecaster=forecasters.names()[0] + "x")
