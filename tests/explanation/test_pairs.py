from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from isogloss import read_evidence
from isogloss.errors import BadValue, NotEnoughEvidence, UnknownName
from isogloss.explanation.pairs import Pairs, read_pairs, similarity
from isogloss.forecasting.grid import Grid
from isogloss.languages import overlap, register_similarity, similarities

LANGUAGES = "deu eng fra hin rus".split()


def grid(cells: list[tuple[str, str, float]]) -> Grid:
    table = pl.DataFrame(cells, schema=["target", "train", "score"], orient="row")
    told = {name: pl.lit(name) for name in ("task", "model", "metric")}
    return Grid.read(read_evidence(table.with_columns(**told | {"metric": pl.lit("accuracy")})).observations)


def square(score=lambda source, target: 0.5 + 0.01 * (LANGUAGES.index(source) - 2 * LANGUAGES.index(target)), size=100):
    return [(target, f"{source}:{size}", score(source, target)) for source in LANGUAGES for target in LANGUAGES]


def value(pairs: Pairs, name: str) -> np.ndarray:
    return pairs.values[[factor.name for factor in pairs.factors].index(name)]


def test_a_source_tested_on_itself_is_no_pair():
    pairs = read_pairs(grid(square()))
    assert pairs.rows == pairs.targets == tuple(LANGUAGES)
    assert np.isnan(np.diag(pairs.scores)).all()
    assert pairs.cells.sum() == 20


def test_factors_are_similarities_sizes_and_levels():
    pairs = read_pairs(grid(square()))
    assert value(pairs, "syntactic") == pytest.approx(similarity("syntactic", LANGUAGES, LANGUAGES), nan_ok=True)
    own = [0.5 - 0.01 * place for place in range(5)]
    assert value(pairs, "target own score")[0] == pytest.approx(own)
    assert value(pairs, "source own score")[:, 0] == pytest.approx(own)
    assert pairs.excluded["source examples"] == "the same in all pairs"


def test_relative_scores_are_over_the_targets_own_and_that_is_no_factor_then():
    pairs = read_pairs(grid(square()), response="relative")
    assert pairs.scores[0, 1] == pytest.approx(0.48 / 0.49)
    assert pairs.excluded["target own score"] == "the response is divided by it"


def test_targets_without_a_score_of_their_own_are_left_out_of_relative_scores():
    cells = [cell for cell in square() if cell[:2] != ("deu", "deu:100")]
    pairs = read_pairs(grid(cells), response="relative")
    assert not pairs.cells[:, 0].any()
    assert pairs.notes == ("left out, for want of a score of their own: 1 of 5 targets",)
    with pytest.raises(NotEnoughEvidence, match="nothing can be relative to its own score; use response='absolute'"):
        read_pairs(grid([cell for cell in square() if cell[0] != cell[1][:3]]), response="relative")


def test_of_several_sizes_the_one_measured_most_is_taken_and_said():
    cells = square(size=100) + square(lambda *_: 0.9, size=700)
    pairs = read_pairs(grid(cells))
    assert (pairs.scores[pairs.cells] == 0.9).all()
    assert pairs.notes == ("trained on 700 examples, of 2 sizes",)
    assert read_pairs(grid(cells), examples=100).scores[0, 1] == pytest.approx(0.48)
    with pytest.raises(BadValue, match="nothing was trained on 50 examples; known: 100, 700"):
        read_pairs(grid(cells), examples=50)


def test_sources_with_a_size_each_have_it_as_a_factor():
    sizes = dict(zip(LANGUAGES, (10, 50, 100, 500, 1000), strict=True))
    cells = [(target, f"{source}:{sizes[source]}", 0.5) for source in LANGUAGES for target in LANGUAGES]
    pairs = read_pairs(grid(cells))
    assert value(pairs, "source examples")[:, 0] == pytest.approx(np.log1p([10, 50, 100, 500, 1000]))


def test_a_mix_is_as_similar_as_its_sources_are_by_their_doses():
    cells = [("hin", "deu:100,rus:100", 0.5), ("fra", "deu:100,rus:100", 0.4), ("hin", "deu:1000", 0.3)]
    pairs = read_pairs(grid(cells), factors=["genetic", "own examples", "sources"])
    assert pairs.mixed
    between = similarity("genetic", ["deu", "rus"], ["fra", "hin"])
    assert value(pairs, "genetic")[0] == pytest.approx(between.mean(0))
    assert pairs.excluded["own examples"] == "the same in all pairs"
    assert value(pairs, "sources")[:, 0] == pytest.approx(np.log1p([0.2, 0.1]))


def test_what_is_known_of_few_pairs_is_left_out_and_gaps_are_filled_with_the_mean():
    table = overlap({name: ["abc", name] for name in LANGUAGES[:4]})
    register_similarity("letters-of-test", table.drop("model"))
    try:
        pairs = read_pairs(grid(square()), factors=["letters-of-test"])
        assert pairs.availability[0] == pytest.approx(12 / 20)
        known = similarity("letters-of-test", LANGUAGES[:4], LANGUAGES[:4])[~np.eye(4, dtype=bool)]
        assert value(pairs, "letters-of-test")[4, 0] == pytest.approx(known.mean())
        some = overlap({name: ["abc", name] for name in LANGUAGES[:2]})
        register_similarity("letters-of-test", some.drop("model"))
        assert read_pairs(grid(square()), factors=["letters-of-test"]).excluded == {
            "letters-of-test": "known for 10 % of the pairs"
        }
    finally:
        similarities.unregister("letters-of-test")


def test_a_factor_that_there_is_none_of_is_refused_by_name():
    with pytest.raises(UnknownName, match="unknown factor 'sintactic'; did you mean 'syntactic'"):
        read_pairs(grid(square()), factors=["sintactic"])
    with pytest.raises(BadValue, match="'log' is no response; absolute or relative"):
        read_pairs(grid(square()), response="log")


def test_scores_of_languages_with_themselves_alone_are_too_little():
    with pytest.raises(NotEnoughEvidence, match="no pair of two different languages was measured"):
        read_pairs(grid([(name, f"{name}:10", 0.5) for name in LANGUAGES]))
