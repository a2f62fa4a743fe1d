"""Files that fit a pattern such as `results/**/*.json`, each folder looked into once, however many links lead to it."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterator

HIDDEN_RESULTS = (".eval_results",)
"""Hidden folders in which tools keep results."""

_RECURSIVE = re.compile(r"(?:^|(?<=/))\*\*(?:/|$)")


def find_paths(pattern: str) -> list[str]:
    """Paths that fit a pattern, in order; `**` stands for any number of folders, links to folders among them."""
    head, *rest = _RECURSIVE.split(pattern, maxsplit=1)
    if not rest:
        return sorted(glob.glob(pattern))
    found: set[str] = set()
    for base in glob.glob(head) if head else ["."]:
        for folder in folders_below(base):
            inside = "" if folder == "." else f"{glob.escape(folder.removeprefix('./'))}/"
            found.update(find_paths(inside + (rest[0] or "*")))
    return sorted(found)


def folders_below(base: str) -> Iterator[str]:
    """A folder and those below it, without hidden ones; one that a link leads to a second time is passed over."""
    seen = set()
    for folder, below, _ in os.walk(base, followlinks=True):
        about = os.stat(folder)
        place = about.st_dev, about.st_ino
        kept = [name for name in below if not name.startswith(".") or name in HIDDEN_RESULTS]
        below[:] = [] if place in seen else sorted(kept)
        if place not in seen:
            seen.add(place)
            yield folder.rstrip("/") or "/"
