"""Trees of objects become JSON with arrays beside it, and what is read is what was written."""

from __future__ import annotations

import json
import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from isogloss.evidence import TrainingMix
from isogloss.forecasting.baselines.simple import MeanModel
from isogloss.forecasting.boosting import fit_trees
from isogloss.forecasting.grid import TrainingMixes
from isogloss.forecasting.persistence.boosters import booster_text, check_trees, read_booster
from isogloss.forecasting.persistence.objects import CannotSave, Reader, Writer
from isogloss.forecasting.settings import Setting

ARRAYS = hnp.arrays(
    dtype=st.sampled_from([np.float64, np.int64, np.bool_, np.float32, "U3"]), shape=hnp.array_shapes(min_dims=0)
)
KEYS = st.text() | st.integers() | st.tuples(st.text(), st.none())
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | ARRAYS,
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(KEYS, inner),
)


def through(value):
    """The value, written and read again."""
    writer = Writer()
    node = json.loads(json.dumps(writer.write(value, "value"), allow_nan=False))
    return Reader(writer.arrays.__getitem__, writer.tables.__getitem__, writer.texts.__getitem__).read(node)


def same(left, right) -> bool:
    if type(left) is not type(right):
        return False
    if isinstance(left, np.ndarray):
        return left.dtype == right.dtype and np.array_equal(left, right, equal_nan=left.dtype.kind == "f")
    if isinstance(left, dict):
        return list(left) == list(right) and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, float):
        return left.hex() == right.hex() or (math.isnan(left) and math.isnan(right))
    return left == right


@given(PLAIN)
def test_plain_data_come_back_as_they_were(value):
    assert same(through(value), value)


@given(hnp.arrays(np.float64, hnp.array_shapes(min_dims=2, max_dims=3)), st.data())
def test_arrays_keep_their_order_in_memory(array, data):
    turned = array.transpose(data.draw(st.permutations(range(array.ndim))))
    found = through(turned)
    assert same(found, turned)
    longer = [axis for axis in range(turned.ndim) if turned.shape[axis] > 1]
    assert [found.strides[axis] for axis in longer] == [turned.strides[axis] for axis in longer]


def test_what_was_shared_is_shared_again():
    array, inner = np.arange(3.0), [1]
    found = through({"a": array, "b": [array, inner], "c": inner})
    assert found["a"] is found["b"][0]
    assert found["b"][1] is found["c"]


def test_what_holds_itself_holds_itself_again():
    ring = [1]
    ring.append(ring)
    found = through(ring)
    assert found[1] is found


def test_equal_things_that_were_two_stay_two():
    found = through([[1], [1]])
    assert found[0] is not found[1]


def test_scalars_sets_and_arrays_of_texts_keep_their_types():
    value = (np.float32(0.1), np.int64(3), {"b", "a"}, frozenset({1}), np.array([["a", None]], dtype=object))
    found = through(value)
    assert [type(one) for one in found] == [type(one) for one in value]
    assert found[:4] == value[:4]
    assert found[4].tolist() == [["a", None]]


def test_objects_of_ours_come_back_frozen_slotted_or_named():
    mixes = TrainingMixes.read(["eng:100,hin:5", "swa"])
    setting = Setting("t", "accuracy", "m", None, None, 3, None)
    mix = TrainingMix.parse("eng:3,swa+translated:10")
    found = through([mixes, setting, mix])
    assert (found[0].texts, found[0].sources) == (mixes.texts, mixes.sources)
    assert np.array_equal(found[0].sizes, mixes.sizes)
    assert found[1] == setting
    assert type(found[1]) is Setting
    assert found[2] == mix


def test_the_class_of_a_model_comes_back_but_no_other():
    assert through([MeanModel]) == [MeanModel]
    with pytest.raises(CannotSave, match=r"value is a builtins\.type"):
        Writer().write(dict, "value")


