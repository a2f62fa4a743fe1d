"""Names by votes: better than any source where these err apart from each other, no better where they err alike."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

import isogloss
from isogloss.behaviour import vote_names
from isogloss.errors import BadValue, NotEnoughEvidence


def table(seed: int, *, entities: int = 120, together: bool = False, right: float = 0.7) -> pl.DataFrame:
    """Three sources of an entity's two names, each right with some chance; their errors are their own, or shared."""
    chance = np.random.default_rng(seed)
    rows = []
    for entity in range(entities):
        names = [f"Name {entity} {letter}" for letter in "ab"]
        for name in names:
            errs = chance.random(3) >= right
            errs = np.full(3, errs[0]) if together else errs
            for source, is_wrong in zip(("graph", "translation", "model"), errs, strict=True):
                wrong = f"wrong {entity} {'all' if together else source} {name[-1]}"
                rows.append(("yor", f"e{entity}", source, wrong if is_wrong else name, "|".join(names)))
    read = pl.DataFrame(rows, schema=["language", "item", "model", "text", "answers"], orient="row")
    grouped = read.group_by("language", "item", "model", "answers", maintain_order=True)
    return grouped.agg(pl.col("text").str.join("; "))


def test_votes_choose_what_sources_agree_on_and_beat_each_of_them() -> None:
    """With chance .7 each, a name has two votes with chance .784, and wrong names never have."""
    result = vote_names(table(0))
    scores = {row["chosen"]: row for row in result.scores.iter_rows(named=True)}
    assert scores["2 of 3"]["precision"] == 1.0
    assert scores["2 of 3"]["recall"] == pytest.approx(0.784, abs=0.06)
    assert scores["1 of 3"]["recall"] > scores["2 of 3"]["recall"] > scores["3 of 3"]["recall"]
    assert scores["1 of 3"]["precision"] < 0.65
    (difference,) = result.differences.iter_rows(named=True)
    assert difference["lower"] > 0.1
    chosen = result.names.filter("chosen")
    assert (chosen["votes"] >= 2).all()
    assert chosen["right"].all()
    assert chosen["models"].str.split(", ").list.len().to_list() == chosen["votes"].to_list()


def test_sources_that_err_alike_are_no_better_together() -> None:
    """All give the same names: every number of votes chooses these, and no difference has an interval."""
    (difference,) = vote_names(table(1, together=True)).differences.iter_rows(named=True)
    assert (difference["difference"], difference["lower"], difference["upper"]) == (0.0, 0.0, 0.0)


def test_intervals_hold_the_truth() -> None:
    """F1 of names with two votes is 2 * .784 / 1.784 in the long run; 95 % intervals, forty worlds."""
    held = 0
    for seed in range(40):
        score = vote_names(table(seed, entities=60), seed=seed).scores.row(by_predicate=pl.col("chosen") == "2 of 3")
        held += score[5] <= 2 * 0.784 / 1.784 <= score[6]
    assert held >= 35


def test_spelling_counts_once_and_the_most_frequent_is_kept() -> None:
    rows = [("deu", "1", "a", "São Paulo|Sao"), ("deu", "1", "b", "são paulo"), ("deu", "1", "c", "São Paulo")]
    answer = isogloss.vote_names(pl.DataFrame(rows, schema=["language", "item", "model", "prediction"], orient="row"))
    names = answer.result.names
    assert names.select("name", "votes", "chosen").rows() == [("São Paulo", 3, True), ("Sao", 1, False)]
    assert names["right"].null_count() == 2
    assert "1 name of 2 given by 2 sources or more; 1 of 1 entities in 1 language have one" in answer.sentences[0]


def test_entities_without_right_names_are_voted_on_and_not_scored() -> None:
    """One blank answer leaves its entity out of scores, and not its language; the answer says so."""
    items = table(0).with_columns(answers=pl.when(pl.col("item") == "e0").then(None).otherwise("answers"))
    answer = isogloss.vote_names(items)
    assert answer.result.scores["items"].unique().to_list() == [119]
    assert answer.result.names.filter(item="e0")["right"].null_count() > 0
    assert answer.verdict.endswith("Scored on the 119 of 120 entities with right names.")
    assert list(answer.tables) == ["names", "scores", "differences"]


@pytest.mark.parametrize(
    ("votes", "sources", "error", "said"),
    [
        (0, "ab", BadValue, "votes is 0"),
        (2, "a", NotEnoughEvidence, "deu has names of 1 source; give those of 2 or more"),
        (3, "ab", NotEnoughEvidence, "deu has names of 2 sources; give those of 3 or more"),
        (2, "aa", BadValue, "'a' has two rows of item '1' in deu; put its names into one"),
    ],
)
def test_what_cannot_be_voted_on_is_refused(votes: int, sources: str, error: type[Exception], said: str) -> None:
    rows = pl.DataFrame(
        [("deu", "1", source, "Wien") for source in sources], schema=["language", "item", "model", "text"], orient="row"
    )
    with pytest.raises(error, match=said):
        vote_names(rows, votes=votes)
