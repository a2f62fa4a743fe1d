"""Registries: what users add is found by name, and what cannot be used says so by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from isogloss.errors import BadPlugin, BadValue, UnknownName
from isogloss.registry import Registry


def shapes() -> Registry[type[Path]]:
    return Registry("shape", {"round": "pathlib:PurePosixPath"}, "isogloss.shapes", base="pathlib:PurePath")


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Install a package that announces one shape."""

    def installed(package: str, entry: str, code: str) -> None:
        (tmp_path / f"{package}.py").write_text(code)
        info = tmp_path / f"{package}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[isogloss.shapes]\n{entry}\n")
        monkeypatch.syspath_prepend(tmp_path)

    return installed


def test_entries_are_imported_when_they_are_asked_for():
    assert shapes().names() == ["round"]
    assert shapes().get("round").__name__ == "PurePosixPath"


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(UnknownName, match=r"unknown shape 'rund'; did you mean 'round'\? known: round"):
        shapes().get("rund")


def test_a_plugin_is_found_by_the_name_it_announces(install):
    install("oblong_shapes", "oblong = oblong_shapes:Oblong", "import pathlib\nclass Oblong(pathlib.PurePath): pass")
    assert shapes().names() == ["oblong", "round"]
    assert [entry.__name__ for _, entry in shapes().items()] == ["Oblong", "PurePosixPath"]


def test_a_broken_plugin_is_named_with_the_reason(install):
    install("broken_shapes", "oblong = broken_shapes:Oblong", "import nothing_of_that_name")
    with pytest.raises(BadPlugin, match=r"shape 'oblong' from broken_shapes:Oblong cannot be used: No module named"):
        shapes().get("oblong")
    with pytest.warns(UserWarning, match="shape 'oblong' from broken_shapes:Oblong cannot be used"):
        assert [name for name, _ in shapes().items()] == ["round"]


def test_a_plugin_of_another_kind_is_refused(install):
    install("odd_shapes", "oblong = odd_shapes:Oblong", "class Oblong: pass")
    with pytest.raises(BadPlugin, match=r"shape 'oblong' is not a pathlib.*PurePath"):
        shapes().get("oblong")


def test_a_plugin_with_the_name_of_a_built_in_entry_is_not_used_and_that_is_said(install):
    install("round_shapes", "round = round_shapes:Round", "import pathlib\nclass Round(pathlib.PurePath): pass")
    with pytest.warns(UserWarning, match=r"shape 'round' from round_shapes:Round is not used: isogloss has one"):
        assert shapes().names() == ["round"]
    assert shapes().get("round").__name__ == "PurePosixPath"


def test_two_plugins_of_one_name_are_told_apart_by_a_warning(install):
    for package in ("first_shapes", "second_shapes"):
        install(package, f"oblong = {package}:Oblong", "import pathlib\nclass Oblong(pathlib.PurePath): pass")
    with pytest.warns(UserWarning, match=r"shape 'oblong' from \w+_shapes:Oblong is not used: \w+_shapes:Oblong has"):
        assert shapes().names() == ["oblong", "round"]


def test_a_registered_name_is_taken():
    registry = shapes()

    @registry.register("oblong")
    class Oblong(Path):
        pass

    class Other(Path):
        pass

    with pytest.raises(BadValue, match="shape 'oblong' exists already; register it under another name"):
        registry.register("oblong")(Other)
    with pytest.raises(BadValue, match="shape 'round' exists already"):
        registry.register("round")(Other)
    assert registry.get("oblong") is Oblong


def test_a_definition_can_be_run_again():
    """In a notebook a cell is run more than once."""
    registry = shapes()
    for _ in range(2):

        @registry.register("oblong")
        class Oblong(Path):
            pass

    assert registry.get("oblong") is Oblong
    registry.unregister("oblong")
    assert registry.names() == ["round"]


def test_something_else_than_an_entry_is_refused():
    with pytest.raises(BadValue, match=r"shape 'oblong' is not a pathlib.*PurePath"):
        shapes().register("oblong")(int)
    with pytest.raises(BadValue, match="rule 'one' is not a function"):
        Registry("rule", {}, "isogloss.rules").register("one")(1)
