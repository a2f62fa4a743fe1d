"""Pages: links and pictures lead to something that is there, and every picture is shown somewhere."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest
from docs.generator.markdown import anchor

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "src").rglob("*.md")])
_LINK = re.compile(r"\]\(\s*<?([^)\s>]+)>?[^)]*\)|^\[[^\]]+\]:\s*(\S+)|(?:src|href)=\"([^\"]+)\"", re.MULTILINE)


@cache
def text_of(page: Path) -> str:
    """A page without its blocks of code."""
    return re.sub(
        r"^( *)(```+)[^\n]*\n.*?^ *\2 *$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL
    )


@cache
def anchors(page: Path) -> set[str]:
    """What links can name in a page; headings alike are numbered, as GitHub does."""
    seen: Counter[str] = Counter()
    found = set(re.findall(r"<a (?:id|name)=\"([^\"]+)\"", text_of(page)))
    for heading in re.findall(r"^#+ +(.+?) *#*$", text_of(page), re.MULTILINE):
        name = anchor(heading)
        found.add(f"{name}-{seen[name]}" if seen[name] else name)
        seen[name] += 1
    return found


def links(page: Path) -> Iterator[str]:
    """Targets within the repository."""
    without_code = re.sub(r"`[^`\n]*`", "", text_of(page))
    for groups in _LINK.findall(without_code):
        target = next(filter(None, groups))
        if not re.match(r"[a-z]+:", target):
            yield unquote(target)


def missing(page: Path) -> list[str]:
    broken = []
    for target in links(page):
        path, _, fragment = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        if not there.exists() or (fragment and fragment not in anchors(there)):
            broken.append(target)
    return broken


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_and_pictures_lead_somewhere(page):
    assert missing(page) == []


def test_every_picture_is_shown_on_some_page():
    shown = {(page.parent / target).resolve() for page in PAGES for target in links(page)}
    assert sorted({*(ROOT / "docs" / "images").iterdir()} - shown) == []


def test_every_page_can_be_reached_from_the_readme():
    reached, todo = set(), [ROOT / "README.md"]
    while todo:
        page = todo.pop()
        reached.add(page)
        for target in links(page):
            there = (page.parent / target.partition("#")[0]).resolve()
            if there.suffix == ".md" and there not in reached and there.is_file():
                todo.append(there)
    assert sorted({*(ROOT / "docs").rglob("*.md")} - reached) == []


def test_a_broken_link_or_anchor_is_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# A `b`, c!\n\n## Twice\n\n## Twice\n\n[1](#a-b-c) [2](#twice-1) [3](#no) [4](no.md) `[5](no)`\n")
    assert missing(page) == ["#no", "no.md"]
