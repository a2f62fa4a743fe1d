"""Languages that stand in the name of a task: `belebele_als_Latn`, `mlqa_ar_de`, `global_mmlu_ar_business`.

Every family of tasks writes them its own way, so that a table of rules per tool says what each part of a
name is. What no rule covers is an error that lists the tasks; nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Annotated, NamedTuple

from annotated_types import MinLen
from pydantic import Field

from isogloss.config import Help, Table, read_toml, validate
from isogloss.errors import BadFile, BadValue, UnknownLanguage, UnknownName
from isogloss.evidence.importers.base import ReadOptions
from isogloss.evidence.pairs import SEPARATOR
from isogloss.languages import resolve

SHIPPED = Path(__file__).parent / "rules"
LONGEST = 300
"""Characters of a longer name are not searched for languages."""
LISTED = 12
NO_LANGUAGE = "in no language, as given"

_GROUPS = ("target", "first", "second", "topic")
_MARKS = "-_:./|"
_HOLE = re.compile(r"\{(\w+)\}")
_CODE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z]{2,4})?")


class TaskName(NamedTuple):
    """What a name says.

    Attributes
    ----------
    task : str
        The name without its languages and topic: what has the same name in every language.
    language : str
        As written; of a pair both, first and second, with `|` between.
    topic : str or None
        Which part of the test set it is, for tests that are scored topic by topic.
    """

    task: str
    language: str
    topic: str | None = None


@dataclass(frozen=True)
class Rule:
    """How one family writes its names.

    Attributes
    ----------
    names : re.Pattern
        Matches whole names. Its groups say what is what: `target`, the language tested, or `first` and
        `second` for a pair; `topic`, a part of the test set. Other groups may be used in `task`.
    task : str or None
        Name of the task, with groups in braces; None cuts languages and topic out of the name.
    language : str or None
        The language, where the name does not say it; of a pair, the one that it does not say.
    codes : dict of str to str
        What this family means by a code that is none, or another's.
    """

    names: re.Pattern[str]
    task: str | None = None
    language: str | None = None
    codes: Mapping[str, str] = field(default_factory=dict)

    def read(self, name: str) -> TaskName | None:
        """What the rule makes of a name; None where it does not apply."""
        match = self.names.fullmatch(name)
        if match is None:
            return None
        groups = match.groupdict()
        sides = ("first", "second") if {"first", "second"} & groups.keys() else ("target",)
        codes = [groups.get(side) or self.language or "" for side in sides]
        task = _cut(match) if self.task is None else _HOLE.sub(lambda hole: groups[hole[1]] or "", self.task)
        return TaskName(task, SEPARATOR.join(self.codes.get(code, code) for code in codes), groups.get("topic"))


class RuleTable(Table):
    """A rule as a file has it; see `Rule`. `names` may be several patterns."""

    names: str | list[str]
    task: str | None = None
    language: str | None = None
    codes: dict[str, str] = Field(default_factory=dict)


class RulesFile(Table):
    """A file of rules."""

    rule: Annotated[list[RuleTable], MinLen(1), Help("one table or several, each [[rule]] with names = '...'")]


class NameRules:
    """Rules of a user and of a tool, the user's first.

    Parameters
    ----------
    rules : iterable of Rule
    """

    def __init__(self, rules: Iterable[Rule]):
        self.rules = tuple(rules)

    @classmethod
    def load(cls, tool: str, options: ReadOptions) -> NameRules:
        """The rules that ship for a tool, after those of the file that `mapping` names.

        Raises
        ------
        BadFile, UnknownName
            If the user's file is none of rules.
        """
        own = read_rules(Path(options.mapping)) if isinstance(options.mapping, str | Path) else ()
        return cls([*own, *shipped_rules(tool)])

    def read(self, name: str) -> TaskName | None:
        """What the first rule that applies makes of a name; None where there is none."""
        if len(name) > LONGEST:
            return None
        return next((read for rule in self.rules if (read := rule.read(name)) is not None), None)


def read_rules(path: Path) -> tuple[Rule, ...]:
    """Rules from a TOML file of `[[rule]]` tables."""
    read = validate(RulesFile, read_toml(path), str(path))
    return tuple(
        _rule(pattern, rule, f"{path} rule {number}")
        for number, rule in enumerate(read.rule)
        for pattern in ([rule.names] if isinstance(rule.names, str) else rule.names)
    )


def read_names(
    tasks: Iterable[str],
    options: ReadOptions,
    tool: str,
    where: str,
    otherwise: Callable[[str], TaskName | None] = lambda task: None,
) -> dict[str, TaskName | str]:
    """What the name of each task says, or the reason why its scores are to be dropped.

    Parameters
    ----------
    tasks : iterable of str
    options : ReadOptions
        `languages={TASK: CODE}` gives the language of a task, ahead of all rules; `none` that it has none.
    tool : str
        Name of the importer, whose rules apply.
    where : str
        The file, for the error.
    otherwise : callable, optional
        What else may know the language of a task.

    Raises
    ------
    BadValue
        Listing the tasks whose language nothing says.
    """
    rules = NameRules.load(tool, options)
    names: dict[str, TaskName | str] = {}
    unread = []
    for task in dict.fromkeys(tasks):
        if (language := options.languages.get(task)) is not None:
            names[task] = NO_LANGUAGE if language == "none" else TaskName(without_language(task, language), task)
        elif (name := rules.read(task) or otherwise(task)) is not None:
            names[task] = name
        else:
            unread.append(task)
    if unread:
        listed = ", ".join(task[:LONGEST] for task in unread[:LISTED])
        more = f", ... ({len(unread)} in all)" if len(unread) > LISTED else ""
        raise BadValue(
            f"nothing says the language of {len(unread)} task{'s' * (len(unread) > 1)}: {listed}{more}",
            where=where,
            hint=f"give languages={ {unread[0][:LONGEST]: 'CODE'} } ('none' leaves it out), "
            f"or rules with format={tool} mapping=rules.toml",
        )
    return names


def without_language(name: str, language: str) -> str:
    """A name without the code in it that stands for `language`, where there is one.

    Examples
    --------
    >>> without_language("toy_deu_Latn", "deu")
    'toy'
    """
    known = _id(language)
    tokens = list(re.finditer(r"[^\W_]+", name))
    for width in (2, 1):
        for first, last in zip(tokens, tokens[width - 1 :], strict=False):
            start, end = first.start(), last.end()
            written = name[start:end]
            if _CODE.fullmatch(written) and (start, end) != (0, len(name)) and _id(written) == known:
                return _joined([name[:start], name[end:]])
    return name


def _id(code: str) -> str | None:
    try:
        return resolve(code).id
    except UnknownLanguage:
        return None


@lru_cache
def shipped_rules(tool: str) -> tuple[Rule, ...]:
    """The rules that ship for a tool; none where it has no file of them."""
    path = SHIPPED / f"{tool}.toml"
    return read_rules(path) if path.exists() else ()


def _rule(pattern: str, rule: RuleTable, where: str) -> Rule:
    try:
        compiled = re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise BadFile(f"'{pattern}' is not a pattern: {error}", where=where) from None
    groups = set(compiled.groupindex)
    pair = groups & {"first", "second"}
    one = ("target" in groups) != (rule.language is not None)
    two = "target" not in groups and len(pair) + (rule.language is not None) == 2
    if not (two if pair else one):
        raise BadFile(
            f"'{pattern}' does not say one language or pair", where=where,
            hint="give it a group (?P<target>...), or (?P<first>...) and (?P<second>...), or say language = \"...\"",
        )  # fmt: skip
    if unknown := set(_HOLE.findall(rule.task or "")) - groups:
        raise UnknownName("group", min(unknown), groups, where=where)
    return Rule(compiled, rule.task, rule.language, rule.codes)


def _cut(match: re.Match[str]) -> str:
    spans = sorted(match.span(group) for group in _GROUPS if group in match.re.groupindex and match[group])
    pieces, start = [], 0
    for first, last in spans:
        pieces.append(match.string[start:first])
        start = last
    return _joined([*pieces, match.string[start:]]) if spans else match.string


def _joined(pieces: list[str]) -> str:
    """What is left of a name, put together where something was cut out, with the mark that stood before it."""
    left, mark = "", "_"
    for piece in pieces:
        bare = piece.strip(_MARKS)
        left = mark.join(part for part in (left, bare) if part)
        mark = piece[-1] if bare and piece[-1] in _MARKS else mark
    return left
