"""Run what pages tell a reader to type, and compare what it prints with what they show.

    python -m docs.console README.md docs/how-to/*.md           # fails where a page is wrong
    python -m docs.console --write README.md docs/how-to/*.md   # writes into the pages what commands print now

A page's blocks run in order, in one empty folder. `$ cat FILE` makes the file that it shows. A block under an HTML
comment `<!-- not run: REASON -->` is left out, such as one that needs data which does not ship. Needs nothing but an
installed isogloss.
"""

from __future__ import annotations

import argparse
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
NOT_RUN = re.compile(r"<!-- not run: .*-->")
NUMBER = re.compile(r"-?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?")
STAMPS = re.compile(r"part-\d{8}T[\w.-]+|\d+(?:\.\d+)? (?:s|min|seconds)\b")
"""What differs from run to run: names of parts of stores, and times."""
RELATIVE, ABSOLUTE = 0.02, 0.002
"""By how much a number may differ: processors round differently."""


@dataclass
class Step:
    """One command with what the page shows under it, or one block of Python."""

    code: str
    shown: str
    python: bool = False


def blocks(text: str) -> Iterator[tuple[str, str]]:
    """Kind and body of every fenced block that is to be run."""
    fence: str | None = None
    before, body = "", ""
    for line in text.splitlines(keepends=True):
        if line.startswith("```") and fence is None:
            fence, body, skipped = line.strip("`\n"), "", bool(NOT_RUN.match(before))
        elif line.startswith("```"):
            if not skipped and (fence in ("console", "python") or (fence == "" and body.startswith("$ "))):
                yield str(fence), body
            fence = None
        elif fence is not None:
            body += line
        before = line


def steps(kind: str, body: str) -> Iterator[Step]:
    """The commands of a block, lines that end in a backslash joined with the next."""
    if kind == "python":
        yield Step(body, "", python=True)
        return
    for part in re.split(r"^\$ ", body, flags=re.M)[1:]:
        lines = part.splitlines(keepends=True)
        end = next(place for place, line in enumerate(lines) if not line.rstrip("\n").endswith("\\"))
        yield Step("".join(lines[: end + 1]), "".join(lines[end + 1 :]))


def run(step: Step, folder: Path) -> str:
    """What a step prints; files that it shows are made."""
    if made := re.fullmatch(r"cat ([\w.-]+)", step.code.strip()):
        (folder / made[1]).write_text(step.shown, encoding="utf-8")
        return step.shown
    command = [sys.executable, "-c", step.code] if step.python else ["bash", "-c", step.code]
    ours = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "80",
        "ISOGLOSS_VARIETIES": str(folder / "varieties"),
        "ISOGLOSS_SIMILARITIES": str(folder / "similarities"),
    }
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **ours}, text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    if done.returncode and not done.stdout.startswith("error: "):
        raise RuntimeError(done.stdout[-2000:])
    return "\n".join(line.rstrip() for line in done.stdout.splitlines()) + ("\n" if done.stdout else "")


def alike(shown: str, printed: str) -> bool:
    """The same words, and numbers that differ by rounding at most; spaces do not count.

    Where a line of dots stands for what a page leaves out, its parts are compared with as much of what was printed.
    """
    if len(parts := re.split(r"^\.\.\.\n", shown, flags=re.MULTILINE)) > 1:
        return all(" ".join(part.split()) in " ".join(printed.split()) for part in parts)
    texts = [" ".join(STAMPS.sub("*", text).split()) for text in (shown, printed)]
    words = [NUMBER.sub("0", text) for text in texts]
    numbers = [[float(one.replace(",", "")) for one in NUMBER.findall(text)] for text in texts]
    close = (math.isclose(*pair, rel_tol=RELATIVE, abs_tol=ABSOLUTE) for pair in zip(*numbers, strict=False))
    return words[0] == words[1] and all(close)


def check(page: Path, write: bool) -> list[str]:
    """Run a page; what is wrong with it."""
    text, wrong = page.read_text(encoding="utf-8"), []
    new = text
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(ROOT / "examples", folder / "examples")
        for kind, old in blocks(text):
            body = old
            for step in steps(kind, old):
                started = time.perf_counter()
                try:
                    printed = run(step, folder)
                except RuntimeError as error:
                    wrong.append(f"{page.relative_to(ROOT)}: {step.code.strip()}\n{error}")
                    continue
                took = time.perf_counter() - started
                print(f"{took:6.1f} s  {page.relative_to(ROOT)}: {' '.join(step.code.split())[:90]}", flush=True)
                if not step.python and not alike(step.shown, printed):
                    wrong.append(
                        f"{page.relative_to(ROOT)}: {step.code.strip()}\n--- shown\n{step.shown}--- printed\n{printed}"
                    )
                    body = body.replace(step.code + step.shown, step.code + printed)
            new = new.replace(old, body)
    if write and new != text:
        page.write_text(new, encoding="utf-8")
    return wrong


def main() -> int:
    """Run pages, two at a time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="+", type=lambda name: Path(name).resolve())
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args()
    with ThreadPoolExecutor(2) as pool:
        wrong = [one for found in pool.map(lambda page: check(page, chosen.write), chosen.pages) for one in found]
    print("\n\n".join(wrong))
    print(f"{len(chosen.pages)} pages, {len(wrong)} differences")
    return bool(wrong) and not chosen.write


if __name__ == "__main__":
    sys.exit(main())
