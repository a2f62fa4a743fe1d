"""Tables of scores: layers and their mean and maximum, and intervals that hold."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from tests.alignment.worlds import planted

from isogloss.alignment import Parallel, score


def layered(seed=0):
    """Two layers, the second with less noise."""
    noise = {"eng": 0.1, "deu": 0.4, "wol": 1.5}
    first, second = planted(noise, seed=seed), planted({code: size / 3 for code, size in noise.items()}, seed=seed)
    return {code: np.stack([first[code], second[code]]) for code in noise}


@pytest.mark.parametrize("name", ["mexa", "cka", "mplm-sim", "anc"])
def test_layers_are_pooled_by_their_mean_and_maximum(name):
    table = score(layered(), [name]).filter(pl.col("lang_b") == "wol")
    low, high, mean, most = table["value"].to_list()
    assert table["layers"].to_list() == ["each", "each", "mean", "max"]
    assert table["layer"].to_list() == [0, 1, None, None]
    assert (mean, most) == pytest.approx(((low + high) / 2, max(low, high)))
    assert table["lower"][2] < mean < table["upper"][2]


def test_the_language_ranker_leaves_out_the_embeddings():
    table = score(layered(), ["language-ranker"]).filter(pl.col("lang_b") == "wol")
    assert table["layers"].to_list() == ["each", "each"]  # one layer is left, and nothing to pool


def test_each_measure_reads_the_pooling_of_its_source():
    class Encoded:
        languages, layers, poolings = ("eng", "deu"), (0,), ("mean", "last", "weighted")

        def parallel(self, languages, layer, pooling):
            vectors = planted({"eng": 0.1, "deu": 0.4}, seed=self.poolings.index(pooling))
            return Parallel([], {language: vectors[language] for language in languages}, 0)

        def find(self, name, where="languages"):
            return name

    table = score(Encoded(), ["mexa", "language-ranker", "cka"])
    read = dict(table.select("metric", "pooling").unique().iter_rows())
    assert read == {"mexa": "weighted", "language-ranker": "last", "cka": "mean"}
    assert set(score(Encoded(), ["mexa", "cka"], pooling="last")["pooling"]) == {"last"}


@pytest.mark.parametrize(
    ("name", "all_pairs"),
    [("mplm-sim", True), ("cka", False), ("cka", True), ("anc", False), ("rsa", False), ("p@1", False),
     ("cosine-gap", True)],
)  # fmt: skip
def test_intervals_hold_the_value_of_other_sentences_from_the_same_languages(name, all_pairs):
    """95 % intervals hold the mean value over other worlds in 86 to 100 % of worlds."""
    noise = {"eng": 0.0, "deu": 0.6}
    others = [planted(noise, 80, 6, seed=1000 + seed) for seed in range(30)]
    truth = np.mean([_value(score(world, [name]))["value"] for world in others])
    rows = [_value(score(planted(noise, 80, 6, seed=seed), [name], all_pairs=all_pairs)) for seed in range(50)]
    assert 0.86 <= np.mean([row["lower"] <= truth <= row["upper"] for row in rows]) <= 1.0


def _value(table):
    return table.row(by_predicate=(pl.col("lang_b") == "deu") & (pl.col("lang_a") == "eng"), named=True)


@pytest.mark.parametrize("all_pairs", [False, True])
def test_a_language_or_layer_that_is_named_twice_counts_once(all_pairs):
    once = score(layered(), ["cka"], languages=["deu", "eng"], layers=[0, 1], all_pairs=all_pairs)
    twice = score(layered(), ["cka"], languages=["deu", "eng", "deu"], layers=[0, 1, 1], all_pairs=all_pairs)
    assert twice.equals(once)


def test_the_same_seed_gives_the_same_table():
    assert score(layered(), ["mexa", "cka"]).equals(score(layered(), ["mexa", "cka"]))
