"""Text of docstrings and help texts as GitHub's Markdown, in which some characters of formulas mean something."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

GENERATED = "<!-- Written by `make reference` from the code; change it there. -->"
_CODE = re.compile(r"(`[^`]*`)")
_EXAMPLE = re.compile(r"^>>> ", re.MULTILINE)


def page(title: str, *parts: str) -> str:
    """A whole page: its title, and parts with a blank line between."""
    return "\n\n".join([f"# {title}", GENERATED, *(part.strip("\n") for part in parts if part)]) + "\n"


def plain(text: str) -> str:
    """Text that reads as it stands there: what is code stays code, everything else is no markup."""
    return "".join(part if part.startswith("`") else _escape(part) for part in _CODE.split(text))


def prose(text: str) -> str:
    """Paragraphs and lists of a docstring; examples of a session with Python become code."""
    blocks = []
    for block in re.split(r"\n\s*\n", text.strip("\n")):
        lines = block.splitlines()
        indented = bool(lines) and all(line.startswith("    ") for line in lines)
        if _EXAMPLE.match(block):
            blocks.append(fence(block, "pycon"))
        elif indented:
            blocks.append(fence("\n".join(line[4:] for line in lines), "text"))
        else:
            blocks.append(plain(block))
    return "\n\n".join(blocks)


def _escape(text: str) -> str:
    text = re.sub(r"([\\*~|])", r"\\\1", text)
    text = re.sub(r"(?<!\w)_|_(?!\w)", r"\\_", text)
    text = re.sub(r"^( *)([#+]|\d+\.) ", r"\1\\\2 ", text, flags=re.MULTILINE)
    return text.replace("<", "&lt;").replace("[", "\\[")


def code(text: str) -> str:
    """Text as code, also where it has backticks of its own."""
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def fence(text: str, language: str) -> str:
    """A block of code."""
    return f"```{language}\n{text}\n```"


def link(text: str, target: str) -> str:
    """A link whose text is taken as Markdown."""
    return f"[{text}]({target})"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; cells are Markdown, in which lines are joined and bars kept apart."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(text: str) -> str:
    # A bar ends a cell even in code, unless it is escaped; `plain` has escaped those outside code.
    return re.sub(r"(?<!\\)\|", r"\\|", " ".join(text.split()))


def anchor(heading: str) -> str:
    """What GitHub calls a heading in links: of its text, as it is shown, letters, digits, hyphens and underscores."""
    shown = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    return re.sub(r"[^\w\- ]", "", shown.lower()).replace(" ", "-")
