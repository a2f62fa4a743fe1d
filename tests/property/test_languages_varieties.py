"""Whatever a file of varieties holds, it is added whole or refused in one line that names it."""

import os
import tempfile
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isogloss.errors import BadFile
from isogloss.languages import add_varieties, resolve
from isogloss.languages.varieties import clear_variety_caches

ids = st.sampled_from(["abcd-a", "abcd-b", "abcd-c", "deu", "gsw", "Germn", "", "zuri1239", "ABCD"])
numbers = st.floats(-400, 400) | st.integers(-400, 400) | st.just("north") | st.booleans()
variety = st.fixed_dictionaries(
    {},
    optional={
        "id": ids, "parent": ids, "name": st.text(max_size=5), "latitude": numbers, "longitude": numbers,
        "script": st.sampled_from(["Latn", "latn", "Xxxx", "Zyyy"]), "odd": st.just(1),
        "features": st.dictionaries(st.sampled_from(["S_SVO", "S_XYZ"]), numbers, max_size=2),
    },
)  # fmt: skip


def as_toml(value) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {as_toml(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value) if isinstance(value, int | float) else '"' + value.encode("unicode_escape").decode() + '"'


def try_to_add(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder, patch.dict(os.environ, ISOGLOSS_VARIETIES=f"{folder}/kept"):
        clear_variety_caches()
        path = Path(folder, "mine.toml")
        path.write_text(text, encoding="utf-8", errors="replace")
        refused, added = "", []
        try:
            added = add_varieties(path)
        except BadFile as error:
            refused = str(error)
        assert Path(folder, "kept").exists() == (not refused)
        assert not refused or ("mine.toml" in refused and "\n" not in refused)
        for one in added:
            language = resolve(one.code)
            assert (language.id, language.parent) == (one.code, one.parent)
            assert language.latitude is None or -90 <= language.latitude <= 90
    clear_variety_caches()


@pytest.fixture(scope="module", autouse=True)
def leave_nothing_behind():
    yield
    clear_variety_caches()


@settings(deadline=None)
@given(st.lists(variety, max_size=4))
def test_varieties_are_added_whole_or_refused_in_a_line(varieties):
    blocks = ("\n".join(f"{key} = {as_toml(value)}" for key, value in one.items()) for one in varieties)
    try_to_add("".join(f"[[variety]]\n{block}\n" for block in blocks))


@settings(deadline=None)
@given(st.text(max_size=80) | st.text(max_size=40).map("[[variety]]\nid = ".__add__))
def test_any_text_is_refused_in_a_line(text):
    try_to_add(text)
