from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.errors import BadFile, BadValue, UnknownLanguage, UnknownName
from isogloss.evidence import Evidence, Store, read_evidence
from isogloss.evidence.facts import known_tasks, read_facts
from isogloss.evidence.limits import chances, with_limits
from isogloss.evidence.overview import conflicts, count_by, coverage, recorded, settings
from isogloss.evidence.summing import mean_in_order

QUARTER = pl.DataFrame({"task": ["topics"], "metric": ["accuracy"], "chance": [0.25]})


@pytest.fixture
def limits(table):
    """The flags of one score among others of its kind."""

    def limits(score: float, facts: pl.DataFrame = QUARTER, **columns: object) -> tuple[bool | None, bool | None]:
        evidence = Evidence(read_evidence(table({"score": score} | columns)).observations, tasks=facts)
        rows = evidence.observations
        judged = with_limits(rows.lazy(), chances(evidence.tasks, rows["task"])).collect()
        return judged.select("at_chance", "saturated").row(0)

    return limits


@pytest.mark.parametrize(
    ("score", "items", "at_chance"),
    [(0.25, None, True), (0.26, None, False), (0.20, 100, True), (0.32, 100, True), (0.33, 100, False)],
)
def test_a_score_that_one_guess_in_twenty_reaches_is_at_chance(limits, score, items, at_chance):
    """With 100 items of four answers a guess scores 0.25 +- 0.0433; 1.645 of these above is 0.321."""
    assert limits(score, items=items)[0] is at_chance


@pytest.mark.parametrize(
    ("score", "columns", "saturated"),
    [
        (0.98, {}, True),
        (0.97, {}, False),
        (0.97, {"items": 100}, False),  # 0.97 + 1.645 * 0.017 < 1
        (0.97, {"items": 80}, True),  # 0.97 + 1.645 * 0.019 > 1
        (0.95, {"standard_error": 0.04}, True),
    ],
)
def test_a_score_at_the_top_or_within_its_error_of_it_is_saturated(limits, score, columns, saturated):
    assert limits(score, **columns)[1] is saturated


def test_nobody_knows_what_a_guess_scores_at_an_unknown_task(limits):
    assert limits(0.1, task="never heard of")[0] is None


def test_scores_without_bounds_or_better_when_lower_are_not_judged(limits):
    assert limits(2.5, metric="loss") == (None, None)
    assert limits(0.01, metric="error_rate") == (None, None)


def test_chance_for_the_very_metric_goes_before_chance_for_all_of_a_task(limits):
    for_all = QUARTER.with_columns(metric=pl.lit(None, dtype=pl.String), chance=pl.lit(0.4))
    assert limits(0.3, pl.concat([for_all, QUARTER]))[0] is False
    assert limits(0.3, for_all)[0] is True


def test_what_was_recorded_goes_before_what_ships(limits):
    own = pl.DataFrame({"task": ["XCOPA"], "metric": ["accuracy"], "chance": [0.1]})
    assert limits(0.4, task="XCOPA")[0] is True
    assert limits(0.4, own, task="XCOPA")[0] is False


def test_what_ships_is_sound():
    tasks = known_tasks()
    assert tasks["chance"].drop_nulls().is_between(0, 0.5).all()
    assert tasks["text_origin"].null_count() == 0
    assert tasks.filter(task="XCOPA", metric="accuracy")["chance"].item() == 0.5


def test_evidence_is_counted_by_any_columns(table):
    evidence = read_evidence(table({}, {"target": "fr", "score": 0.7}, {"model": "other", "score": 0.1}))
    by_model = count_by(evidence, ["model"]).select("model", "scores", "targets", "mean").rows()
    assert by_model == [("other", 1, 1, 0.1), ("toy", 2, 2, pytest.approx(0.6))]
    assert count_by(evidence, ["task", "target"])["models"].to_list() == [2, 1]


def test_bounded_scores_and_others_have_no_common_mean(table):
    evidence = read_evidence(table({}, {"metric": "loss", "score": 4.0}))
    assert count_by(evidence, ["task"])["mean"].to_list() == [None]
    assert count_by(evidence, ["metric"])["mean"].to_list() == [0.5, 4.0]


def test_coverage_lists_the_languages_a_task_lacks_the_emptiest_first(table):
    evidence = read_evidence(table({}, {"target": "fr"}, {"target": "sw"}, {"task": "moods"}))
    assert coverage(evidence, ["task"]).rows() == [("moods", 1, 3, ["fra", "swa"]), ("topics", 3, 3, [])]


def test_coverage_by_language_lists_the_tasks_it_lacks(table):
    evidence = read_evidence(table({}, {"target": "fr"}, {"task": "moods"}))
    assert coverage(evidence, ["target"]).rows() == [("fra", 1, 2, ["moods"]), ("deu", 2, 2, [])]


