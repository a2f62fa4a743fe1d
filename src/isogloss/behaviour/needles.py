"""Needles in long contexts: is one line found among many, in every language alike?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from isogloss.behaviour.pitfalls.cldr import cldr_names
from isogloss.errors import BadValue, NotEnoughEvidence, UnknownName
from isogloss.languages import resolve
from isogloss.languages.language import as_languages
from isogloss.models.inputs import SLOT

KINDS = ("one", "several", "absent")
CHOICES = 4
DIGITS = 7
LINE, FILLER = "{}: {}", "{}, {}, {}."
"""A line with a number, and one without."""


def needle_questions(
    languages: Sequence[str],
    lengths: Sequence[int] = (10, 40),
    *,
    kinds: Sequence[str] = KINDS[:2],
    items: int = 20,
    instructions: Mapping[str, str] | None = None,
    texts: Mapping[str, Sequence[str]] | None = None,
    none: str | Mapping[str, str] = "",
    seed: int = 0,
) -> pl.DataFrame:
    """Make contexts of lines, in one of which the number of a country stands, and ask for it.

    Parameters
    ----------
    languages : sequence of str
        Names are those of the Unicode CLDR.
    lengths : sequence of int
        Lines of a context.
    kinds : sequence of {"one", "several", "absent"}
        `one`: all other lines hold names without numbers, and the wrong choices stand nowhere. `several`: every line
        is a country with its number, and the wrong choices are numbers of others. `absent`: as `one`, but the country
        that is asked for is another; the number that is there is a wrong choice, and `none` is right.
    items : int
        Of each length and kind; the needle stands at depths that are spread evenly from the first line to the last.
    instructions : mapping of str to str, optional
        By language, what stands before a list, such as what is to be done; each list is asked about with each of them.
    texts : mapping of str to sequence of str, optional
        By language, the lines of a book or of other texts in their order, which stand around the needle instead of
        names; those of an item begin at the same place in all languages, if they have as many lines.
    none : str or mapping of str to str
        The answer that says that no line has the number, for all or by the language of the instruction. Where there is
        one, every question has it as a further choice.
    seed : int

    Returns
    -------
    polars.DataFrame
        As `isogloss.behaviour.read_questions` takes it: `task` (kind and length), `item`, `language`, `question`,
        `choices`, `answer`; and `kind`, `lines`, `depth`, `characters` and `none` of the question, and with
        instructions the language of `instruction`, which is then also in the task.

    Raises
    ------
    UnknownName, UnknownLanguage, BadValue
        For another kind; if CLDR has no names in a language, or too few for a length; for an empty instruction; if
        there are no texts in a language, or too few lines; for `absent` without `none`.
    NotEnoughEvidence
        For fewer than one item.

    Notes
    -----
    After ONERULER (Kim et al. 2025): a context is a list or a text, and the question its last, unfinished line, so that
    no sentence has to be translated but for instructions, where there are some. Countries, numbers, order and depth are
    the same in all languages. A guess is right in a quarter of items, with `none` in a fifth.
    """
    if items < 1:
        raise NotEnoughEvidence("fewer than one item", where="items", hint="ask for 20, say")
    for kind in kinds:
        if kind not in KINDS:
            raise UnknownName("kind of needle", kind, KINDS, where="kinds")
    before = _instructions(instructions or {})
    nothing = _by_instruction(none, before)
    if "absent" in kinds and not all(nothing.values()):
        raise BadValue(
            "absent needs an answer that says that nothing is there", where="none", hint='give none = "none"'
        )
    names = {one.id: cldr_names(one.id) for one in as_languages([*languages], where="languages")}
    keys = _shared(names, "territories", lambda code: len(code) == 2)
    fillers = _shared(names, "languages", lambda code: code.isalpha())
    most = len(keys) - ("absent" in kinds)
    if wrong := max((length for length in lengths if not CHOICES <= length <= most), default=0):
        reason = f"a context of {wrong} lines, where {len(keys)} countries have names in all languages"
        raise BadValue(reason, where="lengths", hint=f"give {CHOICES} to {most}")
    around = _texts(texts or {}, [*names], max(lengths))
    rows = []
    for kind in kinds:
        for length in lengths:
            rng = np.random.default_rng([seed, length, len(kind)])
            for number in range(items):
                drawn = _draw(
                    rng, kind, length, round(number / max(items - 1, 1) * (length - 1)), len(keys), len(fillers)
                )
                start = int(rng.integers(2**31)) if around else 0
                for language, of_language in names.items():
                    lines = _lines(drawn, of_language, keys, fillers, around.get(language, ()), start)
                    asked = LINE.format(of_language["territories"][keys[drawn.asked]], SLOT)
                    for instruction, text in before.items():
                        question = "\n".join([*([text, ""] if text else []), *lines, "", asked])
                        last = [nothing[instruction]] if nothing[instruction] else []
                        rows.append({
                            "task": f"needle-{kind}-{length}{f'-{instruction}' if instruction else ''}",
                            "item": str(number), "language": language, "question": question,
                            "choices": [*drawn.options, *last],
                            "answer": len(drawn.options) if kind == "absent" else drawn.right,
                            "kind": kind, "lines": length, "depth": drawn.depth / max(length - 1, 1),
                            "characters": len(question), "none": nothing[instruction],
                            **({"instruction": instruction} if instruction else {}),
                        })  # fmt: skip
    return pl.DataFrame(rows)


class _Drawn(NamedTuple):
    """What is the same in all languages: countries by their numbers, and numbers, line by line."""

    kind: str
    countries: list[int]
    numbers: list[str]
    fillers: list[list[int]]
    depth: int
    asked: int
    options: list[str]
    right: int


def _draw(rng: np.random.Generator, kind: str, length: int, depth: int, countries: int, fillers: int) -> _Drawn:
    """Draw a context of so many lines, with the needle at a depth."""
    order = rng.permutation(countries).tolist()
    numbers = [str(one) for one in rng.choice(9 * 10 ** (DIGITS - 1), length, replace=False) + 10 ** (DIGITS - 1)]
    others = [rng.permutation(fillers)[:3].tolist() for _ in range(length)]
    wrong = [numbers[place] for place in rng.permutation([p for p in range(length) if p != depth])[: CHOICES - 1]]
    shuffled = rng.permutation(CHOICES)
    options = [[numbers[depth], *wrong][place] for place in shuffled]
    asked = order[length if kind == "absent" else depth]
    return _Drawn(kind, order[:length], numbers, others, depth, asked, options, int(np.flatnonzero(shuffled == 0)[0]))


def _lines(
    drawn: _Drawn,
    names: Mapping[str, Any],
    keys: Sequence[str],
    fillers: Sequence[str],
    text: Sequence[str],
    start: int,
) -> list[str]:
    """The context in one language."""
    lines = []
    for place, (country, number, other) in enumerate(zip(drawn.countries, drawn.numbers, drawn.fillers, strict=True)):
        if drawn.kind == "several" or place == drawn.depth:
            lines.append(LINE.format(names["territories"][keys[country]], number))
        elif text:
            lines.append(text[(start % (len(text) - len(drawn.countries) + 1)) + place])
        else:
            lines.append(FILLER.format(*(names["languages"][fillers[one]] for one in other)))
    return lines


def _texts(texts: Mapping[str, Sequence[str]], languages: Sequence[str], longest: int) -> dict[str, list[str]]:
    """Lines by canonical language, empty ones left out; nothing where there are none."""
    if not texts:
        return {}
    named = [(resolve(one, where="texts").id, lines) for one, lines in texts.items()]
    found = {language: [text for line in lines if (text := " ".join(line.split()))] for language, lines in named}
    for language in languages:
        if len(found.get(language, ())) < longest:
            raise BadValue(
                f"{len(found.get(language, ()))} lines of text in '{language}', for contexts of {longest}",
                where="texts", hint="give more, or ask for fewer lines",
            )  # fmt: skip
        if any(SLOT in line for line in found[language]):
            raise BadValue(f"a line in '{language}' has a place for an answer, {SLOT}", where="texts")
    return found


def _by_instruction(none: str | Mapping[str, str], before: Mapping[str, str]) -> dict[str, str]:
    """The answer that says that nothing is there, by the language of the instruction."""
    if isinstance(none, str):
        return dict.fromkeys(before, none.strip())
    found = {resolve(language, where="none").id: text.strip() for language, text in none.items()}
    if lacking := [language for language in before if not found.get(language)]:
        raise BadValue(f"no answer that says that nothing is there in '{lacking[0] or 'all'}'", where="none",
                       hint="give one for each instruction")  # fmt: skip
    return {language: found[language] for language in before}


def _instructions(written: Mapping[str, str]) -> dict[str, str]:
    """Instructions by canonical language; one that is nothing where there are none."""
    found: dict[str, str] = {}
    for language, text in written.items():
        if not text or not text.strip() or SLOT in text:
            raise BadValue(f"the instruction in '{language}' is empty, or has a place for an answer",
                           where="instructions", hint="write a sentence")  # fmt: skip
        found[resolve(language, where="instructions").id] = text.strip()
    return found or {"": ""}


def _shared(names: Mapping[str, Any], kind: str, usable: Callable[[str], bool]) -> list[str]:
    """Codes that have a name of their own in every language."""
    found = {language: of_one[kind] for language, of_one in names.items()}
    first = next(iter(found.values()))
    kept = [
        code for code in sorted(first) if usable(code) and all(one.get(code, code) != code for one in found.values())
    ]
    for of_one in found.values():
        first_of_name: dict[str, str] = {}
        for code in kept:
            first_of_name.setdefault(of_one[code], code)
        kept = [*first_of_name.values()]
    return kept
