"""A benchmark: what is asked, what is answered, what is refused, and what is made of it."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from planted import world
from sklearn.base import BaseEstimator

from isogloss import read_evidence
from isogloss.errors import BadValue, NotEnoughEvidence, UnknownName
from isogloss.evaluation import Benchmark, protocols, run_benchmark
from isogloss.evaluation.runs import SCENARIO
from isogloss.evaluation.trust import verdicts
from isogloss.evidence import Evidence
from isogloss.forecasting import Additive, Mean

BASELINES = ("mean", "additive")


class Constant(BaseEstimator):
    """Always the same mean, with intervals of a given half width: a forecaster by somebody else."""

    def __init__(self, mean: float = 0.5, half: float = 0.1):
        self.mean, self.half = mean, half

    def fit(self, evidence: Evidence, queries: pl.DataFrame | None = None) -> Constant:
        return self

    def conformalize(self) -> Constant:
        return self

    def predict(self, queries: pl.DataFrame) -> pl.DataFrame:
        return queries.with_columns(mean=pl.lit(self.mean))

    def predict_interval(self, queries: pl.DataFrame, level: float = 0.9) -> pl.DataFrame:
        half = self.half * level
        return self.predict(queries).with_columns(
            lower=pl.col("mean") - half, upper=pl.col("mean") + half, level=pl.lit(level)
        )


class Broken(Constant):
    """Breaks down on some evidence."""

    def fit(self, evidence: Evidence, queries: pl.DataFrame | None = None) -> Constant:
        if "deu" not in evidence.targets:
            raise ZeroDivisionError("by nothing")
        return self


@pytest.fixture(scope="module")
def planted():
    return world(4, languages=16, sources=6, mixes=8)


@pytest.fixture(scope="module")
def found(planted) -> Benchmark:
    return run_benchmark(planted.evidence(), protocols=["lolo", "configs"], forecasters=BASELINES, levels=(0.8,))


def two_models(planted) -> Evidence:
    """The planted model, and another of which only half of the languages were measured."""
    cells = planted.cells()
    second = cells.filter(pl.col("target").is_in(planted.languages[::2])).with_columns(
        model=pl.lit("second"), score=pl.col("score") - 0.1
    )
    return read_evidence(pl.concat([cells, second]))


def test_errors_are_what_forecasting_by_hand_gives(planted, found):
    evidence, off = planted.evidence(), []
    for split in protocols.get("lolo")(evidence):
        means = Additive().fit(split.train).predict(split.queries)["mean"]
        off.append(100 * float(np.abs(means.to_numpy() - split.test["score"].to_numpy()).mean()))
    (row,) = found.errors().filter((pl.col("protocol") == "lolo") & (pl.col("forecaster") == "additive")).to_dicts()
    assert row["mae"] == pytest.approx(np.mean(off))
    assert row["groups"] == len(planted.languages)


def test_coverage_is_what_forecasting_by_hand_gives(planted, found):
    held = []
    for split in protocols.get("configs")(planted.evidence()):
        answers = Additive().fit(split.train).conformalize().predict_interval(split.queries, 0.8)
        inside = (answers["lower"] <= split.test["score"]) & (split.test["score"] <= answers["upper"])
        held += zip(split.groups, inside, strict=True)
    by_hand = (
        pl.DataFrame(held, schema=["group", "inside"], orient="row").group_by("group").agg(pl.col("inside").mean())
    )
    (row,) = (
        found.coverage().filter((pl.col("protocol") == "configs") & (pl.col("forecaster") == "additive")).to_dicts()
    )
    assert row["coverage"] == pytest.approx(by_hand["inside"].mean())
    assert row["groups"] == len(planted.mixes)


def test_every_forecaster_is_asked_the_same(found):
    counts = found.answers.group_by("forecaster").agg(pl.col("question").sort())
    assert counts["question"].n_unique() == 1


def test_the_best_is_marked_and_the_one_to_beat_is_another_than_the_first(found):
    for _, rows in found.summary.group_by("protocol"):
        best, strongest = rows.filter("best"), rows.filter("strongest_baseline")
        assert best["mae"].to_list() == [rows["mae"].min()]
        assert "mean" not in strongest["forecaster"].to_list()
        assert strongest["mae"].to_list() == [rows.filter(pl.col("forecaster") != "mean")["mae"].min()]


def test_two_runs_agree_to_the_last_digit(planted, found):
    again = run_benchmark(planted.evidence(), protocols=["lolo", "configs"], forecasters=BASELINES, levels=(0.8,))
    assert again.answers.equals(found.answers)
    assert again.summary.equals(found.summary)
    assert again.differences.equals(found.differences)


def test_known_languages_are_easier_than_unmeasured_ones_where_that_was_planted(found):
    errors = {(row["protocol"], row["forecaster"]): row["mae"] for row in found.errors().to_dicts()}
    assert errors["configs", "additive"] < 0.5 * errors["lolo", "additive"]


def test_scenarios_say_what_else_was_known(planted):
    found = run_benchmark(
        two_models(planted), protocols=["lolo", "target-in-model"], forecasters=["mean"], levels=(), folds=4
    )
    told = found.scenarios.select("protocol", *SCENARIO).rows()
    assert told == [("lolo", True, False, False), ("target-in-model", True, True, False)]


def test_every_question_belongs_to_one_family_script_class_and_distance(found):
    for (_, stratum), rows in found.strata.filter(pl.col("forecaster") == "mean").group_by("protocol", "stratum"):
        assert rows["questions"].sum() == 16 * 8, stratum


def test_a_model_nobody_measured_is_refused_with_the_reason(planted):
    found = run_benchmark(two_models(planted), protocols=["models", "lolo"], forecasters=["mean"], every=2, levels=())
    (row,) = found.refusals.to_dicts()
    assert (row["protocol"], row["forecaster"], row["failed"]) == ("models", "mean", False)
    assert row["reason"] == "unknown model 'planted-model'"
    assert any("cannot answer" in sentence for sentence in verdicts(found)["models"])


def test_a_protocol_that_can_leave_nothing_out_is_reported(planted):
    found = run_benchmark(planted.evidence(), protocols=["models", "lolo"], forecasters=["mean"], every=4, levels=())
    (row,) = found.refusals.to_dicts()
    assert (row["protocol"], row["forecaster"], row["reason"]) == ("models", None, "there is only one model")
    assert verdicts(found)["models"] == ["Not asked: there is only one model."]


def test_nothing_to_ask_at_all_is_an_error(planted):
    with pytest.raises(NotEnoughEvidence, match="benchmark: there is only one model; there is only one task"):
        run_benchmark(planted.evidence(), protocols=["models", "tasks"], forecasters=["mean"])


def test_splits_whose_mixes_hold_nothing_else_are_reported(measured):
    cells = [(target, "deu:5", 0.5) for target in "deu fra ita spa nld swe".split()]
    found = run_benchmark(measured(cells), protocols=["lolo"], forecasters=["mean"], levels=())
    (row,) = found.refusals.to_dicts()
    assert (row["forecaster"], row["splits"], row["questions"]) == (None, 1, 0)
    assert "no mix holds anything but what is left out" in row["reason"]


def test_one_setting_that_cannot_be_answered_does_not_cost_the_others(planted):
    """With a model out, questions about it are refused, while those of a split that also asks others are not."""
    cells = planted.cells()
    second = cells.filter(pl.col("train") == planted.mixes[0]).with_columns(model=pl.lit("second"))
    found = run_benchmark(
        read_evidence(pl.concat([cells, second])), protocols=["configs"], forecasters=["mean"], levels=(), every=1
    )
    asked = found.questions.filter(pl.col("model") == "planted-model").height
    assert found.answers.height == asked


def test_a_forecaster_that_breaks_down_is_reported_and_the_others_go_on(planted):
    evidence = Evidence(
        planted.evidence().observations.with_columns(pl.col("target").replace(planted.languages[0], "deu"))
    )
    found = run_benchmark(evidence, forecasters={"broken": Broken(), "mean": Mean()}, levels=())
    (row,) = found.refusals.to_dicts()
    assert (row["forecaster"], row["failed"], row["splits"]) == ("broken", True, 1)
    assert row["reason"] == "ZeroDivisionError: by nothing"
    (broken,) = found.summary.filter(pl.col("forecaster") == "broken").to_dicts()
    assert (broken["complete"], broken["best"], broken["strongest_baseline"]) == (False, False, False)
    assert any("broken broke down on" in sentence for sentence in verdicts(found)["lolo"])


def test_forecasts_that_are_no_number_count_as_not_answered(planted):
    found = run_benchmark(planted.evidence(), forecasters={"f": Constant(float("nan")), "mean": Mean()}, levels=())
    assert found.refusals.select("forecaster", "questions", "reason").rows() == [
        ("f", 16 * 8, "some forecasts are no finite number")
    ]


def test_a_forecaster_by_somebody_else_is_judged_like_any(planted):
    found = run_benchmark(planted.evidence(), forecasters={"f": Constant(0.5, 1.0)}, levels=(0.9, 0.5))
    truth = planted.truth
    inside = {level: float((np.abs(truth - 0.5) <= level).mean()) for level in (0.9, 0.5)}
    assert dict(found.coverage().select("level", "coverage").rows()) == pytest.approx(inside)
    assert found.errors()["mae"].to_list() == pytest.approx([100 * float(np.abs(truth - 0.5).mean())])


def test_answers_by_the_whole_range_are_counted(measured):
    cells = [(target, "eng:5", 0.5 + place / 20) for place, target in enumerate("deu fra ita spa nld swe".split())]
    found = run_benchmark(measured(cells), forecasters=["mean"], levels=(0.5, 0.95))
    assert dict(found.coverage().select("level", "whole_range").rows()) == {0.5: 0.0, 0.95: 1.0}


def test_one_fold_that_holds_every_language_leaves_nothing_to_learn_from(measured):
    evidence = measured([(target, "", 0.5) for target in "deu fra ita spa".split()])
    with pytest.raises(NotEnoughEvidence, match="everything is left out at once, and nothing is there to learn from"):
        run_benchmark(evidence, forecasters=["mean"], protocols=["lolo"], folds=1)


def test_only_one_model_is_asked_about_while_the_other_stays_evidence(planted):
    evidence = two_models(planted)
    found = run_benchmark(evidence, forecasters=["mean"], levels=(), model="second")
    assert found.questions["model"].unique().to_list() == ["second"]
    assert found.runs.filter(pl.col("forecaster").is_not_null())["observations"].min() > 15 * 8


def test_tables_are_told_apart_by_what_varies(planted):
    evidence = two_models(planted)
    found = run_benchmark(evidence, protocols=["lolo", "models"], forecasters={"f": Constant()}, levels=())
    tables = found.questions.select("protocol", "table").unique().sort("protocol", "table").rows()
    assert tables == [("lolo", "planted-model"), ("lolo", "second"), ("models", "planted-task")]


def test_a_metric_is_named_only_where_a_task_has_several(planted):
    cells = planted.cells()
    other = cells.with_columns(task=pl.lit("second"), metric=pl.lit("f1"))
    again = other.with_columns(metric=pl.lit("accuracy"))
    for added, names in (([other], {"planted-task", "second"}), ([other, again], {"second · f1", "second · accuracy"})):
        found = run_benchmark(
            read_evidence(pl.concat([cells, *added])), forecasters={"f": Constant()}, levels=(), every=8
        )
        assert names <= set(found.questions["table"])


def test_measured_anchors_help_where_the_poor_are_worse():
    """In planted worlds the level falls with web text: a poor language that was measured lowers the mean."""
    means = np.zeros(3)
    for seed in range(4):
        evidence = world(seed, languages=24, sources=4, mixes=4).evidence()
        found = run_benchmark(evidence, protocols=["anchors"], forecasters=["mean"], levels=())
        assert found.summary["condition"].to_list() == ["0 anchors", "1 anchor", "3 anchors"]
        means += found.summary["mae"].to_numpy()
    assert means[0] > means[1] > means[2]


class Watch:
    """Counts what it is told."""

    def __init__(self) -> None:
        self.stages: list[tuple[str, int]] = []
        self.steps = 0

    def begin(self, stage: str, total: int | None) -> None:
        self.stages.append((stage, total))

    def advance(self, steps: int = 1) -> None:
        self.steps += 1


def test_progress_is_told_step_by_step(planted):
    watch = Watch()
    run_benchmark(
        planted.evidence(), protocols=["lolo", "configs"], forecasters=["mean", "nearest"], levels=(), progress=watch
    )
    assert watch.stages == [("lolo", 32), ("configs", 10)]
    assert watch.steps == 42


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"protocols": ["loo"]}, UnknownName, "unknown protocol 'loo'; did you mean 'lolo'"),
        ({"forecasters": ["defalt"]}, UnknownName, "unknown forecaster 'defalt'; did you mean 'default'"),
        ({"levels": (90,)}, BadValue, "level 90 is not between 0 and 1"),
        ({"every": 0}, BadValue, "every 0 is not positive"),
        ({"forecasters": []}, BadValue, "no forecaster was given"),
    ],
)
def test_what_makes_no_sense_is_refused_before_the_work(planted, wrong, error, message):
    with pytest.raises(error, match=message):
        run_benchmark(planted.evidence(), **wrong)


def test_an_unknown_model_to_ask_about_is_refused_by_name(planted):
    with pytest.raises(UnknownName, match="unknown model 'planted'; did you mean 'planted-model'"):
        run_benchmark(planted.evidence(), model="planted")


def test_words_say_which_is_better_and_whether_chance_explains_it(planted):
    good, bad = Constant(0.5, 0.4), Constant(0.9, 0.02)
    said = verdicts(run_benchmark(planted.evidence(), forecasters={"good": good, "bad": bad}))["lolo"]
    assert len(said) == 1
    assert "The strongest baseline is bad" in said[0]
    assert "points better (" in said[0]
    said = verdicts(run_benchmark(planted.evidence(), forecasters={"bad": bad, "good": good}))["lolo"]
    assert "points worse (" in said[0]
    assert "they are too narrow" in said[0]


def test_words_do_not_claim_what_so_few_languages_cannot_tell(measured):
    cells = [(target, "eng:5", 0.5 + place / 20) for place, target in enumerate("deu fra ita spa".split())]
    (said,) = verdicts(run_benchmark(measured(cells), forecasters=["mean", "additive"], levels=(0.5,)))["lolo"]
    assert "too few to tell which is better" in said
    assert "points on average (4 languages)" in said


def test_shipped_evidence_is_judged():
    shipped = read_evidence("isogloss:sib200-ngram").filter(metric="accuracy").observations
    evidence = Evidence(shipped.filter(pl.col("train").is_in(["eng:700", "rus:700", "swa:700"])))
    found = run_benchmark(
        evidence, protocols=["family", "low-resource"], forecasters=["mean", "additive"], levels=(), every=3
    )
    assert found.refusals.is_empty()
    assert set(found.summary["table"]) == {"SIB-200 · char-ngram"}
    counted = dict(found.summary.filter("best").select("protocol", "groups").rows())
    assert counted["low-resource"] == 50  # of near-identical languages one counts