def test_an_unknown_column_to_count_by_is_one_line(table):
    with pytest.raises(UnknownName, match=r"^by: unknown column 'taks'; did you mean .task."):
        count_by(read_evidence(table({})), ["taks"])


def test_settings_say_what_share_is_at_chance(table):
    rows = table({"task": "XCOPA", "score": 0.4}, {"task": "XCOPA", "score": 0.8, "target": "fr"})
    assert read_evidence(rows).settings().select("at_chance", "saturated").row(0) == (0.5, 0.0)


def test_conflicts_of_a_store_are_all_that_was_ever_recorded(tmp_path, table):
    store = Store(tmp_path / "store")
    for score in (0.5, 0.7, 0.6):
        store.append(read_evidence(table({"score": score}, {"target": "fr"})).observations)
    found = conflicts(recorded([tmp_path / "store"]))
    assert found.select("target", "scores", "counts").rows() == [("deu", [0.5, 0.7, 0.6], 0.6)]
    assert found["spread"].item() == pytest.approx(0.2)


def test_conflicts_between_files_name_both(tmp_path, table):
    table({}).write_csv(tmp_path / "a.csv")
    table({"score": 0.6}, {"target": "fr"}).write_csv(tmp_path / "b.csv")
    found = conflicts(recorded([tmp_path / "a.csv", tmp_path / "b.csv"]))
    assert found["origins"].to_list() == [[str(tmp_path / "a.csv"), str(tmp_path / "b.csv")]]


def test_facts_are_read_from_tables(tmp_path):
    tasks, models = tmp_path / "tasks.csv", tmp_path / "models.csv"
    tasks.write_text("task,metric,chance,text_origin\ntopics,,0.25,human-written\n")
    models.write_text("model,released,languages,layers\ntoy,2024-02-08,de | sw,12\n")
    assert read_facts(tasks)["tasks"].select("metric", "chance").row(0) == (None, 0.25)
    row = read_facts(models)["models"].row(0, named=True)
    assert (str(row["released"]), row["languages"], row["layers"]) == ("2024-02-08", ["deu", "swa"], 12)


@pytest.mark.parametrize(
    ("content", "error", "reason"),
    [
        ("task,chance\nt,many\n", BadValue, "row 0: chance 'many' is not a number"),
        ("task,chnce\nt,0.5\n", UnknownName, "unknown column 'chnce'; did you mean 'chance'"),
        ("task,text_origin\nt,robot\n", UnknownName, "unknown origin of texts 'robot'"),
        ("model,languages\nm,xx9\n", UnknownLanguage, "unknown language 'xx9'"),
        ("", BadFile, "is not a whole table"),
    ],
)
def test_facts_that_cannot_be_read_are_one_line(tmp_path, content, error, reason):
    (tmp_path / "facts.csv").write_text(content)
    with pytest.raises(error) as caught:
        read_facts(tmp_path / "facts.csv")
    assert reason in str(caught.value)


@pytest.mark.parametrize("again", [False, True])
def test_a_store_is_counted_as_what_it_holds(tmp_path, table, again):
    """Also where later scores supersede others, which do not count."""
    store = Store(tmp_path / "store")
    rows = read_evidence(table({}, {"target": "fr", "score": 0.7}, {"task": "moods"})).observations
    store.append(rows, tasks=QUARTER)
    if again:
        store.append(rows.with_columns(score=pl.lit(0.2)))
    evidence = store.read()
    assert settings(store).equals(evidence.settings())
    for by in (["task"], ["target"], ["split", "model"]):
        assert count_by(store, by).equals(count_by(evidence, by))
        assert coverage(store, by).equals(coverage(evidence, by))
    assert settings(store).filter(task="topics")["at_chance"].item() == (1.0 if again else 0.0)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30), st.randoms())
def test_a_mean_is_the_same_to_the_last_digit_in_any_order(scores, chance):
    shuffled = chance.sample(scores, len(scores))
    means = [pl.select(pl.Series("score", order)).select(mean_in_order("score")).item() for order in (scores, shuffled)]
    assert means[0] == means[1] == pytest.approx(sum(scores) / len(scores), rel=1e-9, abs=1e-9)


def test_means_of_many_scores_do_not_depend_on_the_threads_that_sum_them():
    """polars shares groups of this size out to its threads."""
    chance = np.random.default_rng(0)
    table = pl.DataFrame({"group": chance.integers(0, 5, 400_000), "score": chance.random(400_000)})
    found = [table.lazy().group_by("group").agg(mean_in_order("score")).sort("group").collect() for _ in range(5)]
    assert all(means.equals(found[0]) for means in found)


def test_what_has_no_score_counts_for_nothing_in_a_mean():
    table = pl.DataFrame({"score": [0.25, None, 0.75], "error": [None, None, None]}, schema_overrides={"error": float})
    assert table.select(mean_in_order("score", "error")).row(0) == (0.5, None)
