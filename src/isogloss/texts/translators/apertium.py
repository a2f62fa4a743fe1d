"""`apertium`: the rule-based translator of that name, as a program of its own.

Forcada et al. 2011, Apertium: a free/open-source platform for rule-based machine translation.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import ClassVar

from isogloss.errors import InputError, IsoglossError
from isogloss.extras import MissingExtra
from isogloss.languages import resolve
from isogloss.texts.translators import Passage, Translator

PROGRAM = "apertium"
END = "\0"
_SPECIAL = re.compile(r"([\[\]{}^$/\\@<>])")
_BLANK = re.compile(r"\\(.)|\[((?:[^\]\\]|\\.)*)\]", re.DOTALL)


@dataclass(frozen=True)
class Apertium(Translator):
    """Apertium, with whatever pairs of languages are installed.

    Notes
    -----
    Words that it does not know stay as they are. Rules may remember something of the text before, so that one word in
    a thousand differs with what is translated together; what is, depends on the task alone.
    """

    name: ClassVar[str] = "apertium"

    @property
    def together(self) -> int:
        """Starting the program takes as long as some dozen texts."""
        return 128

    def check(self, pairs: Sequence[tuple[str, str]]) -> None:
        for origin, into in pairs:
            _mode(origin, into)

    def describe(self, origin: str, into: str) -> str:
        """The version of the program, the mode, and a hash of its data."""
        mode = _mode(origin, into)
        return f"{_release()}, {mode} {_fingerprint(mode)}"

    def translate(self, passages: Sequence[Passage], origin: str, into: str) -> list[str]:
        mode = _mode(origin, into)
        # An empty blank at the end: without it, a full stop waits for what follows it and is lost.
        stream = "".join(f"{to_stream(passage.text)}[]{END}" for passage in passages)
        said = _run("-u", "-z", "-f", "none", mode, given=stream)
        found = said.split(END)
        # What comes after the last end are the ends of the program's own parts.
        if len(found) <= len(passages) or any(found[len(passages) :]):
            raise IsoglossError(f"{len(found)} translations of {len(passages)} texts", where=f"{PROGRAM} {mode}")
        return [from_stream(one) for one in found[: len(passages)]]


def to_stream(text: str) -> str:
    """A text as the parts of Apertium pass it on: marks of theirs escaped, what is not language within brackets."""
    escaped = _SPECIAL.sub(r"\\\1", text.replace(END, " "))
    return re.sub(r"[~\n\r\t]+", lambda found: f"[{found[0]}]", escaped)


def from_stream(stream: str) -> str:
    return _BLANK.sub(lambda found: found[1] if found[1] is not None else _BLANK.sub(r"\1", found[2]), stream)


def _mode(origin: str, into: str) -> str:
    """What Apertium calls a pair of languages."""
    modes = translation_modes()
    if (origin, into) in modes:
        return modes[origin, into]
    known = ", ".join(sorted(modes.values())) or "none"
    one, other = sorted((origin.partition("_")[0], into.partition("_")[0]))
    raise InputError(
        f"apertium cannot translate from {origin} into {into}",
        hint=f"there are: {known}; others are Debian packages such as apertium-{one}-{other}",
    )


@lru_cache(maxsize=1)
def translation_modes() -> dict[tuple[str, str], str]:
    """Every pair of languages that is installed, canonical, to its mode; variants of a language are left out."""
    found = {}
    for mode in sorted(_run("-l").split(), reverse=True):  # of two ways to write a pair, the first in the alphabet
        origin, _, into = mode.partition("-")
        try:
            found[resolve(origin).id, resolve(into).id] = mode
        except InputError:  # such as cat_valencia, or modes for tests
            continue
    return found


@lru_cache(maxsize=1)
def _release() -> str:
    return _run("-V").strip().lower()


@lru_cache(maxsize=64)
def _fingerprint(mode: str) -> str:
    """First 8 hexadecimal digits of the SHA-256 of the data that a mode names."""
    program = shutil.which(PROGRAM)
    assert program is not None  # whoever asks has translated or listed modes before
    described = Path(program).resolve().parent.parent / "share/apertium/modes" / f"{mode}.mode"
    if not described.is_file():
        return "unknown data"
    text = described.read_text(encoding="utf-8")
    digest = hashlib.sha256(text.encode())
    for named in chain.from_iterable(found for found in re.findall(r"'([^']+)'|(?<=\s)(/\S+)", text)):
        if named and Path(named).is_file():
            digest.update(Path(named).read_bytes())
    return digest.hexdigest()[:8]


def _run(*arguments: str, given: str = "") -> str:
    if shutil.which(PROGRAM) is None:
        raise MissingExtra(f"needs the program {PROGRAM}", hint="on Debian: apt-get install apertium apertium-spa-cat")
    try:
        done = subprocess.run([PROGRAM, *arguments], input=given.encode(), capture_output=True, check=True)
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip().splitlines() or [f"it ended with {error.returncode}"]
        raise IsoglossError(said[-1][:200], where=" ".join([PROGRAM, *arguments])) from None
    return done.stdout.decode(errors="replace")


def installed(origin: str, into: str) -> bool:
    """Whether Apertium and a pair of languages are installed."""
    return shutil.which(PROGRAM) is not None and (origin, into) in translation_modes()
