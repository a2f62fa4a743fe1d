"""Item response across languages: planted difficulties, bad translations, null worlds, forecasts, what to run next."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.behaviour.worlds import IN_LANGUAGES, difficulty_world

from isogloss.behaviour import Difficulty, score_difficulty
from isogloss.behaviour.item_response import Cube
from isogloss.behaviour.item_scores import interval_widening
from isogloss.errors import BadValue, NotEnoughEvidence
from isogloss.questions.difficulty import DifficultyQuestion
from isogloss.stats import share_sequence


@pytest.fixture(scope="module")
def mistranslated() -> tuple[Difficulty, np.ndarray]:
    table, difficulty = difficulty_world(mistranslated=6)
    return score_difficulty(table), difficulty


def test_planted_difficulties_are_recovered(mistranslated: tuple[Difficulty, np.ndarray]) -> None:
    result, difficulty = mistranslated
    found = result.items.sort("item")["difficulty"].to_numpy()
    assert np.corrcoef(found[6:], difficulty[6:])[0, 1] > 0.9


def test_planted_mistranslations_are_flagged_in_their_language(mistranslated: tuple[Difficulty, np.ndarray]) -> None:
    result, _ = mistranslated
    flags = result.flags.filter(kind="language")
    assert set(flags["where"]) == {"swa"}
    assert set(flags["item"]) <= {f"q{one:03}" for one in range(6)}
    assert flags.height >= 3
    assert (flags["shortfall"] > 0).all()


def test_where_nothing_is_planted_hardly_anything_is_flagged() -> None:
    """The share of wrong flags is held at .05, so in worlds without any bad item there is seldom one."""
    assert sum(score_difficulty(difficulty_world(seed=seed, items=40)[0]).flags.height for seed in range(3)) <= 1


def test_items_bound_to_a_group_of_languages_are_flagged_as_such() -> None:
    table, _ = difficulty_world(bound=5, seed=3, models=20)
    groups = {"fra": "Romance", "ita": "Romance", "deu": "Germanic", "fin": "Uralic", "hin": "Indic", "swa": "Bantu"}
    flags = score_difficulty(table, groups=groups).flags
    bound = {f"q{one:03}" for one in range(75, 80)}
    assert set(flags["item"]) <= bound
    assert {"Romance"} == set(flags.filter(kind="group")["where"])


def test_groups_are_families_where_none_are_given() -> None:
    """French, Italian, German and Hindi are Indo-European, so an item that is harder in all four is bound to that."""
    table, _ = difficulty_world(seed=4, models=20)
    hard = (pl.col("item") == "q010") & pl.col("language").is_in(["fra", "ita", "deu", "hin"])
    flags = score_difficulty(table.with_columns(right=pl.col("right") & ~hard)).flags
    assert flags.select("kind", "item", "where").rows() == [("group", "q010", "Indo-European")]


def test_scores_are_forecast_from_a_few_answers() -> None:
    """Each model answered two items in five of one language: 90 % intervals hold most scores, near the truth."""
    table, _ = difficulty_world(seed=5)
    rng = np.random.default_rng(1)
    own = pl.col("model").str.slice(1).cast(pl.Int64) % len(IN_LANGUAGES)
    chosen = pl.col("language") == pl.lit(pl.Series(IN_LANGUAGES)).gather(own)
    hidden = chosen & pl.Series(rng.random(table.height) > 0.4)
    truth = table.group_by("model", "language").agg(truth=pl.col("right").mean())
    scores = score_difficulty(table.filter(~hidden)).scores.join(truth, on=["model", "language"])
    asked = scores.filter(pl.col("answered") < pl.col("items"))
    assert asked.height == 14
    held = (asked["lower"] <= asked["truth"]) & (asked["truth"] <= asked["upper"])
    assert held.sum() >= 11
    assert (asked["forecast"] - asked["truth"]).abs().mean() < (asked["share"] - asked["truth"]).abs().mean()
    whole = scores.filter(pl.col("answered") == pl.col("items"))
    assert (whole["forecast"] - whole["truth"]).abs().max() == pytest.approx(0, abs=1e-9)


def test_a_model_never_measured_on_a_task_is_forecast_from_the_others() -> None:
    table, _ = difficulty_world(seed=7, items=60)
    two = table.with_columns(task=pl.when(pl.col("item") < "q030").then(pl.lit("one")).otherwise(pl.lit("two")))
    hidden = (pl.col("model") == "m03") & (pl.col("task") == "two")
    truth = two.filter(hidden).group_by("language").agg(truth=pl.col("right").mean())
    result = score_difficulty(two.filter(~hidden))
    rows = result.scores.filter(pl.col("task_unmeasured")).join(truth, on="language")
    assert rows.select("model", "task").unique().rows() == [("m03", "two")]
    held = (rows["lower"] <= rows["truth"]) & (rows["truth"] <= rows["upper"])
    assert held.sum() >= 5
    single = result.probabilities
    assert single.height == 30 * len(IN_LANGUAGES)
    assert single["information"].is_sorted(descending=True)
    assert single["probability"].is_between(0, 1).all()


def test_the_order_of_rows_does_not_matter() -> None:
    table, _ = difficulty_world(seed=2, items=20, models=5)
    one, other = (score_difficulty(some).scores for some in (table, table.sample(fraction=1.0, shuffle=True, seed=3)))
    assert one.equals(other)


@pytest.mark.parametrize(
    ("spoil", "kind", "said"),
    [
        (lambda table: table.filter(language="deu"), NotEnoughEvidence, "1 language is too few"),
        (lambda table: table.filter(model="m00"), NotEnoughEvidence, "1 model is too few to tell items from models"),
        (lambda table: table.with_columns(right=True), NotEnoughEvidence, "all answers are right, or all are wrong"),
        (lambda table: pl.concat([table, table.head(1)]), BadValue, "was answered twice by m00 in deu"),
        (lambda table: table.drop("model"), BadValue, "has no column 'model'"),
    ],
)
def test_what_cannot_be_fitted_is_refused(spoil, kind: type[Exception], said: str) -> None:  # type: ignore[no-untyped-def]
    table, _ = difficulty_world(items=6, models=3)
    with pytest.raises(kind, match=said):
        score_difficulty(spoil(table))


def test_the_question_names_items_to_check_and_what_is_least_known(tmp_path: Path) -> None:
    table, _ = difficulty_world(mistranslated=6, items=60)
    hidden = (pl.col("model") == "m03") & (pl.col("language") == "hin") & (pl.col("item") > "q020")
    answer = DifficultyQuestion(items=table.filter(~hidden)).answer()
    assert "to check, harder or easier in one place than elsewhere: q00" in answer.sentences[0]
    assert answer.sentences[1].startswith("Least known: m03 in Hindi, ")
    assert answer.table.height == 14 * 6
    assert answer.write(tmp_path / "difficulty.svg").stat().st_size > 1_000
    own = DifficultyQuestion(items=table.filter(~hidden), model="m03").answer()
    assert own.table.height == 6


@settings(max_examples=25, deadline=None)
@given(st.integers(20, 60), st.floats(0.05, 0.95), st.floats(0.1, 0.9), st.integers(0, 10_000))
def test_bounds_of_a_sequence_only_come_closer_and_end_at_the_share(
    items: int, share: float, prior: float, seed: int
) -> None:
    outcomes = np.random.default_rng(seed).random(items) < share
    bounds = share_sequence(outcomes, items, mean=prior, strength=4)
    assert (np.diff(bounds[:, 0]) >= 0).all()
    assert (np.diff(bounds[:, 1]) <= 0).all()


def test_sequences_hold_at_every_number_of_answers_at_once() -> None:
    """400 orders of 100 items, 70 of them right: in at most 10 % does any interval miss, with a wrong prior too."""
    rng = np.random.default_rng(0)
    outcomes = np.arange(100) < 70
    for prior in (0.5, 0.2):
        missed = 0
        for _ in range(400):
            bounds = share_sequence(rng.permutation(outcomes), 100, level=0.9, mean=prior, strength=5)
            missed += bool(((bounds[:, 0] > 0.7) | (bounds[:, 1] < 0.7)).any())
        assert missed <= 52  # 40 are expected at most, with two standard errors


def test_intervals_are_widened_by_what_they_miss_on_blocks_that_are_complete() -> None:
    """Without incomplete blocks, or with few complete ones, there is nothing to widen by."""
    right = np.random.default_rng(0).random((2, 40, 8)) < np.linspace(0.2, 0.9, 8)
    whole = Cube(right.astype(float), np.zeros(40, np.int64))
    assert interval_widening(whole, 0.9) == 1
    some = whole.right.copy()
    some[0, 10:, :3] = np.nan
    factor = interval_widening(Cube(some, whole.tasks), 0.9)
    assert 1 <= factor < 3
    assert factor == interval_widening(Cube(some, whole.tasks), 0.9)
    some[:, 10:, :4] = np.nan
    assert interval_widening(Cube(some, whole.tasks), 0.9) == 1
