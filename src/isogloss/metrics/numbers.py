"""Numbers in texts, whatever digits and separators they are written with."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

_POINTS = {"٫": ".", "．": ".", "٬": ",", "，": ",", "−": "-", "﹣": "-", "－": "-"}
_BETWEEN = ".,'’_ \u00a0\u2009\u202f"
_NUMBER = re.compile(rf"(?:(?<![\w)])-)?\d+(?:[{_BETWEEN}]\d+)*")
_SEPARATOR = re.compile(rf"([{_BETWEEN}])")


def last_number(text: str) -> frozenset[Decimal]:
    """What the last number in a text may mean; empty if there is none.

    Parameters
    ----------
    text : str

    Returns
    -------
    frozenset of decimal.Decimal
        Usually one value. `1.234` and `1,234` are both 1234 and 1.234, as languages differ in which of the two
        marks separates thousands (with a 0 at the end they are thousands only); `3 200` is 3200, or 200 after
        another number.

    Notes
    -----
    Digits of any script count (Unicode's decimal digits). Thousands may be in groups of three, or, as in India,
    of two and a last one of three, with a point, comma, apostrophe, low line or space between them. Numerals
    that are no digits, such as 十八, and fractions are not read.

    Examples
    --------
    >>> sorted(last_number("5 + 13 = ১৮."))
    [Decimal('18')]
    >>> sorted(last_number("It costs 1.080,50 €"))
    [Decimal('1080.50')]
    """
    found = _NUMBER.findall("".join(map(_plain, text)))
    return frozenset(_readings(found[-1])) if found else frozenset()


def _plain(character: str) -> str:
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    return _POINTS.get(character, character)


def _readings(written: str) -> set[Decimal]:
    """All values that digits with separators between them may have."""
    sign, digits = ("-", written[1:]) if written.startswith("-") else ("", written)
    parts = _SEPARATOR.split(digits)
    pieces, separators = parts[::2], parts[1::2]
    found = set()
    whole = not separators or _is_grouped(pieces, separators)
    if whole:
        found.add(Decimal(sign + "".join(pieces)))
    # Nobody writes 80 as 80.000, so that 80,000 is no answer where 80 is right.
    is_decimal = bool(separators) and separators[-1] in ".," and not (whole and pieces[-1].endswith("0"))
    if is_decimal and _is_grouped(pieces[:-1], separators[:-1], separators[-1]):
        found.add(Decimal(f"{sign}{''.join(pieces[:-1])}.{pieces[-1]}"))
    spaces = [place for place, separator in enumerate(separators) if separator not in ".,"]
    if spaces:
        found |= _readings(digits[len("".join(parts[: 2 * spaces[-1] + 2])) :])
    return found or {Decimal(pieces[-1])}


def _is_grouped(pieces: list[str], separators: list[str], decimal: str = "") -> bool:
    """Whether pieces are thousands: one separator, not that of decimals, and groups as they are written anywhere."""
    if not separators:
        return True
    sizes = [len(piece) for piece in pieces]
    inner_fit = all(size in (2, 3) for size in sizes[1:-1])
    is_one_number = len({*separators}) == 1 and separators[0] != decimal and pieces[0][0] != "0"
    return is_one_number and sizes[0] <= 3 and inner_fit and sizes[-1] == 3
