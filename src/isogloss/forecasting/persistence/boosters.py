"""Boosted trees as LightGBM's own text, read back only after every number in it has been looked at.

LightGBM trusts its files: a child that is its own ancestor never ends a prediction, and an index out of range
reads memory that is not its own. So each tree is checked to be one.
"""

from __future__ import annotations

import math
import re
from typing import Any

from isogloss.forecasting.booster import Booster, BoosterError

END = "end of trees\n"
HEADER = ("version", "num_class", "num_tree_per_iteration", "label_index", "max_feature_idx", "objective",
          "feature_names", "monotone_constraints", "feature_infos", "tree_sizes")  # fmt: skip
BY_LEAF = ("leaf_value", "leaf_weight", "leaf_count")
BY_SPLIT = ("split_feature", "split_gain", "threshold", "decision_type", "left_child", "right_child",
            "internal_value", "internal_weight", "internal_count")  # fmt: skip
OF_TREE = ("num_leaves", "num_cat", "is_linear", "shrinkage")
WHOLE = ("split_feature", "decision_type", "left_child", "right_child", "leaf_count", "internal_count")


def is_boosted(value: Any) -> bool:
    """Whether `value` is a booster, ours or LightGBM's, or an estimator around one; LightGBM is not loaded for that."""
    return isinstance(value, Booster) or any(base.__module__.startswith("lightgbm.") for base in type(value).__mro__)


def booster_text(value: Any) -> str:
    """The trees of a booster, or of a fitted estimator around one, without the settings they were learnt with.

    Raises
    ------
    ValueError
        If they are not of the kind that `read_booster` takes: one response, numbers only, constant leaves.
    """
    head, end, _ = _whole_text(value).partition(END)
    text = head + end
    check_trees(text)
    return text


def _whole_text(value: Any) -> str:
    if isinstance(value, Booster):
        return str(value)
    booster = value if hasattr(value, "model_to_string") else value.booster_
    return str(booster.model_to_string(num_iteration=-1))


def read_trees(text: str) -> Booster:
    """A booster from `booster_text`.

    Raises
    ------
    ValueError
        If the text is not what `booster_text` writes.
    """
    check_trees(text)
    try:
        return Booster.read(text)
    except BoosterError as error:
        raise ValueError(f"LightGBM does not read it: {error}") from None


def read_booster(text: str) -> Any:
    """A booster of LightGBM's Python package from `booster_text`.

    Raises
    ------
    ValueError
        If the text is not what `booster_text` writes.
    """
    check_trees(text)
    from lightgbm import Booster
    from lightgbm.basic import LightGBMError

    try:
        return Booster(model_str=text + "\npandas_categorical:null\n")
    except LightGBMError as error:
        raise ValueError(f"LightGBM does not read it: {error}") from None


def check_trees(text: str) -> None:
    """Find out whether a text is a list of whole trees.

    Raises
    ------
    ValueError
        Saying what is wrong.
    """
    if not text.startswith("tree\n") or not text.endswith(END):
        raise ValueError("it does not begin and end as trees do")
    start = text.find("Tree=0\n")
    if start < 0:
        raise ValueError("there is no tree in it")
    features, sizes = _check_header(text[len("tree\n") : start])
    at = start
    for number, size in enumerate(sizes):
        block = text[at : at + size]
        if size < 1 or not block.startswith(f"Tree={number}\n"):
            raise ValueError(f"tree {number} is not where it should be")
        try:
            _check_tree(_pairs(block.partition("\n")[2], (*OF_TREE, *BY_LEAF, *BY_SPLIT)), features)
        except (ValueError, KeyError, IndexError) as error:
            raise ValueError(f"tree {number}: {error}") from None
        at += size
    if text[at:] != END:
        raise ValueError("there is more in it than trees")


def _check_header(head: str) -> tuple[int, list[int]]:
    """Number of features, and length of each tree's text."""
    head, _, averaged = head.partition("average_output\n")
    if averaged:
        raise ValueError("its trees are averaged")
    fields = _pairs(head, HEADER)
    if fields.get("num_class") != "1" or fields.get("num_tree_per_iteration") != "1":
        raise ValueError("it has more than one response")
    features = int(fields.get("max_feature_idx", "-1")) + 1
    for name in ("feature_names", "feature_infos"):
        if len(fields.get(name, "").split(" ")) != features:
            raise ValueError(f"its {name} are not one for each of {features} features")
    return features, [int(size) for size in fields.get("tree_sizes", "").split()]


def _pairs(text: str, known: tuple[str, ...]) -> dict[str, str]:
    """Lines of `name=value`, none twice and none unknown."""
    fields: dict[str, str] = {}
    for line in filter(None, text.split("\n")):
        name, equals, value = line.partition("=")
        if not equals or name not in known or name in fields:
            raise ValueError(f"a line '{line[:40]}'")
        fields[name] = value
    return fields


def _check_tree(tree: dict[str, str], features: int) -> None:
    leaves = int(tree["num_leaves"])
    if tree["num_cat"] != "0" or tree.get("is_linear", "0") != "0":
        raise ValueError("categories or linear leaves")
    if not math.isfinite(float(tree["shrinkage"])):
        raise ValueError("no finite shrinkage")
    numbers = {name: _numbers(name, tree[name]) for name in (*BY_LEAF, *BY_SPLIT)}
    if leaves == 1:  # of a tree that never split, LightGBM leaves most out
        if len(numbers["leaf_value"]) != 1 or any(numbers[name] for name in BY_SPLIT):
            raise ValueError("splits of a single leaf")
        return
    for names, count in ((BY_LEAF, leaves), (BY_SPLIT, leaves - 1)):
        for name in names:
            if len(numbers[name]) != count:
                raise ValueError(f"{len(numbers[name])} instead of {count} in {name}")
    if not all(0 <= feature < features for feature in numbers["split_feature"]):
        raise ValueError("a split on a feature that there is not")
    if any(int(kind) & 1 for kind in numbers["decision_type"]):
        raise ValueError("a split on categories")
    _check_shape([int(child) for side in ("left_child", "right_child") for child in numbers[side]], leaves)


def _numbers(name: str, text: str) -> list[float]:
    kind = int if name in WHOLE else float
    if not re.fullmatch(r"[-+.0-9einfa ]*", text):
        raise ValueError(f"no number in {name}")
    return [kind(number) for number in text.split()]


def _check_shape(children: list[int], leaves: int) -> None:
    """Every leaf and every split but the first is the child of exactly one split that comes before it."""
    expected = [*range(1, leaves - 1), *(~leaf for leaf in range(leaves))]
    if sorted(children) != sorted(expected):
        raise ValueError("children that are no tree")
    splits = leaves - 1
    for place, child in enumerate(children):
        if 0 <= child <= place % splits:
            raise ValueError("a split that comes before its parent")