def test_tables_come_back_with_their_types():
    table = pl.DataFrame({"a": [1, None], "b": ["x", "y"], "c": [0.1, float("nan")]}, schema_overrides={"a": pl.Int32})
    assert through({"table": table})["table"].equals(table)


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({"a": [1, print]}, r"value\['a'\]\[1\] is a builtins.builtin_function_or_method"),
        ([object()], r"value\[0\] is a builtins.object"),
        (np.zeros(2, dtype="c16"), "value is an array of complex128"),
        (np.array([{1: object()}], dtype=object), r"value\[0\]\[1\] is a builtins.object"),
        ({print: 1}, "value.* is a builtins.builtin_function_or_method"),
    ],
)
def test_what_has_no_form_is_refused_with_its_place(value, place):
    with pytest.raises(CannotSave, match=place):
        Writer().write(value, "value")


@pytest.fixture(scope="module")
def table() -> tuple[np.ndarray, np.ndarray]:
    """Features with gaps, and responses."""
    chance = np.random.default_rng(0)
    features = chance.standard_normal((400, 5))
    response = np.sin(3 * features[:, 0]) + features[:, 1]
    features[chance.random(features.shape) < 0.1] = np.nan
    return features, response


@pytest.mark.parametrize(
    "settings",
    [{}, {"objective": "huber", "monotone_constraints": [1, 0, 0, 0, 0]}, {"objective": "regression_l1"},
     {"num_leaves": 512, "max_depth": 10, "min_child_samples": 1}, {"n_estimators": 1, "num_leaves": 2}],
)  # fmt: skip
def test_boosted_trees_come_back_to_the_last_bit(table, settings):
    from lightgbm import LGBMRegressor

    features, response = table
    estimator = LGBMRegressor(**{"n_estimators": 20, "verbosity": -1, **settings}).fit(features, response)
    found = through([estimator, estimator.booster_])
    expected = estimator.predict(features)
    for booster in found:
        assert np.array_equal(booster.predict(features, validate_features=False), expected)


def test_our_own_trees_come_back_to_the_last_bit(table):
    features, response = table
    trees = fit_trees(features, response, n_estimators=20, num_leaves=7)
    again = through([trees, trees])
    assert again[0] is again[1]
    assert np.array_equal(again[0].predict(features), trees.predict(features))


def test_trees_that_never_split_come_back(table):
    from lightgbm import LGBMRegressor

    estimator = LGBMRegressor(n_estimators=2, verbosity=-1).fit(table[0][:4], table[1][:4])
    assert np.array_equal(read_booster(booster_text(estimator)).predict(table[0]), estimator.predict(table[0]))


def test_an_estimator_that_was_not_fitted_is_refused():
    from lightgbm import LGBMRegressor

    with pytest.raises(CannotSave, match="value is made of trees that cannot be saved"):
        Writer().write(LGBMRegressor(), "value")


def test_trees_on_categories_are_refused(table):
    from lightgbm import LGBMRegressor

    features = np.column_stack([np.arange(400) % 7, table[0]])
    response = (features[:, 0] == 3).astype(float)
    estimator = LGBMRegressor(n_estimators=2, verbosity=-1).fit(features, response, categorical_feature=[0])
    with pytest.raises(CannotSave, match=r"cannot be saved: tree 0: a line .cat_boundaries"):
        Writer().write(estimator, "value")


@pytest.fixture(scope="module")
def trees(table) -> str:
    from lightgbm import LGBMRegressor

    return booster_text(LGBMRegressor(n_estimators=2, num_leaves=4, verbosity=-1).fit(*table))


@given(data=st.data())
def test_trees_with_a_piece_cut_out_are_refused(trees, data):
    start = data.draw(st.integers(trees.index("Tree=0"), len(trees) - 1))
    size = data.draw(st.integers(1, len(trees) - start))
    with pytest.raises(ValueError, match=r".+"):
        check_trees(trees[:start] + trees[start + size :])
