"""Values equal plain definitions in double precision, also where sentences are repeated."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.alignment import plain
from tests.alignment.worlds import planted

from isogloss.alignment import cosines, score
from isogloss.alignment.cosines import Pair
from isogloss.alignment.layer import unit


def with_duplicates(seed, sentences=20, copies=8, width=6, dtype=np.float32):
    """Two languages in which some sentences are the same as others."""
    languages = planted({"eng": 0.1, "deu": 0.6}, sentences=sentences, width=width, seed=seed, dtype=dtype)
    random = np.random.default_rng(seed)
    for rows in languages.values():
        rows[random.integers(0, sentences, copies)] = rows[random.integers(0, sentences, copies)]
    return languages


def only(table, language="deu"):
    return table.row(by_predicate=(pl.col("lang_b") == language) & (pl.col("layers") == "each"), named=True)["value"]


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10_000), copies=st.integers(0, 20), dtype=st.sampled_from([np.float32, np.float64]))
def test_mexa_is_the_strict_definition(seed, copies, dtype):
    languages = with_duplicates(seed, copies=copies, dtype=dtype)
    assert only(score(languages, ["mexa"])) == plain.mexa(*languages.values())
    assert only(score(languages, ["mexa"]), "eng") == plain.mexa(languages["eng"], languages["eng"])


@given(seed=st.integers(0, 1000))
@settings(deadline=None, max_examples=12)
def test_p_at_1_shares_ties_evenly(seed):
    languages = with_duplicates(seed)
    table = plain.cosines(*languages.values())
    best = table == table.max(1, keepdims=True)
    forward = np.mean(best.diagonal() / best.sum(1))
    best = table == table.max(0, keepdims=True)
    backward = np.mean(best.diagonal() / best.sum(0))
    assert only(score(languages, ["p@1-forward"])) == pytest.approx(forward, abs=1e-12)
    assert only(score(languages, ["p@1-backward"])) == pytest.approx(backward, abs=1e-12)
    assert only(score(languages, ["p@1"])) == pytest.approx((forward + backward) / 2, abs=1e-12)
    assert only(score(languages, ["mexa"])) <= min(forward, backward)


def test_sentences_that_are_all_the_same_have_chance():
    same = {"eng": np.ones((40, 5), dtype=np.float32), "deu": np.ones((40, 5), dtype=np.float32)}
    assert only(score(same, ["mexa"])) == 0.0
    for name in ("p@1", "csls", "margin"):
        assert only(score(same, [name])) == pytest.approx(1 / 40)


@pytest.mark.parametrize(("name", "neighbours"), [("csls", 10), ("margin", 4)])
def test_adjusted_retrieval_is_its_formula(name, neighbours):
    languages = with_duplicates(3, sentences=40, copies=4)
    table = plain.cosines(*languages.values())
    ahead = np.sort(table, axis=1)[:, -neighbours:].mean(1)[:, None]
    back = np.sort(table, axis=0)[-neighbours:].mean(0)
    adjusted = 2 * table - ahead - back if name == "csls" else table / ((ahead + back) / 2)
    shares = []
    for axis in (1, 0):
        best = np.abs(adjusted - adjusted.max(axis, keepdims=True)) < 1e-12
        shares.append(np.mean(best.diagonal() / best.sum(axis)))
    assert only(score(languages, [name])) == pytest.approx(np.mean(shares), abs=1e-12)


@pytest.mark.parametrize("name", ["mexa", "p@1", "csls", "margin"])
def test_values_do_not_depend_on_the_size_of_blocks(name, monkeypatch):
    languages = with_duplicates(7, sentences=50, copies=20)
    whole = only(score(languages, [name]))
    for cells in (50, 137, 700):
        monkeypatch.setattr(cosines, "CELLS", cells)
        assert only(score(languages, [name])) == whole


@pytest.mark.parametrize(("dtype", "within"), [(np.float32, 1e-6), (np.float64, 1e-12)])
@pytest.mark.parametrize(("sentences", "width"), [(30, 80), (120, 16)])
@pytest.mark.parametrize("shift", [0.0, 3.0])
def test_cka_is_that_of_kornblith(dtype, within, sentences, width, shift):
    languages = planted({"eng": 0.1, "deu": 0.6}, sentences, width, dtype=dtype, shift=shift)
    pair = [*languages.values()]
    assert only(score(languages, ["cka"])) == pytest.approx(plain.debiased_cka(*pair), abs=within)
    assert only(score(languages, ["cka-biased"])) == pytest.approx(plain.biased_cka(*pair), abs=within)


def test_unbiased_cka_of_shuffled_sentences_is_0_and_biased_is_at_its_chance_level():
    eng = planted({"eng": 0.0}, sentences=40, width=60)["eng"]
    random = np.random.default_rng(0)
    tables = [score({"eng": eng, "deu": eng[random.permutation(40)]}, ["cka", "cka-biased"]) for _ in range(60)]
    drawn = pl.concat(tables).filter(pl.col("lang_b") == "deu").group_by("metric").agg(pl.col("value", "chance").mean())
    for metric, value, chance in drawn.iter_rows():
        assert value == pytest.approx(chance, abs=0.006), metric
        assert (chance > 0.4) is (metric == "cka-biased")


def test_minibatch_cka_of_one_batch_is_cka_and_keeps_its_meaning_in_several(monkeypatch):
    from isogloss.alignment.measures import minibatch_cka

    languages = planted({"eng": 0.1, "deu": 0.6}, sentences=200, width=10)
    whole = only(score(languages, ["cka"]))
    assert only(score(languages, ["cka-minibatch"])) == pytest.approx(whole, abs=1e-6)
    monkeypatch.setattr(minibatch_cka, "BATCH", 33)
    assert only(score(languages, ["cka-minibatch"])) == pytest.approx(whole, abs=0.03)


def test_rsa_is_the_spearman_correlation_of_distances():
    from scipy.stats import spearmanr

    languages = with_duplicates(2)
    upper = np.triu_indices(20, 1)
    first, second = ((1 - plain.cosines(rows, rows))[upper].round(12) for rows in languages.values())
    assert only(score(languages, ["rsa"])) == pytest.approx(spearmanr(first, second).statistic, abs=1e-6)


def test_anc_is_the_mean_correlation_of_dimensions():
    languages = planted({"eng": 0.1, "deu": 2.0}, dtype=np.float64)
    each = [np.corrcoef(x, y)[0, 1] for x, y in zip(*(rows.T for rows in languages.values()), strict=True)]
    assert only(score(languages, ["anc"])) == pytest.approx(np.abs(each).mean(), abs=1e-12)
    assert only(score(languages, ["anc-signed"])) == pytest.approx(np.mean(each), abs=1e-12)


def test_canonical_correlations_are_those_of_scipy():
    from scipy.linalg import subspace_angles

    first, second = planted({"eng": 0.1, "deu": 1.0}, dtype=np.float64).values()
    rho = np.cos(subspace_angles(first - first.mean(0), second - second.mean(0)))
    languages = {"eng": first, "deu": second}
    assert only(score(languages, ["r2-cca"])) == pytest.approx((rho**2).mean(), abs=1e-10)
    assert rho.min() - 1e-9 <= only(score(languages, ["pwcca"])) <= rho.max() + 1e-9
    assert only(score(languages, ["svcca"])) == pytest.approx(rho.mean(), abs=0.05)


def test_cosines_of_equal_vectors_are_equal_to_the_last_bit():
    rows = planted({"eng": 1.0}, sentences=9, width=37)["eng"]
    rows[4] = rows[7]
    pair = Pair(unit(rows), unit(rows))
    assert pair.nearest.forward[[4, 7]].tolist() == [0.5, 0.5]
    assert pair.nearest.backward[[0, 4, 7]].tolist() == [1.0, 0.5, 0.5]
