"""Stores that older versions of isogloss wrote, kept as they were written."""

from __future__ import annotations

import shutil

import pytest

from isogloss.evidence import OBSERVATION, Store, observation_keys, read_evidence


@pytest.fixture
def version_1(fixtures, tmp_path):
    return shutil.copytree(fixtures / "store-v1", tmp_path / "store")


def test_a_store_of_version_1_is_read_with_what_came_later_left_empty(version_1):
    observations = Store(version_1).read().observations
    assert observations.schema == OBSERVATION
    assert observations.select("target", "score", "pair").rows() == [("deu", 0.5, None), ("swa", 0.25, None)]


def test_keys_of_version_1_still_lead_from_items_to_their_observation(version_1):
    keys = observation_keys(Store(version_1).read().observations)
    assert keys.to_list() == ["6a79a6bdbe252ea2ac53d90bf1fbbebc", "203c9cecf1ab4fb548e1081f8b37614a"]
    assert Store(version_1).read_items()["observation"].unique().to_list() == [keys[0]]


def test_parts_of_both_versions_make_one_store(version_1, table):
    Store(version_1).append(
        read_evidence(table({"target": "en|sw", "score": 0.75}, {"seed": 1, "score": 0.9})).observations
    )
    back = Store(version_1).read().observations
    assert sorted(back.select("target", "pair", "score").rows(), key=str) == [
        ("deu", None, 0.9), ("swa", "eng-x", 0.75), ("swa", None, 0.25)
    ]  # fmt: skip
