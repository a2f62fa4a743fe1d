"""Sets of sources, a few sources for many targets, clusters."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.planning.transfer_world import LANGUAGES, transfer_evidence, transfer_scores

from isogloss import read_evidence
from isogloss.errors import BadValue, NotEnoughEvidence
from isogloss.planning import choose_sources, rank_mixes, rank_sets, source_ranking
from isogloss.planning.facility import GUARANTEE, TransferDistance, choose_facilities, cluster
from isogloss.planning.ranking.table import SourceTable
from isogloss.planning.source_sets import POOL, shortlist

ASKED = {"task": "topics", "model": "toy"}


def brute(scores: np.ndarray, count: int) -> float:
    return max(float(scores[list(rows)].max(0).mean()) for rows in combinations(range(len(scores)), count))


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.integers(1, 3))
def test_the_exact_choice_is_the_best_of_all_and_greedy_keeps_its_guarantee(seed, count):
    scores = np.random.default_rng(seed).random((6, 5))
    best, worst = brute(scores, count), float(scores.min(0).mean())
    exact = choose_facilities(scores, count, exact=True)
    greedy = choose_facilities(scores, count, exact=False)
    assert exact.value == pytest.approx(best)
    assert exact.optimal
    assert greedy.value - worst >= GUARANTEE * (best - worst) - 1e-9
    assert greedy.value <= best + 1e-9 <= greedy.bound + 2e-9


def test_a_weighty_target_is_served_first():
    scores = np.array([[0.9, 0.1, 0.1], [0.1, 0.8, 0.8]])
    assert choose_facilities(scores, 1).chosen == (1,)
    assert choose_facilities(scores, 1, weights=[10, 1, 1]).chosen == (0,)


def test_a_source_that_cannot_serve_a_target_never_does():
    scores = np.array([[np.nan, 0.9], [0.2, 0.1]])
    assert choose_facilities(scores, 2).served_by.tolist() == [1, 0]
    with pytest.raises(NotEnoughEvidence):
        choose_facilities(np.array([[np.nan, 0.9], [np.nan, 0.1]]), 1)


def test_more_sources_than_there_are_cannot_be_chosen():
    with pytest.raises(BadValue, match="3 of 2 sources cannot be chosen; give 1 to 2"):
        choose_facilities(np.ones((2, 2)), 3)


def test_a_shortlist_complements_its_first_choice():
    # Two sources that are good in the same worlds, and one that is good in the others.
    draws = np.array([[1.0, 0.9, 0.0], [1.0, 0.9, 0.1], [0.0, 0.1, 0.9]])
    assert shortlist(draws, 2) == [0, 2]


def test_pairs_are_worth_at_least_their_better_member():
    ranking = source_ranking(transfer_evidence("ces"), "ces", baselines=False, **ASKED)
    pairs = rank_sets(ranking, 2)
    assert pairs["mean"].is_sorted(descending=True)
    assert pairs["mean"][0] >= ranking.table["mean"][0] - 1e-6
    with pytest.raises(BadValue, match="no sets of 1"):
        rank_sets(ranking, 1)


def test_a_set_larger_than_the_sources_that_sets_are_made_of_is_refused():
    ranking = source_ranking(transfer_evidence("ces"), "ces", baselines=False, **ASKED)
    assert rank_sets(ranking, POOL).height == 1
    with pytest.raises(BadValue, match=f"no sets of {POOL + 1} from the {POOL} best sources; give 2 to {POOL}"):
        rank_sets(ranking, POOL + 1)


def test_sources_for_many_targets_serve_each_by_the_best_of_them():
    truth, targets = transfer_scores(), ["ces", "tel", "urd"]
    found = choose_sources(transfer_evidence(), targets, 2, **ASKED)
    assert len(found.sources) == 2
    assert found.optimal
    for target, source, mean, basis in found.table.iter_rows():
        column = truth[[LANGUAGES.index(one) for one in found.sources], LANGUAGES.index(target)]
        assert (source != target, basis) == (True, "measured")
        assert mean <= column.max() + 1e-9
    ours, *others = found.baselines["mean"]
    assert all(ours >= other - 1e-9 for other in others)


def test_kinship_is_found_to_be_what_tells_transfer():
    table = SourceTable.read(transfer_evidence().observations)
    weights = TransferDistance.learn(table).weights
    assert sum(weights.values()) == pytest.approx(1.0)
    assert min(weights.values()) >= 0


def test_clusters_are_those_that_are_there():
    place = np.array([0.0, 0.1, 0.2, 5.0, 5.1, 9.0])
    medoids, members = cluster(np.abs(place[:, None] - place), 3)
    assert sorted(medoids)[0] == 1
    assert len({members[0], members[1], members[2]}) == 1
    assert len(set(members.tolist())) == 3


def test_mixes_are_ranked_by_the_forecaster_where_they_were_measured():
    chance = np.random.default_rng(0)
    rows = []
    for _ in range(40):
        first, second = chance.choice(["deu", "fra", "rus", "hin", "tur", "fin"], 2, replace=False)
        for target in LANGUAGES[:12]:
            rows.append((f"{first}:500,{second}:500", target, 0.5 + 0.2 * ("rus" in (first, second))))
    table = pl.DataFrame(rows, schema=["train", "target", "score"], orient="row").unique()
    evidence = read_evidence(table.with_columns(model=pl.lit("toy"), task=pl.lit("topics"), metric=pl.lit("accuracy")))
    found = rank_mixes(evidence, "ukr", size=2, **ASKED)
    assert "rus" in found["sources"][0].split(",")
    assert found["trust"].is_in(["solid", "fair", "shaky", "guess"]).all()
    assert found["flags"].dtype == pl.List(pl.String)
    with pytest.raises(BadValue, match="no sets of 7 from the 6 best sources"):
        rank_mixes(evidence, "ukr", size=7, **ASKED)
    with pytest.raises(NotEnoughEvidence, match="0 mixes"):
        rank_mixes(transfer_evidence(), "ukr", **ASKED)


def test_mixes_for_a_language_that_the_table_model_forecasts_alone_are_guesses(varied):
    """What a source is worth to them is carried over from the measured languages, which no interval counts."""
    found = {target: rank_mixes(varied, target, size=1, **ASKED) for target in ("swa", "mya", "hin")}
    guesses = {target: (table["trust"] == "guess").all() for target, table in found.items()}
    assert guesses == {"swa": True, "mya": True, "hin": False}
