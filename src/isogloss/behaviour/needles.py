"""Needles in long contexts: is one line found among many, in every language alike?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from isogloss.behaviour.pitfalls.cldr import cldr_names
from isogloss.errors import BadValue, NotEnoughEvidence, UnknownName
from isogloss.languages import resolve
from isogloss.languages.language import as_languages
from isogloss.models.inputs import SLOT

KINDS = ("one", "several")
CHOICES = 4
DIGITS = 7
LINE, FILLER = "{}: {}", "{}, {}, {}."
"""A line with a number, and one without."""


def needle_questions(
    languages: Sequence[str],
    lengths: Sequence[int] = (10, 40),
    *,
    kinds: Sequence[str] = KINDS,
    items: int = 20,
    instructions: Mapping[str, str] | None = None,
    seed: int = 0,
) -> pl.DataFrame:
    """Make contexts of lines, in one of which the number of a country stands, and ask for it.

    Parameters
    ----------
    languages : sequence of str
        Names are those of the Unicode CLDR.
    lengths : sequence of int
        Lines of a context.
    kinds : sequence of {"one", "several"}
        `one`: all other lines hold names without numbers, and the wrong choices stand nowhere. `several`: every line
        is a country with its number, and the wrong choices are numbers of others.
    items : int
        Of each length and kind; the needle stands at depths that are spread evenly from the first line to the last.
    instructions : mapping of str to str, optional
        By language, what stands before a list, such as what is to be done; each list is asked about with each of them.
    seed : int

    Returns
    -------
    polars.DataFrame
        As `isogloss.behaviour.read_questions` takes it: `task` (kind and length), `item`, `language`, `question`,
        `choices`, `answer`; and `kind`, `lines`, `depth` and `characters` of the question, and with instructions the
        language of `instruction`, which is then also in the task.

    Raises
    ------
    UnknownName, UnknownLanguage, BadValue
        For another kind; if CLDR has no names in a language, or too few for a length; for an empty instruction.
    NotEnoughEvidence
        For fewer than one item.

    Notes
    -----
    After ONERULER (Kim et al. 2025), without its books: a context is a list and the question its last, unfinished line,
    so that no sentence has to be translated but for instructions, where there are some. Countries, numbers, order and
    depth are the same in all languages. A guess is right in a quarter of items.
    """
    if items < 1:
        raise NotEnoughEvidence("fewer than one item", where="items", hint="ask for 20, say")
    for kind in kinds:
        if kind not in KINDS:
            raise UnknownName("kind of needle", kind, KINDS, where="kinds")
    before = _instructions(instructions or {})
    names = {one.id: cldr_names(one.id) for one in as_languages([*languages], where="languages")}
    keys = _shared(names, "territories", lambda code: len(code) == 2)
    fillers = _shared(names, "languages", lambda code: code.isalpha())
    if most := max((length for length in lengths if not CHOICES <= length <= len(keys)), default=0):
        reason = f"a context of {most} lines, where {len(keys)} countries have names in all languages"
        raise BadValue(reason, where="lengths", hint=f"give {CHOICES} to {len(keys)}")
    rows = []
    for kind in kinds:
        for length in lengths:
            rng = np.random.default_rng([seed, length, len(kind)])
            for number in range(items):
                depth = round(number / max(items - 1, 1) * (length - 1))
                chosen = [keys[place] for place in rng.permutation(len(keys))[:length]]
                numbers = [
                    str(one) for one in rng.choice(9 * 10 ** (DIGITS - 1), length, replace=False) + 10 ** (DIGITS - 1)
                ]
                others = [[fillers[place] for place in rng.permutation(len(fillers))[:3]] for _ in range(length)]
                wrong = [
                    numbers[place] for place in rng.permutation([p for p in range(length) if p != depth])[: CHOICES - 1]
                ]
                options = [numbers[depth], *wrong]
                order = rng.permutation(CHOICES)
                for language, of_language in names.items():
                    lines = [
                        LINE.format(of_language["territories"][key], own)
                        if kind == "several" or place == depth
                        else FILLER.format(*(of_language["languages"][one] for one in filler))
                        for place, (key, own, filler) in enumerate(zip(chosen, numbers, others, strict=True))
                    ]
                    asked = LINE.format(of_language["territories"][chosen[depth]], SLOT)
                    for instruction, text in before.items():
                        question = "\n".join([*([text, ""] if text else []), *lines, "", asked])
                        rows.append({
                            "task": f"needle-{kind}-{length}{f'-{instruction}' if instruction else ''}",
                            "item": str(number), "language": language, "question": question,
                            "choices": [options[place] for place in order],
                            "answer": int(np.flatnonzero(order == 0)[0]), "kind": kind, "lines": length,
                            "depth": depth / max(length - 1, 1), "characters": len(question),
                            **({"instruction": instruction} if instruction else {}),
                        })  # fmt: skip
    return pl.DataFrame(rows)


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
