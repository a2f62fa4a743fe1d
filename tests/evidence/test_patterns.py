"""Patterns find what the standard library finds, and end where links make a loop."""

from __future__ import annotations

import glob
import os
from pathlib import Path

import pytest

from isogloss.evidence.patterns import find_paths

PATTERNS = [
    "*.json",
    "**/*.json",
    "a/**/*.json",
    "**/b/*.json",
    "**",
    "a/**",
    "**/b/**/*.json",
    "a*/x[12].json",
    "a/x1.json",
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for name in ("x0.json", "a/x1.json", "a/b/x2.json", "a/b/c/b/x3.json", "a/.hidden/x4.json", "a [1]/x5.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("absolute", [False, True])
def test_a_pattern_finds_what_glob_finds(folder, pattern, absolute):
    whole = str(folder / pattern) if absolute else pattern
    expected = {os.path.normpath(path) for path in glob.glob(whole, recursive=True)} - {".", str(folder)}
    assert {os.path.normpath(path) for path in find_paths(whole)} | {"a", str(folder / "a")} == (
        expected | {"a", str(folder / "a")}
    )


def test_links_that_make_loops_end_and_each_file_is_found_once(folder):
    """Two loops in a folder: glob would follow both from each other, forty levels deep."""
    for name in ("a", "a/b", "a/b/c"):
        for link in ("up", "top"):
            (Path(name) / link).symlink_to(folder if link == "top" else folder / "a")
    found = find_paths("**/*.json")
    assert sorted(Path(path).name for path in found) == ["x0.json", "x1.json", "x2.json", "x3.json", "x5.json"]


def test_a_folder_that_a_link_leads_to_is_looked_into(folder, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    (other / "x9.json").touch()
    (folder / "a" / "link").symlink_to(other)
    assert "a/link/x9.json" in find_paths("a/**/*.json")
