"""Metrics of rankings are those of trec_eval."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isogloss.errors import BadValue
from isogloss.metrics.ranking import average_precision, judge, ranked, read_ranking_metric

DOCUMENTS = [f"d{place}" for place in range(12)]
QUERIES = st.lists(
    st.tuples(
        st.permutations(DOCUMENTS).map(lambda one: one[:8]),
        st.dictionaries(st.sampled_from(DOCUMENTS), st.integers(0, 3), min_size=1, max_size=9),
    ),
    min_size=1, max_size=4,
)  # fmt: skip


def means(name: str, rankings: list, grades: list) -> np.ndarray:
    function, k = read_ranking_metric(name)
    return function(judge(rankings, grades), k)


@settings(max_examples=80, deadline=None)
@given(QUERIES)
def test_scores_are_those_of_trec_eval(queries) -> None:
    pytrec_eval = pytest.importorskip("pytrec_eval")
    rankings, grades = zip(*queries, strict=True)
    run = {str(row): {one: 100.0 - rank for rank, one in enumerate(ranking)} for row, ranking in enumerate(rankings)}
    measures = {"map_cut.5", "ndcg_cut.5", "recall.5", "Rprec", "recip_rank", "map", "ndcg"}
    judged = {str(row): of_query for row, of_query in enumerate(grades)}
    theirs = pytrec_eval.RelevanceEvaluator(judged, measures).evaluate(run)
    for ours, name in (("map@5", "map_cut_5"), ("ndcg@5", "ndcg_cut_5"), ("recall@5", "recall_5"), ("map", "map"),
                       ("r_precision", "Rprec"), ("mrr", "recip_rank"), ("ndcg", "ndcg")):  # fmt: skip
        for row, value in enumerate(means(ours, rankings, grades)):
            if any(grade > 0 for grade in grades[row].values()):
                assert value == pytest.approx(theirs[str(row)][name], abs=1e-6), (ours, row)
            else:
                assert np.isnan(value)


def test_a_query_without_anything_relevant_does_not_count() -> None:
    assert np.isnan(means("r_precision", [["a", "b"]], [{}])).tolist() == [True]
    assert means("ndcg_at_10", [["a", "b"]], [{"b": 1}]).tolist() == [1 / np.log2(3)]


def test_documents_that_have_one_score_are_not_right_by_the_order_of_the_file() -> None:
    grades, starts = np.array([1, 0, 0, 0, 0, 1]), np.array([0, 3, 6])
    assert ranked(average_precision, grades, np.zeros(6), starts) == pytest.approx([1 / 3, 1 / 3])
    assert ranked(average_precision, grades, grades.astype(float), starts) == pytest.approx([1, 1])


def test_an_unknown_metric_names_the_known_ones() -> None:
    for name in ("accuracy", "ndcg@0", "hits@"):
        with pytest.raises(BadValue, match="give map@10, ndcg@10, mrr@10, recall@10 or r_precision"):
            read_ranking_metric(name)
