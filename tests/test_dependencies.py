"""What isogloss says that it needs is what it is tested with."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[1]
NEEDED = [Requirement(text) for text in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]]


def pins(file: str) -> dict[str, Version]:
    lines = (line.partition("#")[0].partition(";")[0].strip() for line in (ROOT / file).read_text().splitlines())
    return {name: Version(version) for name, version in (line.split("==") for line in lines if line)}


@pytest.mark.parametrize("needed", NEEDED, ids=lambda needed: needed.name)
def test_the_oldest_version_allowed_is_the_oldest_one_tested(needed: Requirement) -> None:
    (oldest,) = (Version(one.version) for one in needed.specifier if one.operator == ">=")
    assert pins("constraints-lowest.txt")[needed.name] == oldest


@pytest.mark.parametrize("needed", NEEDED, ids=lambda needed: needed.name)
def test_what_isogloss_is_developed_with_is_allowed(needed: Requirement) -> None:
    assert needed.specifier.contains(pins("constraints.txt")[needed.name], prereleases=True)
