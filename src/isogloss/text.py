"""Text as people read it: small grammar, names from outside that cannot act on a terminal, and what a shell takes."""

from __future__ import annotations

import json
import shlex
import unicodedata
from collections import Counter
from collections.abc import Sequence

JOINERS = "\u200c\u200d"
"""Invisible, but part of how Persian, Malayalam and others are spelt."""

_UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Unicode categories of what is not seen and may act: control characters (ESC begins a command to a terminal), format
characters (that turn the direction of text), halves of characters, and separators of lines."""


def counted(number: int, noun: str) -> str:
    """`1 language`, `8 mixes`, `1,200 varieties`."""
    if number == 1:
        return f"1 {noun}"
    if noun.endswith("y"):
        return f"{number:,} {noun[:-1]}ies"
    return f"{number:,} {noun}{'es' if noun.endswith('x') else 's'}"


def first_of(names: Sequence[str], most: int, *, separator: str = ", ") -> str:
    """The first of several names, and how many more there are: `Ewe, Twi and 3 more`."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return separator.join(names[:most]) + more


def compact(number: float) -> str:
    """`1,264`, `22.7 million`, `7 billion`."""
    for size, word in ((1e12, "trillion"), (1e9, "billion"), (1e6, "million")):
        if number >= size:
            return f"{number / size:.3g} {word}"
    return f"{number:,.0f}"


def amount(number: float, unit: str) -> str:
    """A number of what is named in plural: `1 training language`, `22.7 million parameters`, `1 example of kin`."""
    written, (head, of, rest) = compact(number), unit.partition(" of ")
    return f"{written} {head.removesuffix('s') if written == '1' else head}{of}{rest}"


def with_interval(value: float, lower: float | None, upper: float | None, form: str = ".3f") -> str:
    """A value with its interval: `0.512 (0.400 to 0.624)`; where there is none, `0.512 (of one item)`."""
    ends = "of one item" if lower is None or upper is None else f"{lower:{form}} to {upper:{form}}"
    return f"{value:{form}} ({ends})"


def sentence(text: str) -> str:
    """A reason as a sentence: with a capital letter and one full stop."""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def printable(text: str) -> str:
    r"""Text with every character that is not seen spelt out, `\x1b`, ready for a terminal or a page."""
    if text.isprintable():
        return text
    return "".join(mark.encode("unicode_escape").decode() if _acts(mark) else mark for mark in text)


def printable_lines(text: str) -> str:
    """The same for text of several lines."""
    return "\n".join(printable(line) for line in text.split("\n"))


def printable_json(text: str) -> str:
    """JSON that holds the same, with every character that is not seen escaped; line breaks between values stay."""
    if text.replace("\n", "").isprintable():
        return text
    return "".join(json.dumps(mark)[1:-1] if mark != "\n" and _acts(mark) else mark for mark in text)


def _acts(mark: str) -> bool:
    return unicodedata.category(mark) in _UNSEEN and mark not in JOINERS


def shell_word(text: str) -> str:
    r"""One word for a shell, ready to paste; one with unseen characters is `$'\U0000001b'`, as bash and zsh take it."""
    if printable(text) == text:
        return shlex.quote(text)
    spelt = (f"\\U{ord(mark):08x}" if _acts(mark) else f"\\{mark}" if mark in "\\'" else mark for mark in text)
    return f"$'{''.join(spelt)}'"


def quoted(text: str) -> str:
    """In quotes, as a shell takes them."""
    return f"'{text}'" if "'" not in text and printable(text) == text else shell_word(text)


def main_script(text: str) -> str:
    """The script of most letters, as their Unicode names begin: LATIN, CYRILLIC, CJK; nothing without letters."""
    names = Counter(unicodedata.name(letter, "").partition(" ")[0] for letter in text if letter.isalpha())
    return names.most_common(1)[0][0] if names else ""
