"""How an example is written out in a prompt, and where its answer stands."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from isogloss.errors import BadValue, UnknownName
from isogloss.lab.task import Form
from isogloss.models.inputs import SLOT

T = TypeVar("T")


_PLACE = re.compile(r"\{(\w*)\}")


@dataclass(frozen=True)
class Template:
    """A text with places for an input and for its answer.

    Parameters
    ----------
    text : str
        Such as "Text: {text} Label: {label}".
    form : Form
        Which places there are.

    Raises
    ------
    UnknownName, BadValue
        If it has another place, lacks one, or has the answer not exactly once.
    """

    text: str
    form: Form

    def __post_init__(self) -> None:
        known = [*self.form.inputs, *([self.form.answer] if self.form.answer else [])]
        found = _PLACE.findall(self.text)
        for place in found:
            if place not in known:
                raise UnknownName("place in a template", f"{{{place}}}", [f"{{{one}}}" for one in known])
        for place in known:
            if found.count(place) != 1:
                raise BadValue(
                    f"{{{place}}} stands {found.count(place)} times in the template {self.text!r}", hint="write it once"
                )

    def split(self, inputs: Sequence[str]) -> tuple[str, str]:
        """What stands before the answer, and after it, once the input is in its places."""
        if self.form.answer is None:
            before, after = self.text.split(f"{{{self.form.inputs[0]}}}")
            first, slot, second = inputs[0].partition(SLOT)
            if not slot:
                raise BadValue(f"no {SLOT} in {inputs[0]!r}", hint="write it where the answer belongs")
            return before + first, second + after
        filled = dict(zip(self.form.inputs, inputs, strict=True))
        before, after = self.text.split(f"{{{self.form.answer}}}")
        return _fill(before, filled), _fill(after, filled)

    def ways(self, inputs: Sequence[str], answers: Sequence[str]) -> tuple[str, list[str]]:
        """A prompt, and the ways it may go on; a space before the answer belongs to these, as tokenizers have it."""
        before, after = self.split(inputs)
        prompt = before.rstrip(" ")
        space = before[len(prompt) :]
        return prompt, [space + answer + after for answer in answers]


def _fill(text: str, filled: Mapping[str, str]) -> str:
    # In one go: what is filled in may have braces itself.
    return _PLACE.sub(lambda found: filled[found[1]], text)


@dataclass(frozen=True)
class Wording:
    """A template, and what prompts say for the task's own names.

    Attributes
    ----------
    template : Template
    names : dict of str to str
        For each label; where there are choices, for what is asked of the premise (its last word); else empty.
    """

    template: Template
    names: dict[str, str]

    @classmethod
    def of(cls, text: str, verbalizer: Mapping[str, str], labels: Sequence[str], form: Form) -> Wording:
        """Check a template and a verbalizer, which may leave names as they are.

        Raises
        ------
        UnknownName, BadValue
            If there is no such place or label.
        """
        template = Template(text, form)
        if form.answer != "label":
            return cls(template, {**verbalizer})
        for label in verbalizer:
            if label not in labels:
                raise UnknownName("label", label, labels, where="verbalizer")
        return cls(template, {label: verbalizer.get(label, label) for label in labels})

    def parted(self, inputs: Sequence[str], answer: str) -> tuple[str, str]:
        """A whole example, whose answer is a label, a choice or a text: the prompt, and how it goes on."""
        is_label = self.template.form.answer == "label"
        said = self.names.get(answer, answer) if is_label else answer
        prompt, (way,) = self.template.ways(self._texts(inputs), [said])
        return prompt, way

    def ways(self, inputs: Sequence[str], choices: Sequence[str]) -> tuple[str, list[str]]:
        """A prompt and the ways it may go on: with each choice, or, if there are none, with each label."""
        is_label = self.template.form.answer == "label"
        return self.template.ways(self._texts(inputs), [*self.names.values()] if is_label else choices)

    def _texts(self, inputs: Sequence[str]) -> list[str]:
        if self.template.form.answer != "choice":
            return list(inputs)
        premise, space, question = inputs[0].rpartition(" ")
        return [premise + space + self.names.get(question, question)]


@dataclass(frozen=True)
class Wordings:
    """The wordings of a task.

    Attributes
    ----------
    default : Wording
    own : list of Wording or None
        By language.
    is_there : list of bool
        By language, whether there is a template in it; the default one is taken for English.
    is_directed : bool
        Whether templates name the languages, so that each example is written with its own.
    """

    default: Wording
    own: list[Wording | None]
    is_there: list[bool]
    is_directed: bool = False

    def of(self, place: int | None) -> Wording:
        """That of a language by its place, or the default one."""
        return (None if place is None else self.own[place]) or self.default


def named(text: str, read: str, written: str) -> str:
    """A template with the names of languages, by their canonical ids, for `{from}` and `{into}`.

    Examples
    --------
    >>> named("{from}: {text} {into}: {translation}", "deu", "fra")
    'German: {text} French: {translation}'
    """
    from isogloss.languages import resolve

    for place, language in (("{from}", read), ("{into}", written)):
        if place in text:
            text = text.replace(place, resolve(language).name)
    return text


def of_languages(
    table: Mapping[str, T], codes: Sequence[str], ids: Sequence[str], where: str = "templates"
) -> list[T | None]:
    """What a table by language has for each of some languages.

    Parameters
    ----------
    table : mapping of str
        Languages in any spelling.
    codes, ids : sequence of str
        The file's own codes, and the canonical ones.
    where : str
        What the table is called, for errors.

    Raises
    ------
    UnknownLanguage
        If the table has a language that nobody knows.
    """
    from isogloss.languages import resolve

    known: dict[str, Any] = {}
    for written, value in table.items():
        known[written] = value
        if written not in codes and written not in ids:
            known[resolve(written, where=where).id] = value
    return [known.get(code, known.get(identifier)) for code, identifier in zip(codes, ids, strict=True)]
