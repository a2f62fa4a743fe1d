"""Rules of instructions that a program can check: IFEval's, for replies in any script."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

import polars as pl

from isogloss.behaviour.lines import reply_lines
from isogloss.errors import BadValue, UnknownName
from isogloss.languages import resolve
from isogloss.metrics.words import words
from isogloss.texts.identification import codes_of, identify

Arguments = Mapping[str, Any]
Check = Callable[[str, Arguments], bool | None]

SENTENCE_END = re.compile(r"[.!?。！？।॥؟۔։።፧။]+")
COMMAS = ",،、，﹐՝၊፣"
AS_JSON = 'give them as JSON, such as {"num_words": 50}'
QUOTES = ('""', "“”", "„“", "„”", "«»", "»«", "‹›", "「」", "『』", "''", "‘’", "‚‘")
BULLET = re.compile(r"^\s*(?:[*•-])\s+\S", re.MULTILINE)


def _compared(count: int, wanted: Any, relation: Any) -> bool:
    """`at least` (the default), `less than`, `at most` or `exactly`."""
    return {"less than": count < int(wanted), "at most": count <= int(wanted), "exactly": count == int(wanted)}.get(
        str(relation), count >= int(wanted)
    )


def _plain(text: Any) -> str:
    return unicodedata.normalize("NFC", str(text)).casefold()


def _keywords(text: str, given: Arguments) -> bool:
    return all(_plain(one) in _plain(text) for one in given["keywords"])


def _keyword_frequency(text: str, given: Arguments) -> bool:
    return _compared(_plain(text).count(_plain(given["keyword"])), given["frequency"], given.get("relation"))


def _forbidden(text: str, given: Arguments) -> bool:
    """None of the words, as whole words; where words have no spaces between, nowhere."""
    there = f" {' '.join(words(text))} "
    return not any(f" {' '.join(words(str(one)))} " in there for one in given["forbidden_words"])


def _letters(text: str, given: Arguments) -> bool:
    return _compared(_plain(text).count(_plain(given["letter"])), given["let_frequency"], given.get("let_relation"))


def _words(text: str, given: Arguments) -> bool:
    return _compared(len(words(text)), given["num_words"], given.get("relation"))


def _sentences(text: str, given: Arguments) -> bool:
    count = sum(bool(words(part)) for part in SENTENCE_END.split(re.sub(r"(?<=\d)[.](?=\d)", "", text)))
    return _compared(count, given["num_sentences"], given.get("relation"))


def _paragraphs(text: str, given: Arguments) -> bool:
    parts = [part.strip() for part in re.split(r"\s?\*\*\*\s?", text)]
    inner = [part for place, part in enumerate(parts) if part or 0 < place < len(parts) - 1]
    return all(inner) and len(inner) == int(given["num_paragraphs"])


def _first_word(text: str, given: Arguments) -> bool:
    parts = [part.strip() for part in re.split(r"\n\n", text) if part.strip()]
    place = int(given["nth_paragraph"])
    if len(parts) != int(given["num_paragraphs"]) or place > len(parts):
        return False
    start, wanted = words(parts[place - 1]), words(str(given["first_word"]))
    return start[: len(wanted)] == wanted


def _json(text: str, given: Arguments) -> bool:
    bare = re.sub(r"^```(?:json)?\s*|\s*```$", "", text.strip(), flags=re.IGNORECASE)
    try:
        json.loads(bare)
    except ValueError:
        return False
    return True


def _sections(text: str, given: Arguments) -> bool:
    found = re.findall(rf"\s?{re.escape(str(given['section_spliter']))}\s?\d+\s?", _digits(text))
    return len(found) >= int(given["num_sections"])


def _highlights(text: str, given: Arguments) -> bool:
    parts = re.findall(r"\*\*[^\n*]+\*\*|\*[^\n*]+\*", text)
    return sum(bool(part.strip("* ")) for part in parts) >= int(given["num_highlights"])


def _postscript(text: str, given: Arguments) -> bool:
    marker = re.sub(r"[.\s]", "", _plain(given["postscript_marker"]))
    return any(re.sub(r"[.\s]", "", _plain(line)).startswith(marker) for line in text.splitlines())


def _two_responses(text: str, given: Arguments) -> bool:
    parts = [part.strip() for part in text.split("******") if part.strip()]
    return len(parts) == 2 and parts[0] != parts[1]


def _quoted(text: str, given: Arguments) -> bool:
    bare = text.strip()
    return len(bare) > 1 and bare[0] + bare[-1] in QUOTES


def _case(right: Callable[[str], bool]) -> Check:
    """In scripts without letter case there is nothing to check."""

    def check(text: str, given: Arguments) -> bool | None:
        has_case = any(one.lower() != one.upper() for one in text)
        return right(text) if has_case or not any(one.isalpha() for one in text) else None

    return check


def _capital_words(text: str, given: Arguments) -> bool | None:
    if not any(one.lower() != one.upper() for one in text):
        return None
    count = sum(word.isupper() for word in re.findall(r"[^\W\d_]+", text))
    return _compared(count, given["capital_frequency"], given.get("capital_relation"))


def _language(text: str, given: Arguments) -> bool:
    """Every line that is long enough to be identified; a reply without such a line is not refused."""
    lines = reply_lines(text)
    found = identify(lines)
    return all(found[line] in codes_of(resolve(str(given["language"])).id) for line in lines)


def _digits(text: str) -> str:
    return "".join(str(unicodedata.decimal(one)) if one.isdecimal() else one for one in text)


RULES: dict[str, Check] = {
    "keywords:existence": _keywords,
    "keywords:frequency": _keyword_frequency,
    "keywords:forbidden_words": _forbidden,
    "keywords:letter_frequency": _letters,
    "language:response_language": _language,
    "length_constraints:number_words": _words,
    "length_constraints:number_sentences": _sentences,
    "length_constraints:number_paragraphs": _paragraphs,
    "length_constraints:nth_paragraph_first_word": _first_word,
    "detectable_content:number_placeholders": lambda text, given: (
        len(re.findall(r"\[.*?\]", text)) >= int(given["num_placeholders"])
    ),
    "detectable_content:postscript": _postscript,
    "detectable_format:number_bullet_lists": lambda text, given: (
        len(BULLET.findall(text)) == int(given["num_bullets"])
    ),
    "detectable_format:number_highlighted_sections": _highlights,
    "detectable_format:multiple_sections": _sections,
    "detectable_format:json_format": _json,
    "detectable_format:title": lambda text, given: any(
        one.strip("<> ") for one in re.findall(r"<<[^\n]+>>", text)
    ),
    "combination:two_responses": _two_responses,
    "combination:repeat_prompt": lambda text, given: (
        _plain(text).strip().startswith(_plain(given["prompt_to_repeat"]).strip())
    ),
    "startend:end_checker": lambda text, given: (
        _plain(text).strip().rstrip("\"'”").endswith(_plain(given["end_phrase"]).strip())
    ),
    "startend:quotation": _quoted,
    "change_case:english_capital": _case(lambda text: text == text.upper()),
    "change_case:english_lowercase": _case(lambda text: text == text.lower()),
    "change_case:capital_word_frequency": _capital_words,
    "punctuation:no_comma": lambda text, given: not any(one in text for one in COMMAS),
}  # fmt: skip
"""Name of a rule in IFEval to what checks it: whether a reply keeps it, None where its script cannot."""


def check_rule(rule: str, text: str, arguments: Arguments) -> tuple[bool | None, bool | None]:
    """Whether a reply keeps a rule, strictly and loosely.

    Parameters
    ----------
    rule : str
        A key of `RULES`.
    text : str
    arguments : mapping
        What IFEval calls kwargs.

    Returns
    -------
    strict, loose : bool or None
        Loosely is without its first or last line, or without asterisks (Zhou et al. 2023, section 2.3). None where the
        script of the reply cannot keep or break it. An empty reply keeps none.

    Raises
    ------
    UnknownName
        For a rule that is none of these.
    BadValue
        If an argument is missing.
    """
    if rule not in RULES:
        raise UnknownName("rule", rule, RULES, where="items, column rule")
    lines = text.split("\n")
    cut = [lines, lines[1:], lines[:-1], lines[1:-1]]
    variants = ["\n".join(one).strip() for one in cut]
    variants += [one.replace("*", "") for one in variants]
    try:
        results = [bool(one) and RULES[rule](one, arguments) for one in variants]
    except (KeyError, TypeError, ValueError) as error:
        raise BadValue(
            f"rule '{rule}' lacks {error}" if isinstance(error, KeyError) else f"rule '{rule}': {error}",
            where="items, column arguments", hint=AS_JSON,
        ) from None  # fmt: skip
    return results[0], None if results[0] is None else any(results)


def with_checked_rules(items: pl.DataFrame) -> pl.DataFrame:
    """Items with one row per rule, and whether their `text` keeps it (`right`, `loose`).

    Parameters
    ----------
    items : polars.DataFrame
        `text`, `rule` (one, or a list as IFEval has it) and `arguments` (a mapping or JSON, or a list of them).

    Raises
    ------
    UnknownName, BadValue
    """
    rows = []
    for row in items.iter_rows(named=True):
        rules, given = _listed(row["rule"]), _listed(row.get("arguments"))
        given = given or [{}] * len(rules)
        if len(given) != len(rules):
            raise BadValue(f"item {row['item']} has {len(rules)} rules and {len(given)} sets of arguments",
                           where="items, column arguments")  # fmt: skip
        for rule, arguments in zip(rules, given, strict=True):
            if not isinstance(arguments := arguments or {}, Mapping):
                raise BadValue(f"item {row['item']} has the arguments '{arguments}', which have no names",
                               where="items, column arguments", hint=AS_JSON)  # fmt: skip
            known = {name: value for name, value in arguments.items() if value is not None}
            right, loose = check_rule(str(rule), str(row["text"] or ""), known)
            if right is not None:
                rows.append({**row, "rule": str(rule), "arguments": None, "right": right, "loose": loose})
    kept = {name: kind for name, kind in items.schema.items() if name not in ("rule", "arguments", "right", "loose")}
    schema: dict[str, Any] = {**kept, "rule": pl.String, "right": pl.Boolean, "loose": pl.Boolean}
    return pl.DataFrame([{name: row[name] for name in schema} for row in rows], schema=schema)


def _listed(cell: Any) -> list[Any]:
    """A list, its JSON, or one value as a list; each value may be JSON as well."""
    read = _read_json(cell)
    if read is None:
        return []
    return [_read_json(one) for one in read] if isinstance(read, list) else [read]


def _read_json(cell: Any) -> Any:
    """What a text holds that is a list or an object in JSON; everything else as it is."""
    if not isinstance(cell, str) or cell.lstrip()[:1] not in ("[", "{"):
        return cell
    try:
        return json.loads(cell)
    except (ValueError, RecursionError):
        raise BadValue(f"'{cell[:60]}' is no JSON", where="items, columns rule and arguments", hint=AS_JSON) from None
