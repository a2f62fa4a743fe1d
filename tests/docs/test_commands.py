"""Pages and examples: what they tell a reader to type is there to be typed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from docs.generator.commands import walk

from isogloss.cli import app

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [
        *(ROOT / name for name in ("README.md", "CONTRIBUTING.md")),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "src").rglob("*.md"),
        *(one for one in (ROOT / "examples").rglob("*") if one.suffix in (".md", ".toml", ".sh", ".py")),
    ]
)
COMMANDS = {name.removeprefix("isogloss "): one for name, one in walk(typer.main.get_command(app), "isogloss")}
OPTIONS = {
    name: {"--help", *(spelt for one in command.params for spelt in (*one.opts, *one.secondary_opts))}
    for name, command in COMMANDS.items()
}


def typed(text: str) -> Iterator[tuple[str, list[str]]]:
    """Every command in code, as far as it has a name, with the options it is given."""
    code = "\n".join(re.findall(r"^```.*?^```|`[^`\n]+`", text, re.DOTALL | re.MULTILINE))
    for line in re.findall(r"isogloss ([a-z][^`\n]*)", code.replace("\\\n", " ")):
        words = line.split()
        name = next((some for some in (" ".join(words[:2]), words[0]) if some in COMMANDS), None)
        if name is not None:
            yield name, re.findall(r"(?<!\S)--?[a-z][a-z-]*", line.partition(" #")[0])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_options_that_a_page_gives_a_command_exist(page):
    given = typed(page.read_text(encoding="utf-8"))
    assert [(name, one) for name, options in given for one in options if one not in OPTIONS[name]] == []


def test_options_that_a_page_names_exist():
    known = {one for options in OPTIONS.values() for one in options}
    foreign = {"--version", "--install-completion", "--show-completion"}  # of isogloss itself
    foreign |= {"--output-folder"}  # of MTEB
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES if "docs" in page.parts)
    named = set(re.findall(r"`(--[a-z][a-z-]*)(?= |`|=)", text))
    assert len(named) > 40
    assert sorted(named - known - foreign) == []


def test_a_command_is_read_with_its_options_over_several_lines():
    page = "Do `isogloss lab run grid.toml --into store`, then\n```\n$ isogloss plan --fast \\\n  -e x  # --no\n```\n"
    assert list(typed(page)) == [("lab run", ["--into"]), ("plan", ["--fast", "-e"])]
